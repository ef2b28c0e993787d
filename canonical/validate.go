package canonical

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/sihehub/sihe"
)

// A schema is an entity's JSON Schema, compiled when it is first asked for.
type schema struct {
	once sync.Once
	rule *jsonschema.Schema
	err  error
}

// Validate checks a JSON text from outside against the Schema: for what will not be decoded here, or as a second opinion.
// Decode and Compute check the same and more, faster. Errors are Permanent, with the path.
func (e *Entity) Validate(data []byte) error {
	e.schema.once.Do(func() { e.schema.rule, e.schema.err = e.compileSchema() })
	if e.schema.err != nil {
		return refuse(sihe.CodeInternal, "compile the schema of %s: %v", e.FullName(), e.schema.err)
	}
	value, err := plainValue(data)
	if err != nil {
		return err
	}
	return e.validated(value)
}

func (e *Entity) compileSchema() (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.AssertFormat = true
	c.Formats["decimal"] = isDecimal
	c.LoadURL = func(name string) (io.ReadCloser, error) {
		return nil, fmt.Errorf("%s: schemas are never fetched", name)
	}
	if err := c.AddResource(e.SchemaName(), bytes.NewReader(e.Schema())); err != nil {
		return nil, err
	}
	return c.Compile(e.SchemaName())
}

func isDecimal(v any) bool {
	switch x := v.(type) {
	case string:
		_, err := sihe.ParseDecimal(x)
		return err == nil
	case json.Number:
		_, err := sihe.ParseDecimal(string(x))
		return err == nil
	}
	return true
}

// validated runs the schema. The library panics on some numbers; they are refused before, and what else it may panic on
// is an error here.
func (e *Entity) validated(value any) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = refuse(sihe.CodeJSONSchema, "validate %s: %v", e.FullName(), r)
		}
	}()
	var v *jsonschema.ValidationError
	switch found := e.schema.rule.Validate(value); {
	case found == nil:
		return nil
	case errors.As(found, &v):
		v = slices.MinFunc(leaves(v), func(a, b *jsonschema.ValidationError) int {
			return cmp.Or(cmp.Compare(a.InstanceLocation, b.InstanceLocation), cmp.Compare(a.Message, b.Message))
		})
		return refuse(sihe.CodeJSONSchema, "validate %s: %s", e.FullName(), clip(v.Message)).At(pathOf(v.InstanceLocation))
	default:
		return refuse(sihe.CodeJSONSchema, "validate %s: %v", e.FullName(), found)
	}
}

// clip cuts a message that quotes what came from outside.
func clip(s string) string {
	const most = 400 // runes
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// leaves returns what is wrong itself, not only contains what is wrong. The library gives them in no order.
func leaves(v *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(v.Causes) == 0 {
		return []*jsonschema.ValidationError{v}
	}
	var all []*jsonschema.ValidationError
	for _, c := range v.Causes {
		all = append(all, leaves(c)...)
	}
	return all
}

// pathOf turns a JSON pointer ("/lines/2/item") into a path ("lines[2].item").
func pathOf(pointer string) string {
	var b strings.Builder
	for token := range jsontext.Pointer(pointer).Tokens() {
		if _, err := strconv.Atoi(token); err == nil {
			b.WriteString("[" + token + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(shown(token))
	}
	return b.String()
}

// plainValue reads JSON into maps and slices, as the schema library wants it: strictly, and with numbers it can stand.
func plainValue(data []byte) (any, error) {
	if len(data) > MaxJSON {
		return nil, refuse(sihe.CodeJSONSize, "read JSON: %d bytes, more than %d", len(data), MaxJSON)
	}
	if tooDeep(data) {
		return nil, refuse(sihe.CodeJSONDepth, "read JSON: nested deeper than %d levels", MaxDepth)
	}
	in := jsontext.NewDecoder(bytes.NewBuffer(data))
	v, err := anyValue(in)
	if err != nil {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return nil, refuse(sihe.CodeJSONDuplicate, "read JSON: the name stands twice").At(pathOf(pointerOf(err)))
		}
		var own *sihe.Error
		if errors.As(err, &own) {
			return nil, own.At(pathOf(string(in.StackPointer())))
		}
		return nil, syntax(err).At(pathOf(pointerOf(err)))
	}
	if _, err := in.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, refuse(sihe.CodeJSONSyntax, "read JSON: more data after the value, at byte %d", in.InputOffset())
	}
	return v, nil
}

func pointerOf(err error) string {
	var s *jsontext.SyntacticError
	if errors.As(err, &s) {
		return string(s.JSONPointer)
	}
	return ""
}

func anyValue(in *jsontext.Decoder) (any, error) {
	token, err := in.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case jsontext.KindBeginObject:
		m := map[string]any{}
		for in.PeekKind() != jsontext.KindEndObject {
			name, err := in.ReadToken()
			if err != nil {
				return nil, err
			}
			key := name.String()
			if m[key], err = anyValue(in); err != nil {
				return nil, err
			}
		}
		_, err = in.ReadToken()
		return m, err
	case jsontext.KindBeginArray:
		list := []any{}
		for in.PeekKind() != jsontext.KindEndArray {
			item, err := anyValue(in)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		_, err = in.ReadToken()
		return list, err
	case jsontext.KindNumber:
		text := token.String()
		if _, err := sihe.ParseDecimal(text); err != nil {
			return nil, refuse(sihe.CodeJSONNumber, "read JSON: %q is not a decimal of at most %d digits", shown(text), sihe.MaxDigits)
		}
		return json.Number(text), nil
	case jsontext.KindString:
		return token.String(), nil
	case jsontext.KindTrue, jsontext.KindFalse:
		return token.Bool(), nil
	default:
		return nil, nil
	}
}
