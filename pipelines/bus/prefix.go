package bus

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sihehub/sihe"
)

// OwnPrefix begins the names of all topics and groups as the hub knows them.
const OwnPrefix = "sihe"

// WithPrefix lets several hubs share a cluster: the topics and groups that the hub calls "sihe.x" are "prefix.x" on the bus.
func WithPrefix(b sihe.Bus, prefix string) sihe.Bus {
	if prefix == OwnPrefix {
		return b
	}
	return &prefixed{Bus: b, prefix: prefix + ".", own: OwnPrefix + "."}
}

// prefixed leaves Ping and Close to the bus.
type prefixed struct {
	sihe.Bus
	prefix, own string
}

func (p *prefixed) outer(name string) string {
	if rest, ok := strings.CutPrefix(name, p.own); ok {
		return p.prefix + rest
	}
	return name
}

func (p *prefixed) inner(name string) string {
	if rest, ok := strings.CutPrefix(name, p.prefix); ok {
		return p.own + rest
	}
	return name
}

func (p *prefixed) received(ms []sihe.Message) []sihe.Message {
	for i := range ms {
		ms[i].Topic = p.inner(ms[i].Topic)
	}
	return ms
}

// named gives the topic in an error that callers look into its name here.
func (p *prefixed) named(err error) error {
	var trimmed sihe.ErrTrimmed
	var revoked sihe.ErrRevoked
	switch {
	case errors.As(err, &trimmed):
		trimmed.Topic = p.inner(trimmed.Topic)
		return trimmed
	case errors.As(err, &revoked):
		revoked.Topic = p.inner(revoked.Topic)
		return revoked
	}
	return err
}

func (p *prefixed) EnsureTopics(ctx context.Context, topics ...sihe.Topic) error {
	outer := make([]sihe.Topic, len(topics))
	for i, t := range topics {
		t.Name = p.outer(t.Name)
		outer[i] = t
	}
	return p.Bus.EnsureTopics(ctx, outer...)
}

func (p *prefixed) Publish(ctx context.Context, ms ...sihe.Message) (sihe.Token, error) {
	outer := make([]sihe.Message, len(ms))
	for i, m := range ms {
		m.Topic = p.outer(m.Topic)
		outer[i] = m
	}
	token, err := p.Bus.Publish(ctx, outer...)
	if err != nil {
		return token, err
	}
	positions := make([]sihe.Position, 0, len(ms))
	for _, at := range token.Positions() {
		at.Topic = p.inner(at.Topic)
		positions = append(positions, at)
	}
	return sihe.Synced(positions...), nil
}

func (p *prefixed) Consume(ctx context.Context, group string, topics []string, work func(ctx context.Context, c sihe.Claim) error) error {
	outer := make([]string, len(topics))
	for i, t := range topics {
		outer[i] = p.outer(t)
	}
	return p.Bus.Consume(ctx, p.outer(group), outer, func(ctx context.Context, c sihe.Claim) error {
		return work(ctx, &prefixedClaim{Claim: c, bus: p})
	})
}

func (p *prefixed) Read(ctx context.Context, from sihe.Position, limit int) ([]sihe.Message, error) {
	from.Topic = p.outer(from.Topic)
	ms, err := p.Bus.Read(ctx, from, limit)
	return p.received(ms), p.named(err)
}

func (p *prefixed) Offsets(ctx context.Context, topic string) ([]sihe.Span, error) {
	return p.Bus.Offsets(ctx, p.outer(topic))
}

func (p *prefixed) OffsetsAt(ctx context.Context, topic string, t time.Time) ([]int64, error) {
	return p.Bus.OffsetsAt(ctx, p.outer(topic), t)
}

func (p *prefixed) Committed(ctx context.Context, group, topic string) ([]int64, error) {
	return p.Bus.Committed(ctx, p.outer(group), p.outer(topic))
}

func (p *prefixed) ResetGroup(ctx context.Context, group, topic string, offsets []int64) error {
	return p.Bus.ResetGroup(ctx, p.outer(group), p.outer(topic), offsets)
}

// A prefixedClaim leaves Partition to the claim.
type prefixedClaim struct {
	sihe.Claim
	bus *prefixed
}

func (c *prefixedClaim) Topic() string { return c.bus.inner(c.Claim.Topic()) }

func (c *prefixedClaim) Next(ctx context.Context, limit int) ([]sihe.Message, error) {
	ms, err := c.Claim.Next(ctx, limit)
	return c.bus.received(ms), c.bus.named(err)
}

func (c *prefixedClaim) Commit(ctx context.Context, next int64) error {
	return c.bus.named(c.Claim.Commit(ctx, next))
}
