package pipelines

import (
	"context"
	"slices"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A Rewinding lets a source be read again from an earlier point.
type Rewinding struct {
	System string    `json:"system"`
	Since  time.Time `json:"since,omitzero"` // zero: from its beginning
}

// Rewind lets the hub read a system again from a time on, or from its beginning. Records that it knows are recognised by
// their ids, and those that say nothing new end as unchanged. A native module's events are all on the bus: replay them.
func (h *Hub) Rewind(ctx context.Context, r Rewinding, by By) error {
	s, ok := h.system(r.System)
	switch {
	case !ok:
		return sihe.Permanent(sihe.Errorf(sihe.CodeSystemUnknown, "read %q again: there is no system of that name", r.System))
	case s.source == nil || s.Native:
		return sihe.Permanent(sihe.Errorf(sihe.CodeNoRewind, "read %s again: it is not polled; replay its stored events", r.System))
	}
	var cursor sihe.Cursor
	if !r.Since.IsZero() {
		rewinder, can := s.source.(sihe.Rewinder)
		if !can {
			return sihe.Permanent(sihe.Errorf(sihe.CodeNoRewind, "read %s again: its connector cannot begin at a time", r.System))
		}
		if cursor, can = rewinder.CursorAt(r.Since); !can {
			return sihe.Permanent(sihe.Errorf(sihe.CodeNoRewind, "read %s again: its cursors are no times", r.System))
		}
	}
	_, err := h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		if err := by.audit(tx, "rewind", r.System); err != nil {
			return nil, err
		}
		return nil, tx.Rewind(r.System, cursor)
	})
	return err
}

// WritersTo lists the pipelines that write to a system, by name.
func (h *Hub) WritersTo(system string) ([]string, error) {
	s, ok := h.system(system)
	if !ok {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeSystemUnknown, "look for pipelines to %q: there is no system of that name", system))
	}
	names := []string{}
	for _, x := range h.allStreets() {
		if d, is := x.(*siding); is && d.now.Load().p.To.Module == s.Module {
			names = append(names, d.name())
		}
	}
	slices.Sort(names)
	return names, nil
}
