package console_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
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
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/console"
	"github.com/sihehub/sihe/pipelines/store"
)

const token = "canary0123456789abcdef0123456789abcdef0123456789abcdef0123456789"

var partyEntity = fstest.MapFS{"crm/party.yaml": {Data: []byte(`
entity: party
module: crm
label: {en: Party, zh: 往来单位}
master: true
key: party_no
copies: [erp]
fields:
  party_no: {type: text, label: {en: No., zh: 编号}}
  name: {type: text, label: {en: name, zh: 名称}}
`)}}

var partyPipeline = fstest.MapFS{"p.yaml": {Data: []byte(`
pipeline: party-to-erp
label: {en: Party to ERP, zh: 往来单位同步}
from: crm.party
to: erp.party
do: copy
`)}, "c.yaml": {Data: []byte(`
check: party-in-erp
label: {en: Each party is the name of another, zh: 每个往来单位都是另一个的名称}
left: {entity: crm.party}
right: {entity: crm.party, by: name}
within: 1s
`)}}

// A speaker states one fact; a refuser takes none, so that it is parked.
type speaker struct{ sihe.Connector }

func (speaker) Read(_ context.Context, after sihe.Cursor, emit func(sihe.Record, sihe.Cursor) error) error {
	if len(after) > 0 {
		return nil
	}
	return emit(sihe.Record{
		ID: "e1", Entity: "crm.party", Key: "P1", Name: "created", Version: 1, Time: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC),
		Canonical: true, CorrelationID: "P1", Data: []byte(`{"party_no":"P1","name":"Lin"}`),
	}, sihe.Cursor("1"))
}

type refuser struct{ sihe.Connector }

func (refuser) Write(context.Context, sihe.Write) (sihe.Receipt, error) {
	return sihe.Receipt{}, sihe.Permanent(errors.New("it takes nothing"))
}
func (refuser) IdempotentByID() {}

type idle struct{}

func (idle) Check(context.Context) error { return nil }
func (idle) Close() error                { return nil }

// A logged is everything that was logged.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A desk is the admin side of a hub that has one parked event, over real HTTP.
type desk struct {
	t     *testing.T
	url   string
	hub   *pipelines.Hub
	store *store.Store
	log   *logged
	seen  bytes.Buffer // every answer, with its headers
}

func openDesk(t *testing.T) *desk {
	t.Helper()
	var f sihe.Findings
	c := canonical.Load(&f, partyEntity)
	plan := pipelines.Compile(&f, c, mappings.Load(&f, c, nil), partyPipeline)
	if f.Failed() {
		t.Fatal(f.Err())
	}
	d := &desk{t: t, log: &logged{}}
	dir := t.TempDir()
	b, err := bus.OpenEmbedded(filepath.Join(dir, "bus.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if d.store, err = store.Open(store.Options{Path: filepath.Join(dir, "hub.db"), Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d.hub, err = pipelines.New(pipelines.Options{
		Name: "test", Plan: plan, Catalog: c, Bus: b, Store: d.store, Now: time.Now, Zone: time.UTC, Log: log,
		Systems: []pipelines.System{
			{Name: "crm", Module: "crm", Native: true, Connector: speaker{idle{}}},
			{Name: "erp", Module: "erp", Native: true, Connector: refuser{idle{}}},
		},
		Topics: pipelines.Topics{Partitions: 1}, Tuning: pipelines.Tuning{FirstRetry: time.Millisecond, Poll: 10 * time.Millisecond, CommitEvery: time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- d.hub.Run(ctx) }()
	apis := map[string]http.Handler{"crm": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			panic("a bug beside " + r.Header.Get("Nothing"))
		}
		_, _ = fmt.Fprintf(w, `{"method":%q,"path":%q}`, r.Method, r.URL.Path)
	})}
	server := httptest.NewUnstartedServer(nil)
	server.Config = console.Server(console.Options{Hub: d.hub, Catalog: c, APIs: apis, Token: token, Language: "en", Log: log})
	server.Start()
	d.url = server.URL
	t.Cleanup(func() {
		server.Close()
		stop()
		if err := errors.Join(<-ran, b.Close(), d.store.Close()); err != nil {
			t.Errorf("stop: %v", err)
		}
		if s := d.log.String() + d.seen.String(); strings.Contains(s, token) || strings.Contains(s, token[:16]) {
			t.Errorf("the token shows:\n%s", s)
		}
	})
	d.waitForParked()
	return d
}

func (d *desk) waitForParked() *store.Delivery {
	d.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		all, err := d.hub.Parked(pipelines.Selection{})
		if err == nil && len(all) == 1 {
			return all[0]
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("nothing is parked: %v, %v", all, err)
		}
	}
}

// An asked is one request; the token is sent unless the headers say otherwise.
type asked struct {
	method, path, body string
	header             map[string]string
}

// An answered is what came back.
type answered struct {
	status int
	header http.Header
	body   string
}

func (d *desk) ask(a asked) answered {
	d.t.Helper()
	var body io.Reader
	if a.body != "" {
		body = strings.NewReader(a.body)
	}
	r, err := http.NewRequestWithContext(d.t.Context(), a.method, d.url+a.path, body)
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for name, v := range a.header {
		if r.Header.Set(name, v); v == "" {
			r.Header.Del(name)
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	w, err := client.Do(r)
	if err != nil {
		d.t.Fatalf("%s %s: %v", a.method, a.path, err)
	}
	defer func() { _ = w.Body.Close() }()
	b, err := io.ReadAll(w.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	fmt.Fprintf(&d.seen, "%v\n%s\n", w.Header, b)
	return answered{w.StatusCode, w.Header, string(b)}
}
