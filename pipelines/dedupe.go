package pipelines

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// settled says that nothing is left to do for an event when it comes from the bus again: it has its outcome, or the
// store keeps it (EIP Idempotent Receiver).
func settled(d *store.Delivery) bool { return d.State.Final() || d.Kept > 0 }

// seen returns what is known of the parcel, nil if nothing, and whether earlier events of its subject are kept. It only
// saves work: what counts is asked again in the transaction that acts on it.
func (h *Hub) seen(p *parcel) (d *store.Delivery, held bool, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		found := false
		if d, found, err = tx.Delivery(p.part, p.id); err != nil {
			return err
		}
		if !found {
			d = nil
		}
		if p.kept {
			return nil
		}
		_, held, err = tx.Lane(p.part, p.subject)
		return err
	})
	return d, held, err
}

// An admission is the first question of every transaction that begins with a parcel.
type admission int

const (
	admitted  admission = iota // act on it
	duplicate                  // nothing to do
	behind                     // earlier ones of its subject are kept; it was put behind them
	outdated                   // what was read before has changed: look again
)

// admit answers it. Check and record share the transaction, so two of the same delivery never both pass (invariant 2).
// made returns the record for an event that is seen for the first time.
func admit(tx *store.Tx, p *parcel, made func() *store.Delivery) (*store.Delivery, admission, error) {
	d, found, err := tx.Delivery(p.part, p.id)
	if err != nil {
		return nil, outdated, err
	}
	if p.kept {
		l, kept, err := tx.Lane(p.part, p.subject)
		if err != nil || !found || !kept || l.First != p.id || l.Due.IsZero() {
			return d, duplicate, err // somebody else, e.g. a person, was here first
		}
		return d, admitted, nil
	}
	if found && settled(d) {
		return d, duplicate, nil
	}
	_, held, err := tx.Lane(p.part, p.subject)
	if err != nil {
		return nil, outdated, err
	}
	if !found {
		d = made()
	}
	if held && !found {
		return d, behind, tx.Hold(d, p.message, store.Waiting, store.Why{Code: sihe.CodeBehind}, noDue)
	}
	return d, admitted, nil
}
