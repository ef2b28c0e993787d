package canonical

import "github.com/sihehub/sihe/canonical/expr"

// Decode reads one JSON text into a value of type t. It is strict: unknown or repeated names, invalid UTF-8, more than
// 64 levels, more than 1 MiB, trailing data and values of another type are Permanent errors with the path. Decimals are
// read digit for digit from a JSON text or number; refs and enums from texts; missing fields are null.
func Decode(t *expr.Type, data []byte) (expr.Value, error) {
	_, _ = t, data
	return expr.Value{}, nil
}

// DecodePartial is Decode that also returns the dotted paths of all fields that were present, null ones too, in the
// order of the type.
func DecodePartial(t *expr.Type, data []byte) (v expr.Value, present []string, err error) {
	v, err = Decode(t, data)
	return v, nil, err
}
