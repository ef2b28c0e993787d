package console

import (
	"net/http"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
)

func (a *api) checkRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/hub/checks", handle: a.checks},
		{method: http.MethodGet, path: "/hub/checks/findings", query: []string{"check", "kind", "key", "after", "limit"}, handle: a.findings},
		{method: http.MethodGet, path: "/hub/checks/explain", query: []string{"of"}, handle: a.explainCheck},
		{method: http.MethodPost, path: "/hub/checks/run", handle: a.runChecks},
	}
}

func (a *api) checks(w http.ResponseWriter, r *http.Request) {
	all, err := a.Hub.Checks()
	a.answer(w, r, notNil(all), err)
}

func (a *api) findings(w http.ResponseWriter, r *http.Request) {
	limit, ok := a.limit(w, r)
	if !ok {
		return
	}
	q := r.URL.Query()
	page, err := a.Hub.Findings(pipelines.FindingQuery{Check: q.Get("check"), Kind: q.Get("kind"), Key: q.Get("key"), After: q.Get("after"), Limit: limit})
	a.answer(w, r, page, err)
}

func (a *api) explainCheck(w http.ResponseWriter, r *http.Request) {
	of := r.URL.Query().Get("of")
	if of == "" {
		a.fail(w, r, sihe.Errorf(sihe.CodeBadRequest, "read the query: of is a check or the number of a document"))
		return
	}
	all, err := a.Hub.ExplainCheck(of)
	a.answer(w, r, notNil(all), err)
}

// runChecks answers when the checks have come to their end, however long that takes; whoever hangs up ends them. What they
// have found by then is kept.
func (a *api) runChecks(w http.ResponseWriter, r *http.Request) {
	var o struct {
		Checks []string `json:"checks"`
		All    bool     `json:"all"`
		Now    bool     `json:"now"`
		Live   bool     `json:"live"`
		Repair bool     `json:"repair"`
		DryRun bool     `json:"dry_run"`
		signature
	}
	if !a.read(w, r, &o, func() error {
		if o.Repair {
			return o.signed()
		}
		return nil
	}) {
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // a server that cannot keeps its own
	runs, err := a.Hub.RunChecks(r.Context(), pipelines.CheckOrder{Names: o.Checks, All: o.All, Now: o.Now, Live: o.Live, Repair: o.Repair, DryRun: o.DryRun, By: o.by()})
	a.answer(w, r, notNil(runs), err)
}
