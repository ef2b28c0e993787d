package pipelines

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// fetchBatch is how many messages are asked for at once; fromStore how many subjects with kept events are worked on at
// once, beside those that come from the bus.
const (
	fetchBatch = 100
	fromStore  = 64
)

// A claim is one partition of a street while this hub works on it: the lanes of its subjects, and what is due there.
type claim struct {
	h      *Hub
	street street
	part   store.Part
	bus    sihe.Claim // nil for store.Direct
	window *window
	due    chan struct{} // holds one signal: look at what is due
	fail   context.CancelCauseFunc
	kept   *slot        // of commit alone: the store's copy of the offset stands behind it
	ended  atomic.Int64 // events that came to an end, or to a state in which the store keeps them

	mu      sync.Mutex
	lanes   map[string]*lane
	reading int // lanes that were begun for kept events
	working sync.WaitGroup
}

// A lane is one subject that is being worked on; a goroutine each.
type lane struct {
	queue []*parcel // in the order of the bus
	look  bool      // kept events are due
	kept  bool      // begun for kept events
}

func (h *Hub) newClaim(s street, partition int, b sihe.Claim) *claim {
	return &claim{
		h: h, street: s, part: store.Part{Pipeline: s.name(), Partition: partition}, bus: b,
		window: newWindow(), due: make(chan struct{}, 1), lanes: map[string]*lane{},
	}
}

// poke makes the claim look at what is due.
func (c *claim) poke() {
	select {
	case c.due <- struct{}{}:
	default:
	}
}

// run works until ctx ends (nil) or the street cannot go on. Calls under way are finished first (Tuning.Drain).
func (c *claim) run(ctx context.Context) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c.fail = cancel
	c.h.enrol(c)
	defer c.h.dismiss(c)
	c.working.Go(func() { c.dueLoop(inner) })
	if c.bus != nil {
		c.working.Go(func() { c.commitLoop(inner) })
		c.working.Go(func() { c.fail(c.fetch(inner)) })
	}
	<-inner.Done()
	c.working.Wait()
	c.vacate()
	if c.bus != nil {
		c.commit(context.WithoutCancel(ctx)) // what is done need not be done again; a refusal means that it will be
	}
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(inner)
}

func (h *Hub) enrol(c *claim) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.claims[c.part] = c
}

func (h *Hub) dismiss(c *claim) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.claims[c.part] == c {
		delete(h.claims, c.part)
	}
}

// fetch hands the partition's messages to their lanes, as far as there is room for them.
func (c *claim) fetch(ctx context.Context) error {
	room := c.street.memory()
	for {
		if err := c.h.flowing(ctx, c.street); err != nil {
			return err
		}
		messages, err := c.bus.Next(ctx, fetchBatch)
		if err != nil {
			return gap(err)
		}
		for _, m := range messages {
			if err := room.enter(ctx, size(m)); err != nil {
				return err
			}
			p := c.street.open(c.part, m)
			p.slot = c.window.enter(m.Offset, p.id)
			c.offer(ctx, p)
		}
	}
}

func size(m sihe.Message) int64 {
	n := len(m.Key) + len(m.Value)
	for _, h := range m.Headers {
		n += len(h.Key) + len(h.Value)
	}
	return int64(n)
}

// gap gives retention that was faster than we are its own code: the street stands until somebody decides.
func gap(err error) error {
	var trimmed sihe.ErrTrimmed
	if errors.As(err, &trimmed) {
		return sihe.Permanent(sihe.Errorf(sihe.CodeLogGap, "read %s/%d: everything below offset %d is gone: %w", trimmed.Topic, trimmed.Partition, trimmed.First, err))
	}
	return err
}

func (c *claim) offer(ctx context.Context, p *parcel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l, ok := c.lanes[p.subject]; ok {
		l.queue = append(l.queue, p)
		return
	}
	c.begin(ctx, p.subject, &lane{queue: []*parcel{p}})
}

// begin is called with the lock held.
func (c *claim) begin(ctx context.Context, subject string, l *lane) {
	c.lanes[subject] = l
	c.working.Go(func() {
		if err := c.drive(ctx, subject, l); err != nil {
			c.fail(err)
		}
	})
}

// drive works one subject off, one event after the other (invariant 3): first the kept ones that are due, then those
// from the bus. The lane ends when nothing is left.
func (c *claim) drive(ctx context.Context, subject string, l *lane) error {
	for {
		p, look := c.following(subject, l)
		switch {
		case look:
			if err := c.carryKept(ctx, subject); err != nil {
				return err
			}
		case p != nil:
			proof, err := c.carry(ctx, p)
			c.street.memory().leave(size(p.message))
			if err != nil {
				return err
			}
			c.window.done(p.slot, proof)
		default:
			return nil
		}
	}
}

func (c *claim) following(subject string, l *lane) (p *parcel, look bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case l.look:
		l.look = false
		return nil, true
	case len(l.queue) > 0:
		p, l.queue = l.queue[0], l.queue[1:]
		return p, false
	}
	delete(c.lanes, subject)
	if l.kept {
		c.reading--
	}
	c.poke() // something may have become due that was left to this lane
	return nil, false
}

func (c *claim) carry(ctx context.Context, p *parcel) (sihe.Token, error) {
	if err := c.h.resumed(ctx, c.street.name()); err != nil {
		return sihe.Token{}, err
	}
	proof, err := c.street.carry(ctx, p)
	c.ended.Add(1)
	if err != nil && sihe.ClassOf(err) == sihe.ClassPermanent && ctx.Err() == nil {
		return c.rescue(ctx, p, err)
	}
	return proof, err
}

// rescue parks an event over which the street itself stumbles, e.g. because its record is damaged, so that it stops
// only itself. If even that fails, the street stands.
func (c *claim) rescue(ctx context.Context, p *parcel, cause error) (sihe.Token, error) {
	c.h.o.Log.ErrorContext(ctx, "the street stumbles over an event", "street", c.street.name(), "event", p.id, "error", cause.Error())
	proof, err := c.h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		d, state, err := admit(tx, p, func() *store.Delivery {
			return p.delivery(c.h, entityOf(c.street.topic()), "", "", 0, p.event.Time)
		})
		if err != nil || state != admitted {
			return nil, err
		}
		to := store.Parked
		if (d.State == store.Writing || d.State == store.Unknown) && d.Do() != doPublish {
			to = store.Unknown // its write may have been done
		}
		return nil, tx.Hold(d, p.message, to, whyOf(cause), noDue)
	})
	if err != nil {
		return sihe.Token{}, errors.Join(cause, err)
	}
	return proof, nil
}

// vacate gives back the room of what this claim has taken in but will not carry any more.
func (c *claim) vacate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.lanes {
		for _, p := range l.queue {
			c.street.memory().leave(size(p.message))
		}
		l.queue = nil
	}
}

// carryKept carries the head of the subject's kept events as long as it is due.
func (c *claim) carryKept(ctx context.Context, subject string) error {
	for {
		p, err := c.head(subject)
		if err != nil || p == nil {
			return err
		}
		if _, err := c.carry(ctx, p); err != nil {
			return err
		}
	}
}

// head returns the first kept event of a subject when it is due, else nil.
func (c *claim) head(subject string) (p *parcel, err error) {
	err = c.h.o.Store.View(func(tx *store.Tx) error {
		p = nil
		l, found, err := tx.Lane(c.part, subject)
		if err != nil || !found || l.Due.IsZero() || l.Due.After(c.h.o.Now()) {
			return err
		}
		k, d, found, err := tx.Head(c.part, subject)
		if err != nil || !found {
			return err
		}
		p = c.street.open(c.part, k.Message)
		p.kept, p.subject, p.id, p.lane = true, subject, d.ID, ParseLane(d.Lane)
		p.rerun, p.forced = d.Rerun, d.Forced && d.Attempts == 0
		return nil
	})
	return p, err
}

// commitLoop commits what is done, but not more often than Tuning.CommitEvery: a commit is a sync.
func (c *claim) commitLoop(ctx context.Context) {
	for {
		select {
		case <-c.window.changed:
		case <-ctx.Done():
			return
		}
		c.commit(ctx)
		pause(ctx, c.h.o.Tuning.CommitEvery)
	}
}

func (c *claim) commit(ctx context.Context) {
	last, proof := c.window.ready()
	if last == nil || c.h.dead.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, c.h.o.Tuning.Drain)
	defer cancel()
	err := c.keepPlace(ctx, last)
	if err == nil {
		err = commitOffset(ctx, c.bus, last.offset+1, proof)
	}
	if err != nil && ctx.Err() == nil {
		var revoked sihe.ErrRevoked
		if !errors.As(err, &revoked) {
			c.fail(err)
		}
		return
	}
	_ = c.h.at(StepCommitted, c.street.name()) // it is committed
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
