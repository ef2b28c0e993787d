package canonical

import (
	"bytes"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// A Style says how a target wants its JSON. The zero Style is canonical: decimals as texts, money with all places of its
// field, nulls left out, fields in the order of the type, times in UTC.
type Style struct {
	Numbers bool // decimals as JSON numbers
	Nulls   bool // nulls are written

	plain bool // for hashes: decimals without zeros that say nothing, and no empty lists
}

// Encode writes a value of type t as JSON without white space. The digits of decimals are kept, zeros at the end too;
// only money gets the places of its field where it has fewer.
func Encode(t *expr.Type, v expr.Value, s Style) []byte {
	return Append(nil, t, v, s)
}

// Append appends what Encode returns.
func Append(b []byte, t *expr.Type, v expr.Value, s Style) []byte {
	switch {
	case v.IsNull():
		return append(b, "null"...)
	case t.Kind == expr.KindRecord && v.Kind() == expr.KindRecord:
		return appendRecord(b, t, v, s)
	case t.Kind == expr.KindList && v.Kind() == expr.KindList:
		b = append(b, '[')
		for i, item := range v.List() {
			if i > 0 {
				b = append(b, ',')
			}
			b = Append(b, t.Elem, item, s)
		}
		return append(b, ']')
	}
	return appendScalar(b, t, v, s)
}

func appendRecord(b []byte, t *expr.Type, v expr.Value, s Style) []byte {
	b = append(b, '{')
	first := true
	for i := range t.Fields {
		item := v.Slot(i)
		if item.IsNull() && !s.Nulls || s.plain && absent(item) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendText(b, t.Fields[i].Name)
		b = Append(append(b, ':'), t.Fields[i].Type, item, s)
	}
	return append(b, '}')
}

func appendScalar(b []byte, t *expr.Type, v expr.Value, s Style) []byte {
	switch v.Kind() {
	case expr.KindBool:
		return strconv.AppendBool(b, v.Bool())
	case expr.KindInt, expr.KindDecimal:
		if t.Kind != expr.KindDecimal && v.Kind() == expr.KindInt {
			return strconv.AppendInt(b, v.Int(), 10)
		}
		if s.Numbers {
			return appendDecimal(b, t, v.Decimal(), s)
		}
		return append(appendDecimal(append(b, '"'), t, v.Decimal(), s), '"')
	case expr.KindDate:
		return appendText(b, v.Date().String())
	case expr.KindTime:
		b = v.Time().AppendFormat(append(b, '"'), time.RFC3339Nano)
		return append(b, '"')
	default:
		return appendText(b, v.Text())
	}
}

func appendText(b []byte, s string) []byte {
	b, err := jsontext.AppendQuote(b, s)
	_ = err // a text that is not UTF-8 is written with U+FFFD
	return b
}

// appendDecimal writes the digits; money has at least the places of its field.
func appendDecimal(b []byte, t *expr.Type, d sihe.Decimal, s Style) []byte {
	start, scale := len(b), d.Scale()
	b = d.Append(b)
	least := 0
	if t.Money && t.Scale > 0 {
		least = t.Scale
	}
	if s.plain && scale > least {
		b = b[:start+len(trimZeros(b[start:], scale-least))]
	}
	if scale == 0 && least > 0 {
		b = append(b, '.')
	}
	for ; scale < least; scale++ {
		b = append(b, '0')
	}
	return b
}

// trimZeros cuts at most n zeros from the end, and a point that then ends the number.
func trimZeros(digits []byte, n int) []byte {
	for ; n > 0 && digits[len(digits)-1] == '0'; n-- {
		digits = digits[:len(digits)-1]
	}
	return bytes.TrimSuffix(digits, []byte{'.'})
}
