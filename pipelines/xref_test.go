package pipelines

import (
	"strings"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// linkedHouse has a product as its ERP, whose keys are its own.
func linkedHouse(t *testing.T, mapping string) (h *testHouse, crm, erp *twin) {
	t.Helper()
	crm, erp = newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h = newTestHouse(t, strings.Replace(dealToJobLinked, "deal-to-job-linked", mapping, 1))
	product := erp.as(exact{erp})
	product.Native = false
	h.systems = []System{crm.as(sayer{crm}), product}
	return h, crm, erp
}

func TestOnMissingFailRejects(t *testing.T) {
	h, crm, erp := linkedHouse(t, "deal-to-job-failing")
	crm.say("crm.deal", "D1", "won", 1, deal("D1", 1, "customer", "P1"))
	h.start()
	h.eventually("it is rejected", func() bool { return h.count("deal-to-job", store.Rejected) == 1 })
	trace, err := h.hub.Trace("D1")
	if err != nil {
		t.Fatal(err)
	}
	code := sihe.Code("")
	for _, l := range trace.Lines {
		if l.Delivery != nil {
			code = l.Delivery.Code
		}
	}
	if code != sihe.CodeXRefMiss || erp.calls != 0 {
		t.Errorf("code %s, %d calls", code, erp.calls)
	}
	h.balanced()
}

// A reference that has a default is not what the mapping waits for.
func TestWaitsForTheReferenceWithoutDefault(t *testing.T) {
	h, crm, erp := linkedHouse(t, "deal-to-job-defaulted")
	crm.say("crm.deal", "D1", "won", 1, deal("D1", 1, "note", "N9", "customer", "P1"))
	h.start()
	h.eventually("it waits", func() bool { return h.count("deal-to-job", store.Waiting) == 1 })
	waiting, err := h.hub.Open(store.Waiting, Selection{})
	if err != nil || len(waiting) != 1 || waiting[0].Awaits == nil || waiting[0].Awaits.Key != "P1" {
		t.Fatalf("waiting: %+v, %v", waiting, err)
	}
	if err := h.hub.Link(t.Context(), store.XRef{System: "erp", Entity: "crm.party", Canonical: "P1", Own: "4711"}, By{"li", "looked it up"}); err != nil {
		t.Fatal(err)
	}
	h.eventually("it follows", func() bool { return h.count("deal-to-job", store.Delivered) == 1 })
	if data := string(erp.written()[0].Data); !strings.Contains(data, `"customer":"4711"`) || !strings.Contains(data, `"progress":"nobody"`) {
		t.Errorf("written: %s", data)
	}
	h.balanced()
}
