package pipelines

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/pipelines/store"
)

// refusing parks the first version of each deal.
func refusing(class func(error) *sihe.Error, first string) func(sihe.Write, int) fault {
	return func(w sihe.Write, _ int) fault {
		if strings.Contains(string(w.Data), `"rank":`+first) {
			return fault{before: class(sihe.Errorf("TAX_ID_TAKEN", "write %s: taken", w.Entity).At("tax_id"))}
		}
		return fault{}
	}
}

func TestParkingHoldsItsKeyAndReplayKeepsOrder(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	erp.set(refusing(sihe.Permanent, "1"))
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	for _, no := range []string{"D1", "D2", "D3"} {
		for v := 1; v <= 3; v++ {
			crm.say("crm.deal", no, "updated", int64(v), deal(no, v))
		}
	}
	h.start()
	settled := func(parked, waiting, delivered, rejected int64) func() bool {
		return func() bool {
			s := h.street("deal-to-job").States
			return s[store.Parked] == parked && s[store.Waiting] == waiting && s[store.Delivered] == delivered && s[store.Rejected] == rejected
		}
	}
	h.eventually("one of each is parked, two behind it", settled(3, 6, 0, 0))
	h.balanced()
	parked, err := h.hub.Parked(Selection{Subject: "D1"})
	if err != nil || len(parked) != 1 || parked[0].Code != "TAX_ID_TAKEN" || parked[0].Path != "tax_id" {
		t.Fatalf("parked: %+v, %v", parked, err)
	}
	kept, err := h.hub.Kept("deal-to-job", parked[0].ID)
	if err != nil || kept.Depth != 3 || !strings.Contains(string(kept.Data), `"deal_no":"D1"`) || kept.Event.Version != 1 {
		t.Errorf("kept: %+v, %v", kept, err)
	}
	ctx, by := t.Context(), By{"li", "the tax id is corrected"}
	if _, err := h.hub.Replay(ctx, Selection{}, By{Who: "li"}); sihe.CodeOf(err) != sihe.CodeReasonMissing {
		t.Errorf("replay without a reason: %v", err)
	}
	if n, err := h.hub.Replay(ctx, Selection{ID: parked[0].ID}, by); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	h.eventually("it is parked again: nothing was repaired", func() bool {
		p, _ := h.hub.Parked(Selection{Subject: "D1"})
		return len(p) == 1 && p[0].Since.After(parked[0].Since)
	})
	if n, err := h.hub.Discard(ctx, Selection{Subject: "D3"}, by); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	h.eventually("what was behind the discarded one goes on", settled(2, 4, 2, 1))
	erp.set(nil)
	if n, err := h.hub.Replay(ctx, Selection{Code: "TAX_ID_TAKEN"}, by); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	h.eventually("all go on", settled(0, 0, 8, 1))
	ranks := map[string]string{}
	for _, w := range erp.written() {
		ranks[dealOf(w)] += string(w.Data[len(w.Data)-2])
	}
	if ranks["D1"] != "123" || ranks["D2"] != "123" || ranks["D3"] != "23" {
		t.Errorf("order: %v", ranks)
	}
	h.balanced()
	rows, err := h.hub.Audit(0, 100)
	if err != nil || len(rows) != 4 || rows[0].Who != "li" || rows[0].Action != "replay" || rows[1].Action != "discard" {
		t.Errorf("audit: %+v, %v", rows, err)
	}
}

func TestParkedSurvivesRestarts(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	erp.set(refusing(sihe.Permanent, "1"))
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	crm.say("crm.deal", "D1", "updated", 1, deal("D1", 1))
	h.start()
	h.eventually("it is parked", func() bool { return h.count("deal-to-job", store.Parked) == 1 })
	h.cut()
	crm.say("crm.deal", "D1", "updated", 2, deal("D1", 2))
	h.start()
	h.eventually("the later one is behind it", func() bool { return h.count("deal-to-job", store.Waiting) == 1 })
	h.halt()
	erp.set(nil)
	h.start()
	if n, err := h.hub.Replay(t.Context(), Selection{}, By{"li", "now"}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	h.eventually("both are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 2 })
	inOrder(t, erp, 2)
	h.balanced()
}

func TestEditedEventIsReplayed(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	erp.set(refusing(sihe.Permanent, "1"))
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	crm.say("crm.deal", "D1", "updated", 1, deal("D1", 1))
	h.start()
	h.eventually("it is parked", func() bool { return h.count("deal-to-job", store.Parked) == 1 })
	parked, _ := h.hub.Parked(Selection{})
	by := By{"li", "wrong rank"}
	if err := h.hub.Edit(t.Context(), "deal-to-job", parked[0].ID, []byte(`{"deal_no":"D1","currency":"CNY","rank":5}`), by); err != nil {
		t.Fatal(err)
	}
	if _, err := h.hub.Replay(t.Context(), Selection{}, by); err != nil {
		t.Fatal(err)
	}
	h.eventually("it is delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 1 })
	if w := erp.written(); !strings.Contains(string(w[0].Data), `"rank":5`) {
		t.Errorf("written: %s", w[0].Data)
	}
}

func TestRejectedIsFinalAndShown(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	erp.set(func(w sihe.Write, call int) fault {
		if call == 1 {
			return fault{before: sihe.Rejected("CREDIT_HOLD", "make a job: the customer is on hold")}
		}
		return fault{}
	})
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	crm.say("crm.deal", "D1", "updated", 1, deal("D1", 1))
	crm.say("crm.deal", "D1", "updated", 2, deal("D1", 2))
	h.start()
	h.eventually("one is rejected, the next delivered", func() bool {
		return h.count("deal-to-job", store.Rejected) == 1 && h.count("deal-to-job", store.Delivered) == 1
	})
	trace, err := h.hub.Trace("D1")
	if err != nil {
		t.Fatal(err)
	}
	shown := false
	for _, l := range trace.Lines {
		shown = shown || l.Delivery != nil && l.Delivery.State == store.Rejected && l.Delivery.Code == "CREDIT_HOLD"
	}
	if !shown {
		t.Errorf("the trace does not show it: %+v", trace.Lines)
	}
	h.balanced()
}

func TestGateRefusesAtRunTime(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	h.tune = func(o *Options) { o.Catalog = strangers(t) }
	crm.say("crm.deal", "D1", "updated", 1, deal("D1", 1))
	h.start()
	h.eventually("it is refused", func() bool { return h.count("deal-to-job", store.Parked) == 1 })
	parked, _ := h.hub.Parked(Selection{})
	if len(parked) != 1 || parked[0].Code != sihe.CodeBoundary && parked[0].Code != sihe.CodeCRMOperationWrite {
		t.Errorf("parked: %+v", parked)
	}
	if erp.calls != 0 {
		t.Errorf("%d calls", erp.calls)
	}
	h.balanced()
}

// strangers is the catalog of a house in which ERP takes no jobs from anybody.
func strangers(t *testing.T) *canonical.Catalog {
	files := maps.Clone(testEntities)
	job := strings.Replace(string(files["erp/job.yaml"].Data), "accepts: {create: [crm], stop: [crm]}\n", "", 1)
	files["erp/job.yaml"] = &fstest.MapFile{Data: []byte(job)}
	var f sihe.Findings
	c := canonical.Load(&f, files)
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPauseAndResume(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	h.start()
	by := By{"li", "month end"}
	if err := h.hub.Pause(t.Context(), "deal-to-job", by); err != nil {
		t.Fatal(err)
	}
	crm.say("crm.deal", "D1", "updated", 1, deal("D1", 1))
	h.eventually("the event is on the bus", func() bool { return h.street("deal-to-job").Lag == 1 })
	h.halt()
	h.start()
	time.Sleep(50 * time.Millisecond)
	if s := h.street("deal-to-job"); !s.Paused || s.Received != 0 {
		t.Errorf("after the restart: %+v", s)
	}
	if err := h.hub.Resume(t.Context(), "deal-to-job", by); err != nil {
		t.Fatal(err)
	}
	h.eventually("it is delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 1 })
}
