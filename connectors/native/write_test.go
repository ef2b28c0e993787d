package native_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

func writeBack(id string, version int64, data string) sihe.Write {
	return sihe.Write{
		ID: id, Entity: "erp.purchase_order", Do: sihe.DoWriteBack, Key: "PO-2026-0001", Writer: "oa", Version: version, Data: []byte(data),
	}
}

func TestSameWriteTwice(t *testing.T) {
	m := started(t)
	w := sihe.Write{
		ID: "w1", Entity: "erp.purchase_order", Do: sihe.DoCreate, Writer: "crm", CorrelationID: "CO-1", CausationID: "e1", Hops: 1, Time: today,
		Data: []byte(`{"supplier":"S001","source_order":"CO-1","source_line":1}`),
	}
	first, err := m.Write(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sihe.Receipt{Key: "PO-2026-0002", Version: 1}, first); diff != "" {
		t.Fatal(diff)
	}
	again, err := m.Write(t.Context(), w)
	if err != nil || again != first {
		t.Fatal(again, err)
	}
	if found, ok, err := m.FindWrite(t.Context(), w); err != nil || !ok || found != first {
		t.Fatal(found, ok, err)
	}
	d := want(t, 200, m, "GET", "/purchase_order/PO-2026-0002", "")
	if d.text("correlation_id") != "CO-1" || d.text("updated_by") != "pipeline:crm" {
		t.Error(d.raw)
	}
	want(t, 404, m, "GET", "/purchase_order/PO-2026-0003", "")
	// Another event about the same line of the same order is a business no.
	w.ID = "w2"
	_, err = m.Write(t.Context(), w)
	mustCode(t, err, sihe.CodeDuplicate, sihe.ClassRejected)
	if _, ok, err := m.FindWrite(t.Context(), w); ok || err != nil {
		t.Error("a refused write is found:", ok, err)
	}
}

func TestWriteBackOrder(t *testing.T) {
	m := started(t)
	if r, err := m.Write(t.Context(), writeBack("b2", 2, `{"approval_status":"approved"}`)); err != nil || r.Version != 2 {
		t.Fatal(r, err)
	}
	r, err := m.Write(t.Context(), writeBack("b1", 1, `{"approval_status":"pending"}`))
	if err != nil || !r.Stale {
		t.Fatal(r, err)
	}
	r, err = m.Write(t.Context(), writeBack("b3", 3, `{"approval_status":"approved"}`))
	if err != nil || !r.Unchanged || r.Stale {
		t.Fatal(r, err)
	}
	// Each writer has an order of his own.
	w := writeBack("f1", 1, `{"paid_amount":"1.00"}`)
	w.Writer = "finance"
	if r, err := m.Write(t.Context(), w); err != nil || r.Stale || r.Version != 3 {
		t.Fatal(r, err)
	}
	d := want(t, 200, m, "GET", "/purchase_order/PO-2026-0001", "")
	if d.text("approval_status") != "approved" || d.text("paid_amount") != "1.00" {
		t.Error(d.raw)
	}
}

func TestMatchBindsToContent(t *testing.T) {
	m := started(t)
	hash := want(t, 200, m, "GET", "/purchase_order/PO-2026-0001", "").text("content_hash")
	if len(hash) != 64 {
		t.Fatalf("content hash %q", hash)
	}
	want(t, 200, m, "PATCH", "/purchase_order/PO-2026-0001", `{"lines":[{"item":"A","quantity":"3","unit_price":"10.50"}]}`)
	w := writeBack("m1", 1, `{"approval_status":"approved"}`)
	w.Match = []byte(`{"content_hash":"` + hash + `"}`)
	_, err := m.Write(t.Context(), w)
	mustCode(t, err, sihe.CodeHashMismatch, sihe.ClassRejected)
	now := want(t, 200, m, "GET", "/purchase_order/PO-2026-0001", "").text("content_hash")
	w.Match = []byte(`{"content_hash":"` + now + `"}`)
	if _, err := m.Write(t.Context(), w); err != nil {
		t.Fatal(err)
	}
}

func TestWriteIsRefused(t *testing.T) {
	m := started(t)
	for name, c := range map[string]struct {
		change func(*sihe.Write)
		code   sihe.Code
	}{
		"unknown entity":    {func(w *sihe.Write) { w.Entity = "erp.nothing" }, sihe.CodeNoSuchEntity},
		"other module":      {func(w *sihe.Write) { w.Entity = "oa.purchase_order" }, sihe.CodeNoSuchEntity},
		"no id":             {func(w *sihe.Write) { w.ID = "" }, sihe.CodeRequestInvalid},
		"broken data":       {func(w *sihe.Write) { w.Data = []byte(`{"approval_status":`) }, sihe.CodeJSONSyntax},
		"unknown field":     {func(w *sihe.Write) { w.Data = []byte(`{"approval":"x"}`) }, sihe.CodeJSONUnknown},
		"unknown document":  {func(w *sihe.Write) { w.Key = "PO-0" }, sihe.CodeDocumentUnknown},
		"wrong enum":        {func(w *sihe.Write) { w.Data = []byte(`{"approval_status":"yes"}`) }, sihe.CodeValueEnum},
		"field of another":  {func(w *sihe.Write) { w.Writer = "finance" }, sihe.CodeFieldNotWritable},
		"owner's own field": {func(w *sihe.Write) { w.Data = []byte(`{"note":"x"}`) }, sihe.CodeOABusinessField},
		"not accepted":      {func(w *sihe.Write) { w.Do, w.Writer, w.Data = "submit", "crm", nil }, sihe.CodeCRMOperationWrite},
		"unknown action":    {func(w *sihe.Write) { w.Do, w.Writer, w.Data = "explode", "erp", nil }, sihe.CodeEntityAction},
		"not in this state": {func(w *sihe.Write) { w.Do, w.Writer, w.Data = "release", "erp", nil }, sihe.CodeNotInState},
		"copied home":       {func(w *sihe.Write) { w.Do, w.Writer = sihe.DoCopy, "erp" }, sihe.CodeBoundary},
	} {
		w := writeBack("r-"+name, 1, `{"approval_status":"approved"}`)
		c.change(&w)
		_, err := m.Write(t.Context(), w)
		if sihe.CodeOf(err) != c.code || sihe.ClassOf(err) == sihe.Transient {
			t.Errorf("%s: %v, want %s, final", name, err, c.code)
		}
	}
	if all, _ := drain(t, m, nil); len(all) != 2 {
		t.Errorf("something was kept: %v", names(all))
	}
}

// What a module tried beyond its boundary stands in a report.
func TestRefusalsAreShown(t *testing.T) {
	m := started(t)
	w := writeBack("x1", 1, `{"note":"x"}`)
	for range 2 {
		if _, err := m.Write(t.Context(), w); err == nil {
			t.Fatal("not refused")
		}
	}
	r := want(t, 200, m, "GET", "/reports/refused", "")
	list, _ := r.body["refused"].([]any)
	if len(list) != 1 {
		t.Fatal(r.raw)
	}
	x, _ := list[0].(map[string]any)
	if x["writer"] != "oa" || x["entity"] != "erp.purchase_order" || x["field"] != "note" || x["code"] != "OA_BUSINESS_FIELD" || x["key"] != "PO-2026-0001" {
		t.Error(r.raw)
	}
}

func TestCopies(t *testing.T) {
	o := fixture(t)
	o.Rules = append(o.Rules, native.Rule{Entity: "party", On: native.OnCopy, Do: func(tx *native.Tx, d *native.Doc) error {
		if d.Was() != nil {
			return nil
		}
		_, err := tx.Create("supplier", native.Fields{"name": d.Text("name")})
		return err
	}})
	m := open(t, o)
	w := sihe.Write{
		ID: "c3", Entity: "erp.party", Do: sihe.DoCopy, Key: "C001", Writer: "crm", Version: 3, Time: today, CorrelationID: "C001",
		Data: []byte(`{"party_no":"C001","name":"Linjiang","city":"南京","version":3,"correlation_id":"C001"}`),
	}
	if r, err := m.Write(t.Context(), w); err != nil || r != (sihe.Receipt{Key: "C001", Version: 3}) {
		t.Fatal(r, err)
	}
	w.ID, w.Version, w.Data = "c2", 2, []byte(`{"party_no":"C001","name":"Old","version":2}`)
	if r, err := m.Write(t.Context(), w); err != nil || !r.Stale {
		t.Fatal(r, err)
	}
	w.ID, w.Version, w.Data = "c4", 4, []byte(`{"party_no":"C001","name":"New","city":"苏州","version":4}`)
	if r, err := m.Write(t.Context(), w); err != nil || r.Stale || r.Version != 4 {
		t.Fatal(r, err)
	}
	d := want(t, 200, m, "GET", "/party/C001", "")
	if d.text("name") != "New" || d.body["version"] != 4.0 {
		t.Error(d.raw)
	}
	if l := want(t, 200, m, "GET", "/party?city=苏州", ""); len(l.body["items"].([]any)) != 1 {
		t.Error("not found by its new city:", l.raw)
	}
	if l := want(t, 200, m, "GET", "/party?city=南京", ""); len(l.body["items"].([]any)) != 0 {
		t.Error("still found by its old city:", l.raw)
	}
	want(t, 403, m, "POST", "/party", `{"name":"x"}`)
	want(t, 403, m, "PATCH", "/party/C001", `{"name":"x"}`)
	if all, _ := drain(t, m, nil); !cmp.Equal(names(all), []string{"supplier S001 created"}) {
		t.Errorf("a copy stated facts: %v", names(all))
	}
	w.ID, w.Writer = "c5", "oa"
	_, err := m.Write(t.Context(), w)
	mustCode(t, err, sihe.CodeOABusinessField, sihe.ClassOf(err))
}

func TestConcurrentCreatesNumberUniquely(t *testing.T) {
	m := started(t)
	var wg sync.WaitGroup
	keys := make([]string, 64)
	for i := range keys {
		wg.Go(func() {
			// The last eight are the first eight again, from other callers at the same time.
			r, err := m.Write(t.Context(), sihe.Write{
				ID: fmt.Sprint("n", i%56), Entity: "erp.purchase_order", Do: sihe.DoCreate, Writer: "crm", Data: []byte(`{"supplier":"S001"}`),
			})
			if err != nil {
				t.Error(err)
			}
			keys[i] = r.Key
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for i, key := range keys {
		if key != keys[i%56] || (i < 56 && seen[key]) {
			t.Errorf("write %d got %s", i, key)
		}
		seen[key] = true
	}
	if len(seen) != 56 || !seen["PO-2026-0057"] {
		t.Errorf("%d numbers", len(seen))
	}
}

// Of callers who want the same unique values one wins; those who lose use up no number and disturb nobody.
func TestConcurrentDuplicates(t *testing.T) {
	m := started(t)
	var wg sync.WaitGroup
	var won, other atomic.Int64
	for i := range 48 {
		wg.Go(func() {
			source := "same"
			if i%3 == 0 {
				source = fmt.Sprint("own ", i)
			}
			_, err := m.Write(t.Context(), sihe.Write{
				ID: fmt.Sprint("d", i), Entity: "erp.purchase_order", Do: sihe.DoCreate, Writer: "crm",
				Data: fmt.Appendf(nil, `{"supplier":"S001","source_order":%q,"source_line":1}`, source),
			})
			switch {
			case err == nil && source == "same":
				won.Add(1)
			case err == nil:
				other.Add(1)
			case sihe.CodeOf(err) != sihe.CodeDuplicate:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || other.Load() != 16 {
		t.Errorf("%d of the same and %d others were made", won.Load(), other.Load())
	}
	want(t, 200, m, "GET", "/purchase_order/PO-2026-0018", "")
	want(t, 404, m, "GET", "/purchase_order/PO-2026-0019", "")
}

// Everything is there after closing and opening: documents, counters, receipts, the outbox.
func TestReopen(t *testing.T) {
	o := fixture(t)
	m := open(t, o)
	want(t, 201, m, "POST", "/supplier", `{"name":"Acme"}`)
	want(t, 201, m, "POST", "/purchase_order", order, "Idempotency-Key", "k1")
	w := writeBack("b1", 5, `{"approval_status":"pending"}`)
	first, err := m.Write(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	before, cursor := drain(t, m, nil)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = m.Write(t.Context(), w)
	if sihe.CodeOf(err) != sihe.CodeStoreClosed {
		t.Fatal(err)
	}
	m = open(t, o)
	if again, err := m.Write(t.Context(), w); err != nil || again != first {
		t.Fatal(again, err)
	}
	if r := want(t, 201, m, "POST", "/purchase_order", order, "Idempotency-Key", "k1"); r.text("po_no") != "PO-2026-0001" {
		t.Error(r.raw)
	}
	after, _ := drain(t, m, nil)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
	if rest, _ := drain(t, m, cursor); len(rest) != 0 {
		t.Error(names(rest))
	}
	if r, err := m.Write(t.Context(), writeBack("b0", 4, `{"approval_status":"none"}`)); err != nil || !r.Stale {
		t.Error(r, err)
	}
	if r := want(t, 201, m, "POST", "/purchase_order", order); r.text("po_no") != "PO-2026-0002" {
		t.Error(r.raw)
	}
	o.Module, o.System = "crm", "crm"
	o.Rules, o.Jobs, o.Reports = nil, nil, nil
	_ = m.Close()
	_, err = native.Open(o)
	mustCode(t, err, sihe.CodeModuleInvalid, sihe.ClassPermanent)
}

func TestOpenNamesEverythingWrong(t *testing.T) {
	o := fixture(t)
	nothing := func(*native.Tx, *native.Doc) error { return nil }
	o.Rules = append(o.Rules,
		native.Rule{Entity: "nope", On: "create", Do: nothing}, native.Rule{Entity: "supplier", On: "explode", Do: nothing},
		native.Rule{Entity: "party", On: "create", Do: nothing}, native.Rule{Entity: "supplier", On: "create"},
	)
	o.Jobs = append(o.Jobs, native.Job{Name: "rename"})
	o.Reports = append(o.Reports, native.Report{Name: "refused"})
	_, err := native.Open(o)
	mustCode(t, err, sihe.CodeModuleInvalid, sihe.ClassPermanent)
	for _, part := range []string{`"nope"`, `"explode"`, "party is a copy", "does nothing", `job "rename"`, `report "refused"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v: nothing about %s", err, part)
		}
	}
	var own *sihe.Error
	if !errors.As(err, &own) {
		t.Error(err)
	}
}
