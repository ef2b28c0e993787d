package pipelines

import (
	"testing"
	"time"

	"github.com/sihehub/sihe/pipelines/store"
)

// loss is what a recount says about one pipeline and day, in counts.
func loss(t *testing.T, h *testHouse, day string) (lost, unreceived int64, closes bool) {
	t.Helper()
	rows, err := h.hub.Recount(t.Context(), "deal-to-job", day)
	if err != nil {
		t.Fatal(err)
	}
	closes = true
	for _, r := range rows {
		lost, unreceived, closes = lost+r.Lost().Count, unreceived+r.Unreceived, closes && r.Closes()
	}
	return lost, unreceived, closes
}

func TestRecountFindsWhatWasLost(t *testing.T) {
	h := newCheckHouse(t, dealWonToJob)
	for _, no := range []string{"D1", "D2", "D3"} {
		h.deal(no, "won", "100.00", 1)
	}
	h.deal("D4", "lost", "100.00", 1) // is filtered
	h.start()
	h.eventually("all have their outcome", func() bool {
		return h.count("deal-to-job", store.Delivered) == 3 && h.count("deal-to-job", store.Filtered) == 1
	})
	all, err := h.hub.Recount(t.Context(), "", "")
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	for _, r := range all {
		if !r.Closes() {
			t.Errorf("%+v does not close", r)
		}
	}
	h.lose("deal-to-job", "D2")
	h.balanced() // the counters do not notice
	if lost, _, closes := loss(t, h.testHouse, "2026-03-02"); lost != 1 || closes {
		t.Errorf("lost %d, closes %v", lost, closes)
	}
	if lost, _, closes := loss(t, h.testHouse, "2026-03-03"); lost != 0 || !closes {
		t.Errorf("on another day: lost %d, closes %v", lost, closes)
	}
}

// An event that the bus has and a pipeline passed over without a word was never counted by it: only the view knows it.
func TestRecountFindsWhatWasNeverReceived(t *testing.T) {
	h := newCheckHouse(t, dealWonToJob)
	for _, no := range []string{"D1", "D2"} {
		h.deal(no, "won", "100.00", 1)
	}
	h.start()
	h.eventually("both are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 2 })
	_, err := h.store.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Observed(store.Step{ID: "e9", Entity: "crm.deal", Key: "D9", Name: "won", Version: 1, Time: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Currency: "CNY"}, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if lost, unreceived, closes := loss(t, h.testHouse, "2026-03-02"); lost != 0 || unreceived != 1 || closes {
		t.Errorf("lost %d, unreceived %d, closes %v", lost, unreceived, closes)
	}
}
