package finance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/connectors/native"
	"github.com/sihehub/sihe/connectors/native/finance"
)

// A house is a finance module over a temporary file, with a clock that the test sets.
type house struct {
	t      testing.TB
	m      *native.Module
	mu     sync.Mutex
	now    time.Time
	writes int
	twice  bool // deliver every write twice
}

func zone(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func open(t testing.TB) *house {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "finance.db"))
}

func openAt(t testing.TB, path string) *house {
	t.Helper()
	h := &house{t: t}
	h.at("2026-03-01 08:00")
	var f sihe.Findings
	catalog := canonical.Load(&f, canonical.Shipped())
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	m, err := native.Open(native.Options{
		System: "finance", Module: "finance", Catalog: catalog, Path: path,
		Now: h.clock, Zone: zone(t), Rules: finance.Rules(), Jobs: finance.Jobs(), Reports: finance.Reports(),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.m = m
	t.Cleanup(h.close)
	return h
}

// close closes the module; a second time does nothing.
func (h *house) close() {
	if h.m == nil {
		return
	}
	if err := h.m.Close(); err != nil {
		h.t.Error(err)
	}
	h.m = nil
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// at moves the clock to a moment in the company's zone.
func (h *house) at(moment string) {
	h.t.Helper()
	now, err := time.ParseInLocation("2006-01-02 15:04", moment, zone(h.t))
	if err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	h.now = now
	h.mu.Unlock()
}

// record is a document or an answer as JSON shows it.
type record map[string]any

// call asks the JSON API; it returns the status, too.
func (h *house) call(method, path, actor string, body any) (int, record) {
	h.t.Helper()
	var buf bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&buf).Encode(body); err != nil {
			h.t.Fatal(err)
		}
	}
	r := httptest.NewRequestWithContext(context.Background(), method, path, &buf)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sihe-Actor", actor)
	w := httptest.NewRecorder()
	h.m.ServeHTTP(w, r)
	var answer record
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		h.t.Fatalf("%s %s: %d %s: %v", method, path, w.Code, w.Body, err)
	}
	return w.Code, answer
}

// do is a call that must succeed.
func (h *house) do(method, path, actor string, body any) record {
	h.t.Helper()
	status, answer := h.call(method, path, actor, body)
	if status >= http.StatusBadRequest {
		h.t.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
	return answer
}

// refused is a call that must be answered with the code.
func (h *house) refused(code sihe.Code, method, path, actor string, body any) {
	h.t.Helper()
	status, answer := h.call(method, path, actor, body)
	e, _ := answer["error"].(map[string]any)
	if status < http.StatusBadRequest || fmt.Sprint(e["code"]) != string(code) {
		h.t.Fatalf("%s %s: %d %v, want %s", method, path, status, answer, code)
	}
}

func (h *house) get(path string) record {
	h.t.Helper()
	return h.do(http.MethodGet, path, "E010", nil)
}

// write is what the hub does on behalf of another module.
func (h *house) write(do, entity, key, writer string, version int64, data any) (sihe.Receipt, error) {
	h.t.Helper()
	b, err := json.Marshal(data)
	if err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	h.writes++
	id, now := fmt.Sprintf("w%d", h.writes), h.now
	h.mu.Unlock()
	w := sihe.Write{
		ID: id, Entity: "finance." + entity, Do: do, Key: key, Writer: writer, Data: b, Version: version, Time: now,
		CorrelationID: "CO-2026-0001", CausationID: id,
	}
	r, err := h.m.Write(context.Background(), w)
	if h.twice && err == nil {
		again, err := h.m.Write(context.Background(), w)
		if err != nil || again != r {
			h.t.Errorf("write %s of %s again: %+v %v, first %+v", do, entity, again, err, r)
		}
	}
	return r, err
}

// copied brings another module's document.
func (h *house) copied(entity, key, writer string, version int64, data record) {
	h.t.Helper()
	data["version"] = version
	if _, err := h.write(sihe.DoCopy, entity, key, writer, version, data); err != nil {
		h.t.Fatal(err)
	}
}

// created brings a document that a pipeline asks for.
func (h *house) created(entity, writer string, data record) string {
	h.t.Helper()
	r, err := h.write(sihe.DoCreate, entity, "", writer, 0, data)
	if err != nil {
		h.t.Fatalf("create %s: %v", entity, err)
	}
	return r.Key
}

func (h *house) job(name string) {
	h.t.Helper()
	if err := h.m.RunJob(context.Background(), name); err != nil {
		h.t.Fatalf("job %s: %v", name, err)
	}
}

// is checks fields of a document or report by their texts.
func (h *house) is(path string, want map[string]string) {
	h.t.Helper()
	got := h.get(path)
	for field, w := range want {
		if g := text(got[field]); g != w {
			h.t.Errorf("%s: %s is %q, want %q", path, field, g, w)
		}
	}
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// find returns the items of a list call.
func (h *house) find(path string) []record {
	h.t.Helper()
	var items []record
	raw, _ := h.get(path)["items"].([]any)
	for _, x := range raw {
		m, _ := x.(map[string]any)
		items = append(items, m)
	}
	return items
}

// voucher writes an entry as the specification's table does: "date: 1002 33996.60 / 2203 33996.60".
func (h *house) voucher(no string) string {
	h.t.Helper()
	found := h.find("/journal_entry?voucher_no=" + no)
	if len(found) != 1 {
		return fmt.Sprintf("%d vouchers %s", len(found), no)
	}
	var sides [2][]string
	lines, _ := found[0]["lines"].([]any)
	for _, x := range lines {
		l, _ := x.(map[string]any)
		for i, side := range []string{"debit", "credit"} {
			if v := text(l[side]); v != "" && v != "0.00" {
				sides[i] = append(sides[i], fmt.Sprintf("%v %s", l["account"], v))
			}
		}
	}
	return fmt.Sprintf("%v: %s / %s", found[0]["posting_date"], strings.Join(sides[0], " · "), strings.Join(sides[1], " · "))
}

// sound checks what must hold after every step: control accounts, zero sum, unbroken chain.
func (h *house) sound() {
	h.t.Helper()
	if c := h.get("/reports/control"); c["agrees"] != true {
		h.t.Errorf("control accounts differ: %v", c)
	}
	if v := h.get("/reports/verify"); v["ok"] != true {
		h.t.Errorf("the chain is broken: %v", v)
	}
}
