package pipelines

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A budget is what a system bears, shared by all who call it: calls at once, and calls per time (a token bucket that
// holds one period's worth). Who waits, waits in one of the lanes.
type budget struct {
	now   func() time.Time
	limit int           // calls at once
	every time.Duration // between two calls at full rate; 0: no limit
	burst time.Duration // how far the bucket may be drawn on in advance

	mu      sync.Mutex
	busy    int
	next    time.Time // when the next call would be in line at full rate
	asleep  time.Time // the account asked for silence until then
	seen    time.Time // the clock when it was last looked at
	waiting [lanes][]*ticket
	passed  [lanes]int  // calls of earlier lanes since the last one of this lane, while it waited
	later   *time.Timer // looks again when the rate or the account allows it
}

// A ticket is somebody's turn.
type ticket struct{ granted chan struct{} }

func newBudget(l Limits, now func() time.Time) *budget {
	b := &budget{now: now, limit: max(1, l.Concurrent)}
	if l.Rate > 0 {
		b.every = l.Per / time.Duration(l.Rate)
		b.burst = l.Per - b.every
	}
	return b
}

// acquire waits for a place and for the rate. Whoever got it must call release.
func (b *budget) acquire(ctx context.Context, l Lane) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := &ticket{granted: make(chan struct{})}
	b.mu.Lock()
	b.waiting[l] = append(b.waiting[l], t)
	b.dispatch()
	b.mu.Unlock()
	select {
	case <-t.granted:
		return b.release, nil
	case <-ctx.Done():
		b.withdraw(l, t)
		return nil, ctx.Err()
	}
}

// withdraw gives a turn back that nobody waits for any more.
func (b *budget) withdraw(l Lane, t *ticket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.Index(b.waiting[l], t); i >= 0 {
		b.waiting[l] = slices.Delete(b.waiting[l], i, i+1)
		return
	}
	b.busy-- // it was granted at the same moment
	b.dispatch()
}

func (b *budget) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy--
	b.dispatch()
}

// dispatch lets go whose turn it is. Called with the lock held.
func (b *budget) dispatch() {
	for b.busy < b.limit {
		l, any := b.nextLane()
		if !any {
			return
		}
		if wait := b.take(); wait > 0 {
			b.lookAgain(min(wait, longestNap))
			return
		}
		b.grant(l)
	}
}

// lookAgain keeps one timer for all who wait. Called with the lock held.
func (b *budget) lookAgain(after time.Duration) {
	if b.later != nil {
		b.later.Reset(after)
		return
	}
	b.later = time.AfterFunc(after, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.dispatch()
	})
}

// awake waits while the account wants silence.
func (b *budget) awake(ctx context.Context) error {
	for {
		_, asleep := b.inUse()
		if asleep.IsZero() {
			return ctx.Err()
		}
		if !pause(ctx, min(asleep.Sub(b.now()), longestNap)) {
			return ctx.Err()
		}
	}
}

// clock returns the time. A clock that was set back takes what was computed from it along, so that nobody waits for the
// size of the jump. Called with the lock held.
func (b *budget) clock() time.Time {
	now := b.now()
	if back := b.seen.Sub(now); back > 0 {
		b.next, b.asleep = b.next.Add(-back), b.asleep.Add(-back)
	}
	b.seen = now
	return now
}

// take draws one call, or says how long to wait before asking again. Called with the lock held.
func (b *budget) take() time.Duration {
	now := b.clock()
	if b.asleep.After(now) {
		return b.asleep.Sub(now)
	}
	if b.every == 0 {
		return 0
	}
	if b.next.Before(now) {
		b.next = now
	}
	if wait := b.next.Sub(now) - b.burst; wait > 0 {
		return wait
	}
	b.next = b.next.Add(b.every)
	return 0
}

// sleep keeps everybody from calling for a while, an hour at most: the account sleeps, and nobody who works for it.
func (b *budget) sleep(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := b.clock().Add(min(d, longestAfter)); until.After(b.asleep) {
		b.asleep = until
	}
}

// inUse returns the calls under way and until when the system is left alone.
func (b *budget) inUse() (calls int, asleep time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.asleep.After(b.clock()) {
		asleep = b.asleep
	}
	return b.busy, asleep
}

// queues returns how many wait, by the name of the lane; nil when nobody does.
func (b *budget) queues() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all map[string]int
	for l := range Lane(lanes) {
		if n := len(b.waiting[l]); n > 0 {
			if all == nil {
				all = map[string]int{}
			}
			all[l.String()] = n
		}
	}
	return all
}
