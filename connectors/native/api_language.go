package native

import (
	"errors"
	"net/http"
	"strings"

	"github.com/sihehub/sihe"
)

// message says in the caller's language what is wrong. The details of faults of ours stay inside.
func (v *visit) message(err error, x sihe.Explanation, zh bool) string {
	said := x.En
	if zh {
		said = x.Zh
	}
	var reason *why
	switch {
	case errors.As(err, &reason) && zh:
		return said + "：" + reason.label.Zh
	case errors.As(err, &reason):
		return said + ": " + reason.label.En
	case x.HTTPStatus >= http.StatusInternalServerError || x.HTTPStatus == 0:
		return said
	case zh:
		if label := v.label(pathOf(err)); label != "" {
			return said + "：" + label
		}
		return said
	}
	var own *sihe.Error
	if errors.As(err, &own) {
		return said + ": " + own.Text
	}
	return said
}

// label names the field at a path in Chinese: "lines[2].quantity" → 明细[3].数量.
func (v *visit) label(path string) string {
	if v.kind == nil || path == "" {
		return ""
	}
	var plain, shown []string
	for part := range strings.SplitSeq(path, ".") {
		name, at, _ := strings.Cut(part, "[")
		plain = append(plain, name)
		f, ok := v.kind.entity.Field(strings.Join(plain, "."))
		if !ok {
			return ""
		}
		if at != "" {
			at = "[" + at
		}
		shown = append(shown, f.Label.Zh+at)
	}
	return strings.Join(shown, ".")
}

func pathOf(err error) string {
	var own *sihe.Error
	if errors.As(err, &own) {
		return own.Path
	}
	return ""
}
