package bus

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/segmentio/kafka-go"

	"github.com/sihehub/sihe"
)

// A kafkaClaim is a partition in one generation of a group.
type kafkaClaim struct {
	bus       *Kafka
	commits   *commits
	fetcher   *fetcher
	topic     string
	partition int
	done      <-chan struct{}
	lost      atomic.Bool // work has returned

	fresh     bool           // of Next alone: a new group has not begun; it does at the first offset that is kept
	position  int64          // of Next alone: next message to give out
	ready     []sihe.Message // of Next alone: fetched, from position on
	want      want           // what the fetcher is asked for
	asked     bool           // of Next alone: want is the fetcher's
	delivered atomic.Int64   // position, for Commit to see
	committed atomic.Int64   // highest
}

// Topic returns the topic's name.
func (c *kafkaClaim) Topic() string { return c.topic }

// Partition returns the partition's number.
func (c *kafkaClaim) Partition() int { return c.partition }

func (c *kafkaClaim) at(offset int64) sihe.Position {
	return sihe.Position{Topic: c.topic, Partition: c.partition, Offset: offset}
}

// Next waits for what the fetcher brings; the fetcher reports troubles that may pass and waits them out.
func (c *kafkaClaim) Next(ctx context.Context, limit int) ([]sihe.Message, error) {
	for {
		if err := c.over(ctx); err != nil {
			return nil, err
		}
		c.skip()
		if len(c.ready) > 0 {
			n := min(len(c.ready), max(limit, 1))
			ms := c.ready[:n:n]
			c.ready, c.fresh = c.ready[n:], false
			c.move(ms[n-1].Offset + 1)
			return ms, nil
		}
		if err := c.fill(ctx); err != nil {
			return nil, err
		}
	}
}

func (c *kafkaClaim) move(position int64) {
	c.position = position
	c.delivered.Store(position)
}

// skip passes over what has been committed already.
func (c *kafkaClaim) skip() {
	if done := c.committed.Load(); done > c.position {
		c.move(done)
	}
	for len(c.ready) > 0 && c.ready[0].Offset < c.position {
		c.ready = c.ready[1:]
	}
}

// fill takes what the fetcher brings, and asks it for what follows while that is worked on.
func (c *kafkaClaim) fill(ctx context.Context) error {
	if !c.asked {
		c.fetcher.ask(&c.want, c.position)
		c.asked = true
	}
	select {
	case f := <-c.want.answer:
		c.asked = false
		var trimmed sihe.ErrTrimmed
		if c.fresh && errors.As(f.err, &trimmed) {
			c.move(trimmed.First)
			return nil
		}
		if f.err != nil {
			return f.err
		}
		c.ready = f.messages
		c.fetcher.ask(&c.want, max(f.next, c.committed.Load()))
		c.asked = true
		return nil
	case <-ctx.Done():
	case <-c.done:
	}
	return c.over(ctx)
}

func (c *kafkaClaim) over(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-c.done:
		return c.revoked()
	default:
		return nil
	}
}

func (c *kafkaClaim) revoked() error {
	return sihe.ErrRevoked{Topic: c.topic, Partition: c.partition}
}

// Commit travels together with the commits that other claims make meanwhile.
func (c *kafkaClaim) Commit(ctx context.Context, next int64) error {
	if c.lost.Load() {
		return c.revoked()
	}
	if next < 0 || next > c.delivered.Load() {
		s, err := c.bus.span(ctx, c.at(0))
		if err != nil {
			return err
		}
		if next < 0 || next > s.Next {
			return permanent(sihe.CodeBusOffsetInvalid, "commit %s at %d: the partition ends at %d", partitionName(c.topic, c.partition), next, s.Next)
		}
	}
	if next <= c.committed.Load() {
		return nil
	}
	err := c.commits.add(ctx, c.at(0), next)
	if fenced(err) {
		return c.revoked()
	}
	if err != nil {
		return kafkaError(err, "commit "+partitionName(c.topic, c.partition))
	}
	raise(&c.committed, next)
	return nil
}

// commits gathers the commits of one generation: one request at a time carries all that wait.
type commits struct {
	bus        *Kafka
	generation *kafka.Generation
	broken     chan struct{} // closed by the first error that is not a revocation

	mu      sync.Mutex
	pending map[sihe.Position]*commit
	sending bool
	failed  error
}

// A commit is the highest offset that waits for a partition, and who waits with it.
type commit struct {
	next int64
	done []chan error
}

func (c *commits) add(ctx context.Context, at sihe.Position, next int64) error {
	done := make(chan error, 1)
	c.mu.Lock()
	if c.failed != nil {
		c.mu.Unlock()
		return c.failed
	}
	p, ok := c.pending[at]
	if !ok {
		p = &commit{}
		c.pending[at] = p
	}
	p.next = max(p.next, next)
	p.done = append(p.done, done)
	if !c.sending {
		c.sending = true
		go c.send()
	}
	c.mu.Unlock()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *commits) send() {
	for {
		c.mu.Lock()
		waiting := c.pending
		if len(waiting) == 0 {
			c.sending = false
			c.mu.Unlock()
			return
		}
		c.pending = map[sihe.Position]*commit{}
		c.mu.Unlock()
		offsets := map[string]map[int]int64{}
		for at, p := range waiting {
			if offsets[at.Topic] == nil {
				offsets[at.Topic] = map[int]int64{}
			}
			offsets[at.Topic][at.Partition] = p.next
		}
		err := c.generation.CommitOffsets(offsets)
		c.judge(err)
		for _, p := range waiting {
			for _, done := range p.done {
				done <- err
			}
		}
	}
}

// judge ends the generation after an error: its connection or its membership is gone, and a later commit must not pass
// over this one.
func (c *commits) judge(err error) {
	if err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed == nil {
		c.failed = err
		close(c.broken)
	}
}
