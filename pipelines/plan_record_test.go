package pipelines

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines/store"
)

// shopShapes knows the shop's order, with a currency.
type shopShapes struct{}

func (shopShapes) Shape(name string) (*expr.Type, bool) {
	text, number := (&expr.Type{Kind: expr.KindText}).OrNull(true), expr.DecimalType(expr.AnyScale).OrNull(true)
	return expr.RecordType(
		expr.Field{Name: "no", Type: text}, expr.Field{Name: "total", Type: number}, expr.Field{Name: "rank", Type: (&expr.Type{Kind: expr.KindInt}).OrNull(true)},
		expr.Field{Name: "cur", Type: text}, expr.Field{Name: "status", Type: text}, expr.Field{Name: "memo", Type: text},
	), name == "shop/order"
}

const shopDeal = `
mapping: shop-deal
from: shop/order
to: crm.deal
fields:
  deal_no:    no ?? ""
  amount:     round(total ?? 0, 2)
  currency:   cur ?? "CNY"
  rank:       rank
  erp_status: status
examples:
  - {name: a rank, in: {"no": D1, rank: 7}, out: {deal_no: D1, currency: CNY, rank: 7, amount: "0.00"}}
`

// shopFiles compiles a house with a shop; edit may change the text of its mapping.
func shopFiles(t *testing.T, edit func(string) string, flows ...string) Files {
	t.Helper()
	text := shopDeal
	if edit != nil {
		if text = edit(shopDeal); text == shopDeal {
			t.Fatal("nothing was edited")
		}
	}
	var f sihe.Findings
	c := canonical.Load(&f, testEntities)
	set := mappings.Load(&f, c, shopShapes{}, testMappings, fstest.MapFS{"shop.yaml": {Data: []byte(text)}})
	all := fstest.MapFS{}
	for i, text := range flows {
		all[fmt.Sprintf("p%d.yaml", i)] = &fstest.MapFile{Data: []byte(text)}
	}
	p := Compile(&f, c, set, all)
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	m, _ := set.Mapping("shop-deal")
	return Files{Catalog: c, Plan: p, Origins: []Origin{{System: "shop", Module: "crm", Kinds: map[string]Normalise{"order": {Map: m}}}}}
}

// swapText edits the mapping and takes out its examples, which would notice.
func swapText(old, text string) func(string) string {
	return func(s string) string {
		s, _, _ = strings.Cut(strings.Replace(s, old, text, 1), "examples:")
		return s
	}
}

// shopRecord is a stored order of the shop that was published.
func shopRecord(id, no, fields string) StoredRecord {
	return StoredRecord{
		Record: sihe.Record{ID: id, Entity: "order", Key: no, Time: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), Data: []byte(`{"no":"` + no + `"` + fields + `}`)},
		State:  store.Delivered,
	}
}

// dealStated is the event that was published of a record.
func dealStated(record, no, name string, version int, amount, currency string) sihe.Event {
	data, err := json.Marshal(map[string]any{
		"deal_no": no, "amount": amount, "currency": currency, "rank": 1, "version": version, "state": "open", "erp_status": "known",
	})
	if err != nil {
		panic(err)
	}
	return sihe.Event{
		ID: sihe.EventID("normalise", "shop", record, "crm.deal"), Source: "/shop", Type: "crm.deal." + name, Subject: no, Version: int64(version),
		Time: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), CorrelationID: no, Data: data,
	}
}

func decimalOf(s string) sihe.Decimal { d, _ := sihe.ParseDecimal(s); return d }

func sameDecimal() cmp.Option {
	return cmp.Comparer(func(a, b sihe.Decimal) bool { return a.Cmp(b) == 0 })
}

// A change of a product's mapping shows in the documents as they are stated, and through the pipelines in what is written.
func TestComparisonOfRecordsCascades(t *testing.T) {
	t.Parallel()
	c := NewComparison(shopFiles(t, nil, planJob), shopFiles(t, func(s string) string {
		return strings.Replace(s, "round(total ?? 0, 2)", "if(cur == \"EUR\", round(total ?? 0, 2), round((total ?? 0) * 2, 2))", 1)
	}, planJob))
	if got := c.Systems(); len(got) != 1 || got[0] != "shop" {
		t.Fatalf("systems: %v", got)
	}
	currencies := []string{"CNY", "EUR", "USD", "CNY"}
	for i, currency := range currencies {
		c.AddRecord("shop", shopRecord(fmt.Sprint("r", i), fmt.Sprint("D", i), `,"total":10.05,"rank":1,"cur":"`+currency+`"`))
	}
	for i, currency := range currencies {
		c.Add(dealStated(fmt.Sprint("r", i), fmt.Sprint("D", i), "created", 1, "10.05", currency))
	}
	c.Add(dealStated("another", "D9", "created", 1, "3.00", "CNY")) // stems from no record of the period
	r := c.Result()
	if r.Records != 4 || r.Events != 5 || r.Trials != 5 || len(r.Stated) != 3 || len(r.Documents) != 3 || !r.Changes() {
		t.Fatalf("%+v", r)
	}
	want := []AmountTotal{
		{Field: "amount", Currency: "CNY", Documents: 2, Before: decimalOf("20.10"), After: decimalOf("40.20"), Net: decimalOf("20.10")},
		{Field: "amount", Currency: "USD", Documents: 1, Before: decimalOf("10.05"), After: decimalOf("20.10"), Net: decimalOf("10.05")},
	}
	for to, got := range map[string][]AmountTotal{"crm.deal": r.StatedAmounts, "erp.job": r.Amounts} {
		for i := range want {
			want[i].To = to
		}
		if d := cmp.Diff(want, got, sameDecimal()); d != "" {
			t.Errorf("%s: %s", to, d)
		}
	}
	first := r.Stated[0]
	if d := cmp.Diff([]FieldChange{{"amount", "10.05", "20.10"}}, first.Fields); d != "" || first.Pipeline != "normalise:shop" || first.Entity != "shop/order" || first.Subject != "D0" || first.To != "crm.deal" || first.Key != "D0" || first.Mapping != "shop-deal" {
		t.Errorf("%+v %s", first, d)
	}
	written := r.Documents[0]
	if d := cmp.Diff([]FieldChange{{"amount", "10.05", "20.10"}}, written.Fields); d != "" || written.Record != "r0" || written.Pipeline != "deal-to-job" || written.Event != sihe.EventID("normalise", "shop", "r0", "crm.deal") {
		t.Errorf("%+v %s", written, d)
	}
	coverage := []Coverage{{Mapping: "deal-to-job", Field: "amount", Examples: []string{}}, {Mapping: "shop-deal", Field: "amount", Examples: []string{"a rank"}}}
	if d := cmp.Diff(coverage, r.Coverage); d != "" {
		t.Error(d)
	}
}

func TestComparisonOfRecordsFindsNothing(t *testing.T) {
	t.Parallel()
	// what the module does not own makes no difference: it is never published
	c := NewComparison(shopFiles(t, nil, planJob), shopFiles(t, swapText("erp_status: status", "erp_status: memo"), planJob))
	for i := range 5 {
		c.AddRecord("shop", shopRecord(fmt.Sprint("r", i), "D1", fmt.Sprintf(`,"total":%d,"rank":1,"memo":"x"`, i)))
		c.Add(dealStated(fmt.Sprint("r", i), "D1", "updated", i+1, fmt.Sprint(i, ".00"), "CNY"))
	}
	if r := c.Result(); r.Changes() || r.Trials != 5 || len(r.StatedAmounts)+len(r.Coverage) != 0 {
		t.Errorf("%+v", r)
	}
}

// What is refused, not mapped, or of no module on one side is told as such, and so is what that does to what is written.
func TestComparisonOfRecordOutcomes(t *testing.T) {
	t.Parallel()
	refusing := shopFiles(t, swapText("round(total ?? 0, 2)", "round(8 / (rank ?? 0), 2)"), planJob)
	plain, unmapped, gone, other := shopFiles(t, nil, planJob), shopFiles(t, nil, planJob), shopFiles(t, nil, planJob), shopFiles(t, nil, planJob)
	unmapped.Origins[0].Kinds = map[string]Normalise{}
	gone.Origins = nil
	other.Origins[0].Module = "erp"
	refused := outcomeRefused + " " + string(sihe.CodeDivisionByZero)
	for _, x := range []struct {
		name          string
		now, next     Files
		before, after string
		net           string
	}{
		{"refused then", plain, refusing, outcomePublished, refused, "-8.00"},
		{"no longer refused", refusing, plain, refused, outcomePublished, "8.00"},
		{"no longer mapped", plain, unmapped, outcomePublished, outcomeUnmapped, "-8.00"},
		{"mapped then", unmapped, plain, outcomeUnmapped, outcomePublished, "8.00"},
		{"without its system", plain, gone, outcomePublished, outcomeNoSystem, "-8.00"},
		{"of another module", plain, other, outcomePublished, outcomeRefused + " " + string(sihe.CodeBoundary), "-8.00"},
	} {
		c := NewComparison(x.now, x.next)
		record := shopRecord("r", "D1", `,"total":8,"rank":0`)
		if x.before != outcomePublished {
			record.State = store.Parked
		}
		c.AddRecord("shop", record)
		if x.before == outcomePublished {
			c.Add(dealStated("r", "D1", "created", 1, "8.00", "CNY"))
		}
		r := c.Result()
		if len(r.Stated) != 1 || r.Stated[0].Before != x.before || r.Stated[0].After != x.after || len(r.StatedAmounts) != 1 || r.StatedAmounts[0].Net.String() != x.net {
			t.Errorf("%s: stated %+v %+v", x.name, r.Stated, r.StatedAmounts)
			continue
		}
		d := r.Documents
		if len(d) != 1 || (d[0].Before == outcomeNoEvent) == (d[0].After == outcomeNoEvent) || r.Amounts[0].Net.String() != x.net || d[0].Record != "r" {
			t.Errorf("%s: written %+v", x.name, d)
		}
	}
}

// A document counts as its last record leaves it; the commands that it causes count each.
func TestComparisonOfRecordsCountsTheLastState(t *testing.T) {
	t.Parallel()
	c := NewComparison(shopFiles(t, nil, planJob), shopFiles(t, swapText("rank:       rank", "rank: if((rank ?? 0) > 5, 5, rank)"), planJob))
	for i, rank := range []int{9, 7, 3} {
		c.AddRecord("shop", shopRecord(fmt.Sprint("r", i), "D1", fmt.Sprint(`,"rank":`, rank)))
	}
	for i := range 3 {
		c.Add(dealStated(fmt.Sprint("r", i), "D1", "updated", i+1, "0.00", "CNY"))
	}
	r := c.Result()
	if len(r.Stated) != 0 {
		t.Errorf("in the end the document is the same: %+v", r.Stated)
	}
	if len(r.Documents) != 2 || r.Documents[0].Fields[0] != (FieldChange{"rank", "9", "5"}) || r.Documents[1].Before != outcomeWritten || r.Documents[1].After != outcomeNoEvent {
		t.Errorf("the second record says nothing new then: %+v %+v", r.Documents[0], r.Documents[1])
	}
}

// What came before, was older, or was given up makes no difference; what said nothing new may say something then.
func TestComparisonOfRecordsThatWereNotPublished(t *testing.T) {
	t.Parallel()
	c := NewComparison(shopFiles(t, nil, planJob), shopFiles(t, swapText("  rank:       rank\n", "  rank:       rank\n  note:       memo\n"), planJob))
	state := func(r StoredRecord, s store.State, code sihe.Code) StoredRecord {
		r.State, r.Code = s, code
		return r
	}
	c.AddRecord("shop", shopRecord("a", "D1", `,"rank":1`))
	twice := shopRecord("a", "D1", `,"rank":1`)
	twice.Duplicate = true
	c.AddRecord("shop", twice)
	c.AddRecord("shop", state(shopRecord("b", "D1", `,"rank":1,"memo":"new"`), store.Unchanged, sihe.CodeAlreadySo))
	c.AddRecord("shop", state(shopRecord("c", "D2", `,"memo":"old"`), store.Unchanged, sihe.CodeStale))
	c.AddRecord("shop", state(shopRecord("d", "D3", `,"memo":"no"`), store.Rejected, sihe.CodeDiscarded))
	c.AddRecord("shop", state(shopRecord("e", "D4", `,"memo":"as before"`), store.Unchanged, sihe.CodeAlreadySo)) // first of the period
	canon := shopRecord("f", "D5", `,"memo":"x"`)
	canon.Canonical = true
	c.AddRecord("shop", canon)
	c.Add(dealStated("a", "D1", "created", 1, "0.00", "CNY"))
	r := c.Result()
	if len(r.Stated) != 2 || r.Stated[0].Record != "b" || r.Stated[0].Before != outcomeUnchanged || r.Stated[0].After != outcomePublished || r.Stated[1].Record != "e" || r.Stated[1].After != outcomeUnchanged {
		t.Errorf("stated: %+v", r.Stated)
	}
	if len(r.Documents) != 1 || r.Documents[0].Record != "b" || r.Documents[0].Before != outcomeNoEvent || r.Documents[0].Name != "updated" {
		t.Errorf("written: %+v", r.Documents)
	}
}

// Another key is another document; another name of the event is another pipeline.
func TestComparisonOfRecordsUnderAnotherKeyOrName(t *testing.T) {
	t.Parallel()
	c := NewComparison(shopFiles(t, nil, planJob), shopFiles(t, swapText(`no ?? ""`, `concat("S-", no ?? "")`), planJob))
	c.AddRecord("shop", shopRecord("a", "D1", ""))
	c.Add(dealStated("a", "D1", "created", 1, "0.00", "CNY"))
	r := c.Result()
	if len(r.Stated) != 1 || r.Stated[0].Fields[0] != (FieldChange{":key", "D1", "S-D1"}) || len(r.Documents) != 1 || r.Documents[0].Fields[0] != (FieldChange{"deal_no", "D1", "S-D1"}) {
		t.Errorf("key: %+v %+v", r.Stated, r.Documents)
	}
	now, next := shopFiles(t, nil, planJob+"on: [won]\n"), shopFiles(t, nil, planJob+"on: [won]\n")
	next.Origins[0].Kinds = map[string]Normalise{"order": {Map: next.Origins[0].Kinds["order"].Map, Name: "won"}}
	c = NewComparison(now, next)
	c.AddRecord("shop", shopRecord("a", "D1", ""))
	c.Add(dealStated("a", "D1", "created", 1, "0.00", "CNY"))
	r = c.Result()
	if len(r.Stated) != 1 || r.Stated[0].Fields[0] != (FieldChange{Path: ":name", After: "won"}) || len(r.Documents) != 1 || r.Documents[0].Before != outcomeFiltered || r.Documents[0].After != outcomeWritten {
		t.Errorf("name: %+v %+v", r.Stated, r.Documents)
	}
}

// The old form of an event is what was stored: what other modules had written into the document is in both.
func TestComparisonKeepsWhatOthersWrote(t *testing.T) {
	t.Parallel()
	flow := planJob + "when: erp_status == \"known\"\n"
	c := NewComparison(shopFiles(t, nil, flow), shopFiles(t, swapText("rank:       rank", "rank: 4"), flow))
	c.AddRecord("shop", shopRecord("a", "D1", `,"rank":1,"status":"other"`))
	c.AddRecord("shop", shopRecord("b", "D1", `,"rank":4,"status":"other"`))
	c.Add(dealStated("a", "D1", "created", 1, "0.00", "CNY"))
	c.Add(dealStated("b", "D1", "updated", 2, "0.00", "CNY"))
	r := c.Result()
	if len(r.Documents) != 2 || r.Documents[0].Fields[0] != (FieldChange{"rank", "1", "4"}) || r.Documents[1].After != outcomeNoEvent {
		t.Errorf("%+v", r.Documents)
	}
}
