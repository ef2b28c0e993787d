package canonical

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// schemaBase is where the names of schemas start. Nothing is ever fetched from there.
const schemaBase = "https://sihehub.github.io/sihe/entities/"

// SchemaName returns the absolute name of the entity's JSON Schema.
func (e *Entity) SchemaName() string { return schemaBase + e.FullName() + ".json" }

// Schema returns the entity's JSON Schema (draft 2020-12) for the JSON that Decode reads. Beside the standard's words it
// has x-owner, x-writer and x-ref, and the format `decimal`: an exact number as a text or a JSON number.
func (e *Entity) Schema() []byte {
	w := &schemaWriter{entity: e}
	w.text("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"$id\":")
	w.quote(e.SchemaName())
	w.words(e.Label)
	w.text(",\"x-owner\":")
	w.quote(e.Module)
	w.text(",\"type\":\"object\"")
	w.object(append(e.Fields[:len(e.Fields):len(e.Fields)], e.ImplicitFields()...))
	w.text("}")
	return w.b.Bytes()
}

type schemaWriter struct {
	entity *Entity
	b      bytes.Buffer
}

func (w *schemaWriter) text(s string)  { w.b.WriteString(s) }
func (w *schemaWriter) quote(s string) { w.b.Write(appendText(nil, s)) }

// words writes both languages where editors and documentation tools show them.
func (w *schemaWriter) words(l Label) {
	w.text(",\"title\":")
	w.quote(l.En)
	w.text(",\"description\":")
	w.quote(l.Zh)
}

func (w *schemaWriter) member(key, value string) {
	w.text(",\"" + key + "\":")
	w.quote(value)
}

// object writes the rest of a schema for a record.
func (w *schemaWriter) object(fields []*Field) {
	w.text(",\"additionalProperties\":false,\"properties\":{")
	var required []string
	for i, f := range fields {
		if i > 0 {
			w.text(",")
		}
		w.quote(f.Name)
		w.text(":{")
		w.field(f)
		w.text("}")
		if w.must(f) {
			required = append(required, f.Name)
		}
	}
	w.text("}")
	if len(required) > 0 {
		w.text(",\"required\":[\"" + strings.Join(required, `","`) + "\"]")
	}
}

// must says whether a record from outside needs the field: what is computed or has a default may be left out.
func (w *schemaWriter) must(f *Field) bool {
	return w.entity.mustHave(f) && f.Formula == nil && f.Default == nil
}

func (w *schemaWriter) field(f *Field) {
	name := "\"string\""
	switch f.Type.Kind {
	case expr.KindInt:
		name = "\"integer\""
	case expr.KindBool:
		name = "\"boolean\""
	case expr.KindDecimal:
		name = "\"string\",\"number\""
	case expr.KindList:
		name = "\"array\""
	case expr.KindRecord:
		name = "\"object\""
	default:
	}
	if !w.must(f) {
		name += ",\"null\""
	}
	w.text("\"type\":[" + name + "]")
	w.words(f.Label)
	w.limits(f)
	if f.Writer != "" {
		w.member("x-writer", f.Writer)
	}
	if f.Computed() {
		w.text(",\"readOnly\":true")
	}
}

// limits writes what the values of a field must be like.
func (w *schemaWriter) limits(f *Field) {
	switch f.Kind {
	case KindEnum:
		w.text(",\"enum\":[")
		for _, v := range f.Values {
			w.quote(v.Name)
			w.text(",")
		}
		w.text("null]")
	case KindRef:
		w.member("x-ref", f.Ref)
	case KindDate:
		w.member("format", "date")
	case KindTime:
		w.member("format", "date-time")
	case KindCurrency:
		w.member("pattern", "^[A-Z]{3}$")
	case KindJSON:
		w.member("contentMediaType", "application/json")
	case KindList:
		if f.MaxLength > 0 {
			w.text(",\"maxItems\":" + strconv.Itoa(f.MaxLength))
		}
		w.text(",\"items\":{\"type\":\"object\"")
		w.object(f.Fields)
		w.text("}")
	case KindRecord:
		w.object(f.Fields)
	case KindText:
		if f.MaxLength > 0 {
			w.text(",\"maxLength\":" + strconv.Itoa(f.MaxLength))
		}
	default:
		w.number(f)
	}
}

// number writes the limits of a number. Those of a decimal that is sent as a text are checked by Compute.
func (w *schemaWriter) number(f *Field) {
	if f.Type.Kind == expr.KindDecimal {
		w.member("format", "decimal")
		if f.Scale >= 0 {
			w.text(",\"multipleOf\":" + sihe.NewDecimal(1, int32(-f.Scale)).String()) //nolint:gosec // at most 12
		}
	}
	if f.Min != nil {
		w.text(",\"minimum\":" + f.Min.String())
	}
	if f.Max != nil {
		w.text(",\"maximum\":" + f.Max.String())
	}
}
