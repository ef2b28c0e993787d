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
//	GET  /hub/parked                      what is parked: ?pipeline= ?code= ?entity= ?subject=
//	GET  /hub/parked/{pipeline}/{id}      one of them: payload, error, history
//	POST /hub/parked/replay               {"id"|"code"|"pipeline"|…|"all", "who", "reason"}
//	POST /hub/parked/discard              the same
//	GET  /hub/balance?date=               received = delivered + … per pipeline, day and currency
//	*    /api/{system}/…                  a native module's own API
package console

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
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

// Options are what the admin side is built from; all are required but APIs.
type Options struct {
	Hub      *pipelines.Hub
	Catalog  *canonical.Catalog
	APIs     map[string]http.Handler // of native modules, by system name
	Token    string
	Language string // of errors when the caller names none
}

// Server returns the server of the admin listener.
func Server(o Options) *http.Server {
	return &http.Server{
		Handler: Handler(o), ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: 2 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: maxHeader,
	}
}

// Handler answers the paths above.
func Handler(o Options) http.Handler {
	a := &api{Options: o}
	open, closed := http.NewServeMux(), http.NewServeMux()
	open.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { answer(w, map[string]string{"status": "up"}) })
	open.HandleFunc("GET /ready", a.ready)
	open.Handle("/", a.withToken(closed))
	closed.HandleFunc("GET /hub/status", a.status)
	closed.HandleFunc("GET /hub/activity", a.activity)
	closed.HandleFunc("GET /hub/documents", a.kinds)
	closed.HandleFunc("GET /hub/documents/{kind}", a.documents)
	closed.HandleFunc("GET /hub/documents/{kind}/{key}", a.document)
	closed.HandleFunc("GET /hub/trace/{key}", a.trace)
	closed.HandleFunc("GET /hub/parked", a.parked)
	closed.HandleFunc("GET /hub/parked/{pipeline}/{id}", a.parkedOne)
	closed.HandleFunc("POST /hub/parked/replay", a.replay)
	closed.HandleFunc("POST /hub/parked/discard", a.discard)
	closed.HandleFunc("GET /hub/balance", a.balance)
	for name, h := range o.APIs {
		closed.Handle("/api/"+name+"/", http.StripPrefix("/api/"+name, h))
	}
	return a.guard(open)
}

type api struct{ Options }

// guard sets the headers that every answer has and bounds the body.
func (a *api) guard(next http.Handler) http.Handler {
	protect := http.NewCrossOriginProtection()
	return protect.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	}))
}

// withToken lets nobody in without the admin token; the comparison takes the same time for every wrong one.
func (a *api) withToken(next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(a.Token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(given))
		if !ok || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			a.refuse(w, r, http.StatusUnauthorized, sihe.Errorf(sihe.CodeNoToken, "call %s: the admin token is missing or wrong", r.URL.Path))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // whoever does not hear it asks again
}

// fail answers with the status that the error's code asks for.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusInternalServerError
	if x, ok := sihe.Explain(sihe.CodeOf(err)); ok && x.HTTPStatus != 0 {
		status = x.HTTPStatus
	}
	a.refuse(w, r, status, err)
}

func (a *api) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	type problem struct {
		Code    sihe.Code `json:"code"`
		Message string    `json:"message"`
		Path    string    `json:"path,omitempty"`
		Help    string    `json:"help,omitempty"`
	}
	p := problem{Code: sihe.CodeOf(err), Message: err.Error()}
	var own *sihe.Error
	if errors.As(err, &own) {
		p.Message, p.Path = own.Text, own.Path
	}
	if x, ok := sihe.Explain(p.Code); ok {
		p.Help = x.HelpEn
		if strings.HasPrefix(a.language(r), "zh") {
			p.Help = x.HelpZh
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]problem{"error": p}) // see answer
}

func (a *api) language(r *http.Request) string {
	if l := r.Header.Get("Accept-Language"); l != "" {
		return l
	}
	return a.Language
}
