package native_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/connectors/native"
)

var (
	today = time.Date(2026, 3, 5, 20, 0, 0, 0, time.UTC) // already the 6th in Shanghai
	zone  = time.FixedZone("CST", 8*60*60)
)

func catalog(t testing.TB) *canonical.Catalog {
	t.Helper()
	var f sihe.Findings
	c := canonical.Load(&f, os.DirFS("testdata/entities"))
	if len(f) > 0 {
		t.Fatal(f.Sorted())
	}
	return c
}

// fixture is the ERP of the tests: receiving an order makes a goods receipt per line, and a receipt fills the stock.
func fixture(t testing.TB) native.Options {
	t.Helper()
	return native.Options{
		System: "erp", Module: "erp", Catalog: catalog(t), Path: filepath.Join(t.TempDir(), "erp.db"),
		Now: func() time.Time { return today }, Zone: zone,
		Rules: []native.Rule{
			{Entity: "purchase_order", On: native.OnCreate, Do: dateOrder},
			{Entity: "purchase_order", On: "submit", Do: refuseNote},
			{Entity: "purchase_order", On: "receive", Do: receiveLines},
			{Entity: "receipt", On: native.OnCreate, Do: fillStock},
			{Entity: "purchase_order", On: "revise", Do: nextRevision},
		},
		Jobs: []native.Job{{Name: "rename", Do: renameSuppliers}},
		Reports: []native.Report{{Name: "stock", Do: func(tx *native.Tx, q url.Values) (any, error) {
			d, err := tx.Must("stock", q.Get("key"))
			return d, err
		}}},
	}
}

func dateOrder(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("order_date") {
		d.Set("order_date", tx.Today())
	}
	return nil
}

func refuseNote(tx *native.Tx, d *native.Doc) error {
	if d.Text("note") != "refuse" {
		return nil
	}
	if _, err := tx.Create("supplier", native.Fields{"name": "half"}); err != nil {
		return err
	}
	return sihe.Rejected(sihe.CodeBoundary, "submit %s: the note says so", d.Key()).At("note")
}

func receiveLines(tx *native.Tx, d *native.Doc) error {
	for _, r := range d.Rows("lines") {
		f := native.Fields{"purchase_order": d.Key(), "item": r.Text("item"), "quantity": r.Decimal("quantity")}
		if _, err := tx.Create("receipt", f); err != nil {
			return err
		}
	}
	return nil
}

func fillStock(tx *native.Tx, d *native.Doc) error {
	s, ok, err := tx.Get("stock", d.Text("item")+"@main")
	if err == nil && !ok {
		s, err = tx.Create("stock", native.Fields{"item": d.Text("item"), "warehouse": "main"})
	}
	if err != nil {
		return err
	}
	s.Set("quantity", s.Decimal("quantity").Add(d.Decimal("quantity")))
	return tx.Save(s)
}

func nextRevision(_ *native.Tx, d *native.Doc) error {
	d.Set("revision", d.Int("revision")+1)
	return nil
}

func renameSuppliers(tx *native.Tx) error {
	return tx.List("supplier", func(d *native.Doc) (bool, error) {
		d.Set("name", strings.ToUpper(d.Text("name")))
		return true, tx.Save(d)
	})
}

func open(t testing.TB, o native.Options) *native.Module {
	t.Helper()
	m, err := native.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// A reply is what the API answered.
type reply struct {
	status int
	header http.Header
	body   map[string]any
	raw    string
}

func (r reply) text(path ...string) string {
	var at any = r.body
	for _, p := range path {
		m, _ := at.(map[string]any)
		at = m[p]
	}
	s, _ := at.(string)
	return s
}

func ask(t testing.TB, m http.Handler, method, path, body string, headers ...string) reply {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	x := reply{status: w.Code, header: w.Header(), raw: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &x.body); err != nil {
		t.Fatalf("%s %s: %d %s: %v", method, path, w.Code, x.raw, err)
	}
	return x
}

// want asks and checks the status.
func want(t testing.TB, status int, m http.Handler, method, path, body string, headers ...string) reply {
	t.Helper()
	r := ask(t, m, method, path, body, headers...)
	if r.status != status {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, r.status, status, r.raw)
	}
	return r
}

const order = `{"supplier":"S001","lines":[{"item":"A","quantity":"2","unit_price":"10.50"},{"item":"B","quantity":1,"unit_price":"0.99"}]}`

// started opens the fixture with one supplier and one order.
func started(t testing.TB) *native.Module {
	t.Helper()
	m := open(t, fixture(t))
	want(t, 201, m, "POST", "/supplier", `{"name":"Acme","city":"苏州"}`)
	want(t, 201, m, "POST", "/purchase_order", order)
	return m
}

// drain reads the whole outbox behind a cursor.
func drain(t testing.TB, m *native.Module, after sihe.Cursor) (all []sihe.Record, last sihe.Cursor) {
	t.Helper()
	last = after
	err := m.Read(t.Context(), after, func(r sihe.Record, c sihe.Cursor) error {
		all, last = append(all, r), c
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, last
}

func names(all []sihe.Record) []string {
	s := make([]string, len(all))
	for i, r := range all {
		s[i] = strings.TrimPrefix(r.Entity, "erp.") + " " + r.Key + " " + r.Name
	}
	return s
}

func mustCode(t testing.TB, err error, code sihe.Code, class sihe.Class) {
	t.Helper()
	if err == nil || sihe.CodeOf(err) != code || sihe.ClassOf(err) != class {
		t.Fatalf("error %v, want code %s of class %d", err, code, class)
	}
}

var errStop = errors.New("stop")

func writeFile(t testing.TB, path string, m *native.Module) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
