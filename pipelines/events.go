package pipelines

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
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

// Bounds of a page of events.
const (
	maxEvents     = 500
	maxEventBytes = 8 << 20
)

// Events reads stored events without carrying them. What cannot be read as an event is left out.
func (h *Hub) Events(ctx context.Context, q EventQuery) (p EventPage, err error) {
	def(&q.Limit, maxEvents)
	if _, ok := h.o.Catalog.Entity(q.Entity); !ok {
		return p, sihe.Permanent(sihe.Errorf(sihe.CodeDocumentUnknown, "list events: there is no entity %q", q.Entity))
	}
	topic := CanonicalTopic(q.Entity)
	partition, at, err := readPlace(q.After)
	if err != nil {
		return p, err
	}
	spans, err := h.o.Bus.Offsets(ctx, topic)
	if err != nil {
		return p, err
	}
	starts := make([]int64, len(spans))
	if !q.Since.IsZero() {
		if starts, err = h.o.Bus.OffsetsAt(ctx, topic, q.Since); err != nil {
			return p, err
		}
	}
	room := maxEventBytes
	p.Events = []sihe.Event{}
	for ; partition < len(spans); partition, at = partition+1, 0 {
		at = max(at, starts[partition], spans[partition].First)
		for at < spans[partition].Next {
			if len(p.Events) >= min(q.Limit, maxEvents) || room <= 0 {
				p.Next = fmt.Sprintf("%d.%d", partition, at)
				return p, nil
			}
			from := sihe.Position{Topic: topic, Partition: partition, Offset: at}
			messages, err := h.o.Bus.Read(ctx, from, min(q.Limit, maxEvents)-len(p.Events))
			var trimmed sihe.ErrTrimmed
			if errors.As(err, &trimmed) { // by retention, just now
				at = trimmed.First
				continue
			}
			if err != nil {
				return p, err
			}
			if len(messages) == 0 {
				break
			}
			for _, m := range messages {
				at = m.Offset + 1
				if e, bad := sihe.ReadEvent(m); bad == nil {
					p.Events = append(p.Events, e)
				}
				if room -= len(m.Value); room <= 0 {
					break
				}
			}
		}
	}
	return p, nil
}

// readPlace reads what Next says: "<partition>.<offset>".
func readPlace(after string) (partition int, offset int64, err error) {
	if after == "" {
		return 0, 0, nil
	}
	a, b, _ := strings.Cut(after, ".")
	partition, errA := strconv.Atoi(a)
	offset, errB := strconv.ParseInt(b, 10, 64)
	if errA != nil || errB != nil || partition < 0 || offset < 0 {
		return 0, 0, sihe.Permanent(sihe.Errorf(sihe.CodeBadRequest, "list events: after is what `next` of the page before says"))
	}
	return partition, offset, nil
}
