package console

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
)

// maxLines is how many lines of activity one answer has.
const maxLines = 500

func (a *api) ready(w http.ResponseWriter, r *http.Request) {
	if err := a.Hub.Ready(r.Context()); err != nil {
		a.refuse(w, r, http.StatusServiceUnavailable, err)
		return
	}
	answer(w, map[string]string{"status": "ready"})
}

func (a *api) status(w http.ResponseWriter, r *http.Request) {
	if a.asks(w, r) {
		s, err := a.Hub.Status(r.Context())
		a.answer(w, r, s, err)
	}
}

func (a *api) activity(w http.ResponseWriter, r *http.Request) {
	if !a.asks(w, r, "after") {
		return
	}
	after, err := strconv.ParseUint(orZero(r.URL.Query().Get("after")), 10, 64)
	if err != nil {
		a.fail(w, r, badQuery("after", r))
		return
	}
	lines, err := a.Hub.Activity(after, maxLines)
	a.answer(w, r, notNil(lines), err)
}

func (a *api) kinds(w http.ResponseWriter, r *http.Request) {
	if a.asks(w, r) {
		kinds, err := a.Hub.Kinds()
		a.answer(w, r, notNil(kinds), err)
	}
}

func (a *api) documents(w http.ResponseWriter, r *http.Request) {
	if !a.asks(w, r, "limit", "after") {
		return
	}
	limit, err := strconv.Atoi(orZero(r.URL.Query().Get("limit")))
	if err != nil || limit < 0 || limit > maxLines {
		a.fail(w, r, badQuery("limit", r))
		return
	}
	page, err := a.Hub.List(r.PathValue("kind"), r.URL.Query().Get("after"), limit)
	page.Items = notNil(page.Items)
	a.answer(w, r, page, err)
}

func (a *api) document(w http.ResponseWriter, r *http.Request) {
	if a.asks(w, r) {
		d, err := a.Hub.Get(r.PathValue("kind"), r.PathValue("key"))
		a.answer(w, r, d, err)
	}
}

func (a *api) trace(w http.ResponseWriter, r *http.Request) {
	if a.asks(w, r) {
		t, err := a.Hub.Trace(r.PathValue("key"))
		a.answer(w, r, t, err)
	}
}

func (a *api) parked(w http.ResponseWriter, r *http.Request) {
	if !a.asks(w, r, "pipeline", "code", "entity", "subject") {
		return
	}
	q := r.URL.Query()
	all, err := a.Hub.Parked(pipelines.Selection{
		Pipeline: q.Get("pipeline"), Code: sihe.Code(q.Get("code")), Entity: q.Get("entity"), Subject: q.Get("subject"),
	})
	a.answer(w, r, notNil(all), err)
}

func (a *api) parkedOne(w http.ResponseWriter, r *http.Request) {
	if a.asks(w, r) {
		k, err := a.Hub.Kept(r.PathValue("pipeline"), r.PathValue("id"))
		a.answer(w, r, k, err)
	}
}

// An order says which parked documents and why.
type order struct {
	pipelines.Selection
	All    bool   `json:"all"`
	Who    string `json:"who"`
	Reason string `json:"reason"`
}

// order reads a body strictly. Everything at once must be asked for in words.
func (a *api) order(w http.ResponseWriter, r *http.Request) (o order, ok bool) {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(&o)
	if err == nil && d.Decode(&struct{}{}) != io.EOF {
		err = errors.New("more than one value")
	}
	if err != nil {
		a.fail(w, r, sihe.Errorf(sihe.CodeBadRequest, "read the body: %v", err))
		return o, false
	}
	if o.Selection == (pipelines.Selection{Limit: o.Limit}) && !o.All {
		a.fail(w, r, sihe.Errorf(sihe.CodeBadRequest, "read the body: name what is meant, or say \"all\": true"))
		return o, false
	}
	return o, true
}

func (a *api) replay(w http.ResponseWriter, r *http.Request) {
	if o, ok := a.order(w, r); ok && a.asks(w, r) {
		n, err := a.Hub.Replay(r.Context(), o.Selection, pipelines.By{Who: o.Who, Why: o.Reason})
		a.answer(w, r, map[string]int{"replayed": n}, err)
	}
}

func (a *api) discard(w http.ResponseWriter, r *http.Request) {
	if o, ok := a.order(w, r); ok && a.asks(w, r) {
		n, err := a.Hub.Discard(r.Context(), o.Selection, pipelines.By{Who: o.Who, Why: o.Reason})
		a.answer(w, r, map[string]int{"discarded": n}, err)
	}
}

func (a *api) balance(w http.ResponseWriter, r *http.Request) {
	if a.asks(w, r, "pipeline", "date") {
		rows, err := a.Hub.Balance(r.URL.Query().Get("pipeline"), r.URL.Query().Get("date"))
		a.answer(w, r, notNil(rows), err)
	}
}

// asks refuses a query parameter that the path does not have: a misspelt filter must not show everything.
func (a *api) asks(w http.ResponseWriter, r *http.Request, known ...string) bool {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		a.fail(w, r, sihe.Errorf(sihe.CodeBadRequest, "read the query: %v", err))
		return false
	}
	for name := range q {
		if !slices.Contains(known, name) {
			a.fail(w, r, sihe.Errorf(sihe.CodeBadRequest, "read the query: %s is not known here", name))
			return false
		}
	}
	return true
}

func (a *api) answer(w http.ResponseWriter, r *http.Request, v any, err error) {
	if err != nil {
		a.fail(w, r, err)
		return
	}
	answer(w, v)
}

func badQuery(name string, r *http.Request) error {
	return sihe.Errorf(sihe.CodeBadRequest, "read the query: %s=%s", name, r.URL.Query().Get(name))
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

// notNil makes an empty list [] and not null.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
