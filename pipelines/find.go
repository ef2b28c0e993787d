package pipelines

import (
	"cmp"
	"slices"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/pipelines/store"
)

// A Trace is the way of one document through the house: its chain, and what happened to each document of it.
type Trace struct {
	Key       string        `json:"key"`
	Chain     string        `json:"correlation_id"`
	Found     []store.Ref   `json:"found"` // documents of that key
	Documents []TraceDoc    `json:"documents"`
	Lines     []TraceLine   `json:"lines"`     // by time
	Open      []*TraceState `json:"open"`      // deliveries that are not final
	Truncated bool          `json:"truncated"` // there are more documents than are shown
}

// A TraceDoc is one document of the chain as it is now.
type TraceDoc struct {
	Entity   string          `json:"entity"`
	Key      string          `json:"key"`
	Label    canonical.Label `json:"label"`
	Detail   bool            `json:"detail,omitempty"` // part of another document's story
	Since    time.Time       `json:"since,omitzero"`   // of its first event
	System   string          `json:"system,omitempty"`
	State    string          `json:"state,omitempty"`
	Version  int64           `json:"version"`
	Time     time.Time       `json:"time,omitzero"`
	Amount   *sihe.Decimal   `json:"amount,omitempty"`
	Currency string          `json:"currency,omitempty"`
	Refers   []store.Ref     `json:"referred_by,omitempty"`
	Own      []store.XRef    `json:"own_keys,omitempty"` // by which systems know it
}

// A TraceLine is one event, or one delivery of one.
type TraceLine struct {
	At       time.Time       `json:"at"`
	Step     *store.Step     `json:"event,omitempty"`
	Delivery *store.Delivery `json:"delivery,omitempty"`
}

// A TraceState is a delivery that is still open.
type TraceState struct {
	Pipeline string      `json:"pipeline"`
	Entity   string      `json:"entity"`
	Key      string      `json:"key"`
	Event    string      `json:"event"`
	State    store.State `json:"state"`
	Since    time.Time   `json:"since"`
	store.Why
}

// Bounds of one trace, which master data and chains of years would exceed: its documents, and the events and deliveries of
// each of them.
const (
	traceLimit   = 200
	tracedEvents = 1000
)

// Trace finds one document, by our key, by a system's own, or by another number that it bears, and everything of its chain.
func (h *Hub) Trace(key string) (Trace, error) {
	t, err := h.trace(key)
	for _, l := range t.Lines {
		if l.Delivery != nil {
			l.Delivery.Write = nil // the intent is for the machine
		}
	}
	return t, err
}

func (h *Hub) trace(key string) (t Trace, err error) {
	t.Key = key
	err = h.o.Store.View(func(tx *store.Tx) error {
		if t.Found, err = tx.Named(key); err != nil {
			return err
		}
		if len(t.Found) == 0 {
			if t.Found, err = tx.Numbered(key, traceLimit); err != nil {
				return err
			}
		}
		refs, err := h.chainOf(tx, &t)
		if err != nil {
			return err
		}
		if len(refs) == 0 {
			return sihe.Permanent(sihe.Errorf(sihe.CodeDocumentUnknown, "trace %s: no document, and no chain, of that key is known", key))
		}
		return h.fill(tx, &t, refs)
	})
	slices.SortStableFunc(t.Lines, func(a, b TraceLine) int { return a.At.Compare(b.At) })
	return t, err
}

// chainOf returns the documents of the chain that the key belongs to, or is.
func (h *Hub) chainOf(tx *store.Tx, t *Trace) ([]store.Ref, error) {
	t.Chain = t.Key
	for _, r := range t.Found {
		chain, found, err := tx.Chain(r.Entity, r.Key)
		if err != nil {
			return nil, err
		}
		if found {
			t.Chain = chain
			break
		}
	}
	members, err := tx.ChainedUpTo(t.Chain, tracedEvents)
	if err != nil {
		return nil, err
	}
	t.Truncated = len(members) == tracedEvents
	refs := slices.Clone(t.Found)
	slices.SortStableFunc(members, func(a, b store.Member) int { return a.Since.Compare(b.Since) })
	for _, m := range members {
		if !slices.Contains(refs, m.Ref) {
			refs = append(refs, m.Ref)
		}
	}
	if refs, err = h.neighbours(tx, refs); err != nil {
		return nil, err
	}
	if len(refs) > traceLimit {
		refs, t.Truncated = refs[:traceLimit], true
	}
	return refs, nil
}

// neighbours adds the documents that those of the chain name (its contract, its receipts) and what was decided about
// them: the chains of which they are the root. Master data is named by everything and left out.
func (h *Hub) neighbours(tx *store.Tx, refs []store.Ref) ([]store.Ref, error) {
	known := make(map[store.Ref]bool, len(refs))
	for _, r := range refs {
		known[r] = true
	}
	add := func(r store.Ref) {
		if !known[r] {
			known[r] = true
			refs = append(refs, r)
		}
	}
	for _, r := range slices.Clone(refs) {
		named, err := h.names(tx, r)
		if err != nil {
			return nil, err
		}
		for _, n := range named {
			chain, found, err := tx.Chain(n.Entity, n.Key)
			if err != nil {
				return nil, err
			}
			if !found || known[n] {
				continue
			}
			add(n)
			if chain != n.Key {
				continue
			}
			members, err := tx.ChainedUpTo(chain, tracedEvents)
			if err != nil {
				return nil, err
			}
			for _, m := range members {
				add(m.Ref)
			}
		}
	}
	return refs, nil
}

// names returns the documents, not master data, that a document names.
func (h *Hub) names(tx *store.Tx, r store.Ref) ([]store.Ref, error) {
	doc, found, err := tx.Document(r.Entity, r.Key)
	if err != nil || !found {
		return nil, err
	}
	e, ok := h.o.Catalog.Entity(r.Entity)
	if !ok {
		return nil, nil
	}
	v, err := canonical.DecodeKnown(e.Type, doc.Data)
	if err != nil {
		return nil, nil //nolint:nilerr // written under other entity files; its own line is shown all the same
	}
	return slices.DeleteFunc(refsOf(e, v), func(r store.Ref) bool {
		to, ok := h.o.Catalog.Entity(r.Entity)
		return !ok || to.Master
	}), nil
}

func (h *Hub) fill(tx *store.Tx, t *Trace, refs []store.Ref) error {
	shown := map[string]bool{}
	for _, r := range refs {
		doc, err := h.traceDoc(tx, r)
		if err != nil {
			return err
		}
		steps, err := tx.StepsUpTo(r.Entity, r.Key, tracedEvents)
		if err != nil {
			return err
		}
		if len(steps) > 0 {
			doc.Since = steps[0].Time
		}
		t.Documents = append(t.Documents, doc)
		for _, s := range steps {
			t.Lines = append(t.Lines, TraceLine{At: s.Seen, Step: &s})
		}
		carried, err := tx.CarriedUpTo(r.Entity, r.Key, tracedEvents)
		if err != nil {
			return err
		}
		t.Truncated = t.Truncated || len(steps) == tracedEvents || len(carried) == tracedEvents
		for _, d := range carried {
			if id := d.Pipeline + "/" + d.ID; !shown[id] {
				shown[id] = true
				t.add(d)
			}
		}
	}
	slices.SortFunc(t.Open, func(a, b *TraceState) int { return a.Since.Compare(b.Since) })
	return nil
}

func (t *Trace) add(d *store.Delivery) {
	t.Lines = append(t.Lines, TraceLine{At: d.Received, Delivery: d})
	if !d.State.Final() {
		t.Open = append(t.Open, &TraceState{Pipeline: d.Pipeline, Entity: d.Entity, Key: d.Subject, Event: d.ID, State: d.State, Since: d.Since, Why: d.Why})
	}
}

func (h *Hub) traceDoc(tx *store.Tx, r store.Ref) (TraceDoc, error) {
	t := TraceDoc{Entity: r.Entity, Key: r.Key}
	if e, ok := h.o.Catalog.Entity(r.Entity); ok {
		t.Label, t.Detail = e.Label, e.Detail
	}
	doc, found, err := tx.Document(r.Entity, r.Key)
	if err != nil {
		return t, err
	}
	if found {
		t.System, t.State, t.Version, t.Time = doc.System, doc.State, doc.Version, doc.Time
		t.Amount, t.Currency = h.worth(doc)
	}
	const most = 50
	err = tx.Referrers(r.Entity, r.Key, func(by store.Ref) (bool, error) {
		t.Refers = append(t.Refers, by)
		return len(t.Refers) < most, nil
	})
	if err != nil {
		return t, err
	}
	slices.SortFunc(t.Refers, func(a, b store.Ref) int { return cmp.Or(cmp.Compare(a.Entity, b.Entity), cmp.Compare(a.Key, b.Key)) })
	for _, s := range h.systems {
		own, linked, err := tx.Own(s.Name, r.Entity, r.Key)
		if err != nil {
			return t, err
		}
		if linked {
			t.Own = append(t.Own, store.XRef{System: s.Name, Entity: r.Entity, Canonical: r.Key, Own: own})
		}
	}
	return t, nil
}
