package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/go-resty/resty/v2"

	"github.com/sihehub/sihe"
)

// Write sends one action, once.
func (r *Rest) Write(ctx context.Context, w sihe.Write) (sihe.Receipt, error) {
	d, ok := r.o.Description.Writes[w.Entity][w.Do]
	if !ok {
		return sihe.Receipt{}, sihe.Permanent(sihe.Errorf(sihe.CodeRestNoAction, "write %s to %s: its description has no %s", w.Entity, r.o.System, w.Do))
	}
	if err := r.ready(ctx); err != nil {
		return sihe.Receipt{}, err
	}
	path, err := fill(d.Path, map[string]string{"key": w.Key})
	if err != nil {
		return sihe.Receipt{}, err
	}
	body, err := r.body(d, w)
	if err != nil {
		return sihe.Receipt{}, err
	}
	q := r.request(ctx)
	if len(body) > 0 {
		q.SetHeader("Content-Type", "application/json").SetBody(body)
	}
	if d.IDHeader != "" {
		q.SetHeader(d.IDHeader, w.ID)
	}
	a, err := q.Execute(d.Method, path)
	what := "write " + w.Entity + " to " + r.o.System
	if err != nil {
		e := sihe.Errorf(sihe.TransportCode(err, sihe.CodeRestUnreachable), "%s: %w", what, hide(err))
		if neverSent(err) {
			return sihe.Receipt{}, e
		}
		return sihe.Receipt{}, sihe.Unknown(e)
	}
	return d.judge(a, w, what)
}

// body maps the fields to the product's record and adds the write's id where the product keeps it.
func (r *Rest) body(d *Write, w sihe.Write) ([]byte, error) {
	data := w.Data
	if len(data) > 0 && !json.Valid(data) {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeJSONSyntax, "write %s: the record is not JSON", w.Entity))
	}
	if d.Method == http.MethodDelete && d.Map == "" && d.IDField == "" {
		return nil, nil
	}
	if d.Map != "" {
		var err error
		if data, err = (*r.mappings.Load())[d.Map].Map(world{w}, w.Data); err != nil {
			return nil, err
		}
	}
	if d.IDField == "" {
		return data, nil
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeRestFailed, "add the id to the record: %w", err))
	}
	id, err := json.Marshal(w.ID)
	if err != nil {
		return nil, sihe.Permanent(err)
	}
	fields[d.IDField] = id
	return json.Marshal(fields)
}

// judge decides what an answer means: done, a business no, not done, or unknown. Only what the description calls done is.
func (d *Write) judge(a *resty.Response, w sihe.Write, what string) (sihe.Receipt, error) {
	status := a.StatusCode()
	switch {
	case in(status, d.Done):
	case in(status, d.Reject):
		return sihe.Receipt{}, sihe.Rejected(sihe.CodeRestRejected, "%s: HTTP %d %s", what, status, d.reason(a.Body()))
	default:
		e := failed(a, what)
		if status == http.StatusFound || status == http.StatusSeeOther {
			return sihe.Receipt{}, sihe.Unknown(e) // that is also how a product sends one on after it has done it
		}
		later := a.Header().Get("Retry-After") != ""
		if status == http.StatusRequestTimeout || (status >= 500 && (status != http.StatusServiceUnavailable || !later)) {
			return sihe.Receipt{}, sihe.Unknown(e) // somebody on the way may have passed it on
		}
		return sihe.Receipt{}, e
	}
	if d.OK != nil {
		v, ok := at(a.Body(), d.OK.Path)
		if !ok {
			return sihe.Receipt{}, sihe.Unknown(sihe.Errorf(sihe.CodeRestAnswer, "%s: the answer has no %s", what, d.OK.Path))
		}
		if !contains(d.OK.Equals, v) {
			return sihe.Receipt{}, sihe.Rejected(sihe.CodeRestRejected, "%s: %s is %s %s", what, d.OK.Path, v, d.reason(a.Body()))
		}
	}
	if d.Key == "" {
		return sihe.Receipt{Key: w.Key}, nil
	}
	key, ok := at(a.Body(), d.Key)
	if !ok || key == "" {
		return sihe.Receipt{}, sihe.Unknown(sihe.Errorf(sihe.CodeRestAnswer, "%s: the answer has no %s", what, d.Key))
	}
	return sihe.Receipt{Key: key}, nil
}

// reason is the product's own word for a no, when the description says where it stands; bodies are not shown whole.
func (d *Write) reason(body []byte) string {
	if d.Reason == "" {
		return ""
	}
	v, _ := at(body, d.Reason)
	if utf8.RuneCountInString(v) > 200 {
		v = string([]rune(v)[:200])
	}
	return v
}

// world gives a mapping of a write what it may know; keys were resolved before the write came here.
type world struct{ w sihe.Write }

// XRef returns the canonical key, which the hub has already turned into the product's where it knows one.
func (world) XRef(_, key string) (string, bool, error) { return key, true, nil }

// EventTime returns the business time of the write.
func (x world) EventTime() time.Time { return x.w.Time }
