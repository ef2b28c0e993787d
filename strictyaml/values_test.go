package strictyaml

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

func parsed(t *testing.T, text string) (*Map, *sihe.Findings) {
	t.Helper()
	var f sihe.Findings
	n, ok := Parse("v.yaml", []byte(text), &f)
	if !ok || f.Failed() {
		t.Fatalf("parse: %v", f)
	}
	m, ok := n.Map()
	if !ok {
		t.Fatal("no map")
	}
	return m, &f
}

func shown(f sihe.Findings) []string {
	var lines []string
	for _, x := range f.Sorted() {
		lines = append(lines, x.String())
	}
	return lines
}

func TestReaders(t *testing.T) {
	m, f := parsed(t, "text: x\nyes: true\ncount: 12\nprice: \"1.10\"\nwait: 90s\nkeep: 7d\nkind: b\n")
	text, _ := m.Take("text").Text()
	yes, _ := m.Take("yes").Bool()
	count, _ := m.Take("count").Int()
	price, _ := m.Take("price").Decimal()
	wait, _ := m.Take("wait").Duration()
	keep, _ := m.Take("keep").Duration()
	kind, _ := m.Take("kind").OneOf("a", "b")
	m.Done()
	if text != "x" || !yes || count != 12 || price.String() != "1.10" || wait != 90*time.Second || keep != 168*time.Hour || kind != "b" {
		t.Errorf("got %q %v %d %s %s %s %q", text, yes, count, price, wait, keep, kind)
	}
	if len(*f) > 0 {
		t.Errorf("findings: %v", *f)
	}
}

func TestReadersReport(t *testing.T) {
	m, f := parsed(t, "text: [x]\nnothing:\nyes: yes\ncount: 1.5\nprice: 1e5x\nwait: -5s\nkind: aprove\nlist: a\nmap: b\nextar: 1\n")
	m.Take("text").Text()
	m.Take("nothing").Text()
	m.Take("yes").Bool()
	m.Take("count").Int()
	m.Take("price").Decimal()
	m.Take("wait").Duration()
	m.Take("kind").OneOf("approve", "reject")
	m.Take("list").List()
	m.Take("map").Map()
	m.Need("absent")
	if m.Take("extra") != nil {
		t.Error("found what is not there")
	}
	m.Done()
	want := []string{
		`v.yaml:1:1: YAML_MISSING_KEY the key "absent" is missing`,
		`v.yaml:1:7: YAML_TYPE needs text, found a list`,
		`v.yaml:2:9: YAML_VALUE needs text, found nothing`,
		`v.yaml:3:6: YAML_VALUE needs true or false, found "yes"`,
		`v.yaml:4:8: YAML_VALUE needs a whole number, found "1.5"`,
		`v.yaml:5:8: YAML_VALUE needs a number, found "1e5x"`,
		`v.yaml:6:7: YAML_VALUE needs a duration such as 30s, 5m or 7d, found "-5s"`,
		`v.yaml:7:7: YAML_VALUE needs one of approve, reject, found "aprove" (did you mean approve?)`,
		`v.yaml:8:7: YAML_TYPE needs a list, found "a"`,
		`v.yaml:9:6: YAML_TYPE needs a map (key: value), found "b"`,
		`v.yaml:10:1: YAML_UNKNOWN_KEY unknown key "extar" (did you mean extra?)`,
	}
	if diff := cmp.Diff(want, shown(*f)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// Every rune of a `|` block, of an escape and of a folded line has its own place.
func TestPositions(t *testing.T) {
	m, _ := parsed(t, "a:\n  b: |\n    客户\n      > 0\n  c: \"x\\ty\"\n  d: one\n    two\n")
	inner, _ := m.Take("a").Map()
	for _, c := range []struct {
		key          string
		offset       int
		line, column int
	}{
		{"b", 0, 3, 5},
		{"b", 1, 3, 6},
		{"b", 2, 3, 7},
		{"b", 5, 4, 7},
		{"b", 7, 4, 9},
		{"b", 99, 4, 11},
		{"c", 0, 5, 7},
		{"c", 1, 5, 8},
		{"c", 2, 5, 10},
		{"c", 3, 5, 11},
		{"d", 0, 6, 6},
		{"d", 3, 6, 9},
		{"d", 4, 7, 5},
		{"d", -1, 6, 6},
	} {
		if line, column := inner.Take(c.key).Position(c.offset); line != c.line || column != c.column {
			t.Errorf("%s rune %d is at %d:%d, want %d:%d", c.key, c.offset, line, column, c.line, c.column)
		}
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"customer", "currency", "客户编号", "quantity", "id"}
	for word, want := range map[string]string{
		"custmer": "customer", "cusotmer": "customer", "Currency": "currency", "客户编码": "客户编号", "amount": "", "ib": "id", "": "", "customer": "",
	} {
		if got := Suggest(word, known); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestFiles(t *testing.T) {
	fsys := fstest.MapFS{
		"b.yaml": {Data: []byte("x: 1")}, "a/c.yaml": {Data: []byte("x: 2")}, "a/c_test.yaml": {Data: []byte("x: 3")},
		".git/d.yaml": {Data: []byte("x: 4")}, "readme.md": {Data: []byte("no")}, "broken.yaml": {Data: []byte("x: [")},
		"big.yaml": {Data: []byte(strings.Repeat("#", MaxSize+1))}, ".hidden.yaml": {Data: []byte("x: 5")},
	}
	var f sihe.Findings
	var paths []string
	Files(fsys, &f, func(path string, n *Node) { paths = append(paths, path) })
	Files(nil, &f, func(string, *Node) { t.Error("a nil tree has a file") })
	if diff := cmp.Diff([]string{"a/c.yaml", "b.yaml"}, paths); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	want := []string{
		"big.yaml:1:1: YAML_SIZE a file may have 262144 bytes, this one has more",
		"broken.yaml:2:1: YAML_SYNTAX a list […] or map {…} lacks a comma or its end",
	}
	if diff := cmp.Diff(want, shown(f)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
