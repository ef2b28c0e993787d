package canonical_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
)

const goodOrder = `{"order_no":"SO-1","buyer":"C001","order_date":"2026-03-05","priority":3,"status":"open","weight":"1.5","address":{"city":"武汉"},
"lines":[{"line_no":1,"item":"P","quantity":"2","unit_price":10.50,"tax_rate":0.13,"gross":null}],"state":"draft","version":1}`

func TestValidate(t *testing.T) {
	e := order(t)
	if err := e.Validate([]byte(goodOrder)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, from, to, path, text string }{
		{"unknown field", `"buyer"`, `"byuer":1,"buyer"`, "", "byuer"},
		{"required", `"buyer":"C001",`, ``, "", "buyer"},
		{"required in a line", `"item":"P",`, ``, "lines[0]", "item"},
		{"null for required", `"C001"`, `null`, "buyer", "null"},
		{"enum", `"open"`, `"opened"`, "status", "open"},
		{"date", `2026-03-05`, `2026-02-30`, "order_date", "date"},
		{"minimum", `"priority":3`, `"priority":0`, "priority", "1"},
		{"places", `10.50`, `10.505`, "lines[0].unit_price", "0.01"},
		{"decimal", `"1.5"`, `"1,5"`, "weight", "decimal"},
		{"integer", `"priority":3`, `"priority":3.5`, "priority", "integer"},
		{"type", `"city":"武汉"`, `"city":["武汉"]`, "address.city", "array"},
		{"two errors give the first place", `"lines":[`, `"lines":1,"x":[`, "", "'x'"},
		{"duplicate", `"buyer":"C001"`, `"buyer":"C001","buyer":"C002"`, "buyer", "twice"},
		{"huge exponent", `10.50`, `1e1000001`, "lines[0].unit_price", "1e1000001"},
		{"trailing", `"version":1}`, `"version":1} 1`, "", "more data"},
		{"not UTF-8", `P`, "\xff", "lines[0].item", "UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(goodOrder, c.from) {
				t.Fatalf("%q is not in the order", c.from)
			}
			err := e.Validate([]byte(strings.Replace(goodOrder, c.from, c.to, 1)))
			own, ok := asError(err)
			if !ok || own.Path != c.path || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%v, want something about %q at %q", err, c.text, c.path)
			}
			if sihe.ClassOf(err) != sihe.ClassPermanent {
				t.Errorf("class %v", sihe.ClassOf(err))
			}
		})
	}
}

// What the schema lets pass, Decode reads; and what Compute makes, the schema lets pass.
func TestSchemaAgreesWithDecode(t *testing.T) {
	e := order(t)
	v, err := canonical.Decode(e.Type, []byte(goodOrder))
	if err != nil {
		t.Fatal(err)
	}
	v, err = e.Compute(v, world{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []canonical.Style{{}, {Numbers: true}, {Nulls: true}} {
		if err := e.Validate(canonical.Encode(e.Type, v, s)); err != nil {
			t.Errorf("style %+v: %v", s, err)
		}
	}
}

func TestShippedSchemasCompile(t *testing.T) {
	var f sihe.Findings
	for _, e := range canonical.Load(&f, canonical.Shipped()).Entities() {
		if !json.Valid(e.Schema()) {
			t.Errorf("%s: the schema is not JSON", e.FullName())
		}
		err := e.Validate([]byte(`{"no_such_field":1}`))
		if sihe.CodeOf(err) != sihe.CodeJSONSchema {
			t.Errorf("%s: %v", e.FullName(), err)
		}
	}
}
