package pipelines

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/store"
)

// A statement is what a record comes to: the event to publish, or why there is none.
type statement struct {
	to     store.State // Writing: publish; else Filtered or Parked
	why    store.Why
	entity *canonical.Entity
	event  sihe.Event // of a raw record it is completed in the transaction that records it
	own    string     // the system's key of the document
	value  expr.Value // the fields that the module owns; of a raw record with defaults and formulas
	shown  expr.Value // and all that the product shows
	digest string     // of value; empty for records that are canonical already
}

// state turns a record into a statement. A panic parks the record and nothing else.
func (n *normaliser) state(p *parcel) (st *statement) {
	var err error
	st = &statement{to: store.Writing, own: p.record.Key}
	defer func() {
		if err != nil {
			st.to, st.why = store.Parked, whyOf(err)
		}
	}()
	defer caught(&err)
	switch {
	case p.bad != nil:
		err = p.bad
	case !utf8.ValidString(p.record.Key + p.record.Entity + p.record.Name):
		err = sihe.Permanent(sihe.Errorf(sihe.CodeKeyMissing, "take record %s of %s: its key or kind is no text", p.id, n.system.Name))
	case fits(p.message) != nil:
		err = fits(p.message)
	case p.record.Canonical:
		err = n.stateCanonical(p, st)
	default:
		err = n.stateRaw(p, st)
	}
	return st
}

// stateCanonical takes a record over that its module has already written as the canonical entity.
func (n *normaliser) stateCanonical(p *parcel, st *statement) error {
	r := p.record
	e, ok := n.h.o.Catalog.Entity(r.Entity)
	if !ok {
		return sihe.Permanent(sihe.Errorf(sihe.CodeKindUnmapped, "take record %s of %s: there is no entity %s", r.ID, n.system.Name, r.Entity))
	}
	st.entity = e
	if err := n.origin().owns(e); err != nil {
		return err
	}
	if !n.system.Native { // nobody of ours has looked at it
		if err := e.Validate(r.Data); err != nil {
			return sihe.Permanent(err)
		}
	}
	v, err := canonical.Decode(e.Type, r.Data)
	if err != nil {
		return sihe.Permanent(err)
	}
	if err := usableKey(r.Key); err != nil {
		return err
	}
	if r.Name == "" {
		return sihe.Permanent(sihe.Errorf(sihe.CodeEventMalformed, "take record %s of %s: it does not say what happened", r.ID, n.system.Name))
	}
	st.value = v
	p.amount, p.currency = amountOf(e, v)
	st.event = sihe.Event{
		ID: r.ID, Source: sourceOf(n.system.Name), Type: e.FullName() + "." + r.Name, Subject: r.Key, Time: r.Time, Version: r.Version,
		CorrelationID: r.CorrelationID, CausationID: r.CausationID, Hops: r.Hops, Data: r.Data,
	}
	return fits(st.event.Message(CanonicalTopic(e.FullName())))
}

// fits refuses what the bus would not carry.
func fits(m sihe.Message) error {
	if n := size(m); n > sihe.MaxMessage {
		return sihe.Permanent(sihe.Errorf(sihe.CodeBodyTooLarge, "carry a message to %s: %d bytes, more than %d", m.Topic, n, sihe.MaxMessage))
	}
	return nil
}

// stateRaw takes what a product's record says.
func (n *normaliser) stateRaw(p *parcel, st *statement) error {
	r := p.record
	m, ok := (*n.system.normalise.Load())[r.Entity]
	if !ok {
		st.to, st.why = store.Filtered, store.Why{Code: sihe.CodeKindUnmapped, Text: r.Entity}
		return nil
	}
	said, err := n.origin().fact(n.h.o.Catalog, m, &world{h: n.h, at: r.Time}, r)
	st.entity, st.shown, st.value, st.digest = said.entity, said.shown, said.value, said.digest
	if err != nil {
		return err
	}
	p.amount, p.currency = amountOf(said.entity, said.value)
	st.event = said.event(n.system.Name, r)
	def(&st.own, said.subject)
	return nil
}

func (n *normaliser) origin() Origin { return Origin{System: n.system.Name, Module: n.system.Module} }

// usableKey refuses keys by which a document could not be found again, or which mean a place in a path (RELIABILITY N15).
func usableKey(key string) error {
	const longest = 200
	if !utf8.ValidString(key) || strings.ContainsRune(key, 0) || key == "" || key == "." || key == ".." || len(key) > longest {
		return sihe.Permanent(sihe.Errorf(sihe.CodeKeyMissing, "take a document: %s is no usable key", strconv.Quote(key[:min(len(key), longest)])))
	}
	return nil
}

// complete settles what a system does not say: a version that rises, what happened, the chain and the pipelines passed.
func (n *normaliser) complete(tx *store.Tx, p *parcel, st *statement, last store.Stated) (sihe.Event, error) {
	e, r := st.event, p.record
	e.Version = max(r.Version, last.Version+1)
	if e.Time.IsZero() {
		e.Time = tx.Now()
	}
	state := entered(st.entity, stateOf(st.entity, st.value), r.Name, last.State)
	e.Type = st.entity.FullName() + "." + eventName(r.Name, state, last)
	if err := n.chain(tx, st, &e, r); err != nil {
		return e, err
	}
	data, err := n.data(tx, st, e, state, last)
	if err != nil {
		return e, err
	}
	e.Data = data
	return e, tx.SetStated(st.entity.FullName(), e.Subject, store.Stated{
		Own: max(r.Version, last.Own), Version: e.Version, Digest: st.digest, State: state, Created: firstTime(last.Created, e.Time),
	})
}

func firstTime(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// entered is the state of a document: what its record tells, the one that what happened is named after, or that of before.
func entered(e *canonical.Entity, told, name, last string) string {
	if told != "" {
		return told
	}
	if _, is := e.State(name); is {
		return name
	}
	return last
}

// eventName is what the system says, else the state entered, else created or updated.
func eventName(said, state string, last store.Stated) string {
	switch {
	case said != "":
		return said
	case state != "" && state != last.State:
		return state
	case last.Version == 0:
		return "created"
	}
	return "updated"
}

// chain finds where the document belongs: what the record says, the chain it is in, that of the document that its entity
// names, else its own. A change that the hub itself has just made carries on the hops of that write.
func (n *normaliser) chain(tx *store.Tx, st *statement, e *sihe.Event, r sihe.Record) error {
	target := store.Target{System: n.system.Name, Entity: st.entity.FullName(), Key: e.Subject}
	last, found, err := tx.LastWrite(target)
	if err != nil {
		return err
	}
	if found && e.CausationID == "" && (r.Version != 0 && r.Version == last.Version || r.Version == 0 && tx.Now().Sub(last.At) < echoWindow) {
		e.CausationID, e.Hops = last.Event, max(e.Hops, last.Hops)
		def(&e.CorrelationID, last.Chain)
	}
	if e.CorrelationID != "" {
		return nil
	}
	chain, found, err := tx.Chain(target.Entity, e.Subject)
	if err != nil {
		return err
	}
	if f, ok := st.entity.Field(st.entity.Chain); !found && ok && !st.value.Slot(f.Slot()).IsNull() {
		if chain, found, err = tx.Chain(f.Ref, st.value.Slot(f.Slot()).Text()); err != nil {
			return err
		}
	}
	if !found {
		chain = e.Subject
	}
	e.CorrelationID = chain
	return nil
}

// echoWindow is how long after a write a change without a version is taken for its consequence.
const echoWindow = time.Minute

// data writes the event's record: what the module owns, what others had written into it, and the implicit fields.
func (n *normaliser) data(tx *store.Tx, st *statement, e sihe.Event, state string, last store.Stated) ([]byte, error) {
	slots := slices.Clone(st.value.Slots())
	written, err := n.written(tx, st, e.Subject)
	if err != nil {
		return nil, err
	}
	for slot, v := range written {
		slots[slot] = v
	}
	stamp(st.entity, slots, e, state, firstTime(last.Created, e.Time), n.system.Name)
	return canonical.Encode(st.entity.Type, expr.RecordValue(slots), canonical.Style{}), nil
}
