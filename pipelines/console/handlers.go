package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/sihehub/sihe"
)

// maxLines is how many lines of activity one answer has.
const maxLines = 500

func (a *api) health(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]string{"status": "up"})
}

func (a *api) ready(w http.ResponseWriter, r *http.Request) {
	if err := a.Hub.Ready(r.Context()); err != nil {
		a.refuse(w, r, http.StatusServiceUnavailable, err)
		return
	}
	state := map[string]any{"status": "ready"}
	if a.Hub.Degraded() {
		state["degraded"] = true // it takes in; what does not go on stands in /hub/status
	}
	answer(w, state)
}

func (a *api) status(w http.ResponseWriter, r *http.Request) {
	s, err := a.Hub.Status(r.Context())
	a.answer(w, r, s, err)
}

func (a *api) activity(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseUint(orZero(r.URL.Query().Get("after")), 10, 64)
	if err != nil {
		a.fail(w, r, badQuery("after", r))
		return
	}
	lines, err := a.Hub.Activity(after, maxLines)
	a.answer(w, r, notNil(lines), err)
}

func (a *api) kinds(w http.ResponseWriter, r *http.Request) {
	kinds, err := a.Hub.Kinds()
	a.answer(w, r, notNil(kinds), err)
}

func (a *api) documents(w http.ResponseWriter, r *http.Request) {
	limit, ok := a.limit(w, r)
	if !ok {
		return
	}
	page, err := a.Hub.List(r.PathValue("kind"), r.URL.Query().Get("after"), limit)
	page.Items = notNil(page.Items)
	a.answer(w, r, page, err)
}

// limit reads how many are asked for; 0 leaves it to the hub.
func (a *api) limit(w http.ResponseWriter, r *http.Request) (n int, ok bool) {
	n, err := strconv.Atoi(orZero(r.URL.Query().Get("limit")))
	if err != nil || n < 0 || n > maxLines {
		a.fail(w, r, badQuery("limit", r))
		return 0, false
	}
	return n, true
}

func (a *api) document(w http.ResponseWriter, r *http.Request) {
	d, err := a.Hub.Get(r.PathValue("kind"), r.PathValue("key"))
	a.answer(w, r, d, err)
}

func (a *api) trace(w http.ResponseWriter, r *http.Request) {
	t, err := a.Hub.Trace(r.PathValue("key"))
	a.answer(w, r, t, err)
}

func (a *api) balance(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("recount") == "" {
		rows, err := a.Hub.Balance(q.Get("pipeline"), q.Get("date"))
		a.answer(w, r, notNil(rows), err)
		return
	}
	if q.Get("recount") != "true" {
		a.fail(w, r, badQuery("recount", r))
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // it takes as long as there are deliveries
	rows, err := a.Hub.Recount(r.Context(), q.Get("pipeline"), q.Get("date"))
	a.answer(w, r, notNil(rows), err)
}

// asks refuses a query parameter that the path does not have, or that comes twice.
func (a *api) asks(w http.ResponseWriter, r *http.Request, known []string) bool {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		a.fail(w, r, sihe.Errorf(sihe.CodeBadRequest, "read the query: it is malformed"))
		return false
	}
	for name, values := range q {
		if !slices.Contains(known, name) || len(values) > 1 {
			a.fail(w, r, sihe.Errorf(sihe.CodeBadRequest, "read the query: %.40q is not known here, or comes twice", name))
			return false
		}
	}
	return true
}

func badQuery(name string, r *http.Request) error {
	return sihe.Errorf(sihe.CodeBadRequest, "read the query: %s=%.40q", name, r.URL.Query().Get(name))
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
