package console

import (
	"net/http"
	"strconv"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

func (a *api) rerunRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "/hub/replay", handle: a.replay},
		{method: http.MethodPost, path: "/hub/backfill", handle: a.backfill},
		{method: http.MethodPost, path: "/hub/rewind", handle: a.rewind},
		{method: http.MethodGet, path: "/hub/reruns", query: []string{"limit"}, handle: a.reruns},
		{method: http.MethodGet, path: "/hub/reruns/{id}", handle: a.rerun},
		{method: http.MethodPost, path: "/hub/reruns/{id}/stop", handle: a.stopRerun},
	}
}

// A rerunning orders a replay or a backfill.
type rerunning struct {
	pipelines.RerunOrder
	System string `json:"system"` // of a backfill, instead of a pipeline: all that write to it
	DryRun bool   `json:"dry_run"`
	signature
}

func (o *rerunning) wrong(backfill bool) error {
	switch {
	case (o.Pipeline == "") == (o.System == "") || !backfill && o.System != "":
		return sihe.Errorf(sihe.CodeBadRequest, "read the body: name the pipeline")
	case backfill && !o.Until.IsZero():
		return sihe.Errorf(sihe.CodeBadRequest, "read the body: until is for a replay")
	case o.DryRun:
		return nil
	}
	return o.signed()
}

func (a *api) replay(w http.ResponseWriter, r *http.Request) {
	var o rerunning
	switch {
	case !a.read(w, r, &o, func() error { return o.wrong(false) }):
	case o.DryRun:
		x, err := a.Hub.RehearseRerun(r.Context(), store.RerunReplay, o.RerunOrder)
		a.answer(w, r, x, err)
	default:
		s, err := a.Hub.StartReplay(r.Context(), o.RerunOrder, o.by())
		a.answer(w, r, s, err)
	}
}

// A Backfilling is what a backfill of one pipeline or of a whole system comes to: one of both for each pipeline.
type Backfilling struct {
	Pipelines []string                        `json:"pipelines"`
	Reruns    []pipelines.RerunStatus         `json:"reruns,omitempty"`
	Rehearsed map[string]*pipelines.Rehearsal `json:"rehearsed,omitempty"`
}

func (a *api) backfill(w http.ResponseWriter, r *http.Request) {
	var o rerunning
	if !a.read(w, r, &o, func() error { return o.wrong(true) }) {
		return
	}
	b := Backfilling{Pipelines: []string{o.Pipeline}, Rehearsed: map[string]*pipelines.Rehearsal{}}
	if o.System != "" {
		var err error
		if b.Pipelines, err = a.Hub.WritersTo(o.System); err != nil {
			a.fail(w, r, err)
			return
		}
	}
	for _, name := range b.Pipelines {
		order := o.RerunOrder
		order.Pipeline = name
		if o.DryRun {
			x, err := a.Hub.RehearseRerun(r.Context(), store.RerunBackfill, order)
			if err != nil {
				a.fail(w, r, err)
				return
			}
			b.Rehearsed[name] = &x
			continue
		}
		s, err := a.Hub.StartBackfill(r.Context(), order, o.by())
		if err != nil {
			a.fail(w, r, err)
			return
		}
		b.Reruns = append(b.Reruns, s)
	}
	answer(w, b)
}

func (a *api) rewind(w http.ResponseWriter, r *http.Request) {
	var o struct {
		pipelines.Rewinding
		signature
	}
	if a.read(w, r, &o, func() error { return o.signed() }) {
		err := a.Hub.Rewind(r.Context(), o.Rewinding, o.by())
		a.answer(w, r, map[string]bool{"rewound": err == nil}, err)
	}
}

func (a *api) reruns(w http.ResponseWriter, r *http.Request) {
	if limit, ok := a.limit(w, r); ok {
		all, err := a.Hub.Reruns(limit)
		a.answer(w, r, notNil(all), err)
	}
}

func (a *api) rerunID(w http.ResponseWriter, r *http.Request) (uint64, bool) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		a.fail(w, r, sihe.Errorf(sihe.CodeRerunUnknown, "look for rerun %.40q: it is no number", r.PathValue("id")))
	}
	return id, err == nil
}

func (a *api) rerun(w http.ResponseWriter, r *http.Request) {
	if id, ok := a.rerunID(w, r); ok {
		s, err := a.Hub.Rerun(id)
		a.answer(w, r, s, err)
	}
}

func (a *api) stopRerun(w http.ResponseWriter, r *http.Request) {
	var o signature
	if !a.read(w, r, &o, func() error { return o.signed() }) {
		return
	}
	if id, ok := a.rerunID(w, r); ok {
		s, err := a.Hub.StopRerun(r.Context(), id, o.by())
		a.answer(w, r, s, err)
	}
}
