package pipelines

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/pipelines/store"
)

// A Document is the latest state of a document as its owner stated it.
type Document struct {
	Entity   string          `json:"entity"`
	Key      string          `json:"key"`
	System   string          `json:"system"`
	Event    string          `json:"event"`
	Name     string          `json:"name"`
	State    string          `json:"state,omitempty"`
	Version  int64           `json:"version"`
	Time     time.Time       `json:"time"`
	Chain    string          `json:"correlation_id,omitempty"`
	Amount   string          `json:"amount,omitempty"`
	Currency string          `json:"currency,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"`
}

// A Kind is an entity of which documents are known.
type Kind struct {
	Entity string          `json:"entity"`
	Label  canonical.Label `json:"label"`
	Count  int             `json:"count"`
}

// A Page is a part of a list; Next is the key to ask for the following part with, empty at the end.
type Page struct {
	Items []Document `json:"items"`
	Next  string     `json:"next,omitempty"`
}

// Kinds lists the entities of which the hub knows a document.
func (h *Hub) Kinds() (all []Kind, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		all = nil
		for _, name := range tx.Entities() {
			k := Kind{Entity: name}
			if e, ok := h.o.Catalog.Entity(name); ok {
				k.Label = e.Label
			}
			if k.Count, err = tx.CountDocuments(name); err != nil {
				return err
			}
			all = append(all, k)
		}
		return nil
	})
	return all, err
}

// Get returns one document; DOCUMENT_UNKNOWN when the hub has never seen it.
func (h *Hub) Get(entity, key string) (d Document, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		doc, found, err := tx.Document(entity, key)
		if err == nil && !found {
			err = sihe.Permanent(sihe.Errorf(sihe.CodeDocumentUnknown, "get %s %s: it is not known", entity, key))
		}
		d = h.document(doc)
		d.Data = doc.Data
		return err
	})
	return d, err
}

// List returns up to limit documents of an entity behind a key, sorted by key, without their data.
func (h *Hub) List(entity, after string, limit int) (p Page, err error) {
	def(&limit, 50)
	err = h.o.Store.View(func(tx *store.Tx) error {
		p = Page{Items: []Document{}}
		return tx.Documents(entity, after, func(doc store.Document) (bool, error) {
			if doc.Key == after {
				return true, nil
			}
			if len(p.Items) == limit {
				p.Next = p.Items[limit-1].Key
				return false, nil
			}
			p.Items = append(p.Items, h.document(doc))
			return true, nil
		})
	})
	return p, err
}

func (h *Hub) document(doc store.Document) Document {
	d := Document{
		Entity: doc.Entity, Key: doc.Key, System: doc.System, Event: doc.Event, Name: doc.Name, State: doc.State,
		Version: doc.Version, Time: doc.Time, Chain: doc.Chain,
	}
	if amount, currency := h.worth(doc); amount != nil {
		d.Amount, d.Currency = amount.String(), currency
	}
	return d
}

// worth returns a document's amount.
func (h *Hub) worth(doc store.Document) (*sihe.Decimal, string) {
	e, ok := h.o.Catalog.Entity(doc.Entity)
	if !ok {
		return nil, ""
	}
	v, err := canonical.DecodeKnown(e.Type, doc.Data)
	if err != nil {
		return nil, "" // it was written under other entity files
	}
	return amountOf(e, v)
}

// Balance returns the rows of a pipeline (all when empty) and of a day (all when empty).
func (h *Hub) Balance(pipeline, day string) (rows []store.Row, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		rows = nil
		return tx.Balance(pipeline, func(r store.Row) (bool, error) {
			if day == "" || r.Day == day {
				rows = append(rows, r)
			}
			return true, nil
		})
	})
	return rows, err
}

// Activity returns up to limit lines after a sequence number, the oldest first.
func (h *Hub) Activity(after uint64, limit int) (all []store.Activity, err error) {
	def(&limit, 100)
	err = h.o.Store.View(func(tx *store.Tx) error {
		all, err = tx.Activity(after, limit)
		return err
	})
	return all, err
}

// Drifts lists the fields in which systems show something else than the fields' owners wrote.
func (h *Hub) Drifts() (all []store.Drift, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		all = nil
		return tx.Drifts(func(d store.Drift) (bool, error) {
			all = append(all, d)
			return true, nil
		})
	})
	return all, err
}

// XRefs lists links of a system (of all when empty), of an entity (of all when empty), of a document by our key or by any
// system's (of all when empty).
func (h *Hub) XRefs(system, entity, key string, limit int) (all []store.XRef, err error) {
	def(&limit, 1000)
	err = h.o.Store.View(func(tx *store.Tx) error {
		all = nil
		take := func(x store.XRef) (bool, error) {
			if (entity == "" || entity == x.Entity) && (system == "" || system == x.System) {
				all = append(all, x)
			}
			return len(all) < limit, nil
		}
		if key == "" {
			return tx.Links(system, take)
		}
		return h.linksOf(tx, key, take)
	})
	return all, err
}

func (h *Hub) linksOf(tx *store.Tx, key string, f func(store.XRef) (bool, error)) error {
	refs, err := tx.Named(key)
	if err != nil {
		return err
	}
	for _, r := range refs {
		for _, s := range h.systems {
			own, found, err := tx.Own(s.Name, r.Entity, r.Key)
			if err != nil {
				return err
			}
			if !found {
				continue
			}
			if more, err := f(store.XRef{System: s.Name, Entity: r.Entity, Canonical: r.Key, Own: own}); err != nil || !more {
				return err
			}
		}
	}
	return nil
}

// Link notes by hand that a system knows a document under another key; an empty own key removes the link.
func (h *Hub) Link(ctx context.Context, x store.XRef, by By) error {
	if _, ok := h.system(x.System); !ok {
		return sihe.Permanent(sihe.Errorf(sihe.CodeSystemUnknown, "link %s %s: there is no system %q", x.Entity, x.Canonical, x.System))
	}
	if _, ok := h.o.Catalog.Entity(x.Entity); !ok || x.Canonical == "" {
		return sihe.Permanent(sihe.Errorf(sihe.CodeDocumentUnknown, "link %q %q: there is no such entity, or no key", x.Entity, x.Canonical))
	}
	_, err := h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		before, found, err := tx.Own(x.System, x.Entity, x.Canonical)
		if err != nil {
			return nil, err
		}
		action := "link"
		if x.Own == "" {
			action = "unlink"
		}
		if err := by.auditChange(tx, action, x.System+"/"+x.Entity+"/"+x.Canonical+"="+x.Own, before, x.Own); err != nil {
			return nil, err
		}
		switch {
		case x.Own == "" && !found:
			return nil, sihe.Permanent(sihe.Errorf(sihe.CodeDocumentUnknown, "unlink %s %s: %s has no key for it", x.Entity, x.Canonical, x.System))
		case x.Own == "":
			return nil, tx.Unlink(x.System, x.Entity, x.Canonical)
		}
		return h.link(tx, x.System, x.Entity, x.Canonical, x.Own)
	})
	return err
}

// Jobs lists the names of the jobs, sorted.
func (h *Hub) Jobs() []string {
	names := make([]string, 0, len(h.jobs))
	for _, j := range h.jobs {
		names = append(names, j.Name)
	}
	slices.Sort(names)
	return names
}
