package pipelines

import (
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A canonical record that cannot be published is parked with the later ones of its document behind it.
func TestUnpublishableRecordHoldsItsDocument(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, partyToERP)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	crm.say("crm.party", "P1", "created", 1, map[string]any{"party_no": "P1", "nam": "Lin"}) // misspelt
	crm.say("crm.party", "P1", "updated", 2, party("P1", "Lin 2"))
	crm.say("crm.party", "P2", "created", 1, party("P2", "Wang"))
	crm.say("erp.job", "J1", "running", 1, map[string]any{"job_no": "J1"}) // not crm's to say
	h.start()
	const street = "normalise:crm"
	h.eventually("two are parked, one is behind, the other document goes on", func() bool {
		return h.count(street, store.Parked) == 2 && h.count(street, store.Waiting) == 1 && h.count("party-to-erp", store.Delivered) == 1
	})
	foreign, _ := h.hub.Parked(Selection{Code: sihe.CodeBoundary})
	bad, _ := h.hub.Parked(Selection{Subject: "crm.party/P1"})
	if len(foreign) != 1 || len(bad) != 1 || bad[0].Path != "nam" {
		t.Fatalf("parked: %+v %+v", foreign, bad)
	}
	h.cut()
	h.start()
	by := By{"li", "spelling"}
	if err := h.hub.Edit(t.Context(), street, bad[0].ID, []byte(`{"party_no":"P1","name":"Lin"}`), by); err != nil {
		t.Fatal(err)
	}
	if n, err := h.hub.Replay(t.Context(), Selection{ID: bad[0].ID}, by); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	h.eventually("both versions arrive", func() bool { return h.count("party-to-erp", store.Delivered) == 3 })
	names := ""
	for _, w := range erp.written() {
		if w.Key == "P1" {
			names += string(w.Data)
		}
	}
	if names != `{"party_no":"P1","name":"Lin"}{"name":"Lin 2","party_no":"P1"}` {
		t.Errorf("order: %s", names)
	}
	if n := h.count(street, store.Delivered); n != 2 {
		t.Errorf("%d delivered by %s", n, street)
	}
	h.balanced()
}
