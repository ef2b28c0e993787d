package pipelines

import (
	"context"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A passage is one call that was let through to a system.
type passage struct {
	system  *system
	release func()
	trial   bool
	undo    func() // takes back what the brake has counted; nil: nothing
}

// enter waits for a place in the system's budget and asks its breaker. A nil passage without an error means that the
// system is left alone now.
func (h *Hub) enter(ctx context.Context, s *system, l Lane) (*passage, error) {
	if s.breaker.blocks() != nil {
		return nil, ctx.Err()
	}
	release, err := s.lane.acquire(ctx, l)
	if err != nil {
		return nil, err
	}
	ok, trial := s.breaker.pass()
	if !ok {
		release()
		return nil, nil
	}
	return &passage{system: s, release: release, trial: trial}, nil
}

// leave ends a call that was made. document tells calls about the same thing from calls about others.
func (p *passage) leave(ctx context.Context, document string, err error) {
	p.release()
	if after := afterOf(err); after > 0 {
		p.system.lane.sleep(after)
	}
	p.system.breaker.leave(ctx, document, p.trial, verdictOf(ctx, err), err)
}

// done ends a write that was made. What changed nothing does not count for the brake.
func (p *passage) done(ctx context.Context, document string, out outcome) {
	if p.undo != nil && (out.to == store.Unchanged || out.to == store.Rejected || out.to == store.Parked) {
		p.undo()
	}
	p.leave(ctx, document, out.err)
}

// unused ends a passage without a call.
func (p *passage) unused(ctx context.Context) {
	if p.undo != nil {
		p.undo()
	}
	p.release()
	p.system.breaker.leave(ctx, "", p.trial, silent, nil)
}

// linger is a plan's end at a system that is left alone: the event waits, and no attempt is used up.
func linger(pl *plan) *plan {
	wait := conclude(store.Waiting, sihe.CodeBreakerOpen, pl.system.Name)
	wait.await = store.Ref{Module: breakerModule + pl.system.Name}
	wait.system = pl.system
	return wait
}

// lingers lets the event wait until the breaker wakes it. Should that be lost, it comes back after the longest pause.
func (d *deliverer) lingers(tx *store.Tx, p *parcel, pl *plan, rec *store.Delivery) (again bool, err error) {
	if pl.trip != nil {
		return false, d.stand(tx, p, pl, rec)
	}
	b := pl.system.breaker
	if b.blocks() == nil {
		return true, nil // it has let through meanwhile
	}
	if err := tx.Await(rec, pl.await); err != nil {
		return false, err
	}
	return false, tx.Hold(rec, p.message, store.Waiting, pl.why, tx.Now().Add(b.limits.Longest))
}

// postponed is the outcome of a look-up that was not made, because the system is left alone.
func (s *system) postponed(rec *store.Delivery) outcome {
	return outcome{to: store.Unknown, why: rec.Why, after: max(afterOf(s.breaker.refusal()), time.Millisecond), idle: true}
}

// keepProbing asks a system that is left alone whether it answers again, until ctx ends. It waits by durations, never
// until a time of day, so that a clock that is set changes nothing.
func (h *Hub) keepProbing(ctx context.Context, s *system) {
	h.release(ctx, s.Name, 0, 0) // those that waited before a restart
	for ctx.Err() == nil {
		b := s.breaker
		b.mu.Lock()
		state, wait, turn := b.state, b.wait, b.turn
		b.mu.Unlock()
		if state == breakerClosed {
			wait = longestNap
		}
		t := time.NewTimer(max(wait, time.Millisecond))
		select {
		case <-ctx.Done():
		case <-turn:
		case <-t.C:
			h.step(ctx, s, state)
		}
		t.Stop()
	}
}

// step is what follows when a breaker's pause is over.
func (h *Hub) step(ctx context.Context, s *system, state breakerState) {
	var change *breakerChange
	switch state {
	case breakerClosed:
	case breakerHalfOpen:
		change = s.breaker.rest()
	case breakerOpen:
		if err := h.probe(ctx, s); err != nil {
			change = s.breaker.failed(err)
		} else if ctx.Err() == nil {
			change = s.breaker.halfOpen()
		}
	}
	if change != nil && ctx.Err() == nil {
		s.breaker.tell(ctx, *change)
	}
}

func (h *Hub) probe(ctx context.Context, s *system) (err error) {
	release, err := s.lane.acquire(ctx, LaneLive)
	if err != nil {
		return err
	}
	defer release()
	call, cancel := context.WithTimeout(ctx, h.o.Tuning.WriteTimeout)
	defer cancel()
	defer caught(&err)
	err = s.Connector.Check(call)
	if after := afterOf(err); after > 0 {
		s.lane.sleep(after)
	}
	return err
}

// breakerChanged tells of a change and wakes who waits for it.
func (h *Hub) breakerChanged(ctx context.Context, b *breaker, c breakerChange) {
	ctx = context.WithoutCancel(ctx)
	name := "breaker:" + b.system
	if c.from != c.to {
		h.tell(ctx, store.Activity{System: b.system, Name: "breaker_" + strings.ReplaceAll(string(c.to), "-", "_"), Why: c.why})
	}
	switch c.to {
	case breakerOpen:
		h.report(name, sihe.Errorf(c.why.Code, "call %s: %s", b.system, c.why.Text))
	case breakerHalfOpen:
		h.release(ctx, b.system, 1, b.turns())
	case breakerClosed:
		h.report(name, nil)
		h.release(ctx, b.system, 0, 0)
	}
}

// tell enters a change of state into the feed. That it could not be told changes nothing else.
func (h *Hub) tell(ctx context.Context, a store.Activity) {
	a.Kind = store.KindState
	_, err := h.update(ctx, func(tx *store.Tx) ([]store.Part, error) { return nil, tx.Tell(a) })
	if err != nil && !h.dead.Load() {
		h.o.Log.WarnContext(ctx, "tell a change of state", "name", a.Name, "error", err.Error())
	}
}

// releaseBatch bounds one transaction.
const releaseBatch = 500

// release wakes those that wait for a system's breaker: so many, another one at each turn, or all for 0.
func (h *Hub) release(ctx context.Context, system string, most, turn int) {
	r := store.Ref{Module: breakerModule + system}
	for {
		n := 0
		_, err := h.update(ctx, func(tx *store.Tx) (woken []store.Part, err error) {
			limit := releaseBatch
			if most > 0 {
				limit = most
			}
			woken, n, err = tx.Release(r, limit, turn)
			return woken, err
		})
		if err != nil || most > 0 || n < releaseBatch {
			return // those that are left come by their own due time
		}
	}
}

// flowing waits while a street is paused, or while every system that it leads to is left alone: what comes meanwhile
// stays on the bus.
func (h *Hub) flowing(ctx context.Context, s street) error {
	for {
		if err := h.resumed(ctx, s.name()); err != nil {
			return err
		}
		turn := h.blocked(s)
		if turn == nil {
			return nil
		}
		select {
		case <-turn:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (h *Hub) blocked(s street) (turn <-chan struct{}) {
	d, ok := s.(*siding)
	if !ok {
		return nil
	}
	for _, x := range h.playing(d.now.Load().p.To.Module) {
		if turn = x.breaker.blocks(); turn == nil {
			return nil
		}
	}
	return turn
}

// enter takes a planned write to its target. When the target is left alone, or the pipeline has written too much, the plan
// is to wait.
func (d *deliverer) enter(ctx context.Context, p *parcel, pl *plan) (*plan, *passage, error) {
	if pl.to != store.Writing {
		return pl, nil, nil
	}
	pass, err := d.h.enter(ctx, pl.system, d.laneOf(p))
	if err != nil || pass == nil {
		return linger(pl), nil, err
	}
	undo, trip, err := d.reserve(p, pl)
	if err != nil || trip != nil {
		pass.unused(ctx)
	}
	if trip != nil {
		d.halt(trip)
		pl = linger(pl)
		pl.trip, pl.why = trip, store.Why{Code: sihe.CodeBrake, Text: trip.Text}
	}
	pass.undo = undo
	return pl, pass, err
}

// document names what an event is about, for the breaker.
func (d *deliverer) document(p *parcel) string { return d.p.From.FullName() + "/" + p.subject }
