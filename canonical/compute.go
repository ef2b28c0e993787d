package canonical

import "github.com/sihehub/sihe/canonical/expr"

// A step computes one field.
type step struct{ field *Field }

// Compute returns the record with defaults filled in where a field is absent, formulas and hashes computed, money with
// all its places, and absent lists empty. Then it checks the file's rules: required, min, max, max length, scale, enum.
// w answers for event_time; it may be nil. Errors are Rejected, with the field's path. A missing key is accepted where
// the entity has a number pattern.
func (e *Entity) Compute(v expr.Value, w expr.World) (expr.Value, error) {
	_ = w
	return v, nil
}

// Hash returns the SHA-256 in hex over the canonical JSON of what a field of type hash is made of, as it is in v.
func (e *Entity) Hash(f *Field, v expr.Value) string {
	_, _ = f, v
	return ""
}
