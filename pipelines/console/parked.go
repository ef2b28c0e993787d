package console

import (
	"encoding/json"
	"net/http"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
)

func (a *api) parkedRoutes() []route {
	which := []string{"pipeline", "code", "path", "entity", "subject", "id", "limit"}
	return []route{
		{method: http.MethodGet, path: "/hub/parked", query: which, handle: a.parked},
		{method: http.MethodGet, path: "/hub/parked/groups", handle: a.parkedGroups},
		{method: http.MethodGet, path: "/hub/parked/{pipeline}/{id}", handle: a.parkedOne},
		{method: http.MethodGet, path: "/hub/parked/{pipeline}/{id}/diff", handle: a.parkedDiff},
		{method: http.MethodPost, path: "/hub/parked/{pipeline}/{id}/edit", handle: a.parkedEdit},
		{method: http.MethodPost, path: "/hub/parked/replay", handle: a.replayParked},
		{method: http.MethodPost, path: "/hub/parked/discard", handle: a.discard},
	}
}

// selection reads which deliveries a list is about.
func (a *api) selection(w http.ResponseWriter, r *http.Request) (pipelines.Selection, bool) {
	q := r.URL.Query()
	limit, ok := a.limit(w, r)
	return pipelines.Selection{
		Pipeline: q.Get("pipeline"), Code: sihe.Code(q.Get("code")), Path: q.Get("path"), Entity: q.Get("entity"),
		Subject: q.Get("subject"), ID: q.Get("id"), Limit: limit,
	}, ok
}

func (a *api) parked(w http.ResponseWriter, r *http.Request) {
	if s, ok := a.selection(w, r); ok {
		all, err := a.Hub.Parked(s)
		a.answer(w, r, notNil(all), err)
	}
}

func (a *api) parkedGroups(w http.ResponseWriter, r *http.Request) {
	all, err := a.Hub.ParkedGroups()
	a.answer(w, r, notNil(all), err)
}

func (a *api) parkedOne(w http.ResponseWriter, r *http.Request) {
	x, err := a.Hub.Inspect(r.PathValue("pipeline"), r.PathValue("id"))
	a.answer(w, r, x, err)
}

func (a *api) parkedDiff(w http.ResponseWriter, r *http.Request) {
	d, err := a.Hub.Diff(r.PathValue("pipeline"), r.PathValue("id"))
	a.answer(w, r, d, err)
}

func (a *api) parkedEdit(w http.ResponseWriter, r *http.Request) {
	var o struct {
		Data   json.RawMessage `json:"data"`
		Digest string          `json:"digest"` // of what was read; empty: whatever stands there now
		signature
	}
	if a.read(w, r, &o, func() error { return o.signed() }) {
		err := a.Hub.EditFrom(r.Context(), r.PathValue("pipeline"), r.PathValue("id"), o.Digest, o.Data, o.by())
		a.answer(w, r, map[string]bool{"edited": err == nil}, err)
	}
}

// An order says which parked documents and why.
type order struct {
	pipelines.Selection
	All    bool `json:"all"`
	DryRun bool `json:"dry_run"` // of replay: only tell what would happen
	signature
}

// order reads a body strictly. Everything at once must be asked for in words, and whoever acts says who he is and why.
func (a *api) order(w http.ResponseWriter, r *http.Request) (o order, ok bool) {
	return o, a.read(w, r, &o, func() error {
		switch {
		case o.Selection == (pipelines.Selection{Limit: o.Limit, AsOf: o.AsOf}) && !o.All:
			return sihe.Errorf(sihe.CodeBadRequest, "read the body: name what is meant, or say \"all\": true")
		case o.Limit < 0:
			return sihe.Errorf(sihe.CodeBadRequest, "read the body: limit is %d", o.Limit)
		case o.DryRun:
			return nil
		}
		return o.signed()
	})
}

func (a *api) replayParked(w http.ResponseWriter, r *http.Request) {
	o, ok := a.order(w, r)
	switch {
	case !ok:
	case o.DryRun:
		x, err := a.Hub.RehearseReplay(o.Selection)
		a.answer(w, r, x, err)
	default:
		n, err := a.Hub.Replay(r.Context(), o.Selection, o.by())
		a.answer(w, r, map[string]int{"replayed": n}, err)
	}
}

func (a *api) discard(w http.ResponseWriter, r *http.Request) {
	o, ok := a.order(w, r)
	if !ok {
		return
	}
	if o.DryRun {
		a.fail(w, r, sihe.Errorf(sihe.CodeBadRequest, "read the body: dry_run is for replay; list what is parked instead"))
		return
	}
	n, err := a.Hub.Discard(r.Context(), o.Selection, o.by())
	a.answer(w, r, map[string]int{"discarded": n}, err)
}
