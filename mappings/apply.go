package mappings

import (
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

// Map decodes one source record, applies the mapping and encodes the fields that it sets, in the order of the target's
// type. Errors are *sihe.Error with the target field as Path and the mapping's file and line in the text: Permanent, or
// Rejected where the file says on_missing: fail. A cross-reference that is not known (yet) has the code XREF_MISSING.
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
	_, _ = w, v
	return expr.Value{}, nil
}

// Encode writes what Apply returned as canonical JSON: every field that the mapping sets, null too.
func (m *Mapping) Encode(v expr.Value) []byte {
	_ = v
	return nil
}
