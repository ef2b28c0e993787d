package console

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

// A Record is a stored raw record as the API shows it. Bytes stands for Data where a system sent no JSON.
type Record struct {
	ID        string          `json:"id"`
	Kind      string          `json:"kind"` // the product's name of it
	Key       string          `json:"key,omitempty"`
	Name      string          `json:"name,omitempty"`
	Version   int64           `json:"version,omitempty"`
	Time      time.Time       `json:"time,omitzero"`
	Canonical bool            `json:"canonical,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"`
	Bytes     []byte          `json:"bytes,omitempty"`

	CorrelationID string `json:"correlation_id,omitempty"`
	CausationID   string `json:"causation_id,omitempty"`
	Hops          int    `json:"hops,omitempty"`

	State     store.State `json:"state,omitempty"` // what became of it
	Code      sihe.Code   `json:"code,omitempty"`
	Path      string      `json:"path,omitempty"`
	Text      string      `json:"text,omitempty"`
	Duplicate bool        `json:"duplicate,omitempty"`
}

// Records is one page of stored raw records; Next is what to ask for after it, empty at the end.
type Records struct {
	Records []Record `json:"records"`
	Next    string   `json:"next,omitempty"`
}

func showRecord(r pipelines.StoredRecord) Record {
	out := Record{
		ID: r.ID, Kind: r.Entity, Key: r.Key, Name: r.Name, Version: r.Version, Time: r.Time, Canonical: r.Canonical,
		CorrelationID: r.CorrelationID, CausationID: r.CausationID, Hops: r.Hops,
		State: r.State, Code: r.Code, Path: r.Path, Text: r.Text, Duplicate: r.Duplicate,
	}
	if json.Valid(r.Data) {
		out.Data = r.Data
	} else {
		out.Bytes = r.Data
	}
	return out
}

// Record returns the stored record itself.
func (r Record) Record() pipelines.StoredRecord {
	data := []byte(r.Data)
	if len(data) == 0 {
		data = r.Bytes
	}
	return pipelines.StoredRecord{
		Record: sihe.Record{
			ID: r.ID, Entity: r.Kind, Key: r.Key, Name: r.Name, Version: r.Version, Time: r.Time, Canonical: r.Canonical,
			CorrelationID: r.CorrelationID, CausationID: r.CausationID, Hops: r.Hops, Data: data,
		},
		State: r.State, Why: store.Why{Code: r.Code, Text: r.Text, Path: r.Path}, Duplicate: r.Duplicate,
	}
}

func (a *api) records(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	ask := pipelines.RecordQuery{System: q.Get("system"), After: q.Get("after")}
	var ok bool
	if ask.Limit, ok = a.limit(w, r); !ok {
		return
	}
	if ask.Since, ok = a.since(w, r); !ok {
		return
	}
	page, err := a.Hub.Records(r.Context(), ask)
	out := Records{Records: []Record{}, Next: page.Next}
	for _, x := range page.Records {
		out.Records = append(out.Records, showRecord(x))
	}
	a.answer(w, r, out, err)
}

// since reads ?since=; zero when it is not there.
func (a *api) since(w http.ResponseWriter, r *http.Request) (at time.Time, ok bool) {
	s := r.URL.Query().Get("since")
	if s == "" {
		return at, true
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		a.fail(w, r, badQuery("since", r))
	}
	return at, err == nil
}
