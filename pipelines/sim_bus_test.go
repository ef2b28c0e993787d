package pipelines

import (
	"context"
	"sync"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/bus"
)

// A simBus loses answers, repeats, hands out old messages after a rebalance, and has its retention run ahead.
type simBus struct {
	*bus.Embedded
	life *simLife

	mu  sync.Mutex
	gap map[string]bool // topics of which unread messages seem to be gone
}

func (b *simBus) Publish(ctx context.Context, m ...sihe.Message) (sihe.Token, error) {
	rate, dice := b.life.w.rates(), b.life.w.dice
	about := m[0].Topic + string(m[0].Key)
	if dice.hits(rate.publishFails, "publish fails", about) {
		return sihe.Token{}, errShaky
	}
	if dice.hits(rate.publishTwice, "publish twice", about) {
		if _, err := b.Embedded.Publish(ctx, m...); err != nil {
			return sihe.Token{}, err
		}
		b.life.w.some("published twice")
	}
	proof, err := b.Embedded.Publish(ctx, m...)
	if err == nil && dice.hits(rate.publishLost, "publish lost", about) {
		b.life.w.some("answer of the bus lost")
		return sihe.Token{}, errShaky
	}
	return proof, err
}

func (b *simBus) Consume(ctx context.Context, group string, topics []string, work func(context.Context, sihe.Claim) error) error {
	return b.Embedded.Consume(ctx, group, topics, func(ctx context.Context, c sihe.Claim) error {
		return work(ctx, &simClaim{Claim: c, bus: b, group: group})
	})
}

func (b *simBus) setGap(topic string, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gap[topic] = on
}

func (b *simBus) gapped(topic string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.gap[topic]
}

type simClaim struct {
	sihe.Claim
	bus   *simBus
	group string
	begun bool
}

func (c *simClaim) about() string { return c.group + c.Topic() + string(rune('0'+c.Partition())) }

func (c *simClaim) Next(ctx context.Context, limit int) ([]sihe.Message, error) {
	w := c.bus.life.w
	rate, dice := w.rates(), w.dice
	if c.bus.gapped(c.Topic()) {
		spans, err := c.bus.Offsets(ctx, c.Topic())
		if err != nil {
			return nil, err
		}
		return nil, sihe.ErrTrimmed{Topic: c.Topic(), Partition: c.Partition(), First: spans[c.Partition()].Next}
	}
	if dice.hits(rate.nextFails, "next", c.about()) {
		return nil, errShaky
	}
	if !c.begun && dice.hits(rate.stale, "stale", c.about()) {
		c.begun = true
		if old, err := c.stale(ctx); err != nil || len(old) > 0 {
			return old, err
		}
	}
	c.begun = true
	return c.Claim.Next(ctx, min(limit, 7))
}

// stale returns messages that the group is done with.
func (c *simClaim) stale(ctx context.Context) ([]sihe.Message, error) {
	done, err := c.bus.Committed(ctx, c.group, c.Topic())
	if err != nil || done[c.Partition()] <= 0 {
		return nil, err
	}
	at := done[c.Partition()]
	from := max(0, at-3)
	c.bus.life.w.some("stale fetch")
	return c.bus.Read(ctx, sihe.Position{Topic: c.Topic(), Partition: c.Partition(), Offset: from}, int(at-from))
}

func (c *simClaim) Commit(ctx context.Context, next int64) error {
	rate, dice := c.bus.life.w.rates(), c.bus.life.w.dice
	if dice.hits(rate.commitFails, "commit fails", c.about()) {
		return errShaky
	}
	err := c.Claim.Commit(ctx, next)
	if err == nil && dice.hits(rate.commitLost, "commit lost", c.about()) {
		return errShaky
	}
	return err
}
