package pipelines

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

var errPower = errors.New("the power is gone")

// powerCut fails at the nth time that a step is reached.
func powerCut(at Step, nth int64) (func(Step, string) error, *atomic.Int64) {
	var times atomic.Int64
	return func(s Step, _ string) error {
		if s == at && times.Add(1) == nth {
			return errPower
		}
		return nil
	}, &times
}

// A target that can neither recognise nor be looked into is asked about, never written to again by itself.
func TestPowerCutBeforeABlindTarget(t *testing.T) {
	for _, step := range []Step{StepIntended, StepAnswered} {
		t.Run(string(step), func(t *testing.T) {
			t.Parallel()
			crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
			h := newTestHouse(t, dealToJob)
			h.systems = []System{crm.as(sayer{crm}), erp.as(blind{erp})}
			for v := 1; v <= 3; v++ {
				crm.say("crm.deal", "D1", "updated", int64(v), deal("D1", v))
			}
			cut, times := powerCut(step, 1)
			h.tune = func(o *Options) { o.Failpoint = cut }
			h.start()
			h.eventually("the power is cut", func() bool { return times.Load() > 0 })
			h.cut()
			h.tune = nil
			h.start()
			h.eventually("it asks", func() bool {
				return h.count("deal-to-job", store.Unknown) == 1 && h.count("deal-to-job", store.Waiting) == 2
			})
			done := step == StepAnswered
			if n := len(erp.written()); (n == 1) != done {
				t.Fatalf("%d effects", n)
			}
			unknown, err := h.hub.Open(store.Unknown, Selection{})
			if err != nil || unknown[0].Code != sihe.CodeOutcomeUnknown {
				t.Fatalf("unknown: %+v, %v", unknown, err)
			}
			ctx := t.Context()
			if err := h.hub.Resolve(ctx, "deal-to-job", unknown[0].ID, Resolution{}, By{}); sihe.CodeOf(err) != sihe.CodeReasonMissing {
				t.Errorf("without a reason: %v", err)
			}
			if err := h.hub.Resolve(ctx, "deal-to-job", unknown[0].ID, Resolution{Done: done, Key: "J1"}, By{"li", "looked into it"}); err != nil {
				t.Fatal(err)
			}
			h.eventually("all are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 3 })
			inOrder(t, erp, 3)
			h.balanced()
		})
	}
}

// A hub that is told to stop lets the call under way finish and records it.
func TestStopDrains(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	gate := make(chan struct{})
	erp.set(func(sihe.Write, int) fault { return fault{gate: gate} })
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(blind{erp})}
	crm.say("crm.deal", "D1", "won", 1, deal("D1", 1))
	h.start()
	h.eventually("the call is under way", func() bool { erp.mu.Lock(); defer erp.mu.Unlock(); return erp.busy == 1 })
	h.stop()
	time.Sleep(20 * time.Millisecond)
	close(gate)
	h.halt()
	erp.set(nil)
	h.start()
	h.eventually("it is delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 1 })
	if n := len(erp.written()); n != 1 {
		t.Errorf("%d effects", n)
	}
	h.balanced()
}
