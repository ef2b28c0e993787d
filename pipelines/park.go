package pipelines

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// By says who acts, and why. Both are required and go into the audit trail with the effect.
type By struct {
	Who string `json:"who"`
	Why string `json:"why"`
}

func (b By) audit(tx *store.Tx, action, object string) error {
	return b.auditChange(tx, action, object, "", "")
}

func (b By) auditChange(tx *store.Tx, action, object, before, after string) error {
	if strings.TrimSpace(b.Who) == "" || strings.TrimSpace(b.Why) == "" {
		return sihe.Permanent(sihe.Errorf(sihe.CodeReasonMissing, "%s %s: a name and a reason are required", action, object))
	}
	return tx.Audit(store.Audit{Who: b.Who, Action: action, Object: object, Reason: b.Why, Before: before, After: after})
}

// A Selection names deliveries. Empty fields match everything; an ID alone names one event in all its pipelines.
type Selection struct {
	Pipeline string    `json:"pipeline,omitempty"`
	ID       string    `json:"id,omitempty"`
	Subject  string    `json:"subject,omitempty"`
	Entity   string    `json:"entity,omitempty"`
	Code     sihe.Code `json:"code,omitempty"`
	Path     string    `json:"path,omitempty"`  // of the field that the error names; the rows of lists do not matter
	Limit    int       `json:"limit,omitempty"` // of a list; default 1,000
	// AsOf leaves alone what has come into the state after it, so that a selection that somebody has looked at does not
	// grow. Zero is now.
	AsOf time.Time `json:"as_of,omitzero"`
}

func (s Selection) matches(d *store.Delivery) bool {
	return (s.Pipeline == "" || s.Pipeline == d.Pipeline) && (s.ID == "" || s.ID == d.ID) && (s.Subject == "" || s.Subject == d.Subject) &&
		(s.Entity == "" || s.Entity == d.Entity) && (s.Code == "" || s.Code == d.Code) &&
		(s.Path == "" || store.WithoutRows(s.Path) == store.WithoutRows(d.Path))
}

// entered says whether the delivery came into its state in time for the selection. What came in the future did so while
// the clock was wrong.
func (s Selection) entered(d *store.Delivery, now time.Time) bool {
	return s.AsOf.IsZero() || !d.Since.After(s.AsOf) || d.Since.After(now)
}

// Open lists the deliveries in a state that is not final, the oldest first: what is parked, unknown, waiting, retrying.
func (h *Hub) Open(state store.State, s Selection) (all []*store.Delivery, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		all, err = selected(tx, state, s)
		return err
	})
	return all, err
}

func selected(tx *store.Tx, state store.State, s Selection) (all []*store.Delivery, err error) {
	def(&s.Limit, 1000)
	take := func(d *store.Delivery) (bool, error) {
		if d.State == state && s.matches(d) && s.entered(d, tx.Now()) {
			all = append(all, d)
		}
		return len(all) < s.Limit, nil
	}
	switch {
	case s.ID != "":
		return all, named(tx, s.Pipeline, s.ID, take)
	case state == store.Parked && (s.Pipeline != "" || s.Code != "" || s.Path != ""):
		return all, ofCauses(tx, s, take)
	}
	return all, tx.Open(state, take)
}

// named calls f for the deliveries of one event, in one pipeline or in all.
func named(tx *store.Tx, pipeline, id string, f func(*store.Delivery) (bool, error)) error {
	parts := tx.Partitions()
	if pipeline != "" {
		parts = tx.Parts(pipeline)
	}
	for _, p := range parts {
		d, found, err := tx.Delivery(p, id)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		if more, err := f(d); err != nil || !more {
			return err
		}
	}
	return nil
}

// ofCauses goes through the groups that are meant, instead of through everything that is parked.
func ofCauses(tx *store.Tx, s Selection, f func(*store.Delivery) (bool, error)) error {
	groups, err := tx.ParkedGroups()
	more := true
	for _, g := range groups {
		if err != nil || !more {
			break
		}
		if (s.Pipeline == "" || s.Pipeline == g.Pipeline) && (s.Code == "" || s.Code == g.Code) && (s.Path == "" || store.WithoutRows(s.Path) == g.Path) {
			err = tx.ParkedOf(g.Cause, func(d *store.Delivery) (bool, error) {
				var err error
				more, err = f(d)
				return more, err
			})
		}
	}
	return err
}

// Parked lists what waits for a person (EIP Dead Letter Channel that keeps order), the oldest first.
func (h *Hub) Parked(s Selection) ([]*store.Delivery, error) { return h.Open(store.Parked, s) }

// A KeptEvent is a delivery with the payload that the store keeps for it.
type KeptEvent struct {
	Delivery *store.Delivery `json:"delivery"`
	Depth    int             `json:"depth"` // events kept for the subject, this one included
	Event    *sihe.Event     `json:"event,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"`
	Raw      string          `json:"raw,omitempty"` // the payload when it is no JSON
}

// Kept shows one kept event with its payload.
func (h *Hub) Kept(pipeline, id string) (k KeptEvent, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		d, err := findDelivery(tx, pipeline, id)
		if err != nil {
			return err
		}
		kept, err := tx.Kept(d)
		if err != nil {
			return err
		}
		l, _, err := tx.Lane(d.Part, d.Subject)
		k = KeptEvent{Delivery: d, Depth: l.Depth}
		if e, bad := sihe.ReadEvent(kept.Message); bad == nil {
			e.Data = nil
			k.Event = &e
		}
		if json.Valid(kept.Message.Value) {
			k.Data = kept.Message.Value
		} else {
			k.Raw = strings.ToValidUTF8(string(kept.Message.Value), "�")
		}
		return err
	})
	return k, err
}

// findDelivery finds a delivery by pipeline and id; the partition is the store's business.
func findDelivery(tx *store.Tx, pipeline, id string) (*store.Delivery, error) {
	for _, p := range tx.Parts(pipeline) {
		d, found, err := tx.Delivery(p, id)
		if err != nil || found {
			return d, err
		}
	}
	return nil, sihe.Permanent(sihe.Errorf(sihe.CodeDocumentUnknown, "find event %s in %s: it is not known there", id, pipeline))
}

// Replay lets parked deliveries run again, each followed by what waits behind it, in order. It returns how many.
func (h *Hub) Replay(ctx context.Context, s Selection, by By) (int, error) {
	return h.act(ctx, store.Parked, s, by, "replay", func(tx *store.Tx, d *store.Delivery) ([]store.Part, error) {
		return []store.Part{d.Part}, again(tx, d)
	})
}

func again(tx *store.Tx, d *store.Delivery) error {
	k, err := tx.Kept(d)
	if err != nil {
		return err
	}
	d.Attempts, d.LookUps = 0, 0
	d.Deadline = noDue
	return tx.Hold(d, k.Message, store.Waiting, store.Why{Code: sihe.CodeReplayed}, tx.Now())
}

// Discard gives parked deliveries up; what waits behind them goes on. It returns how many.
func (h *Hub) Discard(ctx context.Context, s Selection, by By) (int, error) {
	return h.act(ctx, store.Parked, s, by, "discard", func(tx *store.Tx, d *store.Delivery) ([]store.Part, error) {
		return []store.Part{d.Part}, tx.Finish(d, store.Rejected, store.Why{Code: sihe.CodeDiscarded, Text: by.Why})
	})
}

// act does something to all selected deliveries, with its audit rows, a transaction for every thousand. What comes into
// the state only after it has begun is left alone.
func (h *Hub) act(ctx context.Context, state store.State, s Selection, by By, action string, do func(*store.Tx, *store.Delivery) ([]store.Part, error)) (int, error) {
	if now := h.o.Now(); s.AsOf.IsZero() || s.AsOf.After(now) {
		s.AsOf = now
	}
	total := 0
	for {
		n := 0
		_, err := h.update(ctx, func(tx *store.Tx) (woken []store.Part, err error) {
			n = 0
			all, err := selected(tx, state, s)
			if err != nil {
				return nil, err
			}
			for _, d := range all {
				if err := by.audit(tx, action, d.Pipeline+"/"+d.ID); err != nil {
					return nil, err
				}
				parts, err := do(tx, d)
				if err != nil {
					return nil, err
				}
				woken = append(woken, parts...)
				n++
			}
			return woken, nil
		})
		total += n
		if err != nil || n == 0 || s.Limit > 0 {
			return total, err
		}
	}
}

// A Resolution is what a person found out about a write of unknown outcome.
type Resolution struct {
	Done    bool   `json:"done"`          // the target has it
	Key     string `json:"key,omitempty"` // of the document there, when Done
	Version int64  `json:"version,omitempty"`
}

// Resolve settles deliveries of unknown outcome by hand: done ends them, not done lets them be written again.
func (h *Hub) Resolve(ctx context.Context, pipeline, id string, r Resolution, by By) error {
	_, err := h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		d, err := findDelivery(tx, pipeline, id)
		if err != nil {
			return nil, err
		}
		if d.State != store.Unknown {
			return nil, sihe.Permanent(sihe.Errorf(sihe.CodeStateOrder, "resolve event %s: it is %s, not unknown", id, d.State))
		}
		if err := by.audit(tx, "resolve", pipeline+"/"+id); err != nil {
			return nil, err
		}
		woken, err := h.settleByHand(tx, d, r, by)
		return append(woken, d.Part), err
	})
	return err
}
