package canonical_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

func decoded(t *testing.T, e *canonical.Entity, s string) expr.Value {
	t.Helper()
	v, err := canonical.Decode(e.Type, []byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestHash(t *testing.T) {
	e := order(t)
	f, _ := e.Field("content_hash")
	hash := func(s string) string { return e.Hash(f, decoded(t, e, s)) }
	one := hash(`{"buyer":"C","currency":"CNY","lines":[{"item":"P","quantity":"1"}]}`)
	if len(one) != 64 {
		t.Errorf("%q is no SHA-256 in hex", one)
	}
	for name, same := range map[string]string{
		"zeros at the end": `{"buyer":"C","currency":"CNY","lines":[{"item":"P","quantity":"1.000"}]}`,
		"other order":      `{"lines":[{"quantity":1,"item":"P"}],"currency":"CNY","buyer":"C"}`,
		"other fields":     `{"buyer":"C","currency":"CNY","priority":1,"lines":[{"item":"P","quantity":"1","unit_price":"9"}]}`,
	} {
		if hash(same) != one {
			t.Errorf("%s: another hash", name)
		}
	}
	for name, other := range map[string]string{
		"quantity": `{"buyer":"C","currency":"CNY","lines":[{"item":"P","quantity":"10"}]}`,
		"item":     `{"buyer":"C","currency":"CNY","lines":[{"item":"Q","quantity":"1"}]}`,
		"buyer":    `{"buyer":"D","currency":"CNY","lines":[{"item":"P","quantity":"1"}]}`,
		"one more": `{"buyer":"C","currency":"CNY","lines":[{"item":"P","quantity":"1"},{}]}`,
		"no lines": `{"buyer":"C","currency":"CNY","lines":[]}`,
	} {
		if hash(other) == one {
			t.Errorf("%s: the same hash", name)
		}
	}
	if hash(`{"buyer":"C","lines":[]}`) != hash(`{"buyer":"C"}`) {
		t.Error("an empty list is not the same as none")
	}
}

func TestEncodeStyles(t *testing.T) {
	e := order(t)
	v := decoded(t, e, `{"weight":"1.50","lines":[{"quantity":"12","unit_price":"3"}],"urgent":false}`)
	for _, c := range []struct {
		style canonical.Style
		want  string
	}{
		{canonical.Style{}, `{"urgent":false,"weight":"1.50","lines":[{"quantity":"12","unit_price":"3.00"}]}`},
		{canonical.Style{Numbers: true}, `{"urgent":false,"weight":1.50,"lines":[{"quantity":12,"unit_price":3.00}]}`},
	} {
		if diff := cmp.Diff(c.want, string(canonical.Encode(e.Type, v, c.style))); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	line := e.Type.Field("lines").Elem
	got := canonical.Append([]byte("x="), line, v.Slot(slot(t, e, "lines")).List()[0], canonical.Style{Nulls: true})
	if diff := cmp.Diff(`x={"line_no":null,"item":null,"quantity":"12","unit_price":"3.00","tax_rate":null,"gross":null,"net":null,"tax":null}`, string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func slot(t *testing.T, e *canonical.Entity, name string) int {
	t.Helper()
	i, ok := e.Type.Slot(name)
	f, found := e.Field(name)
	if !ok || !found || f.Slot() != i {
		t.Fatalf("%s: slots %d, %v", name, i, f)
	}
	return i
}

// What code sets into slots is checked like what JSON brings.
func TestComputeChecksValues(t *testing.T) {
	e := order(t)
	for _, c := range []struct {
		field string
		value expr.Value
		code  sihe.Code
	}{
		{"buyer", expr.IntValue(1), sihe.CodeValueType},
		{"buyer", expr.TextValue("\xff"), sihe.CodeJSONUTF8},
		{"weight", expr.IntValue(3), ""},
		{"weight", expr.TextValue("3"), sihe.CodeValueType},
		{"priority", expr.DecimalValue(sihe.MustDecimal("3")), sihe.CodeValueType},
		{"status", expr.TextValue("done"), sihe.CodeValueEnum},
		{"order_date", expr.TextValue("2026-01-01"), sihe.CodeValueType},
		{"address", expr.TextValue("x"), sihe.CodeValueType},
		{"lines", expr.TextValue("x"), sihe.CodeValueType},
		{"lines", expr.ListValue([]expr.Value{expr.TextValue("x")}), sihe.CodeValueRequired},
	} {
		slots := make([]expr.Value, len(e.Type.Fields))
		slots[slot(t, e, "buyer")] = expr.TextValue("C")
		slots[slot(t, e, c.field)] = c.value
		_, err := e.Compute(expr.RecordValue(slots), nil)
		if c.code == "" && err != nil || c.code != "" && (err == nil || sihe.CodeOf(err) != c.code) {
			t.Errorf("%s = %v: %v, want %q", c.field, c.value, err, c.code)
		}
	}
}

// Amounts get the places of their field, so that equal amounts are equal texts.
func TestComputePadsMoney(t *testing.T) {
	e := order(t)
	v := decoded(t, e, `{"buyer":"C","lines":[{"line_no":1,"item":"P","quantity":"1","unit_price":"1.5000"}]}`)
	w, err := e.Compute(v, nil)
	if err != nil {
		t.Fatal(err)
	}
	line := w.Slot(slot(t, e, "lines")).List()[0]
	price, _ := e.Field("lines.unit_price")
	if got := line.Slot(price.Slot()).Decimal().String(); got != "1.50" {
		t.Errorf("unit_price %s", got)
	}
}

func TestCatalog(t *testing.T) {
	c := owned(t)
	names := func(all []*canonical.Entity) (names []string) {
		for _, e := range all {
			names = append(names, e.FullName())
		}
		return names
	}
	for _, x := range []struct {
		what string
		got  []string
		want []string
	}{
		{"Entities", names(c.Entities()), []string{"crm.party", "erp.purchase_order", "finance.entry", "oa.request"}},
		{"Of", names(c.Of("erp")), []string{"erp.purchase_order"}},
		{"Held", names(c.Held("finance")), []string{"crm.party", "erp.purchase_order", "finance.entry"}},
		{"Modules", c.Modules(), []string{"crm", "erp", "finance", "oa"}},
	} {
		if diff := cmp.Diff(x.want, x.got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", x.what, diff)
		}
	}
	if e, isCopy, ok := c.In("finance", "purchase_order"); !ok || !isCopy || e.FullName() != "erp.purchase_order" {
		t.Errorf("In: %v %v %v", e, isCopy, ok)
	}
	if _, isCopy, ok := c.In("erp", "purchase_order"); !ok || isCopy {
		t.Error("the owner's own is a copy")
	}
	if _, ok := c.Entity("finance.purchase_order"); ok {
		t.Error("Entity knows the owner's name only")
	}
	e, _ := c.Entity("erp.purchase_order")
	if s, ok := e.Initial(); !ok || s.Name != "draft" {
		t.Errorf("initial %v", s)
	}
	if a, ok := e.Action("submitted", "release"); !ok || a.To != "released" {
		t.Errorf("release %v", a)
	}
	if _, ok := e.Action("draft", "release"); ok {
		t.Error("release out of draft")
	}
}

func TestNumbering(t *testing.T) {
	e := order(t)
	day, _ := expr.ParseDate("2026-12-31")
	next, _ := expr.ParseDate("2027-01-01")
	if got := e.Number.Key(day, nil, 42); got != "SO-2026-0042" {
		t.Error(got)
	}
	if got := e.Number.Key(day, nil, 123456); got != "SO-2026-123456" {
		t.Error(got)
	}
	if e.Number.Counter(day, nil) == e.Number.Counter(next, nil) {
		t.Error("the counter goes on in the new year")
	}
	if !e.Number.Sequential() {
		t.Error("a pattern with {seq} counts")
	}
}

// A rule of the owner may complete a record, so it gets what could be computed together with the first error.
func TestComputeReturnsIncompleteRecord(t *testing.T) {
	e := order(t)
	v := decoded(t, e, `{"priority":9,"lines":[{"line_no":1,"item":"P","quantity":"2","unit_price":"3"}]}`)
	w, err := e.Compute(v, nil)
	own, ok := asError(err)
	if !ok || own.Code != sihe.CodeValueRequired || own.Path != "buyer" {
		t.Errorf("%v, want the missing buyer first", err)
	}
	if got := w.Slot(slot(t, e, "gross_total")).Decimal().String(); got != "6.00" {
		t.Errorf("gross_total %s", got)
	}
}
