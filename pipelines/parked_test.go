package pipelines

import (
	"strings"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// parkedDeals parks the first version of three deals with later ones behind them.
func parkedDeals(t *testing.T) (*testHouse, *twin) {
	t.Helper()
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
	h.eventually("one of each is parked, two behind it", func() bool {
		s := h.street("deal-to-job").States
		return s[store.Parked] == 3 && s[store.Waiting] == 6
	})
	return h, erp
}

func TestParkedGroupsCountWithTheStateChange(t *testing.T) {
	h, erp := parkedDeals(t)
	groups, err := h.hub.ParkedGroups()
	if err != nil || len(groups) != 1 {
		t.Fatalf("groups: %+v, %v", groups, err)
	}
	g := groups[0]
	if g.Pipeline != "deal-to-job" || g.Code != "TAX_ID_TAKEN" || g.Path != "tax_id" || g.Count != 3 || g.Since.IsZero() || g.Entity != "crm.deal" {
		t.Errorf("group: %+v", g)
	}
	sum := sihe.Decimal{}
	parked, err := h.hub.Parked(Selection{Code: "TAX_ID_TAKEN", Path: "tax_id"})
	if err != nil || len(parked) != 3 {
		t.Fatalf("parked: %d, %v", len(parked), err)
	}
	for _, d := range parked {
		if d.Amount != nil {
			sum = sum.Add(*d.Amount)
		}
	}
	if got := g.Amounts["CNY"]; got.Cmp(sum) != 0 {
		t.Errorf("amount %s, the documents have %s", got, sum)
	}
	if all, _ := h.hub.Parked(Selection{Code: "TAX_ID_TAKEN", Path: "name"}); len(all) != 0 {
		t.Errorf("another field: %d", len(all))
	}
	by := By{"li", "test"}
	if n, err := h.hub.Discard(t.Context(), Selection{ID: parked[0].ID}, by); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if groups, _ = h.hub.ParkedGroups(); len(groups) != 1 || groups[0].Count != 2 {
		t.Errorf("after one was discarded: %+v", groups)
	}
	h.cut()
	h.start()
	if groups, _ = h.hub.ParkedGroups(); len(groups) != 1 || groups[0].Count != 2 {
		t.Errorf("after a power cut: %+v", groups)
	}
	erp.set(nil)
	if n, err := h.hub.Replay(t.Context(), Selection{Pipeline: "deal-to-job", Code: "TAX_ID_TAKEN", Path: "tax_id"}, by); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	h.eventually("all go on", func() bool { return h.count("deal-to-job", store.Delivered) == 8 })
	if groups, err = h.hub.ParkedGroups(); len(groups) != 0 || err != nil {
		t.Errorf("nothing is parked any more: %+v, %v", groups, err)
	}
	h.balanced()
}

func TestRehearsalChangesNothing(t *testing.T) {
	h, _ := parkedDeals(t)
	before, _ := h.hub.Audit(0, 100)
	r, err := h.hub.RehearseReplay(Selection{Code: "TAX_ID_TAKEN"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Selected != 3 || r.Following != 6 || len(r.Outcomes) != 1 || r.Outcomes[0].To != store.Delivered || r.Outcomes[0].Count != 9 || len(r.Documents) != 9 {
		t.Errorf("rehearsal: %+v", r)
	}
	after, _ := h.hub.Audit(0, 100)
	if s := h.street("deal-to-job").States; s[store.Parked] != 3 || s[store.Waiting] != 6 || len(after) != len(before) {
		t.Errorf("it changed something: %v", s)
	}
	if n, err := h.hub.Replay(t.Context(), Selection{AsOf: time.Now().Add(-time.Hour)}, By{"li", "test"}); n != 0 || err != nil {
		t.Errorf("what came later than it was looked at was replayed: %d, %v", n, err)
	}
}

func TestInspectAndEdit(t *testing.T) {
	h, erp := parkedDeals(t)
	parked, err := h.hub.Parked(Selection{Subject: "D1"})
	if err != nil || len(parked) != 1 {
		t.Fatal(parked, err)
	}
	id := parked[0].ID
	x, err := h.hub.Inspect("deal-to-job", id)
	if err != nil {
		t.Fatal(err)
	}
	if x.Now.To != store.Delivered || x.Mapped == nil || x.Sent == nil || len(x.Behind) != 2 || x.Behind[0].Version != 2 || x.Digest == "" {
		t.Errorf("inspection: %+v", x)
	}
	if x.Mapped.Do != "create" || !strings.Contains(string(x.Mapped.Data), `"rank":1`) {
		t.Errorf("mapped: %+v", x.Mapped)
	}
	by := By{"li", "the rank was wrong"}
	for _, bad := range []struct {
		data, code string
	}{
		{`{`, "BAD_REQUEST"},
		{`{"deal_no":"D2","currency":"CNY","rank":5}`, "KEY_MISSING"},
		{`{"deal_no":"D1","currency":"CNY","rank":"high"}`, ""},
	} {
		err := h.hub.Edit(t.Context(), "deal-to-job", id, []byte(bad.data), by)
		if err == nil || bad.code != "" && string(sihe.CodeOf(err)) != bad.code {
			t.Errorf("%s: %v", bad.data, err)
		}
	}
	edited := []byte(`{"deal_no":"D1","currency":"CNY","rank":5}`)
	if err := h.hub.EditFrom(t.Context(), "deal-to-job", id, "another", edited, by); sihe.CodeOf(err) != sihe.CodeHashMismatch {
		t.Errorf("edited meanwhile: %v", err)
	}
	if err := h.hub.EditFrom(t.Context(), "deal-to-job", id, x.Digest, edited, by); err != nil {
		t.Fatal(err)
	}
	d, err := h.hub.Diff("deal-to-job", id)
	if err != nil {
		t.Fatal(err)
	}
	changed := map[string]FieldChange{}
	for _, f := range d.Fields {
		changed[f.Path] = f.FieldChange
	}
	if got := changed["rank"]; !d.Sent || got.Before != "1" || got.After != "5" {
		t.Errorf("fields: %+v", d.Fields)
	}
	if len(d.Payload) == 0 || d.Before.Code != "TAX_ID_TAKEN" || d.Now.To != store.Delivered {
		t.Errorf("diff: %+v", d)
	}
	if x, err = h.hub.Inspect("deal-to-job", id); err != nil || len(x.Edits) != 1 || x.Edits[0].Who != "li" || x.Original == nil {
		t.Errorf("the original is not kept: %+v, %v", x.Edits, err)
	}
	erp.set(nil)
	if _, err := h.hub.Replay(t.Context(), Selection{ID: id}, by); err != nil {
		t.Fatal(err)
	}
	h.eventually("it and those behind it are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 3 })
	ranks := ""
	for _, w := range erp.written() {
		if dealOf(w) == "D1" {
			ranks += string(w.Data[len(w.Data)-2])
		}
	}
	if ranks != "523" {
		t.Errorf("order: %s", ranks)
	}
}
