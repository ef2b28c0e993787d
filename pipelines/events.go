package pipelines

import (
	"context"
	"time"

	"github.com/sihehub/sihe"
)

// An EventQuery asks for the stored events of one entity.
type EventQuery struct {
	Entity string
	Since  time.Time // when they came to the bus; zero: as far back as they are kept
	After  string    // Next of the page before
	Limit  int       // default and at most 500
}

// An EventPage has events in the order of the bus: those of one subject in the order in which they happened. Next is empty
// at the end.
type EventPage struct {
	Events []sihe.Event `json:"events"`
	Next   string       `json:"next,omitempty"`
}

// Events reads stored events without carrying them. What cannot be read as an event is left out.
func (h *Hub) Events(ctx context.Context, q EventQuery) (p EventPage, err error) {
	if _, ok := h.o.Catalog.Entity(q.Entity); !ok {
		return p, sihe.Permanent(sihe.Errorf(sihe.CodeDocumentUnknown, "list events: there is no entity %q", q.Entity))
	}
	p.Events = []sihe.Event{}
	p.Next, err = h.walk(ctx, stretch{CanonicalTopic(q.Entity), q.Since, q.After, q.Limit}, func(m sihe.Message) bool {
		e, bad := sihe.ReadEvent(m)
		if bad == nil {
			p.Events = append(p.Events, e)
		}
		return bad == nil
	})
	return p, err
}
