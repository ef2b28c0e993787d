package bus

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/segmentio/kafka-go"

	"github.com/sihehub/sihe"
)

// A kafkaClaim is a partition in one generation of a group.
type kafkaClaim struct {
	bus       *Kafka
	commits   *commits
	topic     string
	partition int
	done      <-chan struct{}
	lost      atomic.Bool // work has returned

	started   bool           // of Next alone
	position  int64          // of Next alone: next message to give out
	ready     []sihe.Message // of Next alone: fetched, from position on
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

// Next fetches until there is something. Troubles that may pass are reported and waited out.
func (c *kafkaClaim) Next(ctx context.Context, limit int) ([]sihe.Message, error) {
	for backoff := firstBackoff; ; {
		if err := c.over(ctx); err != nil {
			return nil, err
		}
		err := c.fill(ctx)
		if err != nil && !passing(err) {
			return nil, err
		}
		if err != nil {
			if over := c.over(ctx); over != nil {
				return nil, over
			}
			c.bus.config.Report(err)
			c.bus.pause(ctx, backoff)
			backoff = min(2*backoff, longBackoff)
			continue
		}
		if len(c.ready) > 0 {
			n := min(len(c.ready), max(limit, 1))
			ms := c.ready[:n:n]
			c.ready = c.ready[n:]
			c.move(ms[n-1].Offset + 1)
			return ms, nil
		}
	}
}

func (c *kafkaClaim) move(position int64) {
	c.position = position
	c.delivered.Store(position)
}

// fill sees to it that ready holds messages if there are any, beginning where the group stands.
func (c *kafkaClaim) fill(ctx context.Context) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	if done := c.committed.Load(); done > c.position {
		for len(c.ready) > 0 && c.ready[0].Offset < done {
			c.ready = c.ready[1:]
		}
		c.move(done)
	}
	if len(c.ready) > 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-c.done:
			cancel()
		case <-stop:
		}
	}()
	f, err := c.bus.fetch(ctx, c.at(c.position), pollWait, fetchBytes)
	if err != nil {
		return err
	}
	c.ready = f.messages
	if len(f.messages) == 0 {
		c.move(f.next)
	}
	return nil
}

// begin compares where the group stands with what is kept: Kafka itself would pass over a gap without a word.
func (c *kafkaClaim) begin(ctx context.Context) error {
	if c.started {
		return nil
	}
	s, err := c.bus.span(ctx, c.at(0))
	if err != nil {
		return err
	}
	switch {
	case c.position < 0:
		c.position = s.First
	case c.position > s.Next:
		return permanent(sihe.CodeBusOffsetInvalid, "read %s: the group stands at %d but the partition ends at %d", partitionName(c.topic, c.partition), c.position, s.Next)
	}
	c.move(c.position)
	c.started = true
	return nil
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
