package bus

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

type work = func(ctx context.Context, c sihe.Claim) error

// A claim is a partition held by one member of a group of the embedded bus.
type claim struct {
	group     *group
	topic     *topic
	partition *partition
	member    *member
	done      <-chan struct{}
	cancel    context.CancelFunc
	timer     *time.Timer // guarded by the group; set once the claim is revoked
	lost      atomic.Bool // the partition has, or may have, another owner

	started   bool         // of Next alone
	position  int64        // of Next alone
	committed atomic.Int64 // highest
}

// Topic returns the topic's name.
func (c *claim) Topic() string { return c.partition.topic }

// Partition returns the partition's number.
func (c *claim) Partition() int { return c.partition.number }

// Next returns the following messages, at once when there are any.
func (c *claim) Next(ctx context.Context, limit int) ([]sihe.Message, error) {
	if err := c.begin(); err != nil {
		return nil, err
	}
	for {
		appended := c.partition.next()
		if err := c.over(ctx); err != nil {
			return nil, err
		}
		c.position = max(c.position, c.committed.Load())
		ms, s, err := c.group.bus.read(c.topic, c.partition, c.position, limit)
		if err != nil {
			return nil, err
		}
		if c.position > s.next {
			return nil, permanent(sihe.CodeBusOffsetInvalid, "read %s: the group stands at %d but the partition ends at %d", c.partition.name, c.position, s.next)
		}
		if len(ms) > 0 {
			c.position = ms[len(ms)-1].Offset + 1
			return ms, nil
		}
		select {
		case <-appended:
		case <-ctx.Done():
		case <-c.done:
		}
	}
}

func (c *claim) over(ctx context.Context) error {
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

func (c *claim) revoked() error {
	return sihe.ErrRevoked{Topic: c.partition.topic, Partition: c.partition.number}
}

// begin finds where the group stands: its committed offset, or else the first that is kept.
func (c *claim) begin() error {
	if c.started {
		return nil
	}
	err := c.group.bus.db.View(func(tx *durable.Tx) error {
		n, ok, err := committed(tx, c.group.name, c.partition)
		if err != nil || ok {
			c.position = n
			return err
		}
		s, err := loadState(tx, c.partition)
		c.position = s.first
		return err
	})
	c.started = err == nil
	return err
}

// Commit is synced together with the commits and messages of the same instant.
func (c *claim) Commit(ctx context.Context, next int64) error {
	if c.lost.Load() {
		return c.revoked()
	}
	_, err := c.group.bus.db.Update(ctx, func(tx *durable.Tx) error {
		if c.lost.Load() {
			return c.revoked()
		}
		s, err := loadState(tx, c.partition)
		if err != nil {
			return err
		}
		if next < 0 || next > s.next {
			return permanent(sihe.CodeBusOffsetInvalid, "commit %s at %d: the partition ends at %d", c.partition.name, next, s.next)
		}
		old, ok, err := committed(tx, c.group.name, c.partition)
		if err != nil || ok && old >= next {
			return err
		}
		return tx.Bucket(bucketGroups).Put(groupKey(c.group.name, c.partition), encodeInt(next))
	})
	if err != nil {
		return err
	}
	raise(&c.committed, next)
	return nil
}

// raise sets the highest value seen.
func raise(a *atomic.Int64, n int64) {
	for old := a.Load(); old < n && !a.CompareAndSwap(old, n); {
		old = a.Load()
	}
}

// committed returns the group's next offset; false when it has none.
func committed(tx *durable.Tx, group string, p *partition) (int64, bool, error) {
	v, ok, err := tx.Bucket(bucketGroups).Get(groupKey(group, p))
	if err != nil || !ok {
		return 0, false, err
	}
	return keyOffset(v), true, nil
}
