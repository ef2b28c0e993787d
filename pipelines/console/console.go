// Package console is the admin side of a hub over HTTP: the API that the command line and the pages use. It listens on an
// address of its own, answers nobody without the token, and never shows a secret.
//
// Paths:
//
//	GET  /health                          the process lives (no token)
//	GET  /ready                           it can take and deliver documents; 503 and why when not (no token)
//	GET  /hub/status                      systems, pipelines, what waits
//	GET  /hub/activity?after=N            what happened since, at most 500 lines
//	GET  /hub/documents                   kinds of documents and how many there are
//	GET  /hub/documents/{kind}            documents of a kind: ?limit= ?after=
//	GET  /hub/documents/{kind}/{key}      one document as its owner last stated it
//	GET  /hub/trace/{key}                 the whole chain of a document, by any key that any system gave it
//	GET  /hub/trace/{key}/dossier         the same with payloads, intents, audit rows and hashes: it stands alone
//	GET  /hub/parked                      what is parked: ?pipeline= ?code= ?path= ?entity= ?subject= ?id= ?limit=
//	GET  /hub/parked/groups               by cause, with counts and amounts
//	GET  /hub/parked/{pipeline}/{id}      one of them: payload, mapped form, error with its place, history, what waits behind
//	GET  /hub/parked/{pipeline}/{id}/diff what is different now, field by field
//	POST /hub/parked/{pipeline}/{id}/edit {"data", "digest", "who", "reason"}
//	POST /hub/parked/replay               {"id"|"code"|"pipeline"|…|"all", "dry_run", "as_of", "who", "reason"}
//	POST /hub/parked/discard              the same, without dry_run
//	GET  /hub/unknown                     writes of unknown outcome: filters as of parked
//	POST /hub/unknown/resolve             {"pipeline", "id", "done", "key", "version", "who", "reason"}
//	GET  /hub/xref                        under which key which system has a document: ?key= ?system= ?entity= ?limit=
//	POST /hub/xref/link                   {"system", "entity", "key", "own_key", "who", "reason"}; unlink the same without own_key
//	GET  /hub/audit                       who did what and why: ?from= ?limit=
//	GET  /hub/audit/verify                whether the trail is whole: ?row= ?hash= noted earlier
//	POST /hub/systems/{name}/check        {"who", "reason"}: does the system answer
//	POST /hub/pause                       {"name", "who", "reason"}: a pipeline or a system; resume the same
//	POST /hub/bus/accept                  {"name", "who", "reason"}: a pipeline goes on with what the bus holds now
//	POST /hub/replay                      {"pipeline", "since", "until", "key", "again", "dry_run", "who", "reason"}
//	POST /hub/backfill                    {"pipeline"|"system", "since", "key", "again", "dry_run", "who", "reason"}
//	POST /hub/rewind                      {"system", "since", "who", "reason"}: reads a source again
//	GET  /hub/reruns                      replays and backfills, the latest first: ?limit=
//	GET  /hub/reruns/{id}                 how far one is; POST …/stop {"who", "reason"}
//	GET  /hub/balance?date=&recount=      received = delivered + … per pipeline, day and currency
//	GET  /hub/events                      stored events, at most 500: ?entity= or ?pipeline= , ?since=<RFC 3339> ?after= ?limit=
//	GET  /hub/records                     stored raw records of a system, at most 500: ?system= ?since=<RFC 3339> ?after= ?limit=
//	GET  /hub/config                      the files by which the hub works, as it has loaded them
//	*    /api/{system}/…                  a native module's own API
package console

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/pipelines"
)

// Limits of what comes in.
const (
	maxBody     = 1 << 20
	maxHeader   = 32 << 10
	headerTime  = 5 * time.Second
	requestTime = 30 * time.Second
)

// Options are what the admin side is built from; all are required but APIs, Log and Config.
type Options struct {
	Hub      *pipelines.Hub
	Catalog  *canonical.Catalog
	APIs     map[string]http.Handler // of native modules, by system name
	Token    string
	Language string        // of errors when the caller names none
	Log      *slog.Logger  // where faults go that callers are not told about; nil: nowhere
	Config   func() Config // the files by which the hub works; nil: they are not shown
}

// Server returns the server of the admin listener.
func Server(o Options) *http.Server {
	return &http.Server{
		Handler: Handler(o), ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: 2 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: maxHeader,
	}
}

// A route is one path of the hub's own.
type route struct {
	method string
	path   string
	open   bool     // answers without a token
	query  []string // the parameters that it has
	handle http.HandlerFunc
}

func (a *api) routes() []route {
	return slices.Concat(a.readRoutes(), a.parkedRoutes(), a.operateRoutes(), a.rerunRoutes(), a.busRoutes(), a.checkRoutes())
}

func (a *api) readRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/health", open: true, handle: a.health},
		{method: http.MethodGet, path: "/ready", open: true, handle: a.ready},
		{method: http.MethodGet, path: "/hub/status", handle: a.status},
		{method: http.MethodGet, path: "/hub/activity", query: []string{"after"}, handle: a.activity},
		{method: http.MethodGet, path: "/hub/documents", handle: a.kinds},
		{method: http.MethodGet, path: "/hub/documents/{kind}", query: []string{"limit", "after"}, handle: a.documents},
		{method: http.MethodGet, path: "/hub/documents/{kind}/{key}", handle: a.document},
		{method: http.MethodGet, path: "/hub/trace/{key}", handle: a.trace},
		{method: http.MethodGet, path: "/hub/balance", query: []string{"pipeline", "date", "recount"}, handle: a.balance},
		{method: http.MethodGet, path: "/hub/config", handle: a.config},
		{method: http.MethodGet, path: "/hub/events", query: []string{"entity", "pipeline", "since", "after", "limit"}, handle: a.events},
		{method: http.MethodGet, path: "/hub/records", query: []string{"system", "since", "after", "limit"}, handle: a.records},
	}
}

// Handler answers the paths above. Nothing but the open routes tells anything to who has no token, not even whether a
// path exists.
func Handler(o Options) http.Handler {
	a := &api{Options: o, chinese: o.Language == "zh"}
	if a.Log == nil {
		a.Log = slog.New(slog.DiscardHandler)
	}
	open, closed := http.NewServeMux(), http.NewServeMux()
	for _, r := range a.routes() {
		if r.open {
			open.Handle(r.path, a.serve(r))
			continue
		}
		closed.Handle(r.path, a.serve(r))
	}
	for name, h := range o.APIs {
		closed.Handle("/api/"+name+"/", http.StripPrefix("/api/"+name, h))
	}
	closed.HandleFunc("/", a.nowhere)
	open.Handle("/", a.withToken(closed))
	return a.guard(open)
}

type api struct {
	Options
	chinese bool // of errors when the caller names no language
}

// serve checks the method and the query: a misspelt filter must not show everything.
func (a *api) serve(r route) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		if q.Method != r.method && (q.Method != http.MethodHead || r.method != http.MethodGet) {
			w.Header().Set("Allow", r.method)
			a.fail(w, q, sihe.Errorf(sihe.CodeMethodNotAllowed, "answer %s: only %s is", r.path, r.method))
			return
		}
		if a.asks(w, q, r.query) {
			r.handle(w, q)
		}
	}
}

func (a *api) nowhere(w http.ResponseWriter, r *http.Request) {
	a.fail(w, r, sihe.Errorf(sihe.CodeNoSuchPath, "answer %s: there is nothing", r.URL.Path))
}

// guard sets the headers that every answer has, bounds the body, keeps other sites' pages out and outlives a panic.
func (a *api) guard(next http.Handler) http.Handler {
	protect := http.NewCrossOriginProtection()
	protect.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.fail(w, r, sihe.Errorf(sihe.CodeCrossOrigin, "answer %s: the request comes from another site", r.URL.Path))
	}))
	inner := protect.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		defer func() {
			if cause := recover(); cause != nil {
				a.Log.ErrorContext(r.Context(), "admin API", "path", r.URL.Path, "panic", cause, "stack", string(debug.Stack()))
				a.refuse(w, r, http.StatusInternalServerError, sihe.Errorf(sihe.CodeInternal, "answer %s", r.URL.Path))
			}
		}()
		inner.ServeHTTP(w, r)
	})
}

// withToken lets nobody in without the admin token; the comparison takes the same time for every wrong one.
func (a *api) withToken(next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(a.Token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(given))
		if !ok || a.Token == "" || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			a.refuse(w, r, http.StatusUnauthorized, sihe.Errorf(sihe.CodeNoToken, "answer: the admin token is missing or wrong"))
			return
		}
		next.ServeHTTP(w, r)
	})
}
