package store

import (
	"math"
	"time"

	"github.com/sihehub/sihe"
)

// A Step is one event of a document, as the trace shows it.
type Step struct {
	ID       string        `json:"id"`
	Entity   string        `json:"entity"`
	Key      string        `json:"key"`
	Name     string        `json:"name"`
	Version  int64         `json:"version"`
	System   string        `json:"system"`
	Time     time.Time     `json:"time"`
	Seen     time.Time     `json:"seen"`
	Chain    string        `json:"correlation_id,omitempty"`
	Cause    string        `json:"causation_id,omitempty"`
	Amount   *sihe.Decimal `json:"amount,omitempty"`
	Currency string        `json:"currency,omitempty"`
	Topic    string        `json:"topic"`
	Offset   int64         `json:"offset"`
}

// HasStep says whether an event is in the trace of its document.
func (t *Tx) HasStep(entity, k string, version int64, id string) (bool, error) {
	_, found, err := t.Bucket("steps").Get(key(entity, k, version, id))
	return found, err
}

// Observed enters an event into the trace of its document; false when it is there already. refs are the documents that
// it names.
func (t *Tx) Observed(s Step, refs []Ref) (bool, error) {
	b, k := t.Bucket("steps"), key(s.Entity, s.Key, s.Version, s.ID)
	if _, found, err := b.Get(k); err != nil || found {
		return false, err
	}
	s.Seen = t.now
	if err := put(b, k, &s); err != nil {
		return false, err
	}
	if err := t.Bucket("steps-age").Put(key(t.now, s.Entity, s.Key, s.Version, s.ID), nil); err != nil {
		return false, err
	}
	for _, r := range refs {
		if err := t.Bucket("refs").Put(key(r.Entity, r.Key, s.Entity, s.Key), nil); err != nil {
			return false, err
		}
	}
	if err := t.Join(s.Chain, s.Entity, s.Key); err != nil {
		return false, err
	}
	return true, t.Tell(Activity{
		At: t.now, Kind: KindEvent, Entity: s.Entity, Key: s.Key, Name: s.Name, System: s.System, Chain: s.Chain,
		Event: s.ID, Amount: s.Amount, Currency: s.Currency,
	})
}

// Steps returns the events of a document, by version.
func (t *Tx) Steps(entity, k string) ([]Step, error) { return t.StepsUpTo(entity, k, math.MaxInt) }

// StepsUpTo is Steps with a limit.
func (t *Tx) StepsUpTo(entity, k string, limit int) ([]Step, error) {
	var steps []Step
	err := t.Bucket("steps").EachPrefix(key(entity, k), func(_, v []byte) (bool, error) {
		var s Step
		err := decode(v, &s)
		steps = append(steps, s)
		return len(steps) < limit, err
	})
	return steps, err
}

// Join puts a document into a chain; without a chain it does nothing. The chain that it joined first is its own.
func (t *Tx) Join(chain, entity, k string) error {
	if chain == "" {
		return nil
	}
	_, found, err := t.Chain(entity, k)
	if err != nil {
		return err
	}
	if !found {
		if err := t.Bucket("chain-of").Put(key(entity, k), []byte(chain)); err != nil {
			return err
		}
	}
	b, member := t.Bucket("chains"), key(chain, entity, k)
	if _, found, err := b.Get(member); err != nil || found {
		return err
	}
	return put(b, member, t.now)
}

// Chain returns the chain (correlation id) of a document.
func (t *Tx) Chain(entity, k string) (string, bool, error) {
	v, found, err := t.Bucket("chain-of").Get(key(entity, k))
	return string(v), found, err
}

// A Member is a document of a chain.
type Member struct {
	Ref
	Since time.Time `json:"since"`
}

// ChainedUpTo returns the documents of a chain, sorted by entity and key, at most limit.
func (t *Tx) ChainedUpTo(chain string, limit int) ([]Member, error) {
	var all []Member
	err := t.Bucket("chains").EachPrefix(key(chain), func(k, v []byte) (bool, error) {
		r := keyReader(k)
		_ = r.text()
		m := Member{Ref: Ref{Entity: r.text(), Key: r.text()}}
		err := decode(v, &m.Since)
		all = append(all, m)
		return len(all) < limit, err
	})
	return all, err
}

// Referrers calls f for the documents that name a document, until f returns false.
func (t *Tx) Referrers(entity, k string, f func(Ref) (bool, error)) error {
	return t.Bucket("refs").EachPrefix(key(entity, k), func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		_, _ = r.text(), r.text()
		return f(Ref{Entity: r.text(), Key: r.text()})
	})
}

// name lets people find a document by a key alone, ours or a system's own.
func (t *Tx) name(shown, entity, canonical string) error {
	return t.Bucket("names").Put(key(shown, entity, canonical), nil)
}

// NameBy lets people find a document by a number that it bears beside its key, e.g. of a waybill. A number that it has borne
// once finds it for ever.
func (t *Tx) NameBy(number, entity, canonical string) error {
	b, k := t.Bucket("numbers"), key(number, entity, canonical)
	if _, found, err := b.Get(k); err != nil || found {
		return err
	}
	return b.Put(k, nil)
}

// Numbered returns the documents that bear, or bore, a number beside their key, at most limit.
func (t *Tx) Numbered(number string, limit int) ([]Ref, error) {
	var all []Ref
	err := t.Bucket("numbers").EachPrefix(key(number), func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		_ = r.text()
		all = append(all, Ref{Entity: r.text(), Key: r.text()})
		return len(all) < limit, nil
	})
	return all, err
}

// Named returns the documents that have the key, in any entity and in any system.
func (t *Tx) Named(shown string) ([]Ref, error) {
	var all []Ref
	err := t.Bucket("names").EachPrefix(key(shown), func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		_ = r.text()
		all = append(all, Ref{Entity: r.text(), Key: r.text()})
		return true, nil
	})
	return all, err
}

// link enters a new delivery under the document whose event it delivers, unless it is of no interest there.
func (t *Tx) link(d *Delivery, to State) error {
	if to == Filtered {
		return nil
	}
	return t.Bucket("carried").Put(key(d.Entity, d.Subject, d.ID, d.Pipeline, d.Partition), nil)
}

// LinkTarget enters a delivery under the document that it wrote, too.
func (t *Tx) LinkTarget(d *Delivery) error {
	return t.Bucket("carried").Put(key(d.Target.Entity, d.Target.Key, d.ID, d.Pipeline, d.Partition), nil)
}

// Carried returns the deliveries of a document's events, and those that wrote it.
func (t *Tx) Carried(entity, subject string) ([]*Delivery, error) {
	return t.CarriedUpTo(entity, subject, math.MaxInt)
}

// CarriedUpTo is Carried with a limit.
func (t *Tx) CarriedUpTo(entity, subject string, limit int) ([]*Delivery, error) {
	var all []*Delivery
	err := t.Bucket("carried").EachPrefix(key(entity, subject), func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		_, _ = r.text(), r.text()
		id := r.text()
		p := Part{Pipeline: r.text(), Partition: int(r.number())} //nolint:gosec // was an int
		d, found, err := t.Delivery(p, id)
		if found && err == nil {
			all = append(all, d)
		}
		return len(all) < limit, err
	})
	return all, err
}
