package pipelines

import (
	"context"
	"sync"
	"time"
)

// A budget is what a system bears, shared by all who call it: calls at once, and calls per time (a token bucket that
// holds one period's worth).
type budget struct {
	now    func() time.Time
	places chan struct{}
	every  time.Duration // between two calls at full rate; 0: no limit
	burst  time.Duration // how far the bucket may be drawn on in advance

	mu     sync.Mutex
	next   time.Time // when the next call would be in line at full rate
	asleep time.Time // the account asked for silence until then
}

func newBudget(l Limits, now func() time.Time) *budget {
	b := &budget{now: now, places: make(chan struct{}, max(1, l.Concurrent))}
	if l.Rate > 0 {
		b.every = l.Per / time.Duration(l.Rate)
		b.burst = l.Per - b.every
	}
	return b
}

// acquire waits for a place and for the rate. Whoever got it must call release.
func (b *budget) acquire(ctx context.Context) (release func(), err error) {
	select {
	case b.places <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	release = func() { <-b.places }
	for {
		wait := b.take()
		if wait <= 0 {
			return release, nil
		}
		if !pause(ctx, min(wait, longestNap)) {
			release()
			return nil, ctx.Err()
		}
	}
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

// take draws one call, or says how long to wait before asking again.
func (b *budget) take() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
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

// sleep keeps everybody from calling for a while, an hour at most.
func (b *budget) sleep(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := b.now().Add(min(d, longestAfter)); until.After(b.asleep) {
		b.asleep = until
	}
}

// inUse returns the calls under way and until when the system is left alone.
func (b *budget) inUse() (calls int, asleep time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.asleep.After(b.now()) {
		asleep = b.asleep
	}
	return len(b.places), asleep
}
