package crm_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/connectors/native"
	"github.com/sihehub/sihe/connectors/native/crm"
)

type record = map[string]any

// A bench is the CRM module with the real entity files, customer C001 of suite.md 6.1, and the hub's part played by hand.
type bench struct {
	t      *testing.T
	module *native.Module
	now    time.Time
	writes int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	t.Parallel()
	var f sihe.Findings
	c := canonical.Load(&f, canonical.Shipped())
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, now: time.Date(2026, 3, 4, 2, 0, 0, 0, time.UTC)}
	var err error
	b.module, err = native.Open(native.Options{
		System: "crm", Module: "crm", Catalog: c, Path: filepath.Join(t.TempDir(), "crm.db"), Now: func() time.Time { return b.now }, Rules: crm.Rules(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.module.Close(); err != nil {
			t.Error(err)
		}
	})
	b.post("/party", record{"name": "华东水务集团", "tax_id": "91310000MADEM0011A", "owner": "E001"})
	return b
}

// call sends a request to the JSON API and returns the status and the answer.
func (b *bench) call(method, path string, body any) (int, record) {
	b.t.Helper()
	var in bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&in).Encode(body); err != nil {
			b.t.Fatal(err)
		}
	}
	r := httptest.NewRequestWithContext(b.t.Context(), method, path, &in)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sihe-Actor", "E001")
	w := httptest.NewRecorder()
	b.module.ServeHTTP(w, r)
	out := record{}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		b.t.Fatalf("%s %s: %d %s: %v", method, path, w.Code, w.Body, err)
	}
	return w.Code, out
}

func (b *bench) do(method, path string, body any) record {
	b.t.Helper()
	status, out := b.call(method, path, body)
	if status >= http.StatusBadRequest {
		b.t.Fatalf("%s %s: %d %v", method, path, status, out)
	}
	return out
}

func (b *bench) post(path string, body any) record {
	b.t.Helper()
	return b.do(http.MethodPost, path, body)
}

func (b *bench) get(path string) record {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil)
}

// refused is a call that must be answered with a code, and for a guard with its reason.
func (b *bench) refused(code sihe.Code, why, method, path string, body any) {
	b.t.Helper()
	status, out := b.call(method, path, body)
	e, _ := out["error"].(record)
	if status < http.StatusBadRequest || e["code"] != string(code) || !strings.Contains(fmt.Sprint(e["message"]), why) {
		b.t.Fatalf("%s %s: %d %v, want %s %q", method, path, status, out, code, why)
	}
}

// write does what a pipeline would do on behalf of a module; match is the condition of a write-back.
func (b *bench) write(writer, do, entity, key string, version int64, data, match record) error {
	b.t.Helper()
	b.writes++
	w := sihe.Write{
		ID: fmt.Sprintf("write-%d", b.writes), Entity: "crm." + entity, Do: do, Key: key, Writer: writer, Version: version, Time: b.now,
		CorrelationID: "CO-2026-0001",
	}
	var err error
	if w.Data, err = json.Marshal(data); err != nil {
		b.t.Fatal(err)
	}
	if match != nil {
		if w.Match, err = json.Marshal(match); err != nil {
			b.t.Fatal(err)
		}
	}
	_, err = b.module.Write(b.t.Context(), w)
	return err
}

// back is a write-back that must succeed.
func (b *bench) back(writer, entity, key string, version int64, data record) {
	b.t.Helper()
	if err := b.write(writer, sihe.DoWriteBack, entity, key, version, data, nil); err != nil {
		b.t.Fatal(err)
	}
}

// decide is OA's answer about the content with that hash.
func (b *bench) decide(entity, key string, version int64, status, hash string) error {
	b.t.Helper()
	return b.write("oa", sihe.DoWriteBack, entity, key, version,
		record{"approval_status": status, "approval_no": "AR-" + key, "approved_at": "2026-03-05T01:00:00Z"}, record{"content_hash": hash})
}

// want compares fields of a document, numbers by value: want(doc, "state", "signed", "lines.0.collected", "33996.60").
func want(t *testing.T, doc record, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		got := at(doc, pairs[i])
		a, errA := sihe.ParseDecimal(got)
		w, errW := sihe.ParseDecimal(pairs[i+1])
		if got != pairs[i+1] && (errA != nil || errW != nil || !a.Equal(w)) {
			t.Fatalf("%s is %q, want %q\n%v", pairs[i], got, pairs[i+1], doc)
		}
	}
}

func at(v any, path string) string {
	for part := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case record:
			v = x[part]
		case []any:
			n, err := strconv.Atoi(part)
			if err != nil || n >= len(x) {
				return "<none>"
			}
			v = x[n]
		default:
			return "<none>"
		}
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

var lines = []record{
	{"line_no": 1, "item": "P-CP100", "quantity": "20", "unit_price": "4750.00", "tax_rate": "0.13"},
	{"line_no": 2, "item": "P-SP50", "quantity": "5", "unit_price": "3028.40", "tax_rate": "0.13"},
	{"line_no": 3, "item": "S-COMM", "quantity": "1", "unit_price": "3180.00", "tax_rate": "0.06"},
}

// contract enters CT-2026-0001 of the story, its instalments in the wrong order, and returns its path.
func (b *bench) contract() string {
	b.t.Helper()
	var own []record
	for _, l := range lines {
		own = append(own, record{"item": l["item"], "quantity": l["quantity"], "unit_price": l["unit_price"], "tax_rate": l["tax_rate"]})
	}
	c := b.post("/contract", record{
		"title": "泵组销售合同", "customer": "C001", "owner": "E001", "lines": own,
		"installments": []record{
			{"installment": 2, "kind": "delivery", "due_date": "2026-04-24", "amount": "79325.40"},
			{"installment": 1, "kind": "deposit", "due_date": "2026-03-08", "amount": "33996.60"},
		},
	})
	return "/contract/" + at(c, "contract_no")
}

// approve submits a contract and lets OA approve it as it is.
func (b *bench) approve(contract string) {
	b.t.Helper()
	doc := b.post(contract+"/submit", nil)
	if err := b.decide("contract", at(doc, "contract_no"), 1000002, "approved", at(doc, "content_hash")); err != nil {
		b.t.Fatal(err)
	}
}

// order places CO-2026-0001 of the story, which ERP has answered, and returns its path.
func (b *bench) order(more record) string {
	b.t.Helper()
	o := record{"customer": "C001", "owner": "E001", "lines": lines}
	for k, v := range more {
		o[k] = v
	}
	key := at(b.post("/crm_order", o), "order_no")
	b.post("/crm_order/"+key+"/place", nil)
	b.back("erp", "crm_order", key, 2, record{"erp_order_no": "SO-2026-0001", "erp_status": "accepted", "fulfilment_status": "none"})
	return "/crm_order/" + key
}
