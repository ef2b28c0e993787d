package console

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
)

// An Event is a stored event as the API shows it.
type Event struct {
	ID            string          `json:"id"`
	Source        string          `json:"source"`
	Type          string          `json:"type"`
	Subject       string          `json:"subject"`
	Time          time.Time       `json:"time"`
	Version       int64           `json:"version"`
	CorrelationID string          `json:"correlation_id,omitempty"`
	CausationID   string          `json:"causation_id,omitempty"`
	Hops          int             `json:"hops,omitempty"`
	Data          json.RawMessage `json:"data"`
}

// Event returns the event itself.
func (e Event) Event() sihe.Event {
	return sihe.Event{
		ID: e.ID, Source: e.Source, Type: e.Type, Subject: e.Subject, Time: e.Time, Version: e.Version,
		CorrelationID: e.CorrelationID, CausationID: e.CausationID, Hops: e.Hops, Data: e.Data,
	}
}

// Events is one page of stored events; Next is what to ask for after it, empty at the end.
type Events struct {
	Events []Event `json:"events"`
	Next   string  `json:"next,omitempty"`
}

func (a *api) events(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	ask := pipelines.EventQuery{Entity: q.Get("entity"), After: q.Get("after")}
	if p, ok := a.Hub.Plan().Pipeline(q.Get("pipeline")); ok {
		ask.Entity = cmp.Or(ask.Entity, p.From.FullName())
	}
	var ok bool
	if ask.Limit, ok = a.limit(w, r); !ok {
		return
	}
	if ask.Since, ok = a.since(w, r); !ok {
		return
	}
	page, err := a.Hub.Events(r.Context(), ask)
	out := Events{Events: []Event{}, Next: page.Next}
	for _, e := range page.Events {
		if json.Valid(e.Data) {
			out.Events = append(out.Events, Event{
				ID: e.ID, Source: e.Source, Type: e.Type, Subject: e.Subject, Time: e.Time, Version: e.Version,
				CorrelationID: e.CorrelationID, CausationID: e.CausationID, Hops: e.Hops, Data: e.Data,
			})
		}
	}
	a.answer(w, r, out, err)
}
