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

// The whole street runs under a virtual clock: hours of back-off take no time.
func TestBackOffUnderAVirtualClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
		var mu sync.Mutex
		var calls []time.Time
		erp.set(func(sihe.Write, int) fault {
			mu.Lock()
			defer mu.Unlock()
			calls = append(calls, time.Now())
			return fault{before: errFlaky}
		})
		h := newTestHouse(t, dealToJob)
		h.plan.Pipelines[0].Retry = Retry{Attempts: 12, Longest: 5 * time.Minute}
		h.tune = func(o *Options) { o.Tuning = Tuning{}; o.Rand = func(n int64) int64 { return n - 1 } }
		h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
		crm.say("crm.deal", "D1", "updated", 1, deal("D1", 1))
		began := time.Now()
		h.start()
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := h.count("deal-to-job", store.Parked); n != 1 {
			t.Errorf("%d parked", n)
		}
		mu.Lock()
		defer mu.Unlock()
		var waits []time.Duration
		for i, at := range calls {
			if i > 0 {
				waits = append(waits, at.Sub(calls[i-1]).Round(time.Second))
			}
		}
		want := []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}
		for i := range want {
			want[i] *= time.Second
		}
		if !slices.Equal(waits, want) {
			t.Errorf("waits %v, want %v", waits, want)
		}
		if first := calls[0].Sub(began); first > time.Second {
			t.Errorf("the first call came after %s", first)
		}
		h.halt()
	})
}

// A schedule is kept in the hub's zone, and a run that is due while the one before still works is left out.
func TestJobsKeepTheirSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shanghai := time.FixedZone("CST", 8*60*60)
		var mu sync.Mutex
		var runs []string
		at, working := 0, 0
		h := newTestHouse(t, dealToJob)
		h.tune = func(o *Options) {
			o.Zone = shanghai
			o.Jobs = []Job{
				{Name: "dunning", Schedule: "30 8 * * *", Do: func(context.Context) error {
					mu.Lock()
					defer mu.Unlock()
					runs = append(runs, time.Now().In(shanghai).Format("02 15:04"))
					return nil
				}},
				{Name: "slow", Schedule: "* * * * *", Do: func(c context.Context) error {
					mu.Lock()
					at++
					working++
					if working > 1 {
						t.Error("two runs at once")
					}
					mu.Unlock()
					pause(c, 150*time.Second)
					mu.Lock()
					working--
					mu.Unlock()
					return nil
				}},
			}
		}
		h.start() // synctest begins at 2000-01-01 00:00 UTC
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		mu.Lock()
		if !slices.Equal(runs, []string{"01 08:30", "02 08:30"}) {
			t.Errorf("runs: %v", runs)
		}
		if at < 900 || at > 961 { // every third minute
			t.Errorf("%d slow runs", at)
		}
		mu.Unlock()
		if err := h.hub.RunJob(t.Context(), "nothing"); sihe.CodeOf(err) != sihe.CodeDocumentUnknown {
			t.Error(err)
		}
		h.halt()
	})
}
