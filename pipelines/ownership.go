package pipelines

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/store"
)

// A module states facts about its own fields only (invariant 5). What a product shows in a field of another module is
// never published: it is compared with what that module had written there, and a difference is told as drift.

// owned returns the record without the fields that another module writes.
func owned(e *canonical.Entity, v expr.Value) expr.Value {
	return without(e.Fields, v)
}

func without(fields []*canonical.Field, v expr.Value) expr.Value {
	if v.IsNull() {
		return v
	}
	slots := slices.Clone(v.Slots())
	for _, f := range fields {
		inner := slots[f.Slot()]
		switch {
		case f.Writer != "":
			slots[f.Slot()] = expr.NullValue()
		case f.Kind == canonical.KindRecord:
			slots[f.Slot()] = without(f.Fields, inner)
		case f.Kind == canonical.KindList && !inner.IsNull():
			rows := slices.Clone(inner.List())
			for i, row := range rows {
				rows[i] = without(f.Fields, row)
			}
			slots[f.Slot()] = expr.ListValue(rows)
		}
	}
	return expr.RecordValue(slots)
}

// completed returns the record that the module states: its own fields, the defaults of absent ones, and formulas where the
// product does not show the result itself. The product is the owner: what it shows as a total is the total.
func completed(e *canonical.Entity, shown expr.Value, w expr.World) (expr.Value, error) {
	v, err := e.Compute(owned(e, shown), w)
	if err != nil {
		return v, err
	}
	v = preferred(e.Fields, shown, v)
	slots := slices.Clone(v.Slots())
	for _, f := range e.Fields {
		if f.Kind == canonical.KindHash && f.Writer == "" {
			slots[f.Slot()] = expr.TextValue(e.Hash(f, v))
		}
	}
	return expr.RecordValue(slots), nil
}

func preferred(fields []*canonical.Field, shown, computed expr.Value) expr.Value {
	if shown.IsNull() || computed.IsNull() {
		return computed
	}
	slots := slices.Clone(computed.Slots())
	for _, f := range fields {
		was, is := shown.Slot(f.Slot()), slots[f.Slot()]
		switch {
		case f.Formula != nil && f.Writer == "" && !was.IsNull():
			slots[f.Slot()] = was
		case f.Kind == canonical.KindRecord:
			slots[f.Slot()] = preferred(f.Fields, was, is)
		case f.Kind == canonical.KindList && len(was.List()) == len(is.List()) && !is.IsNull():
			rows := slices.Clone(is.List())
			for i := range rows {
				rows[i] = preferred(f.Fields, was.List()[i], rows[i])
			}
			slots[f.Slot()] = expr.ListValue(rows)
		}
	}
	return expr.RecordValue(slots)
}

// written returns the values that other modules had written into the document, by slot.
func (n *normaliser) written(tx *store.Tx, st *statement, key string) (map[int]expr.Value, error) {
	raw, err := tx.WriteBack(st.entity.FullName(), key)
	if err != nil || len(raw) == 0 {
		return nil, err
	}
	v, err := canonical.DecodeKnown(st.entity.Type, raw)
	if err != nil {
		return nil, sihe.Permanent(err)
	}
	values := map[int]expr.Value{}
	for _, f := range st.entity.Fields {
		if f.Writer != "" && !v.Slot(f.Slot()).IsNull() {
			values[f.Slot()] = v.Slot(f.Slot())
		}
	}
	return values, nil
}

// tellDrift compares what the product shows in other modules' fields with what they had written there. Every difference
// is counted and told, once per content of the document.
func (n *normaliser) tellDrift(tx *store.Tx, st *statement) error {
	if st.digest == "" {
		return nil
	}
	key := st.event.Subject
	written, err := n.written(tx, st, key)
	if err != nil {
		return err
	}
	var drifts []store.Drift
	for _, f := range st.entity.Fields {
		shown := st.shown.Slot(f.Slot())
		due, wrote := written[f.Slot()]
		if !wrote {
			due = st.value.Slot(f.Slot()) // its default
		}
		if f.Writer == "" || shown.IsNull() || shown.Equal(due) {
			continue
		}
		drifts = append(drifts, store.Drift{
			System: n.system.Name, Entity: st.entity.FullName(), Key: key, Field: f.Path, Owner: f.Writer,
			Shown: textOf(f, shown), Written: textOf(f, due),
		})
	}
	return tx.SetDrift(n.system.Name, st.entity.FullName(), key, drifts)
}

func textOf(f *canonical.Field, v expr.Value) string {
	if v.IsNull() {
		return ""
	}
	return string(canonical.Encode(f.Type, v, canonical.Style{}))
}
