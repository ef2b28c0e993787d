package pipelines

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

const richDealToJob = `
pipeline: deal-to-job
label: {en: Deal to job, zh: 商机转作业}
from: crm.deal
on: [won]
when: (rank ?? 0) > 5
map: deal-to-job
to: erp.job
do: create
retry: {attempts: 50, longest: 100ms}
`

var operator = By{"li", "a test"}

// rerun starts a rerun and waits for its end.
func (h *testHouse) rerun(kind string, o RerunOrder) RerunStatus {
	h.t.Helper()
	start := h.hub.StartReplay
	if kind == store.RerunBackfill {
		start = h.hub.StartBackfill
	}
	s, err := start(h.t.Context(), o, operator)
	if err != nil {
		h.t.Fatal(err)
	}
	h.eventually("the rerun ends", func() bool {
		s, err = h.hub.Rerun(s.ID)
		return err == nil && s.State != store.RerunRunning
	})
	return s
}

// deals says n won deals and waits until the pipeline has carried them.
func (h *testHouse) deals(crm *twin, n int) {
	h.t.Helper()
	for i := range n {
		crm.say("crm.deal", fmt.Sprintf("D%d", i), "won", 1, deal(fmt.Sprintf("D%d", i), i))
	}
	h.start()
	h.eventually("all are carried", func() bool { return h.street("deal-to-job").Received == int64(n) && h.street("deal-to-job").Lag == 0 })
}

// What makes documents is not made twice, whatever the target can do: not without Again, and not with it.
func TestReplayMakesNothingTwice(t *testing.T) {
	for name, sink := range map[string]func(*twin) sihe.Connector{
		"recognises ids":   func(s *twin) sihe.Connector { return exact{s} },
		"can be looked in": func(s *twin) sihe.Connector { return found{s} },
		"neither":          func(s *twin) sihe.Connector { return blind{s} },
	} {
		t.Run(name, func(t *testing.T) {
			crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
			h := newTestHouse(t, dealWonToJob)
			h.systems = []System{crm.as(sayer{crm}), erp.as(sink(erp))}
			h.deals(crm, 12)
			h.eventually("all are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 12 })
			s := h.rerun(store.RerunReplay, RerunOrder{Pipeline: "deal-to-job"})
			if s.State != store.RerunDone || s.Read != 12 || s.Total != 12 || s.Outcomes[leftUnchanged] != 12 || len(s.States) != 0 {
				t.Errorf("replay: %+v", s)
			}
			dry, err := h.hub.RehearseRerun(t.Context(), store.RerunReplay, RerunOrder{Pipeline: "deal-to-job", Again: true})
			if err != nil || dry.Selected != 12 {
				t.Errorf("dry run: %+v, %v", dry, err)
			}
			s = h.rerun(store.RerunReplay, RerunOrder{Pipeline: "deal-to-job", Again: true})
			want := map[string]int64{"delivered": 12}
			if name == "neither" {
				want = map[string]int64{leftAlone: 12}
			}
			if fmt.Sprint(s.Outcomes) != fmt.Sprint(want) {
				t.Errorf("again: %v, want %v", s.Outcomes, want)
			}
			if n := len(erp.written()); n != 12 {
				t.Errorf("%d effects for 12 deals", n)
			}
			h.balanced()
			rows, err := h.hub.Audit(0, 10)
			if err != nil || len(rows) != 2 || rows[0].Action != store.RerunReplay || rows[0].Who != "li" {
				t.Errorf("audit: %+v, %v", rows, err)
			}
		})
	}
}

// The target lost what it had: Again makes it there, under the same ids.
func TestReplayAgainRestoresWhatTheTargetLost(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealWonToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(found{erp})}
	h.deals(crm, 9)
	h.eventually("all are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 9 })
	ids := map[string]bool{}
	erp.mu.Lock()
	for i, w := range erp.effects {
		ids[w.ID] = true
		if i%3 == 0 {
			delete(erp.done, w.ID)
		}
	}
	erp.effects = nil
	erp.mu.Unlock()
	s := h.rerun(store.RerunReplay, RerunOrder{Pipeline: "deal-to-job", Again: true})
	if s.States[store.Delivered] != 9 {
		t.Errorf("replay: %+v", s)
	}
	if made := erp.written(); len(made) != 3 {
		t.Errorf("%d were made again, 3 were lost", len(made))
	} else {
		for _, w := range made {
			if !ids[w.ID] {
				t.Errorf("%s has another id than the first time", w.CausationID)
			}
		}
	}
	h.balanced()
}

// The condition was wrong: what it kept away is delivered by a replay, and the balance has its amounts.
func TestReplayDeliversWhatWasFiltered(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, richDealToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	h.deals(crm, 10)
	h.eventually("some are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 4 })
	if _, err := h.hub.Swap(t.Context(), h.versioned(1, strings.Replace(richDealToJob, "?? 0) > 5", "?? 0) > 2", 1)), nil); err != nil {
		t.Fatal(err)
	}
	dry, err := h.hub.RehearseRerun(t.Context(), store.RerunReplay, RerunOrder{Pipeline: "deal-to-job"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, o := range dry.Outcomes {
		got[fmt.Sprint(o.To, o.Left)] += o.Count
	}
	if fmt.Sprint(got) != "map[deliveredfalse:3 filteredtrue:3 unchangedtrue:4]" {
		t.Errorf("dry run: %v", got)
	}
	if len(erp.written()) != 4 || h.count("deal-to-job", store.Filtered) != 6 {
		t.Error("the dry run changed something")
	}
	s := h.rerun(store.RerunReplay, RerunOrder{Pipeline: "deal-to-job"})
	if s.States[store.Delivered] != 3 || s.Outcomes[leftFiltered] != 3 || s.Outcomes[leftUnchanged] != 4 {
		t.Errorf("replay: %+v", s)
	}
	if n := len(erp.written()); n != 7 {
		t.Errorf("%d jobs, want 7", n)
	}
	h.balanced()
	if one := h.rerun(store.RerunReplay, RerunOrder{Pipeline: "deal-to-job", Key: "D0", Again: true}); one.Read != 1 && one.Outcomes[leftFiltered] != 1 {
		t.Errorf("one document: %+v", one)
	}
}

// Of a document's states only the newest is written, and only where something is different.
func TestReplayOfCopiesWritesNothingOlder(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "P"), newTwin("erp", "erp", "P")
	h := newTestHouse(t, partyToERP)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	for v := 1; v <= 4; v++ {
		for _, no := range []string{"P1", "P2"} {
			crm.say("crm.party", no, "updated", int64(v), map[string]any{"party_no": no, "name": fmt.Sprint("v", v)})
		}
	}
	h.start()
	h.eventually("all are carried", func() bool { return h.count("party-to-erp", store.Delivered) == 8 })
	if s := h.rerun(store.RerunReplay, RerunOrder{Pipeline: "party-to-erp"}); s.Outcomes[leftUnchanged] != 8 || len(erp.written()) != 8 {
		t.Errorf("replay: %+v, %d writes", s.Outcomes, len(erp.written()))
	}
	s := h.rerun(store.RerunBackfill, RerunOrder{Pipeline: "party-to-erp", Again: true})
	if s.Read != 2 || s.States[store.Delivered] != 2 {
		t.Errorf("backfill: %+v", s)
	}
	made := erp.written()[8:]
	if len(made) != 2 {
		t.Fatalf("%d writes, want the newest of each", len(made))
	}
	for _, w := range made {
		if !strings.Contains(string(w.Data), "v4") || w.Version != 4 {
			t.Errorf("written again: %s of version %d", w.Data, w.Version)
		}
	}
	if s := h.rerun(store.RerunBackfill, RerunOrder{Pipeline: "party-to-erp", Since: time.Now().Add(time.Hour)}); s.Read != 2 || len(s.Outcomes) != 0 {
		t.Errorf("documents that have not changed since: %+v", s)
	}
	h.balanced()
}

// A rerun goes on where it was when the hub is cut off; nothing is taken up twice, nothing is left out.
func TestRerunGoesOnAfterPowerCuts(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealWonToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	const n = 700
	h.deals(crm, n)
	h.eventually("all are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == n })
	erp.mu.Lock()
	erp.done, erp.effects = map[string]sihe.Receipt{}, nil // it lost everything
	erp.mu.Unlock()
	s, err := h.hub.StartReplay(t.Context(), RerunOrder{Pipeline: "deal-to-job", Again: true}, operator)
	if err != nil {
		t.Fatal(err)
	}
	for _, share := range []int{n / 5, n / 2} {
		h.eventually("a part is done", func() bool { return len(erp.written()) >= share })
		h.cut()
		h.start()
	}
	h.eventually("it ends", func() bool {
		s, err = h.hub.Rerun(s.ID)
		return err == nil && s.State == store.RerunDone
	})
	if s.Read != n || s.States[store.Delivered] != n || s.InFlight != 0 {
		t.Errorf("rerun: %+v", s)
	}
	if made := len(erp.written()); made != n {
		t.Errorf("%d effects, want %d", made, n)
	}
	h.balanced()
}

func TestRerunIsStoppedAndRefused(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealWonToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	h.deals(crm, 500)
	h.eventually("all are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 500 })
	for _, bad := range []struct {
		o    RerunOrder
		by   By
		code sihe.Code
	}{
		{RerunOrder{Pipeline: "none"}, operator, sihe.CodeDocumentUnknown},
		{RerunOrder{Pipeline: "deal-to-job", Since: time.Now(), Until: time.Now().Add(-time.Hour)}, operator, sihe.CodeBadRequest},
		{RerunOrder{Pipeline: "deal-to-job"}, By{Who: "li"}, sihe.CodeReasonMissing},
	} {
		if _, err := h.hub.StartReplay(t.Context(), bad.o, bad.by); sihe.CodeOf(err) != bad.code {
			t.Errorf("%+v: %v", bad.o, err)
		}
	}
	gate := make(chan struct{})
	erp.set(func(sihe.Write, int) fault { return fault{gate: gate} })
	s, err := h.hub.StartReplay(t.Context(), RerunOrder{Pipeline: "deal-to-job", Again: true}, operator)
	if err != nil {
		t.Fatal(err)
	}
	h.eventually("it takes up as much as it may", func() bool {
		s, err = h.hub.Rerun(s.ID)
		return err == nil && s.InFlight >= maxRerunning
	})
	if s, err = h.hub.StopRerun(t.Context(), s.ID, operator); err != nil || s.State != store.RerunStopped || s.InFlight > maxRerunning+rerunBatch {
		t.Errorf("stopped: %+v, %v", s, err)
	}
	if _, err := h.hub.StopRerun(t.Context(), s.ID, operator); sihe.CodeOf(err) != sihe.CodeStateOrder {
		t.Errorf("stopped twice: %v", err)
	}
	close(gate)
	h.eventually("what was taken up ends", func() bool {
		s, err = h.hub.Rerun(s.ID)
		return err == nil && s.InFlight == 0 && h.count("deal-to-job", store.Delivered) == 500
	})
	if s.Read >= 500 {
		t.Errorf("it went on: %+v", s)
	}
	all, err := h.hub.Reruns(10)
	if err != nil || len(all) != 1 || all[0].ID != s.ID {
		t.Errorf("list: %+v, %v", all, err)
	}
}
