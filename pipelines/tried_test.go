package pipelines_test

import (
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines"
)

// TestShippedTests runs the test files that ship beside the pipelines. The named exchanges must have one.
func TestShippedTests(t *testing.T) {
	var f sihe.Findings
	c := canonical.Load(&f, canonical.Shipped())
	m := mappings.Load(&f, c, nil, mappings.Shipped())
	p := pipelines.Compile(&f, c, m, pipelines.Shipped())
	if f.Failed() {
		t.Fatal(f.Err())
	}
	all := pipelines.Test(&f, c, m, p, mappings.Shipped(), pipelines.Shipped())
	for _, x := range f.Sorted() {
		t.Error(x)
	}
	tested := map[string]int{}
	for _, x := range all {
		tested[x.Pipeline]++
	}
	for _, name := range []string{
		"crm-order-to-sales-order", "purchase-order-to-approval", "approval-to-purchase-order", "delivery-to-receivable", "settlement-to-sales-order",
	} {
		if tested[name] == 0 {
			t.Errorf("%s has no test", name)
		}
	}
}

// TestTryKeepsTheGate: what the files would write is refused when the ownership table says no at run time.
func TestTryKeepsTheGate(t *testing.T) {
	var f sihe.Findings
	c := canonical.Load(&f, canonical.Shipped())
	m := mappings.Load(&f, c, nil, mappings.Shipped())
	plan := pipelines.Compile(&f, c, m, pipelines.Shipped())
	if f.Failed() {
		t.Fatal(f.Err())
	}
	p, _ := plan.Pipeline("settlement-to-sales-order")
	broken := *p
	broken.From, _ = c.Entity("crm.crm_order") // CRM in place of finance
	broken.Map, broken.Do = nil, sihe.DoCopy
	event := sihe.Event{Type: "crm.crm_order.updated", Subject: "CO-1", Data: []byte(`{"order_no":"CO-1","customer":"C001","state":"draft","revision":1,"version":1,"currency":"CNY","lines":[]}`)}
	_, err := broken.Try(c, mappings.ExampleWorld{}, event)
	if sihe.CodeOf(err) != sihe.CodeCRMOperationWrite || sihe.ClassOf(err) != sihe.ClassPermanent {
		t.Errorf("tried: %v", err)
	}
}
