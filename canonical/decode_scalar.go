package canonical

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// scalar reads a text, number or truth value that stands as raw in the JSON.
func scalar(t *expr.Type, kind jsontext.Kind, raw string) (expr.Value, *sihe.Error) {
	isText := kind == jsontext.KindString
	switch {
	case t.Kind == expr.KindBool && (kind == jsontext.KindTrue || kind == jsontext.KindFalse):
		return expr.BoolValue(kind == jsontext.KindTrue), nil
	case t.Kind == expr.KindInt && kind == jsontext.KindNumber:
		return integer(raw)
	case t.Kind == expr.KindDecimal && (isText || kind == jsontext.KindNumber):
		return decimal(t, unquoted(raw))
	case t.Kind == expr.KindText && isText:
		return text(t, unquoted(raw))
	case t.Kind == expr.KindDate && isText:
		d, err := expr.ParseDate(unquoted(raw))
		if err != nil {
			return expr.Value{}, refuse(sihe.CodeJSONType, "read JSON: %q is not %s", shown(unquoted(raw)), typeName(t))
		}
		return expr.DateValue(d), nil
	case t.Kind == expr.KindTime && isText:
		var at time.Time // UnmarshalText is strict about RFC 3339, Parse is not
		if err := at.UnmarshalText([]byte(unquoted(raw))); err != nil {
			return expr.Value{}, refuse(sihe.CodeJSONType, "read JSON: %q is not %s", shown(unquoted(raw)), typeName(t))
		}
		return expr.TimeValue(at), nil
	}
	return expr.Value{}, wrongType(t, kind)
}

// unquoted returns the content of a JSON text that jsontext has checked; a number is returned as it is.
func unquoted(raw string) string {
	if raw == "" || raw[0] != '"' {
		return raw
	}
	inner := raw[1 : len(raw)-1]
	if strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	b, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return inner // cannot be: the decoder refuses such a text
	}
	return string(b)
}

func integer(raw string) (expr.Value, *sihe.Error) {
	n, err := strconv.ParseInt(raw, 10, 64)
	switch {
	case err == nil:
		return expr.IntValue(n), nil
	case strings.ContainsAny(raw, ".eE"):
		return expr.Value{}, refuse(sihe.CodeJSONType, "read JSON: %s is not a whole number without point and exponent", shown(raw))
	}
	return expr.Value{}, refuse(sihe.CodeJSONNumber, "read JSON: %s does not fit in 64 bits", shown(raw))
}

func decimal(t *expr.Type, s string) (expr.Value, *sihe.Error) {
	if len(s) > maxNumber {
		return expr.Value{}, refuse(sihe.CodeJSONNumber, "read JSON: a number of more than %d bytes", maxNumber)
	}
	if t.Money && strings.ContainsAny(s, "eE") {
		return expr.Value{}, refuse(sihe.CodeJSONNumber, "read JSON: %q: an amount is written without exponent", s)
	}
	d, err := sihe.ParseDecimal(s)
	if err != nil {
		return expr.Value{}, refuse(sihe.CodeJSONNumber, "read JSON: %q is not a decimal of at most %d digits", s, sihe.MaxDigits)
	}
	if strings.ContainsAny(s, "eE") && len(d.String()) > maxNumber {
		return expr.Value{}, refuse(sihe.CodeJSONNumber, "read JSON: %q is longer than %d bytes when it is written out", s, maxNumber)
	}
	if !fits(d, t.Scale) {
		return expr.Value{}, refuse(sihe.CodeValueScale, "read JSON: %s has more than %d places", d, t.Scale)
	}
	return expr.DecimalValue(d), nil
}

// fits says whether d has at most so many places, zeros at the end aside.
func fits(d sihe.Decimal, scale int) bool {
	if scale == expr.AnyScale || d.Scale() <= scale {
		return true
	}
	cut, err := d.TryRound(scale, sihe.Down)
	return err == nil && cut.Equal(d)
}

func text(t *expr.Type, s string) (expr.Value, *sihe.Error) {
	if t.Enum != nil && !slices.Contains(t.Enum, s) {
		return expr.Value{}, notListed(s, t.Enum)
	}
	return expr.TextValue(s), nil
}

func notListed(s string, values []string) *sihe.Error {
	return refuse(sihe.CodeValueEnum, "%q is not one of %s%s", shown(s), strings.Join(values, ", "), didYouMean(s, values))
}
