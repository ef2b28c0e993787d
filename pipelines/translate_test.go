package pipelines

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFieldsOf(t *testing.T) {
	for text, want := range map[string][]string{
		`{}`:                           nil,
		`{"a":1,"b":null,"c":"x,\"}"}`: {"a", "b", "c"},
		`{"lines":[{"item":"P","n":-1.5e3},{"q":true}]}`:           {"lines", "lines.item", "lines.n", "lines.q"},
		` { "a" : { "b" : [ ] , "c" : [ 1 , "2" ] } , "d" : {} } `: {"a", "a.b", "a.c", "d"},
		`{"\u0061.":[[{"x":1}]]}`:                                  {"a.", "a..x"},
	} {
		got, err := fieldsOf([]byte(text))
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %q %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{``, `[]`, `null`, `{"a":`, `{"a"`, `{`} {
		if got, err := fieldsOf([]byte(text)); err == nil {
			t.Errorf("%s: %q and no error", text, got)
		}
	}
}
