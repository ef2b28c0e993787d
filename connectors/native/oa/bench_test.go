package oa_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/connectors/native"
	"github.com/sihehub/sihe/connectors/native/oa"
)

type record = map[string]any

// A bench is the OA module with the real entity files, the people of suite.md 6.1, and the hub's part played by hand.
type bench struct {
	t      *testing.T
	module *native.Module
	now    time.Time
	mu     sync.Mutex
	writes int
}

// people are employee number and position in turn.
var people = []string{
	"E002", "sales_manager", "E003", "legal", "E004", "finance_director", "E005", "general_manager", "E006", "purchasing_manager",
	"E007", "production_manager", "E008", "warehouse", "E009", "operations_manager", "E001", "sales",
}

// newBench opens OA with the shipped processes and the given files, which are a company's own.
func newBench(t *testing.T, own ...string) *bench {
	t.Helper()
	t.Parallel()
	c, request := catalog(t)
	sources := []fs.FS{oa.Processes()}
	if len(own) > 0 {
		files := fstest.MapFS{}
		for i, text := range own {
			files[fmt.Sprintf("own%d.yaml", i)] = &fstest.MapFile{Data: []byte(text)}
		}
		sources = append(sources, files)
	}
	var f sihe.Findings
	processes := oa.LoadProcesses(&f, request, sources...)
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, now: time.Date(2026, 3, 4, 2, 0, 0, 0, time.UTC)}
	var err error
	b.module, err = native.Open(native.Options{
		System: "oa", Module: "oa", Catalog: c, Path: filepath.Join(t.TempDir(), "oa.db"), Now: func() time.Time { return b.now },
		Rules: oa.Rules(processes),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.module.Close(); err != nil {
			t.Error(err)
		}
	})
	for i := 0; i < len(people); i += 2 {
		b.do(http.MethodPost, "/employee", "", record{"employee_no": people[i], "name": people[i], "position": people[i+1]})
	}
	return b
}

func catalog(t *testing.T) (*canonical.Catalog, *canonical.Entity) {
	t.Helper()
	var f sihe.Findings
	c := canonical.Load(&f, canonical.Shipped())
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	request, ok := c.Entity("oa.approval_request")
	if !ok {
		t.Fatal("there is no entity oa.approval_request")
	}
	return c, request
}

// call sends a request to the JSON API and returns the status and the answer.
func (b *bench) call(method, path, actor string, body any) (int, record) {
	b.t.Helper()
	var in bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&in).Encode(body); err != nil {
			b.t.Fatal(err)
		}
	}
	r := httptest.NewRequestWithContext(b.t.Context(), method, path, &in)
	r.Header.Set("Content-Type", "application/json")
	if actor != "" {
		r.Header.Set("Sihe-Actor", actor)
	}
	w := httptest.NewRecorder()
	b.module.ServeHTTP(w, r)
	out := record{}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		b.t.Fatalf("%s %s: %d %s: %v", method, path, w.Code, w.Body, err)
	}
	return w.Code, out
}

// do is a call that must succeed.
func (b *bench) do(method, path, actor string, body any) record {
	b.t.Helper()
	status, out := b.call(method, path, actor, body)
	if status >= http.StatusBadRequest {
		b.t.Fatalf("%s %s: %d %v", method, path, status, out)
	}
	return out
}

// refused is a call that must be answered with a code.
func (b *bench) refused(code sihe.Code, method, path, actor string, body any) {
	b.t.Helper()
	status, out := b.call(method, path, actor, body)
	e, _ := out["error"].(record)
	if status < http.StatusBadRequest || e["code"] != string(code) {
		b.t.Fatalf("%s %s: %d %v, want %s", method, path, status, out, code)
	}
}

func (b *bench) get(path string) record {
	b.t.Helper()
	return b.do(http.MethodGet, path, "", nil)
}

// write does what a pipeline would do on behalf of a module.
func (b *bench) write(writer, do, key string, data record) (sihe.Receipt, error) {
	b.t.Helper()
	b.mu.Lock()
	b.writes++
	id := fmt.Sprintf("write-%d", b.writes)
	b.mu.Unlock()
	return b.repeat(id, writer, do, key, data)
}

// repeat is write under an id of the caller's choice.
func (b *bench) repeat(id, writer, do, key string, data record) (sihe.Receipt, error) {
	b.t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.module.Write(b.t.Context(), sihe.Write{
		ID: id, Entity: "oa.approval_request", Do: do, Key: key, Writer: writer, Data: raw, Time: b.now, CorrelationID: "CO-2026-0001",
	})
}

// question is a request about a purchase order; more replaces fields of it.
func question(more record) record {
	r := record{
		"process": "purchase_order", "title": "采购订单 PO-1", "subject_entity": "erp.purchase_order", "subject_key": "PO-1", "subject_revision": 1,
		"content_hash": "5f2c", "amount": "11232.20", "currency": "CNY", "initiator": "E001",
	}
	for k, v := range more {
		r[k] = v
	}
	return r
}

// ask asks as the module of the document does, and returns the request's path.
func (b *bench) ask(more record) string {
	b.t.Helper()
	q := question(more)
	writer, _, _ := strings.Cut(fmt.Sprint(q["subject_entity"]), ".")
	r, err := b.write(writer, sihe.DoCreate, "", q)
	if err != nil {
		b.t.Fatal(err)
	}
	return "/approval_request/" + r.Key
}

// tasks returns "assignee state" of a request's tasks in the order in which they were opened.
func (b *bench) tasks(request string) string {
	b.t.Helper()
	var all []string
	for _, x := range b.list("/approval_task?request=" + strings.TrimPrefix(request, "/approval_request/") + "&sort=key") {
		all = append(all, fmt.Sprintf("%v %v", x["assignee"], x["state"]))
	}
	return strings.Join(all, ", ")
}

func (b *bench) list(path string) []record {
	b.t.Helper()
	var all []record
	items, _ := b.get(path)["items"].([]any)
	for _, x := range items {
		r, _ := x.(record)
		all = append(all, r)
	}
	return all
}

// task returns the path of somebody's open task.
func (b *bench) task(who string) string {
	b.t.Helper()
	open := b.list("/approval_task?assignee=" + who + "&state=pending")
	if len(open) != 1 {
		b.t.Fatalf("%s has %d open tasks", who, len(open))
	}
	return fmt.Sprintf("/approval_task/%v", open[0]["task_no"])
}

// decide lets somebody act on his open task.
func (b *bench) decide(who, action, comment string) {
	b.t.Helper()
	b.do(http.MethodPost, b.task(who)+"/"+action, who, record{"comment": comment})
}

// is compares fields of a document by their texts: is(path, "state", "running", …).
func (b *bench) is(path string, pairs ...string) {
	b.t.Helper()
	doc := b.get(path)
	for i := 0; i < len(pairs); i += 2 {
		got := ""
		if v := doc[pairs[i]]; v != nil {
			got = fmt.Sprint(v)
		}
		if got != pairs[i+1] {
			b.t.Errorf("%s: %s is %q, want %q", path, pairs[i], got, pairs[i+1])
		}
	}
}

// decisions returns "action actor" of a request's decisions and checks that each names the hash that was looked at.
func (b *bench) decisions(request, hash string) string {
	b.t.Helper()
	var all []string
	rows, _ := b.get(request)["decisions"].([]any)
	for i, x := range rows {
		r, _ := x.(record)
		if r["hash_seen"] != hash || r["at"] == nil {
			b.t.Errorf("%s: decision %d saw %v at %v, want hash %s", request, i+1, r["hash_seen"], r["at"], hash)
		}
		s := fmt.Sprintf("%v %v", r["action"], r["actor"])
		if r["target"] != nil {
			s += fmt.Sprintf(" → %v", r["target"])
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}
