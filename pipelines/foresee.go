package pipelines

import (
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A Verdict is what would become of an event if it ran now, told without asking any target. To is store.Delivered where
// the target would be called: what it answers is its own.
type Verdict struct {
	To   store.State `json:"to"`
	Left bool        `json:"left,omitempty"` // a rerun does nothing about it: To is where it stands
	store.Why
}

// foresee asks the steps of the street as it is now, and changes nothing.
func (h *Hub) foresee(d *store.Delivery, m sihe.Message) (Verdict, *parcel, *plan, error) {
	for _, s := range h.allStreets() {
		if s.name() != d.Pipeline {
			continue
		}
		p := s.open(d.Part, m)
		p.kept, p.subject, p.id = true, d.Subject, d.ID
		switch x := s.(type) {
		case *siding:
			v, pl, err := x.now.Load().foresee(p)
			return v, p, pl, err
		case *normaliser:
			st := x.state(p)
			if st.to == store.Writing {
				return Verdict{To: store.Delivered}, p, nil, nil
			}
			return Verdict{To: st.to, Why: st.why}, p, nil, nil
		}
	}
	return Verdict{To: store.Waiting, Why: store.Why{Code: sihe.CodeDocumentUnknown, Text: "there is no pipeline " + d.Pipeline + " any more"}}, nil, nil, nil
}

func (d *deliverer) foresee(p *parcel) (Verdict, *plan, error) {
	pl := d.plan(p)
	if pl.to == store.Filtered {
		return Verdict{To: pl.to, Why: pl.why}, pl, nil
	}
	var newest int64
	err := d.h.o.Store.View(func(tx *store.Tx) (err error) {
		newest, err = tx.Marked(p.part, p.subject)
		return err
	})
	switch {
	case err != nil:
		return Verdict{}, nil, err
	case p.bad == nil && p.event.Version < newest:
		return Verdict{To: store.Unchanged, Why: store.Why{Code: sihe.CodeStale}}, pl, nil
	case pl.to == store.Writing:
		return Verdict{To: store.Delivered}, pl, nil
	}
	return Verdict{To: pl.to, Why: pl.why}, pl, nil
}

// A Foreseen is one document of a rehearsal.
type Foreseen struct {
	Pipeline string      `json:"pipeline"`
	ID       string      `json:"id"`
	Entity   string      `json:"entity"`
	Key      string      `json:"key"`
	Name     string      `json:"name"`
	Version  int64       `json:"version"`
	Was      store.State `json:"was"`
	Verdict
}

// An Outcome is how many events would come to the same.
type Outcome struct {
	Verdict
	Pipeline string                  `json:"pipeline"`
	Count    int                     `json:"count"`
	Amounts  map[string]sihe.Decimal `json:"amounts,omitempty"` // by currency
}

// A Rehearsal is what a replay would come to. Nothing was changed.
type Rehearsal struct {
	AsOf      time.Time  `json:"as_of"` // to replay exactly these
	Selected  int        `json:"selected"`
	Following int        `json:"following"` // waited behind them and would go on
	Truncated bool       `json:"truncated"` // there are more than were looked at
	Outcomes  []Outcome  `json:"outcomes"`
	Documents []Foreseen `json:"documents"` // the first of them
}

// Bounds of a rehearsal: documents looked at, those named in the answer, and those behind each.
const (
	maxRehearsed = 10_000
	maxForeseen  = 50
	maxFollowing = 100
)

// RehearseReplay tells what [Hub.Replay] of the selection would come to, each document with those that wait behind it.
func (h *Hub) RehearseReplay(s Selection) (r Rehearsal, err error) {
	def(&s.Limit, maxRehearsed)
	s.Limit = min(s.Limit, maxRehearsed)
	if now := h.o.Now(); s.AsOf.IsZero() || s.AsOf.After(now) {
		s.AsOf = now
	}
	r = Rehearsal{AsOf: s.AsOf, Outcomes: []Outcome{}, Documents: []Foreseen{}}
	all, err := h.Parked(s)
	if err != nil {
		return r, err
	}
	r.Truncated = len(all) == maxRehearsed
	for _, d := range all {
		if err := h.rehearse(&r, d); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (h *Hub) rehearse(r *Rehearsal, d *store.Delivery) error {
	var lane []store.Kept
	err := h.o.Store.View(func(tx *store.Tx) error {
		lane = lane[:0]
		return tx.Behind(d.Part, d.Subject, func(k store.Kept) (bool, error) {
			lane = append(lane, k)
			return len(lane) <= maxFollowing, nil
		})
	})
	if err != nil {
		return err
	}
	found := false // what is kept before the one that is meant stays where it is
	for _, k := range lane {
		this := d
		if found = found || k.ID == d.ID; !found {
			continue
		}
		if k.ID != d.ID {
			if this, err = h.kept(d.Part, k.ID); err != nil || this == nil {
				return err
			}
		}
		v, p, _, err := h.foresee(this, k.Message)
		if err != nil {
			return err
		}
		r.add(this, p, v)
		if k.ID == d.ID {
			r.Selected++
		} else {
			r.Following++
		}
		if v.To == store.Parked || v.To == store.Waiting {
			return nil // those behind it stay there
		}
	}
	return nil
}

func (h *Hub) kept(p store.Part, id string) (d *store.Delivery, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		found := false
		if d, found, err = tx.Delivery(p, id); !found {
			d = nil
		}
		return err
	})
	return d, err
}

// add counts one verdict. The amount is what the event says now, else what it said when it came.
func (r *Rehearsal) add(d *store.Delivery, p *parcel, v Verdict) {
	amount, currency := d.Amount, d.Currency
	if p != nil && p.amount != nil {
		amount, currency = p.amount, p.currency
	}
	v.Path = store.WithoutRows(v.Path)
	var o *Outcome
	for i := range r.Outcomes {
		if x := &r.Outcomes[i]; x.To == v.To && x.Left == v.Left && x.Code == v.Code && x.Path == v.Path && x.Pipeline == d.Pipeline {
			o = x
		}
	}
	if o == nil {
		r.Outcomes = append(r.Outcomes, Outcome{Verdict: v, Pipeline: d.Pipeline, Amounts: map[string]sihe.Decimal{}})
		o = &r.Outcomes[len(r.Outcomes)-1]
	}
	o.Count++
	if amount != nil {
		o.Amounts[currency] = o.Amounts[currency].Add(*amount)
	}
	if len(r.Documents) < maxForeseen {
		r.Documents = append(r.Documents, Foreseen{
			Pipeline: d.Pipeline, ID: d.ID, Entity: d.Entity, Key: d.Subject, Name: d.Name, Version: d.Version, Was: d.State, Verdict: v,
		})
	}
}
