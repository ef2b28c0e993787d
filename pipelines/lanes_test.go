package pipelines

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A queue lets many callers wait for one budget and notes who went in which order.
type queue struct {
	b     *budget
	mu    sync.Mutex
	order []Lane
	wait  sync.WaitGroup
}

func (q *queue) call(l Lane, takes time.Duration) {
	q.wait.Go(func() {
		release, err := q.b.acquire(context.Background(), l)
		if err != nil {
			panic(err)
		}
		q.mu.Lock()
		q.order = append(q.order, l)
		q.mu.Unlock()
		pause(context.Background(), takes)
		release()
	})
	synctest.Wait()
}

func TestLanesGoInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &queue{b: newBudget(Limits{Concurrent: 1}, time.Now)}
		q.call(LaneLive, time.Second)
		for _, l := range []Lane{LaneBackfill, LaneCheck, LaneWriteBack, LaneLive, LaneBackfill, LaneLive} {
			q.call(l, time.Second)
		}
		if got := q.b.queues(); got["live"] != 2 || got["backfill"] != 2 || got["check"] != 1 || got["write-back"] != 1 {
			t.Errorf("queues: %v", got)
		}
		q.wait.Wait()
		want := []Lane{LaneLive, LaneLive, LaneLive, LaneWriteBack, LaneCheck, LaneBackfill, LaneBackfill}
		if !slices.Equal(q.order, want) {
			t.Errorf("order %v", q.order)
		}
	})
}

// However much is live, each lane that waits gets at least one of any eleven calls, also where the rate is what is scarce.
func TestNoLaneStarves(t *testing.T) {
	for name, limits := range map[string]Limits{
		"places": {Concurrent: 1}, "rate": {Concurrent: 100, Rate: 1, Per: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := &queue{b: newBudget(limits, time.Now)}
				for range 40 {
					for l := range Lane(lanes) {
						q.call(l, time.Second)
					}
				}
				for range 200 {
					q.call(LaneLive, time.Second)
				}
				q.wait.Wait()
				if len(q.order) != 360 {
					t.Fatalf("%d calls", len(q.order))
				}
				for l := range Lane(lanes) {
					gap, left := 0, 40
					for _, got := range q.order[10:] {
						if gap++; got == l {
							gap = 0
							left--
						}
						if gap > 11 && left > 5 {
							t.Fatalf("%s waited for %d others", l, gap)
						}
					}
				}
				live := 0
				for _, l := range q.order[:110] {
					if l == LaneLive {
						live++
					}
				}
				if live < 75 {
					t.Errorf("only %d of 110 were live", live)
				}
			})
		})
	}
}

// An account that asks for silence sleeps; whoever waits may still give up, and a clock that is set back does not let it
// sleep longer.
func TestTheAccountSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		shift := time.Duration(0)
		now := func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(shift) }
		b := newBudget(Limits{Concurrent: 2}, now)
		b.sleep(10 * time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := b.acquire(ctx, LaneLive); err == nil {
			t.Error("it was called")
		}
		mu.Lock()
		shift = -10 * 365 * 24 * time.Hour
		mu.Unlock()
		began := time.Now()
		release, err := b.acquire(t.Context(), LaneLive)
		if took := time.Since(began); err != nil || took < 8*time.Minute || took > 11*time.Minute {
			t.Errorf("after %s, %v", took, err)
		}
		release()
		if n, _ := b.inUse(); n != 0 {
			t.Errorf("%d in use", n)
		}
		b.later.Stop()
	})
}

// All pipelines share the account, and documents on their way go before those that are brought back later.
func TestReplaysGoBehindLiveDocuments(t *testing.T) {
	d := &deliverer{p: &Pipeline{Do: sihe.DoCreate}}
	back := &deliverer{p: &Pipeline{Do: sihe.DoWriteBack}}
	for _, x := range []struct {
		d    *deliverer
		kept string
		want Lane
	}{
		{d, "", LaneLive}, {back, "", LaneWriteBack}, {d, "backfill", LaneBackfill}, {back, "backfill", LaneBackfill}, {d, "check", LaneCheck}, {d, "nonsense", LaneLive},
	} {
		rec := store.Delivery{Lane: x.kept}
		if got := x.d.laneOf(&parcel{lane: ParseLane(rec.Lane)}); got != x.want {
			t.Errorf("%q of %s: %s, want %s", x.kept, x.d.p.Do, got, x.want)
		}
	}
}
