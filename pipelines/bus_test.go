package pipelines

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/store"
)

// A shakyBus loses answers: of publishing, fetching and committing.
type shakyBus struct {
	*bus.Embedded
	mu sync.Mutex
	r  *rand.Rand

	trim, steady bool
}

func (b *shakyBus) shakes(percent int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.steady && b.r.IntN(100) < percent
}

var errShaky = errors.New("the broker hangs up")

func (b *shakyBus) Publish(ctx context.Context, m ...sihe.Message) (sihe.Token, error) {
	if b.shakes(10) {
		return sihe.Token{}, errShaky
	}
	proof, err := b.Embedded.Publish(ctx, m...)
	if b.shakes(10) {
		return sihe.Token{}, errShaky // it is there, and comes again
	}
	return proof, err
}

func (b *shakyBus) Consume(ctx context.Context, group string, topics []string, work func(context.Context, sihe.Claim) error) error {
	return b.Embedded.Consume(ctx, group, topics, func(ctx context.Context, c sihe.Claim) error {
		return work(ctx, &shakyClaim{Claim: c, bus: b})
	})
}

type shakyClaim struct {
	sihe.Claim
	bus *shakyBus
}

func (c *shakyClaim) Next(ctx context.Context, limit int) ([]sihe.Message, error) {
	c.bus.mu.Lock()
	trimmed := c.bus.trim
	c.bus.mu.Unlock()
	switch {
	case trimmed:
		return nil, sihe.ErrTrimmed{Topic: c.Topic(), Partition: c.Partition(), First: 7}
	case c.bus.shakes(5):
		return nil, errShaky
	}
	return c.Claim.Next(ctx, 5)
}

func (c *shakyClaim) Commit(ctx context.Context, next int64) error {
	if c.bus.shakes(10) {
		return errShaky
	}
	return c.Claim.Commit(ctx, next)
}

// What retention took before it was read stops the street, loudly; nothing is skipped.
func TestTrimmedMessagesStopTheStreet(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	h.tune = func(o *Options) { o.Bus = &shakyBus{Embedded: h.bus, r: rand.New(rand.NewPCG(1, 1)), trim: true} }
	h.start()
	h.eventually("it is said", func() bool {
		s := h.street("deal-to-job")
		return s.Health != nil && !s.Health.OK && s.Health.Code == sihe.CodeLogGap
	})
	if s, _ := h.hub.Status(t.Context()); s.OK {
		t.Error("the hub says that it is well")
	}
}

// A message that is no event of this hub is parked with its payload.
func TestStrangeMessagesAreParked(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	h.start()
	h.eventually("it is up", func() bool { return h.street("deal-to-job").Held == 4 })
	_, err := h.bus.Publish(t.Context(),
		sihe.Message{Topic: CanonicalTopic("crm.deal"), Key: []byte("D\x00\xff"), Value: []byte{0xff, 0xfe}},
		sihe.Message{Topic: CanonicalTopic("crm.deal"), Key: []byte("D2"), Value: nil},
		sihe.Message{Topic: RawTopic("crm"), Key: []byte("D2"), Value: []byte("x")},
	)
	if err != nil {
		t.Fatal(err)
	}
	crm.say("crm.deal", "D1", "updated", 1, deal("D1", 1))
	h.eventually("the strange ones are parked, the other goes on", func() bool {
		return h.count("deal-to-job", store.Parked) == 2 && h.count("normalise:crm", store.Parked) == 1 && h.count("deal-to-job", store.Delivered) == 1
	})
	parked, _ := h.hub.Parked(Selection{})
	for _, p := range parked {
		if p.Code != sihe.CodeEventMalformed {
			t.Errorf("parked: %+v", p.Why)
		}
		if _, err := h.hub.Kept(p.Pipeline, p.ID); err != nil {
			t.Error(err)
		}
	}
	h.balanced()
}

// What fails and then goes on again is shown as well again.
func TestHealthRecovers(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	shaky := &shakyBus{r: rand.New(rand.NewPCG(1, 1)), trim: true}
	h.tune = func(o *Options) {
		if shaky.Embedded == nil {
			shaky.Embedded = h.bus
		}
		o.Bus = shaky
	}
	h.start()
	healthy := func(want bool) func() bool {
		return func() bool {
			s := h.street("deal-to-job")
			return s.Health != nil && s.Health.OK == want
		}
	}
	h.eventually("it is ill", healthy(false))
	shaky.mu.Lock()
	shaky.trim, shaky.steady = false, true
	shaky.mu.Unlock()
	h.eventually("it is well", healthy(true))
}
