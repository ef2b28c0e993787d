package rest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/connectors/rest"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/strictyaml"
)

// Canaries must never show in an error.
const (
	tokenCanary = "canary-token-5d1f"
	hookSecret  = "whsec_Y2FuYXJ5LWhvb2stc2VjcmV0LTMyLWJ5dGVzLWxvbmc="
)

var entities = fstest.MapFS{"erp/job.yaml": {Data: []byte(`
entity: job
module: erp
label: {en: Job, zh: 作业}
key: job_no
number: "J-{seq:4}"
accepts: {create: [crm], stop: [crm], drop: [crm]}
fields:
  job_no: {type: text, label: {en: No., zh: 编号}}
  title: {type: text, label: {en: Title, zh: 标题}}
  currency: {type: currency, default: "CNY", label: {en: c, zh: 币种}}
  amount: {type: money, label: {en: Amount, zh: 金额}}
states:
  running: {label: {en: running, zh: 进行}, stop: {to: stopped, label: {en: stop, zh: 停止}}, drop: {to: stopped, label: {en: drop, zh: 删除}}}
  stopped: {label: {en: stopped, zh: 停止}}
`)}}

var files = fstest.MapFS{
	"out.yaml": {Data: []byte("mapping: job-to-acme\nfrom: erp.job\nto: acme/Job\nfields:\n  title: title\n  amount: amount\n")},
	"in.yaml":  {Data: []byte("mapping: acme-to-job\nfrom: acme/Job\nto: erp.job\nfields:\n  title: title\n  amount: round(amount ?? 0, 2)\n")},
}

// acme describes the product. Tests change lines of it.
const acme = `
product: acme
label: {en: Acme, zh: 艾克米}
check: /ping
auth: {bearer: token}
records:
  Job:
    key: id
    changed: changed_at
    version: rev
    fields:
      id: {type: text}
      ref: {type: text}
      title: {type: text}
      amount: {type: decimal}
      changed_at: {type: time}
      rev: {type: int}
    becomes: {entity: erp.job, name: changed, map: acme-to-job}
webhook: {verify: standard-webhooks, secret: hook, record: Job}
read:
  Job: {get: /jobs, query: {since: "{cursor}"}, items: data.items, page: page, overlap: 0s, first: "1970-01-01T00:00:00Z"}
write:
  erp.job:
    create: {post: /jobs, map: job-to-acme, key: data.id, id_header: Idempotency-Key, id_field: ref, repeats: true, reason: message}
    stop: {post: "/jobs/{key}/stop", key: data.id, id_header: Idempotency-Key, repeats: true, reason: message}
    drop: {delete: "/jobs/{key}", id_header: Idempotency-Key, repeats: true}
find:
  erp.job: {get: "/jobs/{key}", write: {get: /jobs, query: {ref: "{id}"}, items: data.items, key: id}}
`

// A product is Acme: jobs over real HTTP. A fault answers in its place.
type product struct {
	*httptest.Server
	mu    sync.Mutex
	jobs  []map[string]any
	byID  map[string]map[string]any // what each Idempotency-Key made
	calls []call
	pages int // of how many jobs a page is
	fault func(w http.ResponseWriter, r *http.Request) bool
}

// A call is one request as it came.
type call struct {
	method, target, body string
	header               http.Header
}

func newProduct(t testing.TB) *product {
	t.Helper()
	p := &product{byID: map[string]map[string]any{}, pages: 2}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *product) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, call{r.Method, r.URL.RequestURI(), string(body), r.Header.Clone()})
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch {
	case r.Header.Get("Authorization") != "Bearer "+tokenCanary:
		w.WriteHeader(http.StatusUnauthorized)
	case p.fault != nil && p.fault(w, r):
	case r.URL.Path == "/ping":
	case r.URL.Path == "/jobs" && r.Method == http.MethodGet:
		p.list(w, r)
	case r.URL.Path == "/jobs":
		p.create(w, r, body)
	default:
		p.one(w, r)
	}
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (p *product) create(w http.ResponseWriter, r *http.Request, body []byte) {
	id := r.Header.Get("Idempotency-Key")
	job := map[string]any{}
	if err := json.Unmarshal(body, &job); err != nil {
		answer(w, http.StatusBadRequest, map[string]any{"message": "no JSON"})
		return
	}
	if job["title"] == "refused" {
		answer(w, http.StatusConflict, map[string]any{"message": "the title is taken", "debug": "canary in the answer"})
		return
	}
	if made, again := p.byID[id]; again && id != "" {
		answer(w, http.StatusOK, map[string]any{"data": made})
		return
	}
	job = p.add(job)
	p.byID[id] = job
	answer(w, http.StatusCreated, map[string]any{"data": job})
}

func (p *product) add(job map[string]any) map[string]any {
	n := len(p.jobs) + 1
	job["id"], job["rev"], job["changed_at"] = fmt.Sprint("A", n), n, time.Date(2026, 3, 1, 8, 0, n, 0, time.UTC).Format(time.RFC3339)
	p.jobs = append(p.jobs, job)
	return job
}

func (p *product) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	found := []map[string]any{}
	for _, j := range p.jobs {
		if since := q.Get("since"); (q.Has("since") && j["changed_at"].(string) > since) || (q.Has("ref") && j["ref"] == q.Get("ref")) {
			found = append(found, j)
		}
	}
	if page, err := strconv.Atoi(q.Get("page")); err == nil {
		found = found[min((page-1)*p.pages, len(found)):min(page*p.pages, len(found))]
	}
	answer(w, http.StatusOK, map[string]any{"data": map[string]any{"items": found}})
}

func (p *product) one(w http.ResponseWriter, r *http.Request) {
	name, action, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/jobs/"), "/")
	for _, j := range p.jobs {
		switch {
		case j["id"] != name:
		case action == "stop":
			j["stopped"] = true
			answer(w, http.StatusOK, map[string]any{"data": j})
			return
		default:
			answer(w, http.StatusOK, j)
			return
		}
	}
	answer(w, http.StatusNotFound, map[string]any{"message": "not here"})
}

// set lets what follows fail.
func (p *product) set(fault func(w http.ResponseWriter, r *http.Request) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = fault
}

// took returns the calls that changed something, and forgets them.
func (p *product) took(method string) (all []call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.calls {
		if c.method == method {
			all = append(all, c)
		}
	}
	p.calls = nil
	return all
}

// described reads a description that must be right.
func described(t testing.TB, text string) *rest.Description {
	t.Helper()
	var f sihe.Findings
	n, ok := strictyaml.Parse("acme.yaml", []byte(text), &f)
	if !ok {
		t.Fatal(f.Err())
	}
	d := rest.Describe(n, "acme.yaml", &f)
	if d == nil {
		t.Fatal(f.Err())
	}
	return d
}

// options are what opens a connector to the product; changes are pairs of old and new text in the description.
func options(t testing.TB, url string, changes ...string) rest.Options {
	t.Helper()
	d := described(t, strings.NewReplacer(changes...).Replace(acme))
	var f sihe.Findings
	c := canonical.Load(&f, entities)
	set := mappings.Load(&f, c, d, files)
	if f.Failed() {
		t.Fatal(f.Err())
	}
	return rest.Options{
		System: "acme", URL: url, Description: d, Secrets: map[string]string{"token": tokenCanary, "hook": hookSecret},
		Mappings: set, Now: func() time.Time { return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC) },
	}
}

func connect(t testing.TB, url string, changes ...string) *rest.Rest {
	t.Helper()
	r, err := rest.Open(options(t, url, changes...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// job is a write of a new job.
func job(id, title string) sihe.Write {
	return sihe.Write{ID: id, Entity: "erp.job", Do: sihe.DoCreate, Data: fmt.Appendf(nil, `{"title":%q,"amount":"12.50"}`, title)}
}

// deaf is an address at which nobody listens.
func deaf(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "http://" + l.Addr().String()
}
