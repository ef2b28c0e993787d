package pipelines

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
)

// planFiles compiles a house whose mapping takes the job's amount from an expression.
func planFiles(t *testing.T, amount string, flows ...string) Files {
	t.Helper()
	var f sihe.Findings
	out := "{deal_no: D1, currency: CNY, rank: 7}"
	if amount != "amount" {
		out = "{deal_no: D1, currency: CNY, rank: 7, amount: \"0.00\"}"
	}
	c := canonical.Load(&f, testEntities)
	set := mappings.Load(&f, c, nil, fstest.MapFS{
		"m.yaml": {Data: []byte(`
mapping: deal-to-job
from: crm.deal
to: erp.job
fields:
  deal_no:  deal_no
  currency: currency
  amount:   ` + amount + `
  rank:     rank
examples:
  - {name: a rank, in: {deal_no: D1, currency: CNY, rank: 7}, out: ` + out + `}
`)},
		"n.yaml": {Data: []byte(`
mapping: job-to-deal
from: erp.job
to: crm.deal
fields:
  erp_status: progress
`)},
	})
	all := fstest.MapFS{}
	for i, text := range flows {
		all[fmt.Sprintf("p%d.yaml", i)] = &fstest.MapFile{Data: []byte(text)}
	}
	p := Compile(&f, c, set, all)
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	return Files{Catalog: c, Plan: p}
}

func dealEvent(no string, version int, amount, currency string) sihe.Event {
	data, err := json.Marshal(map[string]any{"deal_no": no, "amount": amount, "currency": currency, "rank": version, "state": "open", "version": version})
	if err != nil {
		panic(err)
	}
	return sihe.Event{
		ID: fmt.Sprintf("%s-%d", no, version), Source: "/crm", Type: "crm.deal.updated", Subject: no, Version: int64(version),
		Time: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), Data: data,
	}
}

const (
	planJob = `
pipeline: deal-to-job
label: {en: a, zh: a}
from: crm.deal
map: deal-to-job
to: erp.job
do: create
`
	planBack = `
pipeline: job-to-deal
label: {en: b, zh: b}
from: erp.job
when: progress != %q
map: job-to-deal
to: crm.deal
do: write_back
key: deal_no ?? ""
`
)

func TestComparisonOfAmounts(t *testing.T) {
	t.Parallel()
	c := NewComparison(planFiles(t, "amount", planJob), planFiles(t, "if(currency == \"EUR\", amount ?? 0, (amount ?? 0) * 2)", planJob))
	for i, currency := range []string{"CNY", "EUR", "USD", "CNY"} {
		c.Add(dealEvent(fmt.Sprintf("D%d", i), 1, "10.05", currency))
	}
	r := c.Result()
	if r.Events != 4 || r.Trials != 4 || len(r.Documents) != 3 || !r.Changes() {
		t.Fatalf("%+v", r)
	}
	d := func(s string) sihe.Decimal { x, _ := sihe.ParseDecimal(s); return x }
	same := cmp.Comparer(func(a, b sihe.Decimal) bool { return a.Cmp(b) == 0 })
	want := []AmountTotal{
		{To: "erp.job", Field: "amount", Currency: "CNY", Documents: 2, Before: d("20.10"), After: d("40.20"), Net: d("20.10")},
		{To: "erp.job", Field: "amount", Currency: "USD", Documents: 1, Before: d("10.05"), After: d("20.10"), Net: d("10.05")},
	}
	if x := cmp.Diff(want, r.Amounts, same); x != "" {
		t.Error(x)
	}
	first := r.Documents[0]
	if x := cmp.Diff([]FieldChange{{"amount", "10.05", "20.10"}}, first.Fields); x != "" || first.Subject != "D0" || first.To != "erp.job" {
		t.Errorf("%+v %s", first, x)
	}
	if x := cmp.Diff([]Coverage{{Mapping: "deal-to-job", Field: "amount", Examples: []string{"a rank"}}}, r.Coverage); x != "" {
		t.Error(x)
	}
}

func TestComparisonFindsNothing(t *testing.T) {
	t.Parallel()
	c := NewComparison(planFiles(t, "amount", planJob), planFiles(t, "(amount ?? 0) + 0", planJob))
	for v := range 10 {
		c.Add(dealEvent("D1", v, "1.00", "CNY"))
	}
	if r := c.Result(); r.Changes() || r.Trials != 10 || len(r.Amounts)+len(r.Coverage) != 0 {
		t.Errorf("%+v", r)
	}
}

// What is refused, filtered, new or gone is told as such, and money that is no longer written counts in full.
func TestComparisonOfOutcomes(t *testing.T) {
	t.Parallel()
	filtered := planJob + "when: (rank ?? 0) > 1\n"
	c := NewComparison(planFiles(t, "amount", planJob), planFiles(t, "amount", filtered))
	c.Add(dealEvent("D1", 1, "8.00", "CNY"))
	c.Add(dealEvent("D2", 2, "8.00", "CNY"))
	r := c.Result()
	if len(r.Documents) != 1 || r.Documents[0].Before != "written" || r.Documents[0].After != "filtered" || r.Amounts[0].Net.String() != "-8.00" {
		t.Errorf("filtered: %+v", r)
	}
	c = NewComparison(planFiles(t, "amount", planJob), planFiles(t, "round((amount ?? 0) / ((rank ?? 0) - 1), 2)", planJob))
	c.Add(dealEvent("D1", 1, "8.00", "CNY"))
	if r = c.Result(); len(r.Documents) != 1 || r.Documents[0].After != "refused "+string(sihe.CodeDivisionByZero) {
		t.Errorf("refused: %+v", r.Documents)
	}
	c = NewComparison(planFiles(t, "amount"), planFiles(t, "amount", planJob))
	c.Add(dealEvent("D1", 1, "8.00", "CNY"))
	if r = c.Result(); len(r.Begun) != 1 || r.Documents[0].Before != "no pipeline" || r.Amounts[0].Net.String() != "8.00" {
		t.Errorf("begun: %+v", r)
	}
	c = NewComparison(planFiles(t, "amount", planJob), planFiles(t, "amount"))
	c.Add(dealEvent("D1", 1, "8.00", "CNY"))
	if r = c.Result(); len(r.Ended) != 1 || r.Documents[0].After != "no pipeline" {
		t.Errorf("ended: %+v", r)
	}
}

// A write-back sets absolute values: what counts is how the last event leaves the document.
func TestComparisonCountsTheLastState(t *testing.T) {
	t.Parallel()
	job := func(version int, progress string) sihe.Event {
		data, _ := json.Marshal(map[string]any{"job_no": "J1", "deal_no": "D1", "progress": progress, "state": "running", "version": version})
		return sihe.Event{ID: fmt.Sprint("J1-", version), Source: "/erp", Type: "erp.job.updated", Subject: "J1", Version: int64(version), Data: data}
	}
	now, next := planFiles(t, "amount", fmt.Sprintf(planBack, "none")), planFiles(t, "amount", fmt.Sprintf(planBack, "half"))
	c := NewComparison(now, next)
	c.Add(job(1, "half"))
	if r := c.Result(); len(r.Documents) != 1 || r.Documents[0].After != "filtered" {
		t.Fatalf("%+v", r)
	}
	c.Add(job(2, "done"))
	if r := c.Result(); r.Changes() {
		t.Errorf("the last state is the same: %+v", r.Documents)
	}
}
