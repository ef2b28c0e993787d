package pipelines

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

func brakeHouse(t *testing.T, b Brake, files ...string) (h *testHouse, crm, erp *twin) {
	crm, erp = newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h = newTestHouse(t, files...)
	h.plan.Pipelines[0].Brake = b
	h.tune = func(o *Options) { o.Tuning = Tuning{Poll: time.Second} }
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	return h, crm, erp
}

func win(crm *twin, from, to int) {
	for d := from; d < to; d++ {
		no := fmt.Sprintf("D%03d", d)
		crm.say("crm.deal", no, "won", 1, deal(no, 1))
	}
}

func rest() { time.Sleep(10 * time.Second); synctest.Wait() }

// The write that would be one too many is not made; the inputs are kept; a person lets the pipeline go on, and that is in
// the audit trail.
func TestBrakeStopsBeforeTheWriteThatIsTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, crm, erp := brakeHouse(t, Brake{Records: 10}, dealToJob)
		win(crm, 0, 40)
		h.start()
		rest()
		if n := len(erp.written()); n != 10 {
			t.Fatalf("%d written", n)
		}
		x := h.street("deal-to-job")
		if !x.Paused || x.Pause == nil || x.Pause.Brake == nil || x.Pause.Brake.Limit != "records" || !strings.Contains(x.Pause.Why, "document 11") || !strings.Contains(x.Pause.Why, "10 allowed") {
			t.Errorf("street: %+v %+v", x, x.Pause)
		}
		if y := healthNow(t, h, "brake:deal-to-job"); y.OK || y.Code != sihe.CodeBrake {
			t.Errorf("health: %+v", y)
		}
		h.balanced()
		h.cut()
		h.start() // it stands also over a restart
		rest()
		if n := len(erp.written()); n != 10 {
			t.Fatalf("%d written after the restart", n)
		}
		if y := healthNow(t, h, "brake:deal-to-job"); y.OK || y.Code != sihe.CodeBrake {
			t.Errorf("health after the restart: %+v", y)
		}
		if err := h.hub.Resume(t.Context(), "deal-to-job", By{}); sihe.CodeOf(err) != sihe.CodeReasonMissing {
			t.Error(err)
		}
		if names, err := h.hub.ResumeAll(t.Context(), "erp", By{"li", "maintenance is over"}); err != nil || len(names) != 0 {
			t.Errorf("a brake is lifted by the pipeline's own name only: %v, %v", names, err)
		}
		if err := h.hub.Resume(t.Context(), "deal-to-job", By{"li", "the price list is right"}); err != nil {
			t.Fatal(err)
		}
		rest()
		if n := h.count("deal-to-job", store.Delivered); n != 40 || len(erp.written()) != 40 {
			t.Errorf("%d delivered, %d written", n, len(erp.written()))
		}
		if y := healthNow(t, h, "brake:deal-to-job"); !y.OK {
			t.Errorf("health: %+v", y)
		}
		var actions []string
		err := h.store.View(func(tx *store.Tx) error {
			return tx.Audits(0, func(a store.Audit) (bool, error) {
				actions = append(actions, a.Who+" "+a.Action+" "+a.Object)
				return true, nil
			})
		})
		if got := strings.Join(actions, ", "); err != nil || got != "brake brake deal-to-job, li lift-brake deal-to-job" {
			t.Errorf("audit: %s, %v", got, err)
		}
		if got := strings.Join(h.stateEvents(), " "); got != "brake_tripped brake_lifted" {
			t.Errorf("feed: %s", got)
		}
		win(crm, 100, 120) // still lifted
		rest()
		if n := len(erp.written()); n != 60 {
			t.Errorf("%d written while it is lifted", n)
		}
		time.Sleep(time.Hour)
		win(crm, 200, 220) // the limits hold again, from zero
		rest()
		if n := len(erp.written()); n != 70 {
			t.Errorf("%d written after the window", n)
		}
		h.balanced()
		h.halt()
	})
}

// What was written before a crash counts after it, and what left the window does not.
func TestBrakeCountsOverARestartAndSlides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, crm, erp := brakeHouse(t, Brake{Records: 10}, dealToJob)
		for i := range 6 {
			win(crm, 10*i, 10*i+8)
			if i%2 == 0 {
				h.start()
			}
			rest()
			if i%2 == 1 {
				h.cut()
			}
			time.Sleep(66 * time.Minute)
		}
		h.start()
		rest()
		if n := len(erp.written()); n != 48 || h.street("deal-to-job").Paused {
			t.Errorf("%d written at eight an hour", n)
		}
		win(crm, 100, 108)
		rest()
		h.cut()
		win(crm, 110, 118)
		h.start()
		rest()
		if n := len(erp.written()); n != 58 || !h.street("deal-to-job").Paused {
			t.Errorf("%d written", n)
		}
		h.halt()
	})
}

// Filling an empty target is no mass change; changing what is there is one.
func TestBrakeOnTheShareOfDocuments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, crm, erp := brakeHouse(t, Brake{}, partyToERP)
		tune := h.tune
		h.tune = func(o *Options) { tune(o); o.Brake = Brake{Window: time.Hour, Share: 30, Cancels: 100} } // the hub's own
		say := func(version int64, n int) {
			for i := range n {
				no := fmt.Sprintf("P%03d", i)
				crm.say("crm.party", no, "updated", version, map[string]any{"party_no": no, "name": fmt.Sprint("Lin ", version)})
			}
		}
		say(1, 200)
		h.start()
		rest()
		say(2, 60) // 30 %
		rest()
		if n := len(erp.written()); n != 260 || h.street("party-to-erp").Paused {
			t.Fatalf("%d written", n)
		}
		say(3, 60) // the same ones again
		rest()
		if n := len(erp.written()); n != 320 || h.street("party-to-erp").Paused {
			t.Fatalf("%d written", n)
		}
		say(4, 200)
		rest()
		x := h.street("party-to-erp")
		if n := len(erp.written()); n != 380 || !x.Paused || x.Pause.Brake.Limit != "share" || !strings.Contains(x.Pause.Why, "change 61 of 200") {
			t.Errorf("%d written, %+v", n, x.Pause)
		}
		h.halt()
	})
}

func TestBrakeOnAmounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, crm, erp := brakeHouse(t, Brake{Amount: map[string]sihe.Decimal{"CNY": sihe.MustDecimal("1000.00")}}, dealToJob)
		say := func(no, amount, currency string) {
			d := deal(no, 1)
			d["amount"], d["currency"] = amount, currency
			crm.say("crm.deal", no, "won", 1, d)
		}
		h.start()
		say("D1", "600.00", "CNY")
		say("D2", "90000.00", "EUR") // has no limit
		rest()
		say("D3", "-400.00", "CNY")
		rest()
		if n := len(erp.written()); n != 3 || h.street("deal-to-job").Paused {
			t.Fatalf("%d written", n)
		}
		say("D4", "0.01", "CNY")
		rest()
		x := h.street("deal-to-job")
		if n := len(erp.written()); n != 3 || !x.Paused || x.Pause.Brake.Limit != "amount" || !strings.Contains(x.Pause.Why, "CNY 1000.01") {
			t.Errorf("%d written, %+v", n, x.Pause)
		}
		h.halt()
	})
}

func TestBrakeOnCancellations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, crm, erp := brakeHouse(t, Brake{Cancels: 3}, partyToERP)
		h.start()
		for i := range 8 {
			no := fmt.Sprint("P", i)
			fields := map[string]any{"party_no": no, "name": "Lin"}
			crm.say("crm.party", no, "created", 1, fields)
			fields["name"] = "Lin (gone)"
			crm.say("crm.party", no, "deleted", 2, fields)
		}
		rest()
		x := h.street("party-to-erp")
		if n := len(erp.written()); n < 4 || n > 11 || !x.Paused || x.Pause.Brake.Limit != "cancels" {
			t.Errorf("%d written, %+v", n, x.Pause)
		}
		gone := 0
		for _, w := range erp.written() {
			if strings.Contains(string(w.Data), "gone") {
				gone++
			}
		}
		if gone != 3 {
			t.Errorf("%d are gone", gone)
		}
		h.halt()
	})
}

// What changed nothing does not count; the same document tried again counts once.
func TestWhatTheBrakeDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, crm, erp := brakeHouse(t, Brake{Records: 10}, dealToJob)
		h.systems[1].Limits.Concurrent = 1 // what is under way counts until its end
		erp.set(func(w sihe.Write, call int) fault {
			switch no := dealOf(w); {
			case no < "D015":
				return fault{before: sihe.Rejected("NO", "no")}
			case call%2 == 0:
				return fault{before: errFlaky}
			}
			return fault{}
		})
		h.start()
		win(crm, 0, 25)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if n := len(erp.written()); n != 10 || h.street("deal-to-job").Paused {
			t.Errorf("%d written, %+v", n, h.street("deal-to-job"))
		}
		h.halt()
	})
}

// However the hub dies, no more is written than allowed.
func TestBrakeNeverLetsTooMuchThrough(t *testing.T) {
	for seed := range 8 {
		synctest.Test(t, func(t *testing.T) {
			h, crm, erp := brakeHouse(t, Brake{Records: 25}, dealToJob)
			steps := []Step{StepPlanned, StepIntended, StepAnswered, StepRecorded}
			calls := 0
			tune := h.tune
			h.tune = func(o *Options) {
				tune(o)
				o.Systems[1].Limits.Concurrent = 4
				o.Failpoint = func(s Step, _ string) error {
					if s == steps[seed%len(steps)] {
						if calls++; calls == 7+5*seed || calls == 20+5*seed {
							return errAbandoned
						}
					}
					return nil
				}
			}
			win(crm, 0, 80)
			for range 4 {
				h.start()
				time.Sleep(time.Minute)
				synctest.Wait()
				h.cut()
			}
			if n := len(erp.written()); n > 25 || n < 10 { // what is under way at a death counts, so it may trip early
				t.Errorf("seed %d: %d written", seed, n)
			}
		})
	}
}
