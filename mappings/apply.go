package mappings

import (
	"encoding/json"

	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

// Map decodes one source record, applies the mapping and encodes the fields that it sets, in the order of the target's
// type. Errors are *sihe.Error with the target field as Path and the mapping's file and line in the text: Permanent, or
// Rejected where the file says on_missing: fail, or what w returned. A cross-reference that is not known (yet) has the
// code XREF_MISSING.
func (m *Mapping) Map(w expr.World, data []byte) ([]byte, error) {
	v, err := canonical.Decode(m.Source, data)
	if err != nil {
		return nil, err
	}
	out, err := m.Apply(w, v)
	if err != nil {
		return nil, err
	}
	return m.Encode(out), nil
}

// Apply is Map without JSON: v is a value of type Source, the result one of type Target.
func (m *Mapping) Apply(w expr.World, v expr.Value) (expr.Value, error) {
	r := run{frame: expr.Frame{Source: v, Vars: make([]expr.Value, m.vars), World: w}}
	for i, l := range m.let {
		v, err := l.program.Eval(&r.frame)
		if err != nil {
			return expr.Value{}, l.at.failed(err)
		}
		r.frame.Vars[i] = v
	}
	return m.root.fill(&r)
}

// An encoding is one field at the top of the result.
type encoding struct {
	key  []byte // `"name":`
	slot int
	typ  *expr.Type
}

// encodings lists the fields that a mapping sets, in the order of the target's type.
func encodings(m *Mapping) []encoding {
	var all []encoding
	for i, f := range m.Target.Fields {
		if _, set := m.lineage[f.Name]; set {
			key, _ := json.Marshal(f.Name) // a text always encodes
			all = append(all, encoding{key: append(key, ':'), slot: i, typ: f.Type})
		}
	}
	return all
}

// Encode writes what Apply returned as canonical JSON: every field that the mapping sets, null too.
func (m *Mapping) Encode(v expr.Value) []byte {
	b := append(make([]byte, 0, 1024), '{')
	for i, e := range m.encodings {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, e.key...)
		b = canonical.Append(b, e.typ, v.Slot(e.slot), canonical.Style{})
	}
	return append(b, '}')
}
