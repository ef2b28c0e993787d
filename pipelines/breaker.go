package pipelines

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A breaker keeps calls away from a system that is ill (Nygard's Circuit Breaker), so that an outage costs neither the
// system nor the documents' attempts. It counts the answers that say something about the system: a document that the
// business refuses, or that no mapping fits, says nothing, and an account that asks for silence is the budget's affair.
//
// Open means that nothing is begun. After a pause, which grows with each failure, [sihe.Connector.Check] asks the system,
// because that changes nothing there. If it answers, exactly one real call is let through, and what becomes of that
// one decides.
type breaker struct {
	system string
	limits Breaking
	now    func() time.Time
	jitter func(time.Duration) time.Duration
	tell   func(ctx context.Context, change breakerChange)

	mu     sync.Mutex
	state  breakerState
	recent []answered    // the last ones while closed, the newest at the end
	pause  time.Duration // of this opening
	wait   time.Duration // the same with chance: until the next step
	since  time.Time     // it is not closed
	next   time.Time     // when wait is over, for people
	closed time.Time     // the last time that it closed
	why    store.Why
	trial  bool          // the one call is under way
	trials int           // since the start
	turn   chan struct{} // closed and replaced at every change
}

// Breaking says when a system is left alone. Zero fields take the defaults.
type Breaking struct {
	Failures int           // in a row, of at least three documents; default 5; negative: never
	Pause    time.Duration // the first one; default 5 × Tuning.FirstRetry
	Longest  time.Duration // pauses double up to this; default 300 × Tuning.FirstRetry
}

// What makes a system ill beside failures in a row: so many of the last ones. One document that fails again and again
// speaks of itself, so it takes several.
const (
	recentCalls   = 20
	recentFailed  = 15
	illDocuments  = 3
	breakerModule = "breaker:" // of a Ref that is awaited until the breaker of the system lets through
)

type breakerState string

const (
	breakerClosed   breakerState = "closed"
	breakerOpen     breakerState = "open"
	breakerHalfOpen breakerState = "half-open"
)

type answered struct {
	document string
	ill      bool
}

// A breakerChange is what is told when a breaker changes.
type breakerChange struct {
	from, to breakerState
	why      store.Why
}

func (h *Hub) newBreaker(s System) *breaker {
	l := s.Limits.Breaker
	def(&l.Failures, 5)
	def(&l.Pause, 5*h.o.Tuning.FirstRetry)
	def(&l.Longest, 300*h.o.Tuning.FirstRetry)
	b := &breaker{system: s.Name, limits: l, now: h.o.Now, jitter: h.jitter, state: breakerClosed, turn: make(chan struct{})}
	b.tell = func(ctx context.Context, c breakerChange) { h.breakerChanged(ctx, b, c) }
	return b
}

// pass lets a call through or not. trial says that it is the one that decides; its end must be told to leave.
func (b *breaker) pass() (ok, trial bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.state == breakerClosed:
		return true, false
	case b.state == breakerHalfOpen && !b.trial:
		b.trial = true
		b.trials++
		b.changed()
		return true, true
	}
	return false, false
}

// blocks returns what is closed at the next change, nil while a call could pass.
func (b *breaker) blocks() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == breakerClosed || b.state == breakerHalfOpen && !b.trial {
		return nil
	}
	return b.turn
}

// turns is how often one call was let through.
func (b *breaker) turns() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.trials
}

// changed is called with the lock held.
func (b *breaker) changed() {
	close(b.turn)
	b.turn = make(chan struct{})
}

// A verdict is what a call's end says about the system.
type verdict int

const (
	silent  verdict = iota // nothing: it was not made, cut off by us, or answered by a request to wait
	healthy                // it answered
	ill
)

// verdictOf reads the error of a call. ctx is that of the hub: what we cut off ourselves says nothing.
func verdictOf(ctx context.Context, err error) verdict {
	switch class := sihe.ClassOf(err); {
	case err == nil || class == sihe.ClassRejected || class == sihe.ClassPermanent:
		return healthy
	case ctx.Err() != nil || afterOf(err) > 0 || sihe.CodeOf(err) == sihe.CodePanic:
		return silent
	}
	return ill
}

// leave notes the end of a call that passed.
func (b *breaker) leave(ctx context.Context, document string, trial bool, v verdict, err error) {
	b.mu.Lock()
	var change *breakerChange
	switch {
	case trial:
		b.trial = false
		switch v {
		case healthy:
			change = b.close()
		case ill:
			change = b.open(sihe.CodeOf(err), whyOf(err).Text)
		case silent:
			b.changed() // the next one decides
			change = &breakerChange{from: breakerHalfOpen, to: breakerHalfOpen}
		}
	case b.state == breakerClosed && v != silent:
		b.recent = append(b.recent, answered{document, v == ill})
		if extra := len(b.recent) - max(recentCalls, b.limits.Failures); extra > 0 {
			b.recent = slices.Delete(b.recent, 0, extra)
		}
		if v == ill && b.trips() {
			change = b.open(sihe.CodeOf(err), whyOf(err).Text)
		}
	}
	b.mu.Unlock()
	if change != nil {
		b.tell(ctx, *change)
	}
}

// trips says whether the last answers make the system ill. Called with the lock held.
func (b *breaker) trips() bool {
	if b.limits.Failures < 0 {
		return false
	}
	failed := func(last []answered) (n, documents int) {
		seen := map[string]bool{}
		for _, a := range last {
			if a.ill {
				n++
				seen[a.document] = true
			}
		}
		return n, len(seen)
	}
	if len(b.recent) >= b.limits.Failures {
		n, documents := failed(b.recent[len(b.recent)-b.limits.Failures:])
		if n == b.limits.Failures && documents >= min(n, illDocuments) {
			return true
		}
	}
	n, documents := failed(b.recent[max(0, len(b.recent)-recentCalls):])
	return n >= recentFailed && documents >= illDocuments
}

// open is called with the lock held. One that closed only now goes on with the pause that it had.
func (b *breaker) open(code sihe.Code, text string) *breakerChange {
	from := b.state
	if from == breakerClosed {
		b.since = b.now()
		if quiet := b.since.Sub(b.closed); b.pause == 0 || quiet > 2*b.pause || quiet < 0 {
			b.pause = 0
		}
	}
	b.pause = min(max(2*b.pause, b.limits.Pause), b.limits.Longest)
	b.wait = b.jitter(b.pause)
	b.next = b.now().Add(b.wait)
	b.state, b.why, b.recent = breakerOpen, store.Why{Code: code, Text: text}, nil
	b.changed()
	return &breakerChange{from: from, to: breakerOpen, why: b.why}
}

// close is called with the lock held.
func (b *breaker) close() *breakerChange {
	from := b.state
	b.state, b.closed, b.why, b.trial = breakerClosed, b.now(), store.Why{}, false
	b.changed()
	return &breakerChange{from: from, to: breakerClosed}
}

// halfOpen lets one call through; if none comes within the pause, nothing is wanted of the system and it closes.
func (b *breaker) halfOpen() *breakerChange {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != breakerOpen {
		return nil
	}
	b.state = breakerHalfOpen
	b.next = b.now().Add(b.wait)
	b.changed()
	return &breakerChange{from: breakerOpen, to: breakerHalfOpen, why: b.why}
}

// rest is called when a half-open breaker has waited.
func (b *breaker) rest() *breakerChange {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != breakerHalfOpen || b.trial {
		return nil
	}
	return b.close()
}

// failed is called when the system did not answer when it was asked.
func (b *breaker) failed(err error) *breakerChange {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open(sihe.CodeOf(err), whyOf(err).Text)
}

// refusal is the answer to whoever wants to call now.
func (b *breaker) refusal() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return sihe.RetryAfter(max(b.wait, time.Millisecond), sihe.Errorf(sihe.CodeBreakerOpen, "call %s: it is left alone: %s %s", b.system, b.why.Code, b.why.Text))
}

// BreakerStatus is a breaker that is not closed.
type BreakerStatus struct {
	State string    `json:"state"` // open or half-open
	Since time.Time `json:"since"`
	Next  time.Time `json:"next_probe,omitzero"`
	store.Why
}

func (b *breaker) status() *BreakerStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == breakerClosed {
		return nil
	}
	return &BreakerStatus{State: string(b.state), Since: b.since, Next: b.next, Why: b.why}
}
