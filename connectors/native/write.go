package native

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// A request is a Write that has been read and let through the gate.
type request struct {
	sihe.Write
	kind    *kind
	value   expr.Value
	present []string // dotted paths of the fields in Data
	match   expr.Value
	matched []string
}

// Write applies one action to one document in one transaction. The same Write.ID gives the first Receipt.
//
// Errors: Rejected for a business no (a guard, a rule, a boundary, a missing document, a wrong value, Match); Permanent
// for an unknown entity, action or unreadable Data.
func (m *Module) Write(ctx context.Context, w sihe.Write) (sihe.Receipt, error) {
	r, err := m.request(ctx, w)
	if err != nil {
		return sihe.Receipt{}, err
	}
	c := call{
		now: w.Time, actor: "pipeline:" + w.Writer, pipeline: true, correlation: w.CorrelationID, causation: w.CausationID, hops: w.Hops,
	}
	if c.now.IsZero() {
		c.now = m.options.Now()
	}
	var receipt sihe.Receipt
	err = m.change(ctx, c, func(t *Tx) error {
		first, applied, err := appliedReceipt(t.d, w.ID)
		if err != nil || applied {
			receipt = first
			return err
		}
		if receipt, err = t.apply(r); err != nil {
			return err
		}
		t.answer = func() error { return t.keepReceipt(r, &receipt) }
		return nil
	})
	if err != nil {
		return sihe.Receipt{}, err
	}
	return receipt, nil
}

// request reads the Write and asks the gate; a refusal of the gate is put down for the report.
func (m *Module) request(ctx context.Context, w sihe.Write) (*request, error) {
	module, name, _ := strings.Cut(w.Entity, ".")
	k, ok := m.kinds[name]
	if !ok || module != m.options.Module {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeNoSuchEntity, "write %s: %s has no such entity", w.Entity, m.options.System))
	}
	if w.ID == "" {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeRequestInvalid, "write %s: it has no id", w.Entity))
	}
	r := &request{Write: w, kind: k}
	var err error
	data := w.Data
	if len(data) == 0 {
		data = []byte("{}")
	}
	if r.value, r.present, err = canonical.DecodePartial(k.entity.Type, data); err != nil {
		return nil, err
	}
	if len(w.Match) > 0 {
		if r.match, r.matched, err = canonical.DecodePartial(k.entity.Type, w.Match); err != nil {
			return nil, err
		}
	}
	return r, m.gate(ctx, r)
}

// gate is invariant 5 at run time. A copy is the owner's record as it is, with what its own system keeps.
func (m *Module) gate(ctx context.Context, r *request) error {
	var err error
	fields := slices.DeleteFunc(slices.Clone(r.present), func(path string) bool {
		f, ok := r.kind.entity.Field(path)
		return ok && f.Implicit && r.Do == sihe.DoCopy
	})
	switch {
	case r.Writer != "":
		err = m.options.Catalog.Gate(r.Writer, canonical.Target{Module: m.options.Module, Entity: r.kind.name}, r.Do, fields)
	case r.kind.copied != (r.Do == sihe.DoCopy):
		err = sihe.Rejected(sihe.CodeBoundary, "%s %s: copies are only copied, and nothing else is", r.Do, r.Entity)
	}
	if err != nil {
		return m.recordRefusal(ctx, r, err)
	}
	return nil
}

// apply does what the Write asks for.
func (t *Tx) apply(r *request) (sihe.Receipt, error) {
	switch r.Do {
	case sihe.DoCreate:
		d := newDoc(r.kind)
		d.fill(r.value, topLevel(r.present))
		if r.Key != "" {
			d.slots[r.kind.key] = expr.TextValue(r.Key)
		}
		err := t.create(d)
		return sihe.Receipt{Key: d.key, Version: d.Version()}, err
	case sihe.DoCopy:
		return t.copyIn(r)
	}
	d, err := t.Must(r.kind.name, r.Key)
	if err != nil {
		return sihe.Receipt{}, err
	}
	t.follow(d)
	if stale, err := t.isStale(r); err != nil || stale {
		return sihe.Receipt{Key: d.key, Version: d.Version(), Stale: stale}, err
	}
	if err := d.matches(r); err != nil {
		return sihe.Receipt{}, err
	}
	before := d.Version()
	fields := topLevel(r.present)
	if r.Do == sihe.DoWriteBack {
		d.fill(r.value, fields)
		err = t.save(d, OnWriteBack)
	} else {
		var a *canonical.Action
		if a, err = d.action(r.Do); err == nil {
			err = t.act(d, a, fields, func() { d.fill(r.value, fields) })
		}
	}
	return sihe.Receipt{Key: d.key, Version: d.Version(), Unchanged: d.Version() == before}, err
}

// fill sets top-level fields from a decoded record; what only the kit keeps is left alone.
func (d *Doc) fill(v expr.Value, fields []string) {
	for _, name := range fields {
		if i, ok := d.typ.Slot(name); ok && i < len(d.kind.entity.Fields) {
			delete(d.lists, i)
			d.slots[i] = v.Slot(i)
		}
	}
	d.stale, d.touched = true, true
}

// topLevel returns the names of the fields that hold the paths.
func topLevel(paths []string) []string {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i], _, _ = strings.Cut(p, ".")
	}
	return slices.Compact(names)
}

// copyIn keeps a newer state of the owner's document.
func (t *Tx) copyIn(r *request) (sihe.Receipt, error) {
	key := r.Key
	if key == "" {
		key = r.value.Slot(r.kind.key).Text()
	}
	if err := checkKey(r.kind.name, key); err != nil {
		return sihe.Receipt{}, err
	}
	d, there, err := t.get(r.kind, key)
	if err != nil {
		return sihe.Receipt{}, err
	}
	version := r.Version
	if version == 0 {
		version = r.value.Slot(r.kind.version).Int()
	}
	switch {
	case !there:
		d = newDoc(r.kind)
		d.key = key
		t.docs[docID{r.kind.name, key}] = d
	case version != 0 && version <= d.Version():
		same := version == d.Version()
		return sihe.Receipt{Key: key, Version: d.Version(), Stale: !same, Unchanged: same}, nil
	}
	d.frozen = true
	if version == 0 {
		version = d.Version() + 1
	}
	copy(d.slots, r.value.Slots())
	d.lists, d.stale = nil, false
	d.slots[r.kind.key] = expr.TextValue(key)
	d.slots[r.kind.version] = expr.IntValue(version)
	if d.IsNull(fieldCorrelation) && r.CorrelationID != "" {
		d.put(fieldCorrelation, expr.TextValue(r.CorrelationID))
	}
	t.follow(d)
	t.touch(d)
	defer t.leave()
	if err := t.enter(d); err != nil {
		return sihe.Receipt{}, err
	}
	return sihe.Receipt{Key: key, Version: version}, t.run(d, OnCopy)
}

// matches refuses a Write whose conditions the document does not meet.
func (d *Doc) matches(r *request) error {
	for _, path := range r.matched {
		name, _, _ := strings.Cut(path, ".")
		i, ok := d.typ.Slot(name)
		if ok && !d.get(i).Equal(r.match.Slot(i)) {
			return sihe.Rejected(sihe.CodeHashMismatch, "%s %s: %s is not what it was", r.Do, d.name(), name).At(name)
		}
	}
	return nil
}
