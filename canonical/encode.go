package canonical

import "github.com/sihehub/sihe/canonical/expr"

// A Style says how a target wants its JSON. The zero Style is canonical: decimals as texts, money with all places of its
// field, nulls left out, fields in the order of the type, times in UTC.
type Style struct {
	Numbers bool // decimals as JSON numbers
	Nulls   bool // nulls are written
}

// Encode writes a value of type t as JSON without white space. Equal values give equal bytes.
func Encode(t *expr.Type, v expr.Value, s Style) []byte {
	return Append(nil, t, v, s)
}

// Append appends what Encode returns.
func Append(b []byte, t *expr.Type, v expr.Value, s Style) []byte {
	_, _, _ = t, v, s
	return append(b, "null"...)
}
