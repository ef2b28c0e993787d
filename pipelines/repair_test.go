package pipelines

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// lose removes what the store knows of a delivery, as a bug would.
func (h *checkHouse) lose(pipeline, subject string) {
	h.t.Helper()
	_, err := h.store.Update(h.t.Context(), func(tx *store.Tx) error {
		all, err := tx.Carried("crm.deal", subject)
		if err != nil {
			return err
		}
		for _, d := range all {
			if d.Pipeline == pipeline {
				return tx.Bucket("part", pipeline, "0000"+string(rune('0'+d.Partition)), "deliveries").Delete(append([]byte(d.ID), 0, 1))
			}
		}
		h.t.Errorf("there is no delivery of %s", subject)
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func actions(r CheckRun) (all []string) {
	for _, x := range r.Repairs {
		all = append(all, x.Left+" "+string(x.Action))
	}
	return all
}

// A document that never reached its target is sent again by the check itself, once, under the id of the first time.
func TestCheckReplaysWhatWasLost(t *testing.T) {
	h := newCheckHouse(t, dealHasJob, dealWonToJob)
	h.deal("D1", "won", "100.00", 1)
	h.start()
	h.eventually("it is delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 1 })
	first := h.erp.written()
	h.lose("deal-to-job", "D1")
	r := h.run(CheckOrder{})
	if diff := cmp.Diff([]string{"D1 replayed"}, actions(r)); diff != "" {
		t.Fatal(diff)
	}
	h.eventually("it has gone through once more", func() bool { return h.count("deal-to-job", store.Delivered) == 2 })
	if again := h.erp.written(); len(again) != 1 || again[0].ID != first[0].ID {
		t.Errorf("the target made %d jobs", len(again))
	}
	h.job("J1", "D1", "100.00", 1)
	h.known("erp.job", 1)
	if r := h.run(CheckOrder{}); r.Closed != 1 || r.Standing.Total() != 0 || len(r.Repairs) != 0 {
		t.Errorf("%+v", r)
	}
	if x := h.hub.healthOf("check:deal-has-job"); x == nil || !x.OK {
		t.Errorf("health: %+v", x)
	}
	rows, err := h.hub.Audit(0, 10)
	if err != nil || len(rows) != 1 || rows[0].Who != "check deal-has-job" || rows[0].Action != "repair" {
		t.Errorf("audit: %+v, %v", rows, err)
	}
}

// A target that was restored from an old backup has confirmed what it does not have any more: that is told, and sent again
// on command only (RELIABILITY D11).
func TestCheckLeavesConfirmedWritesToPeople(t *testing.T) {
	h := newCheckHouse(t, dealHasJob, dealWonToJob)
	h.deal("D1", "won", "100.00", 1)
	h.start()
	h.eventually("it is delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 1 })
	h.erp.mu.Lock()
	h.erp.done = map[string]sihe.Receipt{} // the backup knows nothing of it
	h.erp.mu.Unlock()
	for range 3 {
		if diff := cmp.Diff([]string{"D1 on_command"}, actions(h.run(CheckOrder{}))); diff != "" {
			t.Fatal(diff)
		}
	}
	if _, err := h.hub.RunChecks(t.Context(), CheckOrder{Repair: true}); sihe.CodeOf(err) != sihe.CodeReasonMissing {
		t.Errorf("a repair without a name: %v", err)
	}
	if r := h.run(CheckOrder{Repair: true, DryRun: true, By: By{"li", "restored"}}); len(actions(r)) != 1 || len(h.erp.written()) != 1 {
		t.Errorf("%+v", r)
	}
	if diff := cmp.Diff([]string{"D1 replayed"}, actions(h.run(CheckOrder{Repair: true, By: By{"li", "restored"}}))); diff != "" {
		t.Fatal(diff)
	}
	h.eventually("it was made again", func() bool { return len(h.erp.written()) == 2 })
	h.eventually("it has its outcome again", func() bool { return h.count("deal-to-job", store.Delivered) == 1 })
	h.balanced()
	x, err := h.hub.ExplainCheck("deal-has-job")
	if err != nil || len(x) != 1 || len(x[0].Stands) != 1 || len(x[0].Stands[0].Tries) != 1 || x[0].Stands[0].Tries[0].Who != "li" {
		t.Fatalf("%+v, %v", x, err)
	}
	if d := x[0].Stands[0].Deliveries; len(d) != 1 || d[0].State != store.Delivered {
		t.Errorf("%+v", d)
	}
}

// Values that the owner wrote are written again, not more often than the day's limit.
func TestCheckWritesTheOwnersValueAgain(t *testing.T) {
	h := newCheckHouse(t, jobInDeal, jobToDeal)
	h.deal("D1", "won", "100.00", 1)
	h.erp.say("erp.job", "J1", "running", 1, map[string]any{"job_no": "J1", "deal_no": "D1", "progress": "half", "version": 1})
	h.start()
	h.eventually("the progress is written", func() bool { return h.count("job-to-deal", store.Delivered) == 1 })
	h.known("crm.deal", 1)
	var got []string
	for range 5 { // the twin takes it and shows nothing
		r := h.run(CheckOrder{})
		got = append(got, actions(r)...)
		h.eventually("nothing is under way", func() bool { return h.count("job-to-deal", store.Delivered) == 1 })
	}
	if diff := cmp.Diff([]string{"J1 resent", "J1 resent", "J1 resent", "J1 limit", "J1 limit"}, got); diff != "" {
		t.Error(diff)
	}
	if h.crm.calls != 4 {
		t.Errorf("CRM was called %d times", h.crm.calls)
	}
	h.crm.say("crm.deal", "D1", "updated", 2, map[string]any{"deal_no": "D1", "currency": "CNY", "amount": "100.00", "rank": 1, "state": "won", "erp_status": "half", "version": 2})
	h.eventually("it is known", func() bool { d, err := h.hub.Get("crm.deal", "D1"); return err == nil && d.Version == 2 })
	if r := h.run(CheckOrder{}); r.Standing.Total() != 0 {
		t.Errorf("%+v", r)
	}
	h.balanced()
}

func TestCheckAsksBeforeItMakesTwo(t *testing.T) {
	for _, x := range []struct {
		name string
		as   func(*twin) sihe.Connector
		want string
	}{
		{"a target that can be asked", func(s *twin) sihe.Connector { return found{s} }, "D1 there"},
		{"a target that cannot", func(s *twin) sihe.Connector { return blind{s} }, "D1 may_double"},
	} {
		t.Run(x.name, func(t *testing.T) {
			h := newCheckHouse(t, dealHasJob, dealWonToJob)
			h.systems[1] = h.erp.as(x.as(h.erp))
			h.deal("D1", "won", "100.00", 1)
			h.start()
			h.eventually("it is delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 1 })
			h.lose("deal-to-job", "D1")
			for _, o := range []CheckOrder{{}, {Repair: true, By: By{"li", "now"}}} {
				if diff := cmp.Diff([]string{x.want}, actions(h.run(o))); diff != "" {
					t.Error(diff)
				}
			}
			if n := len(h.erp.written()); n != 1 {
				t.Errorf("%d jobs", n)
			}
		})
	}
}

func TestCheckParksForAPerson(t *testing.T) {
	h := newCheckHouse(t, dealHasJob, dealWonToJob)
	h.plan.Checks[0].Missing = MissingPark
	h.deal("D1", "won", "100.00", 1)
	h.start()
	h.eventually("it is delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 1 })
	h.lose("deal-to-job", "D1")
	if diff := cmp.Diff([]string{"D1 parked"}, actions(h.run(CheckOrder{}))); diff != "" {
		t.Fatal(diff)
	}
	parked, err := h.hub.Parked(Selection{})
	if err != nil || len(parked) != 1 || parked[0].Code != sihe.CodeCheckMissing {
		t.Fatalf("%+v, %v", parked, err)
	}
	if diff := cmp.Diff([]string{"D1 waits"}, actions(h.run(CheckOrder{}))); diff != "" {
		t.Error(diff)
	}
	if n, err := h.hub.Replay(t.Context(), Selection{}, By{"li", "looked at"}); n != 1 || err != nil {
		t.Error(n, err)
	}
	h.eventually("it has gone through", func() bool { return h.count("deal-to-job", store.Parked) == 0 })
}

func TestRepairsOfOneRunAreBounded(t *testing.T) {
	h := newCheckHouse(t, dealHasJob, dealWonToJob)
	h.tune = func(o *Options) { o.Checks = Checks{Every: time.Hour, Repairs: 2} }
	for _, no := range []string{"D1", "D2", "D3", "D4", "D5"} {
		h.deal(no, "won", "1.00", 1)
	}
	h.start()
	h.eventually("they are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 5 })
	for _, no := range []string{"D1", "D2", "D3", "D4", "D5"} {
		h.lose("deal-to-job", no)
	}
	if diff := cmp.Diff([]string{"D1 replayed", "D2 replayed"}, actions(h.run(CheckOrder{}))); diff != "" {
		t.Error(diff)
	}
	h.hub.o.Checks.Repairs = -1
	if diff := cmp.Diff([]string(nil), actions(h.run(CheckOrder{}))); diff != "" {
		t.Error(diff)
	}
}

// Checks run by themselves, also after the hub was down when one was due.
func TestChecksRunByThemselves(t *testing.T) {
	h := newCheckHouse(t, dealHasJob, dealWonToJobNever)
	h.tune = func(o *Options) { o.Checks = Checks{Every: 30 * time.Millisecond} }
	h.deal("D1", "won", "1.00", 1)
	h.start()
	h.eventually("it is found", func() bool { return len(h.found()) == 1 })
	var all []CheckStatus
	var err error
	h.eventually("it is noted", func() bool {
		all, err = h.hub.Checks()
		return err == nil && len(all) == 1 && !all[0].Last.Run.IsZero()
	})
	if all[0].Standing.Missing != 1 || all[0].Last.Run.IsZero() || !all[0].Next.After(all[0].Last.Run) {
		t.Fatalf("%+v, %v", all, err)
	}
	h.halt()
	h.start()
	h.job("J1", "D1", "1.00", 1)
	h.eventually("it holds again", func() bool { return len(h.found()) == 0 })
	h.eventually("it is well", func() bool { x := h.hub.healthOf("check:deal-has-job"); return x != nil && x.OK })
}
