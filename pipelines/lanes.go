package pipelines

import (
	"context"

	"github.com/sihehub/sihe"
)

// A Lane is where a call waits for its system's budget. Calls of an earlier lane go first, whichever pipeline they
// belong to.
type Lane uint8

// Lanes, the first one first.
const (
	LaneLive      Lane = iota // documents on their way
	LaneWriteBack             // facts that are written back, and look-ups of writes whose outcome is unknown
	LaneCheck                 // reconciliation and what it repairs
	LaneBackfill              // replays and backfills
	lanes         = iota
)

// String returns the lane's name as status shows it and [ParseLane] reads it.
func (l Lane) String() string {
	if int(l) < lanes {
		return laneNames()[l]
	}
	return "unknown"
}

// ParseLane reads a lane's name; anything else, also "", is LaneLive.
func ParseLane(s string) Lane {
	for i, name := range laneNames() {
		if name == s {
			return Lane(i)
		}
	}
	return LaneLive
}

func laneNames() [lanes]string { return [lanes]string{"live", "write-back", "check", "backfill"} }

// longestPassed is how often later calls of earlier lanes may go before the first one of a lane, so that none starves: of
// any eleven calls that a busy system gets, each lane that waits has at least one.
const longestPassed = 8

// nextLane returns the lane whose turn it is; false when nobody waits. Called with the lock held.
func (b *budget) nextLane() (next Lane, any bool) {
	for l := range Lane(lanes) {
		if len(b.waiting[l]) == 0 {
			continue
		}
		if b.passed[l] >= longestPassed {
			return l, true
		}
		if !any {
			next, any = l, true
		}
	}
	return next, any
}

// grant lets the first one of a lane go. Called with the lock held.
func (b *budget) grant(l Lane) {
	t := b.waiting[l][0]
	b.waiting[l] = b.waiting[l][1:]
	b.passed[l] = 0
	for lower := l + 1; lower < lanes; lower++ {
		if len(b.waiting[lower]) > 0 {
			b.passed[lower]++
		}
	}
	b.busy++
	close(t.granted)
}

// laneOf returns the lane of one event: that of its pipeline, unless the event was brought back later.
func (d *deliverer) laneOf(p *parcel) Lane {
	if p.lane == LaneLive && d.p.Do == sihe.DoWriteBack {
		return LaneWriteBack
	}
	return p.lane
}

// Call makes one call of a system in a lane of its budget: it waits for its place and for the rate, and its answer counts
// for the system's breaker. While the breaker is open nothing is called and CodeBreakerOpen says how long to wait. do gets
// a context that ends after Tuning.WriteTimeout.
func (h *Hub) Call(ctx context.Context, system string, l Lane, do func(ctx context.Context) error) (err error) {
	s, ok := h.system(system)
	if !ok {
		return sihe.Permanent(sihe.Errorf(sihe.CodeSystemUnknown, "call system %q: there is none of that name", system))
	}
	pass, err := h.enter(ctx, s, l)
	if err != nil {
		return err
	}
	if pass == nil {
		return s.breaker.refusal()
	}
	call, cancel := context.WithTimeout(ctx, h.o.Tuning.WriteTimeout)
	defer cancel()
	defer func() { pass.leave(ctx, "call", err) }()
	defer caught(&err)
	return do(call)
}
