package pipelines

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines/store"
)

// order is one webhook with one order of the shop.
func order(id, no string, version int, fields string) string {
	return fmt.Sprintf(`[{"id":%q,"number":%q,"version":%d,"data":{"no":%q%s}}]`, id, "S"+no, version, no, fields)
}

func (h *testHouse) send(bodies ...string) {
	h.t.Helper()
	for _, b := range bodies {
		if w := post(h, "/in/shop", b); w.Code != 200 {
			h.t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}

func TestNormaliseGivesVersionsAndNames(t *testing.T) {
	h, _ := shopHouse(t)
	h.start()
	h.eventually("it is up", func() bool { return h.street("normalise:shop").Held == 4 })
	h.send(
		order("a", "1", 0, `,"rank":1`),
		order("b", "1", 0, `,"rank":2`),
		order("c", "1", 0, `,"rank":2`), // says nothing new
	)
	const street = "normalise:shop"
	h.eventually("all have their outcome", func() bool { return h.count(street, store.Delivered) == 2 && h.count(street, store.Unchanged) == 1 })
	h.eventually("the view has it", func() bool { d, err := h.hub.Get("crm.deal", "1"); return err == nil && d.Version == 2 })
	trace, err := h.hub.Trace("S1") // the shop's own key
	if err != nil {
		t.Fatal(err)
	}
	names := ""
	for _, l := range trace.Lines {
		if l.Step != nil {
			names += fmt.Sprint(l.Step.Name, l.Step.Version, " ")
		}
	}
	if names != "created1 updated2 " {
		t.Errorf("events: %s", names)
	}
	d, _ := h.hub.Get("crm.deal", "1")
	var data struct {
		Rank, Version int
		Correlation   string `json:"correlation_id"`
	}
	if err := json.Unmarshal(d.Data, &data); err != nil || data.Rank != 2 || data.Version != 2 || data.Correlation != "1" {
		t.Errorf("data: %s %v", d.Data, err)
	}
	h.balanced()
}

func TestNormaliseDropsOlderVersionsAndKeepsReusedIDs(t *testing.T) {
	h, _ := shopHouse(t)
	h.start()
	h.eventually("it is up", func() bool { return h.street("normalise:shop").Held == 4 })
	h.send(order("a", "1", 5, `,"rank":5`), order("b", "1", 4, `,"rank":4`), order("c", "2", 1, `,"rank":1`), order("c", "2", 1, `,"rank":9`))
	const street = "normalise:shop"
	h.eventually("all have their outcome", func() bool {
		return h.count(street, store.Delivered) == 2 && h.count(street, store.Unchanged) == 1 && h.count(street, store.Parked) == 1
	})
	parked, _ := h.hub.Parked(Selection{})
	if parked[0].Code != sihe.CodeIDReused {
		t.Errorf("parked: %+v", parked[0].Why)
	}
	h.balanced()
}

// A record that cannot be mapped or is not valid is parked, not lost: it was signed and complete.
func TestNormaliseParksWhatItCannotRead(t *testing.T) {
	h, erp := shopHouse(t)
	h.start()
	h.eventually("it is up", func() bool { return h.street("normalise:shop").Held == 4 })
	h.send(
		order("a", "1", 1, `,"rank":"first"`), order("b", "2", 1, `,"rank":1,"rank":2`), order("c", "3", 1, `,"total":1e400`),
		order("d", "..", 1, `,"rank":1`), order("e", "4", 1, `,"rank":4`),
		`[{"id":"f","number":"S5","data":{"no":"5","deep":`+nested(200)+`}}]`,
	)
	const street = "normalise:shop"
	h.eventually("one passes, five are parked", func() bool { return h.count(street, store.Parked) == 5 && h.count(street, store.Delivered) == 1 })
	h.eventually("it arrives", func() bool { return len(erp.written()) == 1 })
	parked, _ := h.hub.Parked(Selection{})
	for _, p := range parked {
		if p.Code == sihe.CodeInternal || p.Code == sihe.CodePanic {
			t.Errorf("%s: %+v", p.ID, p.Why)
		}
	}
	h.balanced()
}

func nested(n int) string {
	s := "1"
	for range n {
		s = "[" + s + "]"
	}
	return s
}

// What the product shows in a field of another module is never published; it is told as drift, and the event carries
// what the owner wrote.
func TestNormaliseKeepsOwnership(t *testing.T) {
	crm, erp := newTwin("shop", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, jobToDeal)
	m, _ := h.set.Mapping("shop-order")
	system := crm.as(shopSink{crm})
	system.Native = false
	system.Normalise = map[string]*mappings.Mapping{"shop/order": m}
	h.systems = []System{system, erp.as(sayer{erp})}
	h.start()
	h.eventually("it is up", func() bool { return h.street("normalise:shop").Held == 4 })
	h.send(order("a", "1", 1, `,"status":"invented"`))
	h.eventually("it is published", func() bool { d, err := h.hub.Get("crm.deal", "1"); return err == nil && d.Version == 1 })
	status := func() (s string) {
		d, _ := h.hub.Get("crm.deal", "1")
		var data struct {
			Status string `json:"erp_status"`
		}
		_ = json.Unmarshal(d.Data, &data)
		return data.Status
	}
	if s := status(); s != "" {
		t.Errorf("published: %s", s)
	}
	drift, err := h.hub.Drifts()
	if err != nil || len(drift) != 1 || drift[0].Field != "erp_status" || drift[0].Shown != `"invented"` || drift[0].Owner != "erp" {
		t.Errorf("drift: %+v, %v", drift, err)
	}
	erp.say("erp.job", "J1", "running", 1, map[string]any{"job_no": "J1", "deal_no": "1", "currency": "CNY", "progress": "half"})
	h.eventually("the owner writes", func() bool { return h.count("job-to-deal", store.Delivered) == 1 })
	if w := crm.written(); w[0].Key != "S1" {
		t.Errorf("written under the key %s, not the shop's own", w[0].Key)
	}
	h.send(order("b", "1", 2, `,"rank":1,"status":"half"`))
	h.eventually("it is published", func() bool { return status() == "half" })
	if drift, _ := h.hub.Drifts(); len(drift) != 0 {
		t.Errorf("drift: %+v", drift)
	}
	h.send(order("c", "1", 3, `,"rank":1,"status":"half"`)) // the echo of the write
	h.eventually("the echo is not published", func() bool { return h.count("normalise:shop", store.Unchanged) == 1 })
	h.balanced()
}

func TestXRefWaitsForTheLink(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealToJobLinked)
	product := erp.as(exact{erp})
	product.Native = false
	h.systems = []System{crm.as(sayer{crm}), product}
	crm.say("crm.deal", "D1", "won", 1, deal("D1", 1, "customer", "P1"))
	h.start()
	h.eventually("it waits", func() bool { return h.count("deal-to-job", store.Waiting) == 1 })
	if err := h.hub.Link(t.Context(), store.XRef{System: "erp", Entity: "crm.party", Canonical: "P1", Own: "4711"}, By{"li", "looked it up"}); err != nil {
		t.Fatal(err)
	}
	h.eventually("it follows", func() bool { return h.count("deal-to-job", store.Delivered) == 1 })
	var job struct{ Customer string }
	if err := json.Unmarshal(erp.written()[0].Data, &job); err != nil || job.Customer != "4711" {
		t.Errorf("written: %s", erp.written()[0].Data)
	}
	h.balanced()
}

func TestPowerCutInNormalise(t *testing.T) {
	for _, step := range []Step{StepAppended, StepFetched, StepNormalised, StepPublished, StepRecorded} {
		t.Run(string(step), func(t *testing.T) {
			t.Parallel()
			h, erp := shopHouse(t)
			cut, times := powerCut(step, 2)
			h.tune = func(o *Options) { o.Failpoint = cut }
			h.start()
			h.eventually("it is up", func() bool { return h.street("normalise:shop").Held == 4 })
			for i := range 6 {
				for {
					acknowledged := post(h, "/in/shop", order(fmt.Sprint(i), fmt.Sprint(i%2), i/2+1, fmt.Sprintf(`,"rank":%d`, i/2+1))).Code == 200
					if acknowledged {
						break
					}
					h.cut() // the sender tries again
					h.tune = nil
					h.start()
					h.eventually("it is up", func() bool { return h.street("normalise:shop").Held == 4 })
				}
			}
			h.eventually("the power is cut", func() bool { return times.Load() >= 2 })
			h.cut()
			h.tune = nil
			h.start()
			h.eventually("all arrive", func() bool { return h.count("deal-to-job", store.Delivered) == 6 })
			inOrder(t, erp, 3)
			h.balanced()
		})
	}
}
