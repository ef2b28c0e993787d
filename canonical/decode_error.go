package canonical

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// syntax turns what jsontext says into our error.
func syntax(err error) *sihe.Error {
	var s *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return refuse(sihe.CodeJSONSyntax, "read JSON: the text ends too early")
	case !errors.As(err, &s):
		return refuse(sihe.CodeJSONSyntax, "read JSON: %v", err)
	}
	code, what := sihe.CodeJSONSyntax, s.Err.Error()
	if strings.Contains(what, "UTF-8") {
		code = sihe.CodeJSONUTF8
	}
	return refuse(code, "read JSON: %s at byte %d", what, s.ByteOffset)
}

// under puts a name or "[i]" in front of an error's path.
func under(name string, err *sihe.Error) *sihe.Error {
	switch {
	case err.Path == "":
		return err.At(name)
	case err.Path[0] == '[':
		return err.At(name + err.Path)
	}
	return err.At(name + "." + err.Path)
}

// shown cuts a text from outside for a message.
func shown(s string) string {
	if utf8.RuneCountInString(s) <= 40 {
		return s
	}
	return string([]rune(s)[:40]) + "…"
}

func unknownField(t *expr.Type, name string) *sihe.Error {
	known := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		known[i] = f.Name
	}
	return refuse(sihe.CodeJSONUnknown, "read JSON: unknown field%s", didYouMean(name, known)).At(shown(name))
}

func didYouMean(name string, known []string) string {
	if s := strictyaml.Suggest(name, known); s != "" {
		return " (did you mean " + s + "?)"
	}
	return ""
}

func wrongType(t *expr.Type, found jsontext.Kind) *sihe.Error {
	return refuse(sihe.CodeJSONType, "read JSON: found %s, needed %s", kindName(found), typeName(t))
}

func kindName(k jsontext.Kind) string {
	switch k {
	case jsontext.KindString:
		return "a text"
	case jsontext.KindNumber:
		return "a number"
	case jsontext.KindTrue, jsontext.KindFalse:
		return "true or false"
	case jsontext.KindBeginObject:
		return "an object"
	case jsontext.KindBeginArray:
		return "an array"
	default:
		return "null"
	}
}

func typeName(t *expr.Type) string {
	switch t.Kind {
	case expr.KindBool:
		return "true or false"
	case expr.KindInt:
		return "a whole number"
	case expr.KindDecimal:
		return "a decimal, as a text or a number"
	case expr.KindDate:
		return `a date like "2026-07-31"`
	case expr.KindTime:
		return `a time like "2026-07-31T09:30:00+08:00"`
	case expr.KindList:
		return "an array"
	case expr.KindRecord:
		return "an object"
	default:
		return "a text"
	}
}
