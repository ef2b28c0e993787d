package pipelines

import (
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

func party(no, name string) map[string]any { return map[string]any{"party_no": no, "name": name} }

func TestNeedsWaitsForTheCopy(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealToJobNeeds, partyToERP)
	h.plan.Pipelines[0].Deadline = time.Hour
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	for _, no := range []string{"D1", "D2"} {
		crm.say("crm.deal", no, "won", 1, deal(no, 1, "customer", "P1"))
	}
	crm.say("crm.deal", "D3", "won", 1, deal("D3", 1)) // names nobody
	h.start()
	h.eventually("two wait", func() bool {
		return h.count("deal-to-job", store.Waiting) == 2 && h.count("deal-to-job", store.Delivered) == 1
	})
	waiting, err := h.hub.Open(store.Waiting, Selection{})
	if err != nil || waiting[0].Code != sihe.CodeWaitingFor || *waiting[0].Awaits != (store.Ref{Module: "erp", Entity: "crm.party", Key: "P1"}) {
		t.Fatalf("waiting: %+v, %v", waiting[0], err)
	}
	h.cut() // what waits is still woken afterwards
	h.start()
	crm.say("crm.party", "P1", "created", 1, party("P1", "Lin"))
	h.eventually("the party is there, and they follow", func() bool { return h.count("deal-to-job", store.Delivered) == 3 })
	order := ""
	for _, w := range erp.written() {
		order += w.Do + " "
	}
	if order != "create copy create create " {
		t.Errorf("order: %s", order)
	}
	h.balanced()
}

func TestNeedsDeadlineParks(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealToJobNeeds, partyToERP)
	h.plan.Pipelines[0].Deadline = 60 * time.Millisecond
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	crm.say("crm.deal", "D1", "won", 1, deal("D1", 1, "customer", "P1"))
	h.start()
	h.eventually("it is parked", func() bool { return h.count("deal-to-job", store.Parked) == 1 })
	parked, _ := h.hub.Parked(Selection{})
	if parked[0].Code != sihe.CodeWaitingDeadline {
		t.Errorf("parked: %+v", parked[0].Why)
	}
	crm.say("crm.party", "P1", "created", 1, party("P1", "Lin"))
	h.eventually("the party is copied", func() bool { return h.count("party-to-erp", store.Delivered) == 1 })
	if n := h.count("deal-to-job", store.Parked); n != 1 {
		t.Error("what is parked waits for a person")
	}
	if _, err := h.hub.Replay(t.Context(), Selection{}, By{"li", "the party is there"}); err != nil {
		t.Fatal(err)
	}
	h.eventually("it is delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 1 })
	h.balanced()
}

func TestEchoAndStale(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, partyToERP)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	crm.say("crm.party", "P1", "created", 1, party("P1", "Lin"))
	crm.say("crm.party", "P1", "updated", 2, party("P1", "Lin"))   // says the same
	crm.say("crm.party", "P1", "updated", 4, party("P1", "Lin 4")) // another
	crm.say("crm.party", "P1", "updated", 3, party("P1", "Lin 3")) // late
	crm.say("crm.party", "P1", "updated", 5, party("P1", "Lin"))   // back again
	h.start()
	h.eventually("all have their outcome", func() bool {
		return h.count("party-to-erp", store.Delivered) == 3 && h.count("party-to-erp", store.Unchanged) == 2
	})
	if n := len(erp.written()); n != 3 {
		t.Errorf("%d effects", n)
	}
	codes := map[sihe.Code]int{}
	trace, err := h.hub.Trace("P1")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range trace.Lines {
		if l.Delivery != nil && l.Delivery.State == store.Unchanged {
			codes[l.Delivery.Code]++
		}
	}
	if codes[sihe.CodeEcho] != 1 || codes[sihe.CodeStale] != 1 {
		t.Errorf("codes: %v", codes)
	}
	h.balanced()
}

func TestHopBudget(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, partyToERP)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	crm.say("crm.party", "P1", "created", 1, party("P1", "Lin"))
	crm.outbox[0].Hops = maxHops
	h.start()
	h.eventually("it is parked", func() bool { return h.count("party-to-erp", store.Parked) == 1 })
	parked, _ := h.hub.Parked(Selection{})
	if parked[0].Code != sihe.CodeHops || erp.calls != 0 {
		t.Errorf("parked: %+v, %d calls", parked[0].Why, erp.calls)
	}
}

func TestTargetWithoutSinkIsFiltered(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, partyToERP)
	h.systems = []System{crm.as(sayer{crm}), erp.as(sayer{erp})}
	crm.say("crm.party", "P1", "created", 1, party("P1", "Lin"))
	h.start()
	h.eventually("it is filtered", func() bool { return h.count("party-to-erp", store.Filtered) == 1 })
	h.balanced()
}
