package canonical_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
)

// benchOrder is an order of 1.5 KB with five lines, as the sales module sends it.
func benchOrder(t testing.TB) (*canonical.Entity, []byte) {
	t.Helper()
	var f sihe.Findings
	c := canonical.Load(&f, canonical.Shipped())
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	e, _ := c.Entity("erp.sales_order")
	var b strings.Builder
	b.WriteString(`{"order_no":"SO-2026-0001","source_order":"CO-2026-0001","source_revision":1,"buyer":"C001","contract":"CT-2026-0001","salesperson":"E010","order_date":"2026-03-02","requested_date":"2026-03-20","ship_to":"湖北省武汉市江岸区沿江大道1号","currency":"CNY","release_policy":"contract_approved","shipment_policy":"partial","prepaid":false,"lines":[`)
	for i := range 5 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"line_no":%d,"item":"P-CP200-%d","quantity":"12.5","unit_price":"1680.50","tax_rate":"0.13","warehouse":"W01","service":false,"reserved_quantity":"0","delivered_quantity":"0","promised_date":"2026-03-18","estimated_cost":"1204.75"}`, i+1, i)
	}
	b.WriteString(`],"fulfilment_status":"none","approval_status":"none","state":"checking","version":3,"correlation_id":"CO-2026-0001","created_at":"2026-03-02T01:30:00Z","updated_at":"2026-03-02T01:30:05Z","updated_by":"pipeline"}`)
	return e, []byte(b.String())
}

func BenchmarkDecode(b *testing.B) {
	e, data := benchOrder(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := canonical.Decode(e.Type, data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	e, data := benchOrder(b)
	v, err := canonical.Decode(e.Type, data)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var out []byte
	for b.Loop() {
		out = canonical.Append(out[:0], e.Type, v, canonical.Style{})
	}
}

func BenchmarkCompute(b *testing.B) {
	e, data := benchOrder(b)
	v, err := canonical.Decode(e.Type, data)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Compute(v, world{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	e, data := benchOrder(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Validate(data); err != nil {
			b.Fatal(err)
		}
	}
}

// What Validate finds in the JSON, Check finds in the values.
func BenchmarkCheck(b *testing.B) {
	e, data := benchOrder(b)
	v, err := canonical.Decode(e.Type, data)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Check(v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var f sihe.Findings
		canonical.Load(&f, canonical.Shipped())
	}
}
