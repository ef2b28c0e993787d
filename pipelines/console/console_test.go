package console_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/console"
	"github.com/sihehub/sihe/pipelines/store"
)

// A row is a route and a right way to ask it. A route that is not in the table fails the test.
type row struct {
	route string
	path  string // when it has parameters
	body  string
	// status of the right way to ask; 0 is 200
	status int
}

func rows(parkedID string) []row {
	const order = `{"id":"none","who":"li","reason":"a test"}`
	return []row{
		{route: "GET /health"},
		{route: "GET /ready"},
		{route: "GET /hub/status"},
		{route: "GET /hub/activity", path: "/hub/activity?after=0"},
		{route: "GET /hub/documents"},
		{route: "GET /hub/documents/{kind}", path: "/hub/documents/crm.party?limit=5"},
		{route: "GET /hub/documents/{kind}/{key}", path: "/hub/documents/crm.party/P1"},
		{route: "GET /hub/trace/{key}", path: "/hub/trace/P1"},
		{route: "GET /hub/parked", path: "/hub/parked?pipeline=party-to-erp"},
		{route: "GET /hub/parked/{pipeline}/{id}", path: "/hub/parked/party-to-erp/" + parkedID},
		{route: "GET /hub/parked/groups"},
		{route: "GET /hub/parked/{pipeline}/{id}/diff", path: "/hub/parked/party-to-erp/" + parkedID + "/diff"},
		{
			route: "POST /hub/parked/{pipeline}/{id}/edit", path: "/hub/parked/party-to-erp/" + parkedID + "/edit",
			body: `{"data":{"party_no":"P1","name":"Lin"},"who":"li","reason":"a test"}`,
		},
		{route: "POST /hub/parked/replay", body: order},
		{route: "POST /hub/parked/discard", body: order},
		{route: "GET /hub/trace/{key}/dossier", path: "/hub/trace/P1/dossier"},
		{route: "GET /hub/unknown", path: "/hub/unknown?pipeline=party-to-erp"},
		{route: "POST /hub/unknown/resolve", body: `{"pipeline":"none","id":"none","done":true,"who":"li","reason":"a test"}`, status: http.StatusNotFound},
		{route: "GET /hub/xref", path: "/hub/xref?key=P1"},
		{route: "POST /hub/xref/link", body: `{"system":"erp","entity":"crm.party","key":"P1","own_key":"4711","who":"li","reason":"a test"}`},
		{route: "POST /hub/xref/unlink", body: `{"system":"erp","entity":"crm.party","key":"P1","who":"li","reason":"a test"}`},
		{route: "GET /hub/audit", path: "/hub/audit?from=1&limit=5"},
		{route: "GET /hub/audit/verify"},
		{route: "POST /hub/systems/{name}/check", path: "/hub/systems/erp/check", body: `{"who":"li","reason":"a test"}`},
		{route: "POST /hub/pause", body: `{"name":"party-to-erp","who":"li","reason":"a test"}`},
		{route: "POST /hub/resume", body: `{"name":"party-to-erp","who":"li","reason":"a test"}`},
		{route: "POST /hub/bus/accept", body: `{"name":"party-to-erp","who":"li","reason":"a test"}`},
		{route: "GET /hub/checks"},
		{route: "GET /hub/checks/findings", path: "/hub/checks/findings?check=none&kind=missing&key=P1&limit=5"},
		{route: "GET /hub/checks/explain", path: "/hub/checks/explain?of=party-in-erp"},
		{route: "POST /hub/checks/run", body: `{"dry_run":true,"repair":true,"who":"li","reason":"a test"}`},
		{route: "POST /hub/replay", body: `{"pipeline":"party-to-erp","who":"li","reason":"a test"}`},
		{route: "POST /hub/backfill", body: `{"system":"erp","dry_run":true}`},
		{route: "POST /hub/rewind", body: `{"system":"crm","who":"li","reason":"a test"}`, status: http.StatusUnprocessableEntity},
		{route: "GET /hub/reruns", path: "/hub/reruns?limit=5"},
		{route: "GET /hub/reruns/{id}", path: "/hub/reruns/1"},
		{route: "POST /hub/reruns/{id}/stop", path: "/hub/reruns/99/stop", body: `{"who":"li","reason":"a test"}`, status: http.StatusNotFound},
		{route: "GET /hub/balance", path: "/hub/balance?pipeline=party-to-erp"},
		{route: "GET /hub/config"},
		{route: "GET /hub/events", path: "/hub/events?entity=crm.party&limit=5"},
		{route: "GET /hub/records", path: "/hub/records?system=crm&limit=5"},
	}
}

func (r row) asked() asked {
	method, path, _ := strings.Cut(r.route, " ")
	if r.path != "" {
		path = r.path
	}
	return asked{method: method, path: path, body: r.body}
}

func (a asked) with(header, value string) asked {
	a.header = map[string]string{header: value}
	return a
}

// safe fails the test when an answer lacks one of the headers that all must have, or is no JSON.
func safe(t *testing.T, what string, w answered) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
	} {
		if got := w.header.Get(name); got != want {
			t.Errorf("%s: %s: %q", what, name, got)
		}
	}
	if !json.Valid([]byte(w.body)) {
		t.Errorf("%s: the body is no JSON: %q", what, w.body)
	}
}

func TestEveryRoute(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	all, unlisted := rows(d.waitForParked().ID), console.Paths()
	for _, r := range all {
		open, ok := unlisted[r.route]
		if !ok {
			t.Errorf("%s is no route", r.route)
		}
		delete(unlisted, r.route)
		right := r.asked()
		if w := d.ask(right); w.status != cmp.Or(r.status, http.StatusOK) {
			t.Errorf("%s: %d %s", r.route, w.status, w.body)
		} else {
			safe(t, r.route, w)
			if got := w.header.Get("Content-Type"); got != "application/json; charset=utf-8" {
				t.Errorf("%s: %s", r.route, got)
			}
		}
		t.Run(r.route, func(t *testing.T) {
			if open {
				if w := d.ask(right.with("Authorization", "")); w.status != http.StatusOK {
					t.Errorf("without a token: %d", w.status)
				}
			} else {
				lockedOut(t, d, right)
			}
			refusals(t, d, right)
		})
	}
	for r := range unlisted {
		t.Errorf("%s is not in the table", r)
	}
}

// lockedOut asks with every kind of wrong token: all answers are the same, word for word.
func lockedOut(t *testing.T, d *desk, right asked) {
	t.Helper()
	first := d.ask(right.with("Authorization", ""))
	for _, given := range []string{
		"", "Bearer", "Bearer ", "Bearer x", "bearer " + token, "Bearer " + token + "0", "Bearer " + token[1:], "Basic " + token,
		"Bearer  " + token, token, "Bearer " + strings.Repeat("a", 20000),
	} {
		w := d.ask(right.with("Authorization", given))
		if w.status != http.StatusUnauthorized || w.body != first.body || w.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%.30q: %d %s", given, w.status, w.body)
		}
		safe(t, "wrong token", w)
	}
	inURL := right
	inURL.path += map[bool]string{true: "&", false: "?"}[strings.Contains(right.path, "?")] + "token=x"
	if w := d.ask(inURL.with("Authorization", "")); w.status != http.StatusUnauthorized {
		t.Errorf("token in the URL: %d", w.status)
	}
}

func refusals(t *testing.T, d *desk, right asked) {
	t.Helper()
	mark := map[bool]string{true: "&", false: "?"}[strings.Contains(right.path, "?")]
	for _, query := range []string{"pipelin=x", "limit=1&limit=1", "%zz=1", "a;b=1"} {
		q := right
		q.path += mark + query
		w := d.ask(q)
		if w.status != http.StatusBadRequest || !strings.Contains(w.body, `"BAD_REQUEST"`) {
			t.Errorf("?%s: %d %s", query, w.status, w.body)
		}
		safe(t, query, w)
	}
	for _, method := range []string{http.MethodDelete, http.MethodPut, http.MethodPatch, http.MethodTrace, "LINK"} {
		q := right
		q.method = method
		w := d.ask(q)
		if w.status != http.StatusMethodNotAllowed || w.header.Get("Allow") != right.method {
			t.Errorf("%s: %d, Allow %q", method, w.status, w.header.Get("Allow"))
		}
		safe(t, method, w)
	}
	if right.method == http.MethodPost {
		q := right
		q.header = map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
		if w := d.ask(q); w.status != http.StatusForbidden || !strings.Contains(w.body, `"CROSS_ORIGIN"`) {
			t.Errorf("cross-origin: %d %s", w.status, w.body)
		} else {
			safe(t, "cross-origin", w)
		}
		if w := d.ask(right.with("Origin", "https://evil.example")); w.status != http.StatusForbidden {
			t.Errorf("another origin: %d", w.status)
		}
		q = right
		q.body = `{"id":"` + strings.Repeat("x", 1<<20) + `"}`
		if w := d.ask(q); w.status != http.StatusRequestEntityTooLarge || !strings.Contains(w.body, `"BODY_TOO_LARGE"`) {
			t.Errorf("oversized: %d %s", w.status, w.body)
		} else {
			safe(t, "oversized", w)
		}
	}
}

func TestErrorsSpeakBothLanguages(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	for _, x := range []struct {
		asked  asked
		status int
		en, zh string
	}{
		{asked{method: "GET", path: "/hub/nowhere"}, 404, "there is nothing at this path", "该路径不存在"},
		{asked{method: "GET", path: "/"}, 404, "there is nothing at this path", "该路径不存在"},
		{asked{method: "GET", path: "/api/nobody/x"}, 404, "there is nothing at this path", "该路径不存在"},
		{asked{method: "GET", path: "/hub/documents/crm.party/NONE"}, 404, "unknown", "未知"},
		{asked{method: "GET", path: "/hub/activity?after=x"}, 400, "send the request as", "请按产品文档的格式发送"},
		{asked{method: "GET", path: "/hub/documents/crm.party?limit=501"}, 400, "limit", "limit"},
		{asked{method: "GET", path: "/hub/documents/crm.party?limit=-1"}, 400, "limit", "limit"},
		{asked{method: "POST", path: "/hub/parked/replay", body: `{"id":"x"}`}, 422, "say who and why", "请填写操作人与原因"},
		{asked{method: "DELETE", path: "/hub/status"}, 405, "the method is not allowed here", "不允许使用该方法"},
	} {
		for accept, want := range map[string]string{"zh-CN,zh;q=0.9,en;q=0.1": x.zh, "en": x.en, "": x.en, "fr": x.en} {
			w := d.ask(x.asked.with("Accept-Language", accept))
			if w.status != x.status || (x.zh != "未知" && !strings.Contains(w.body, want)) {
				t.Errorf("%s %s in %q: %d %s", x.asked.method, x.asked.path, accept, w.status, w.body)
			}
			safe(t, x.asked.path, w)
		}
	}
	w := d.ask(asked{method: "GET", path: "/hub/status", header: map[string]string{"Authorization": "", "Accept-Language": "zh"}})
	if !strings.Contains(w.body, "管理接口需要令牌") {
		t.Errorf("without a token: %s", w.body)
	}
}

// Whoever replays or discards says who he is and why; a wrong order changes nothing.
func TestParkedOrders(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	parked := d.waitForParked()
	for _, verb := range []string{"replay", "discard"} {
		for body, status := range map[string]int{
			`{"all":true}`:                                       422,
			`{"all":true,"who":"li"}`:                            422,
			`{"all":true,"reason":"x"}`:                          422,
			`{"all":true,"who":" ","reason":"\t"}`:               422,
			`{"who":"li","reason":"x"}`:                          400, // of everything?
			`{"limit":5,"who":"li","reason":"x"}`:                400,
			`{"all":true,"limit":-1,"who":"li","reason":"x"}`:    400,
			`{"al":true,"who":"li","reason":"x"}`:                400,
			`{"all":true,"who":"li","reason":"x"} {}`:            400,
			`{"all":1,"who":"li","reason":"x"}`:                  400,
			`[]`:                                                 400,
			``:                                                   400,
			strings.Repeat("[", 100000):                          400,
			`{"all":true,"who":"li","reason":"x"`:                400,
			`{"id":"nobody","who":"li","reason":"x"}`:            200,
			`{"code":"OTHER","all":true,"who":"a","reason":"x"}`: 200, // a filter holds beside all
		} {
			w := d.ask(asked{method: "POST", path: "/hub/parked/" + verb, body: body})
			if w.status != status {
				t.Errorf("%s %.60s: %d %s", verb, body, w.status, w.body)
			}
		}
	}
	if still := d.waitForParked(); still.ID != parked.ID {
		t.Fatalf("parked: %+v", still)
	}
	w := d.ask(asked{method: "POST", path: "/hub/parked/discard", body: `{"id":"` + parked.ID + `","who":"li","reason":"a test"}`})
	if w.status != http.StatusOK || strings.TrimSpace(w.body) != `{"discarded":1}` {
		t.Fatalf("discard: %d %s", w.status, w.body)
	}
	if all, _ := d.hub.Parked(pipelines.Selection{}); len(all) != 0 {
		t.Errorf("still parked: %+v", all)
	}
	audit, err := d.hub.Audit(0, 10)
	if err != nil || len(audit) != 1 || audit[0].Who != "li" || audit[0].Reason != "a test" || audit[0].Action != "discard" {
		t.Errorf("audit: %+v, %v", audit, err)
	}
}

func TestNativeAPIs(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	for _, method := range []string{"GET", "POST", "PATCH"} {
		a := asked{method: method, path: "/api/crm/party/P1"}
		w := d.ask(a)
		if w.status != http.StatusOK || w.body != `{"method":"`+method+`","path":"/party/P1"}` {
			t.Errorf("%s: %d %s", method, w.status, w.body)
		}
		if w := d.ask(a.with("Authorization", "")); w.status != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d", method, w.status)
		}
	}
	// a bug in a module does not end the process, and tells nothing
	w := d.ask(asked{method: "GET", path: "/api/crm/panic"})
	if w.status != http.StatusInternalServerError || strings.Contains(w.body, "bug") || strings.Contains(w.body, "goroutine") {
		t.Errorf("panic: %d %s", w.status, w.body)
	}
	safe(t, "panic", w)
	if !strings.Contains(d.log.String(), "a bug beside") {
		t.Error("the panic is not in the log")
	}
	if w := d.ask(asked{method: "GET", path: "/health"}); w.status != http.StatusOK {
		t.Errorf("afterwards: %d", w.status)
	}
}

// Without a token, being not ready shows its code and nothing of the inside.
func TestNotReady(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b, err := bus.OpenEmbedded(filepath.Join(dir, "bus.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(store.Options{Path: filepath.Join(dir, "hub.db"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	log := &logged{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	hub, err := pipelines.New(pipelines.Options{Plan: &pipelines.Plan{}, Catalog: &canonical.Catalog{}, Bus: b, Store: s, Now: time.Now, Zone: time.UTC, Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	h := console.Handler(console.Options{Hub: hub, Catalog: &canonical.Catalog{}, Token: token, Log: logger})
	ask := func(path string) answered {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return answered{w.Code, w.Header(), w.Body.String()}
	}
	if w := ask("/ready"); w.status != http.StatusServiceUnavailable {
		t.Errorf("ready before it runs: %d %s", w.status, w.body)
	}
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- hub.Run(ctx) }()
	defer func() {
		stop()
		<-ran
	}()
	for ask("/ready").status != http.StatusOK {
		select {
		case err := <-ran:
			t.Fatalf("it ended: %v", err)
		case <-t.Context().Done():
			t.Fatal("it never gets ready")
		case <-time.After(time.Millisecond):
		}
	}
	if err := errors.Join(s.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
	w := ask("/ready")
	if w.status != http.StatusServiceUnavailable || !strings.Contains(w.body, `"code":"STORE_`) || strings.Contains(w.body, dir) {
		t.Errorf("%d %s", w.status, w.body)
	}
	safe(t, "not ready", w)
	if w := ask("/health"); w.status != http.StatusOK {
		t.Errorf("health: %d", w.status)
	}
}
