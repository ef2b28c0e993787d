package canonical

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// Limits of one JSON text.
const (
	MaxJSON   = 1 << 20 // bytes
	MaxDepth  = 64      // nested objects and arrays
	maxNumber = 64      // bytes of one number
)

// Decode reads one JSON text into a value of type t. It is strict: unknown or repeated names, invalid UTF-8, more than
// MaxDepth levels, more than MaxJSON bytes, trailing data and values of another type are Permanent errors with the path.
// Decimals are read digit for digit from a JSON text or number; refs, enums, dates and times from texts; missing fields
// are null. The texts of the value share one copy of data.
func Decode(t *expr.Type, data []byte) (expr.Value, error) {
	v, _, err := decode(t, data, reading{})
	return v, err
}

// DecodeKnown is Decode that passes over fields that the type does not have, for what a product says.
func DecodeKnown(t *expr.Type, data []byte) (expr.Value, error) {
	v, _, err := decode(t, data, reading{passUnknown: true})
	return v, err
}

// DecodePartial is Decode that also returns the dotted paths of all fields that were present, null ones too, in the
// order of the type. A path below a list is there when one item or more has it.
func DecodePartial(t *expr.Type, data []byte) (v expr.Value, present []string, err error) {
	v, seen, err := decode(t, data, reading{present: true})
	return v, seen.paths(t, "", nil), err
}

// reading says how to read.
type reading struct{ passUnknown, present bool }

func decode(t *expr.Type, data []byte, r reading) (expr.Value, *presence, error) {
	if len(data) > MaxJSON {
		return expr.Value{}, nil, refuse(sihe.CodeJSONSize, "read JSON: %d bytes, more than %d", len(data), MaxJSON)
	}
	if tooDeep(data) {
		return expr.Value{}, nil, refuse(sihe.CodeJSONDepth, "read JSON: nested deeper than %d levels", MaxDepth)
	}
	// Names are checked against the type, so a repeated one shows as a slot that is already taken.
	twice := jsontext.AllowDuplicateNames(true)
	d := decoder{reading: r, data: data, text: string(data), in: &cursor{data: data}}
	if !jsontext.Value(data).IsValid(twice) {
		d.in = jsontext.NewDecoder(bytes.NewBuffer(data), twice) // it says what is wrong, after what is wrong before it
	}
	var seen *presence
	if r.present {
		seen = &presence{}
	}
	v, err := d.value(t, seen)
	if err != nil {
		return expr.Value{}, nil, err
	}
	if _, end := d.in.ReadToken(); !errors.Is(end, io.EOF) {
		return expr.Value{}, nil, refuse(sihe.CodeJSONSyntax, "read JSON: more data after the value, at byte %d", d.in.InputOffset())
	}
	return v, seen, nil
}

// tooDeep counts brackets outside of texts, so that nothing recurses over what is nested too deep.
func tooDeep(data []byte) bool {
	depth, inText := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			inText = !inText
		case inText && c == '\\':
			i++
		case inText:
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

func refuse(code sihe.Code, format string, args ...any) *sihe.Error {
	return sihe.Permanent(sihe.Errorf(code, format, args...))
}

// A decoder reads one text.
type decoder struct {
	reading
	in   tokens
	data []byte
	text string // data once more, for values to share
	room []expr.Value
	list []expr.Value // items of the lists that are being read
}

// slots returns room for n values, cut from larger pieces.
func (d *decoder) slots(n int) []expr.Value {
	if n > len(d.room) {
		d.room = make([]expr.Value, max(n, 128))
	}
	s := d.room[:n:n]
	d.room = d.room[n:]
	return s
}

// raw reads the next scalar. The result is a piece of d.text, quotes and escapes as they stand.
func (d *decoder) raw() (string, *sihe.Error) {
	v, err := d.in.ReadValue()
	if err != nil {
		return "", syntax(err)
	}
	end := int(d.in.InputOffset())
	return d.text[end-len(v) : end], nil
}

func (d *decoder) value(t *expr.Type, seen *presence) (expr.Value, *sihe.Error) {
	switch kind := d.in.PeekKind(); kind {
	case jsontext.KindInvalid:
		_, err := d.in.ReadToken()
		return expr.Value{}, syntax(err)
	case jsontext.KindNull:
		_, err := d.raw()
		return expr.Value{}, err
	case jsontext.KindBeginObject, jsontext.KindBeginArray:
		if t.Kind == expr.KindRecord && kind == jsontext.KindBeginObject {
			return d.record(t, seen)
		}
		if t.Kind == expr.KindList && kind == jsontext.KindBeginArray {
			return d.items(t, seen)
		}
		return expr.Value{}, wrongType(t, kind)
	default:
		s, err := d.raw()
		if err != nil {
			return expr.Value{}, err
		}
		return scalar(t, kind, s)
	}
}

func (d *decoder) record(t *expr.Type, seen *presence) (expr.Value, *sihe.Error) {
	if _, err := d.in.ReadToken(); err != nil {
		return expr.Value{}, syntax(err)
	}
	slots := d.slots(len(t.Fields))
	taken := newBits(len(t.Fields))
	for next := 0; d.in.PeekKind() != jsontext.KindEndObject; next++ {
		quoted, err := d.raw()
		if err != nil {
			return expr.Value{}, err
		}
		name := unquoted(quoted)
		// Most writers keep the order of the type: try the field after the last one first.
		if next >= len(t.Fields) || t.Fields[next].Name != name {
			slot, ok := t.Slot(name)
			if !ok && d.passUnknown {
				if err := d.in.SkipValue(); err != nil {
					return expr.Value{}, syntax(err)
				}
				continue
			}
			if !ok {
				return expr.Value{}, unknownField(t, name)
			}
			next = slot
		}
		if !taken.add(next) {
			return expr.Value{}, refuse(sihe.CodeJSONDuplicate, "read JSON: the name stands twice").At(name)
		}
		if slots[next], err = d.value(t.Fields[next].Type, seen.field(t, next)); err != nil {
			return expr.Value{}, under(name, err)
		}
	}
	if _, err := d.in.ReadToken(); err != nil {
		return expr.Value{}, syntax(err)
	}
	return expr.RecordValue(slots), nil
}

func (d *decoder) items(t *expr.Type, seen *presence) (expr.Value, *sihe.Error) {
	if _, err := d.in.ReadToken(); err != nil {
		return expr.Value{}, syntax(err)
	}
	start := len(d.list)
	for d.in.PeekKind() != jsontext.KindEndArray {
		v, err := d.value(t.Elem, seen)
		if err != nil {
			return expr.Value{}, under("["+strconv.Itoa(len(d.list)-start)+"]", err)
		}
		if v.IsNull() && !t.Elem.Nullable {
			return expr.Value{}, under("["+strconv.Itoa(len(d.list)-start)+"]", wrongType(t.Elem, jsontext.KindNull))
		}
		d.list = append(d.list, v)
	}
	if _, err := d.in.ReadToken(); err != nil {
		return expr.Value{}, syntax(err)
	}
	items := d.slots(len(d.list) - start)
	copy(items, d.list[start:])
	d.list = d.list[:start]
	return expr.ListValue(items), nil
}
