package erp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/connectors/native"
	"github.com/sihehub/sihe/connectors/native/erp"
)

type record = map[string]any

// A bench is the ERP module with the real entity files, a clock, and the hub's part played by hand.
type bench struct {
	t      testing.TB
	module *native.Module
	now    time.Time
	writes atomic.Int64
}

func newBench(t testing.TB) *bench {
	t.Helper()
	if t, ok := t.(*testing.T); ok {
		t.Parallel()
	}
	var f sihe.Findings
	c := canonical.Load(&f, canonical.Shipped())
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, now: time.Date(2026, 3, 1, 9, 0, 0, 0, zone)}
	b.module, err = native.Open(native.Options{
		System: "erp", Module: "erp", Catalog: c, Path: filepath.Join(t.TempDir(), "erp.db"), Zone: zone,
		Now: func() time.Time { return b.now }, Rules: erp.Rules(), Jobs: erp.Jobs(), Reports: erp.Reports(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.module.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// on moves the clock to a day of 2026.
func (b *bench) on(month time.Month, day int) {
	b.now = time.Date(2026, month, day, 9, 0, 0, 0, b.now.Location())
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
	r := httptest.NewRequest(method, path, &in)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sihe-Actor", "E008")
	w := httptest.NewRecorder()
	b.module.ServeHTTP(w, r)
	out := record{}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			b.t.Fatalf("%s %s: %d %s: %v", method, path, w.Code, w.Body, err)
		}
	}
	return w.Code, out
}

// post is a call that must succeed.
func (b *bench) post(path string, body any) record {
	b.t.Helper()
	status, out := b.call(http.MethodPost, path, body)
	if status < 200 || status > 299 {
		b.t.Fatalf("POST %s: %d %v", path, status, out)
	}
	return out
}

func (b *bench) patch(path string, body any) record {
	b.t.Helper()
	status, out := b.call(http.MethodPatch, path, body)
	if status != http.StatusOK {
		b.t.Fatalf("PATCH %s: %d %v", path, status, out)
	}
	return out
}

// refuse is a call that must be refused with a code.
func (b *bench) refuse(path string, body any, code sihe.Code) {
	b.t.Helper()
	status, out := b.call(http.MethodPost, path, body)
	e, _ := out["error"].(record)
	if status < 400 || e["code"] != string(code) {
		b.t.Fatalf("POST %s: %d %v, want %s", path, status, out, code)
	}
}

func (b *bench) get(path string) record {
	b.t.Helper()
	status, out := b.call(http.MethodGet, path, nil)
	if status != http.StatusOK {
		b.t.Fatalf("GET %s: %d %v", path, status, out)
	}
	return out
}

// write does what a pipeline would do.
func (b *bench) write(w sihe.Write, data record) (sihe.Receipt, error) {
	b.t.Helper()
	if w.ID == "" {
		w.ID = fmt.Sprintf("write-%d", b.writes.Add(1))
	}
	w.Time = b.now
	if w.CorrelationID == "" {
		w.CorrelationID = "CO-2026-0001"
	}
	var err error
	if w.Data, err = json.Marshal(data); err != nil {
		b.t.Fatal(err)
	}
	return b.module.Write(context.Background(), w)
}

func (b *bench) must(r sihe.Receipt, err error) sihe.Receipt {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// copied brings a newer state of another module's document; create is a command of CRM; decide is a write-back of OA.
func (b *bench) copied(entity, key string, version int64, data record) {
	b.t.Helper()
	module, name, _ := strings.Cut(entity, ".")
	data["version"] = version
	data["updated_at"] = b.now.UTC().Format(time.RFC3339)
	b.must(b.write(sihe.Write{Entity: "erp." + name, Do: sihe.DoCopy, Key: key, Writer: module, Version: version}, data))
}

func (b *bench) create(entity string, data record) string {
	b.t.Helper()
	return b.must(b.write(sihe.Write{Entity: entity, Do: sihe.DoCreate, Writer: "crm"}, data)).Key
}

func (b *bench) decide(entity, key string, version int64, status, hash string) error {
	b.t.Helper()
	match, err := json.Marshal(record{"content_hash": hash})
	if err != nil {
		b.t.Fatal(err)
	}
	_, err = b.write(sihe.Write{Entity: "erp." + entity, Do: sihe.DoWriteBack, Key: key, Writer: "oa", Version: version, Match: match},
		record{"approval_status": status, "approval_no": "AR-2026-0001", "approved_at": b.now.UTC().Format(time.RFC3339)})
	return err
}

// approve lets OA approve a document as it is now.
func (b *bench) approve(entity, key string, version int64) {
	b.t.Helper()
	hash := b.get("/" + entity + "/" + key)["content_hash"].(string)
	if err := b.decide(entity, key, version, "approved", hash); err != nil {
		b.t.Fatal(err)
	}
}

// want compares fields of a document, numbers by value: want(doc, "state", "released", "lines.0.net", "84070.80").
func want(t testing.TB, doc record, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		got := at(doc, pairs[i])
		if !same(got, pairs[i+1]) {
			t.Errorf("%s is %q, want %q", pairs[i], got, pairs[i+1])
		}
	}
	if t.Failed() {
		t.Logf("document: %v", doc)
		t.FailNow()
	}
}

func same(got, want string) bool {
	a, errA := sihe.ParseDecimal(got)
	b, errB := sihe.ParseDecimal(want)
	return got == want || (errA == nil && errB == nil && a.Equal(b))
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

// level checks on hand, reserved and available of an item in its warehouse.
func (b *bench) level(key, onHand, reserved, available string) {
	b.t.Helper()
	want(b.t, b.get("/stock_level/"+key), "on_hand_quantity", onHand, "reserved_quantity", reserved, "available_quantity", available)
}
