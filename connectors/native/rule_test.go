package native_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// do runs a function as the job "try".
func do(t *testing.T, f func(tx *native.Tx) error) error {
	t.Helper()
	o := fixture(t)
	o.Jobs = append(o.Jobs, native.Job{Name: "try", Do: f})
	return open(t, o).RunJob(t.Context(), "try")
}

func must(t *testing.T, f func(tx *native.Tx) error) {
	t.Helper()
	if err := do(t, f); err != nil {
		t.Fatal(err)
	}
}

func withOrder(tx *native.Tx) (*native.Doc, error) {
	if _, err := tx.Create("supplier", native.Fields{"name": "Acme"}); err != nil {
		return nil, err
	}
	return tx.Create("purchase_order", native.Fields{"supplier": "S001", "lines": []native.Fields{
		{"item": "A", "quantity": 2, "unit_price": sihe.MustDecimal("1.5")}, {"item": "B", "quantity": "1", "unit_price": "2"},
	}})
}

func TestGettersAndSet(t *testing.T) {
	must(t, func(tx *native.Tx) error {
		d, err := withOrder(tx)
		if err != nil {
			return err
		}
		if d.Entity() != "purchase_order" || d.Key() != "PO-2026-0001" || d.State() != "draft" || d.Next() != "draft" || d.Version() != 1 {
			t.Error(d.Entity(), d.Key(), d.State(), d.Next(), d.Version())
		}
		if !d.Time("due_at").IsZero() || d.Date("order_date") != tx.Today() || d.Text("note") != "" || d.Int("source_line") != 0 || d.Text("none.such") != "" {
			t.Error("null does not read as zero")
		}
		if d.Decimal("net_total").String() != "5.00" || d.Int("net_total") != 5 {
			t.Error(d.Decimal("net_total"))
		}
		d.Set("address.city", "苏州")
		d.Set("due_at", time.Date(2026, 4, 1, 8, 0, 0, 0, zone))
		d.Set("order_date", "2026-03-01")
		d.Set("urgent", true)
		d.Set("source_line", int64(7))
		d.Set("note", expr.TextValue("n"))
		rows := d.Rows("lines")
		rows[0].Set("quantity", sihe.MustDecimal("10"))
		d.Set("lines", []*native.Row{rows[1], rows[0]})
		d.AddRow("lines", native.Fields{"item": "C", "quantity": 1, "unit_price": 1})
		if err := tx.Save(d); err != nil {
			return err
		}
		if rows[0].Decimal("net").String() != "15.00" || d.Rows("lines")[1].Text("item") != "A" || d.Decimal("net_total").String() != "18.00" {
			t.Error("rows that are held do not show what was computed", rows[0].Decimal("net"), d.Decimal("net_total"))
		}
		if d.Text("address.city") != "苏州" || d.Time("due_at").Hour() != 0 || d.Date("order_date").String() != "2026-03-01" || !d.Bool("urgent") {
			t.Error("what was set is not there")
		}
		d.Set("note", "")
		d.Set("due_at", time.Time{})
		d.Set("order_date", expr.Date(0))
		d.Set("lines", nil)
		if !d.IsNull("note") || !d.IsNull("due_at") || !d.IsNull("order_date") || len(d.Rows("lines")) != 0 || rows[0].Text("item") != "A" {
			t.Error("zero is not nothing")
		}
		return tx.Save(d)
	})
}

func TestWrongSetIsReturned(t *testing.T) {
	for name, set := range map[string]func(*native.Doc){
		"type":         func(d *native.Doc) { d.Set("note", true) },
		"date":         func(d *native.Doc) { d.Set("order_date", "01.03.2026") },
		"number":       func(d *native.Doc) { d.Set("source_line", sihe.MustDecimal("1.5")) },
		"unknown":      func(d *native.Doc) { d.Set("colour", "red") },
		"line":         func(d *native.Doc) { d.Rows("lines")[0].Set("quantity", "many") },
		"new line":     func(d *native.Doc) { d.AddRow("lines", native.Fields{"colour": "red"}) },
		"no list":      func(d *native.Doc) { d.AddRow("note", native.Fields{"a": 1}).Set("b", 2) },
		"kept by us":   func(d *native.Doc) { d.Set("state", "closed") },
		"the past":     func(d *native.Doc) { d.Was().Set("note", "x"); d.Set("version", 9) },
		"foreign rows": func(d *native.Doc) { d.Set("address", []*native.Row{}) },
	} {
		err := do(t, func(tx *native.Tx) error {
			d, err := withOrder(tx)
			if err != nil {
				return err
			}
			set(d)
			return tx.Save(d)
		})
		if sihe.CodeOf(err) != sihe.CodeFieldValue {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A rule cannot keep half of something by overlooking an error, nor lose a change by forgetting to save.
func TestErrorsCannotBeOverlooked(t *testing.T) {
	err := do(t, func(tx *native.Tx) error {
		_, _ = tx.Create("supplier", native.Fields{"name": "too long a name for a supplier"})
		return nil
	})
	if sihe.CodeOf(err) != sihe.CodeValueLength {
		t.Error(err)
	}
	err = do(t, func(tx *native.Tx) error {
		_, _ = tx.Create("purchase_order", native.Fields{"supplier": "S009"})
		return nil
	})
	mustCode(t, err, sihe.CodeReferenceUnknown, sihe.ClassRejected)
	err = do(t, func(tx *native.Tx) error {
		d, err := withOrder(tx)
		d.Set("note", "forgotten")
		return err
	})
	mustCode(t, err, sihe.CodeRuleMisuse, sihe.ClassPermanent)
	err = do(t, func(tx *native.Tx) error {
		var d *native.Doc
		d.Set("note", "x")
		return nil
	})
	mustCode(t, err, sihe.CodeInternal, sihe.ClassPermanent)
	if !strings.Contains(err.Error(), "rule_test.go:") {
		t.Error("the place is missing:", err)
	}
}

func TestLoopsEnd(t *testing.T) {
	err := do(t, func(tx *native.Tx) error {
		_, err := tx.Create("loop", native.Fields{"run": true})
		return err
	})
	mustCode(t, err, sihe.CodeRuleLoop, sihe.ClassPermanent)
	o := fixture(t)
	o.Rules = append(o.Rules, native.Rule{Entity: "loop", On: "create", Do: func(tx *native.Tx, _ *native.Doc) error {
		_, err := tx.Create("loop", nil)
		return err
	}})
	r := want(t, 500, open(t, o), "POST", "/loop", `{}`)
	if r.text("error", "code") != "RULE_LOOP" {
		t.Error(r.raw)
	}
}

// Rules of one entity run in their order and see the same document; a rule about any change runs for every step.
func TestOrderOfRules(t *testing.T) {
	var log []string
	note := func(what string) func(*native.Tx, *native.Doc) error {
		return func(tx *native.Tx, d *native.Doc) error {
			was := "-"
			if w := d.Was(); w != nil {
				was = w.State() + "/" + w.Text("note")
			}
			log = append(log, strings.Join([]string{what, d.State(), d.Next(), was, d.Text("note")}, " "))
			return nil
		}
	}
	o := fixture(t)
	o.Rules = []native.Rule{
		{Entity: "purchase_order", On: native.OnChange, Do: note("any")},
		{Entity: "purchase_order", On: "submit", Do: note("submit")},
		{Entity: "purchase_order", On: native.OnCreate, Do: note("create")},
		{Entity: "purchase_order", On: native.OnWriteBack, Do: note("write_back")},
		{Entity: "purchase_order", On: "release", Do: note("release")},
	}
	m := open(t, o)
	want(t, 201, m, "POST", "/supplier", `{"name":"Acme"}`)
	want(t, 201, m, "POST", "/purchase_order", order)
	want(t, 200, m, "PATCH", "/purchase_order/PO-2026-0001", `{"note":"a"}`)
	want(t, 200, m, "POST", "/purchase_order/PO-2026-0001/submit", `{"note":"b"}`)
	if _, err := m.Write(t.Context(), writeBack("b1", 1, `{"approval_status":"approved"}`)); err != nil {
		t.Fatal(err)
	}
	expected := []string{
		"any draft draft - ", "create draft draft - ",
		"any draft draft draft/ a",
		"any draft submitted draft/a b", "submit draft submitted draft/a b",
		"any submitted submitted submitted/b b", "write_back submitted submitted submitted/b b",
		"any submitted released submitted/b b", "release submitted released submitted/b b",
	}
	if diff := cmp.Diff(expected, log); diff != "" {
		t.Error(diff)
	}
}

func TestFindSeesTheTransaction(t *testing.T) {
	keys := func(tx *native.Tx, entity, field, value string) string {
		var all []string
		err := tx.Find(entity, field, value, func(d *native.Doc) (bool, error) {
			all = append(all, d.Key())
			return true, nil
		})
		if err != nil {
			t.Error(err)
		}
		return strings.Join(all, " ")
	}
	o := fixture(t)
	o.Jobs = append(o.Jobs, native.Job{Name: "first", Do: func(tx *native.Tx) error {
		for _, city := range []string{"x", "y", "x", "x", "x\x00y"} {
			if _, err := tx.Create("supplier", native.Fields{"name": "s", "city": city}); err != nil {
				return err
			}
		}
		return nil
	}}, native.Job{Name: "second", Do: func(tx *native.Tx) error {
		if got := keys(tx, "supplier", "city", "x"); got != "S001 S003 S004" {
			t.Error(got)
		}
		d, err := tx.Must("supplier", "S003")
		if err != nil {
			return err
		}
		d.Set("city", "y")
		if err := tx.Save(d); err != nil {
			return err
		}
		if _, err := tx.Create("supplier", native.Fields{"name": "new", "city": "x", "supplier_no": "S0005"}); err != nil {
			return err
		}
		if x, y := keys(tx, "supplier", "city", "x"), keys(tx, "supplier", "city", "y"); x != "S0005 S001 S004" || y != "S002 S003" {
			t.Error(x, "|", y)
		}
		// Changing while walking: every document that was there is met once.
		met := 0
		err = tx.Find("supplier", "city", "x", func(d *native.Doc) (bool, error) {
			met++
			d.Set("city", "z")
			return true, tx.Save(d)
		})
		if met != 3 || keys(tx, "supplier", "city", "x") != "" || keys(tx, "supplier", "city", "z") != "S0005 S001 S004" {
			t.Error(met)
		}
		return err
	}})
	m := open(t, o)
	for _, name := range []string{"first", "second"} {
		if err := m.RunJob(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	mustCode(t, do(t, func(tx *native.Tx) error { return tx.Find("supplier", "name", "x", nil) }), sihe.CodeNotIndexed, sihe.ClassPermanent)
}

func TestReportCannotChange(t *testing.T) {
	o := fixture(t)
	o.Reports = append(o.Reports, native.Report{Name: "bad", Do: func(tx *native.Tx, _ url.Values) (any, error) {
		return tx.Create("supplier", native.Fields{"name": "x"})
	}})
	m := open(t, o)
	_, err := m.Report(t.Context(), "bad", nil)
	mustCode(t, err, sihe.CodeRuleMisuse, sihe.ClassPermanent)
}
