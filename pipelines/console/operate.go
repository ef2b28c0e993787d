package console

import (
	"net/http"
	"strconv"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

func (a *api) operateRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/hub/unknown", query: []string{"pipeline", "code", "path", "entity", "subject", "id", "limit"}, handle: a.unknown},
		{method: http.MethodPost, path: "/hub/unknown/resolve", handle: a.resolve},
		{method: http.MethodGet, path: "/hub/xref", query: []string{"system", "entity", "key", "limit"}, handle: a.xrefs},
		{method: http.MethodPost, path: "/hub/xref/link", handle: a.link},
		{method: http.MethodPost, path: "/hub/xref/unlink", handle: a.unlink},
		{method: http.MethodGet, path: "/hub/trace/{key}/dossier", handle: a.dossier},
		{method: http.MethodGet, path: "/hub/audit", query: []string{"from", "limit"}, handle: a.audit},
		{method: http.MethodGet, path: "/hub/audit/verify", query: []string{"row", "hash"}, handle: a.verifyAudit},
		{method: http.MethodPost, path: "/hub/systems/{name}/check", handle: a.reach},
		{method: http.MethodPost, path: "/hub/pause", handle: a.pause},
		{method: http.MethodPost, path: "/hub/resume", handle: a.resume},
	}
}

func (a *api) unknown(w http.ResponseWriter, r *http.Request) {
	if s, ok := a.selection(w, r); ok {
		all, err := a.Hub.Open(store.Unknown, s)
		a.answer(w, r, notNil(all), err)
	}
}

func (a *api) resolve(w http.ResponseWriter, r *http.Request) {
	var o struct {
		Pipeline string `json:"pipeline"`
		ID       string `json:"id"`
		Done     *bool  `json:"done"` // there is no default for what a person has found out
		Key      string `json:"key"`
		Version  int64  `json:"version"`
		signature
	}
	ok := a.read(w, r, &o, func() error {
		if o.Done == nil || o.ID == "" || o.Pipeline == "" {
			return sihe.Errorf(sihe.CodeBadRequest, "read the body: name the pipeline and the id, and say \"done\": true or false")
		}
		return o.signed()
	})
	if ok {
		err := a.Hub.Resolve(r.Context(), o.Pipeline, o.ID, pipelines.Resolution{Done: *o.Done, Key: o.Key, Version: o.Version}, o.by())
		a.answer(w, r, map[string]bool{"resolved": err == nil}, err)
	}
}

func (a *api) xrefs(w http.ResponseWriter, r *http.Request) {
	limit, ok := a.limit(w, r)
	if !ok {
		return
	}
	q := r.URL.Query()
	all, err := a.Hub.XRefs(q.Get("system"), q.Get("entity"), q.Get("key"), limit)
	a.answer(w, r, notNil(all), err)
}

func (a *api) dossier(w http.ResponseWriter, r *http.Request) {
	d, err := a.Hub.Dossier(r.Context(), r.PathValue("key"))
	a.answer(w, r, d, err)
}

// A linking says which key of a system means which document.
type linking struct {
	store.XRef
	signature
}

func (a *api) link(w http.ResponseWriter, r *http.Request) {
	var o linking
	ok := a.read(w, r, &o, func() error {
		if o.Own == "" {
			return sihe.Errorf(sihe.CodeBadRequest, "read the body: own_key is missing")
		}
		return o.signed()
	})
	if ok {
		err := a.Hub.Link(r.Context(), o.XRef, o.by())
		a.answer(w, r, map[string]bool{"linked": err == nil}, err)
	}
}

func (a *api) unlink(w http.ResponseWriter, r *http.Request) {
	var o linking
	if !a.read(w, r, &o, func() error { return o.signed() }) {
		return
	}
	o.Own = ""
	err := a.Hub.Link(r.Context(), o.XRef, o.by())
	a.answer(w, r, map[string]bool{"unlinked": err == nil}, err)
}

func (a *api) audit(w http.ResponseWriter, r *http.Request) {
	limit, ok := a.limit(w, r)
	if !ok {
		return
	}
	from, err := strconv.ParseUint(orZero(r.URL.Query().Get("from")), 10, 64)
	if err != nil {
		a.fail(w, r, badQuery("from", r))
		return
	}
	rows, err := a.Hub.Audit(from, limit)
	a.answer(w, r, notNil(rows), err)
}

func (a *api) verifyAudit(w http.ResponseWriter, r *http.Request) {
	row, err := strconv.ParseUint(orZero(r.URL.Query().Get("row")), 10, 64)
	if err != nil {
		a.fail(w, r, badQuery("row", r))
		return
	}
	v, err := a.Hub.VerifyAudit(row, r.URL.Query().Get("hash"))
	a.answer(w, r, v, err)
}

func (a *api) reach(w http.ResponseWriter, r *http.Request) {
	var s signature
	if a.read(w, r, &s, func() error { return s.signed() }) {
		x, err := a.Hub.Reach(r.Context(), r.PathValue("name"), s.by())
		a.answer(w, r, x, err)
	}
}

// A standing names a pipeline or a system that is to stand, or to go on.
type standing struct {
	Name string `json:"name"`
	signature
}

func (a *api) standing(w http.ResponseWriter, r *http.Request) (s standing, ok bool) {
	return s, a.read(w, r, &s, func() error { return s.signed() })
}

func (a *api) pause(w http.ResponseWriter, r *http.Request) {
	if s, ok := a.standing(w, r); ok {
		names, err := a.Hub.PauseAll(r.Context(), s.Name, s.by())
		a.answer(w, r, map[string][]string{"paused": notNil(names)}, err)
	}
}

func (a *api) resume(w http.ResponseWriter, r *http.Request) {
	if s, ok := a.standing(w, r); ok {
		names, err := a.Hub.ResumeAll(r.Context(), s.Name, s.by())
		a.answer(w, r, map[string][]string{"resumed": notNil(names)}, err)
	}
}
