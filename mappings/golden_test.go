package mappings_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/goldentest"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/strictyaml"
)

var update = flag.Bool("update", false, "write what the tests get into their golden files")

func catalog(t testing.TB) *canonical.Catalog {
	t.Helper()
	var f sihe.Findings
	c := canonical.Load(&f, os.DirFS("testdata/entities"))
	if f.Failed() {
		t.Fatal(f.Err())
	}
	return c
}

// shapes are the records of an imagined product.
type shapes struct{}

func (shapes) Shape(name string) (*expr.Type, bool) {
	text := &expr.Type{Kind: expr.KindText}
	switch name {
	case "acme/Order":
		row := expr.RecordType(expr.Field{Name: "sku", Type: text}, expr.Field{Name: "qty", Type: expr.DecimalType(2)})
		return expr.RecordType(
			expr.Field{Name: "FNumber", Type: text}, expr.Field{Name: "FNote", Type: text.OrNull(true)},
			expr.Field{Name: "FTags", Type: expr.ListType(text).OrNull(true)}, expr.Field{Name: "FEntry", Type: expr.ListType(row).OrNull(true)},
		), true
	}
	return nil, false
}

// world knows every party but MISSING; the hub cannot ask about BROKEN.
type world struct{}

func (world) XRef(entity, key string) (string, bool, error) {
	switch key {
	case "MISSING":
		return "", false, nil
	case "BROKEN":
		return "", false, errors.New("the store is closed")
	}
	return "K:" + entity + ":" + key, true, nil
}

func (world) EventTime() time.Time { return time.Date(2026, 7, 31, 16, 30, 0, 0, time.UTC) }

// Each archive holds cases: <case>.yaml files that are loaded together (the part before the first dot is the case),
// <case>.json records to map, and <case>.want: what is found, with a caret at its place; the lineage; the results.
func TestGolden(t *testing.T) {
	c := catalog(t)
	goldentest.Run(t, "testdata/golden/*.txtar", 45, *update, func(_ *testing.T, x goldentest.Case) string {
		return loaded(c, x.Files)
	})
}

func loaded(c *canonical.Catalog, files []txtar.File) string {
	own, shipped := fstest.MapFS{}, fstest.MapFS{}
	for _, f := range files {
		fsys := own
		if strings.Contains(f.Name, ".shipped.") {
			fsys = shipped
		}
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	var found sihe.Findings
	s := mappings.Load(&found, c, shapes{}, strictyaml.Shipped(shipped), own)
	var b strings.Builder
	for _, x := range found.Sorted() {
		fmt.Fprintf(&b, "%s %s\n", x.Severity, x)
		if x.Source != "" {
			fmt.Fprintf(&b, "  %s\n  %s^\n", x.Source, strings.Repeat(" ", min(x.Column-1, 200)))
		}
	}
	for _, name := range s.Names() {
		m, _ := s.Mapping(name)
		describe(&b, m, files)
	}
	return b.String()
}

func describe(b *strings.Builder, m *mappings.Mapping, files []txtar.File) {
	fmt.Fprintf(b, "mapping %s: %s to %s\n", m.Name, m.From, m.To)
	if m.Replaces {
		fmt.Fprintf(b, "  %s, in place of the shipped one\n", m.Path)
	}
	if len(files) == 1 { // the case is about the file itself
		for _, target := range slices.Sorted(maps.Keys(m.Lineage())) {
			fmt.Fprintf(b, "  %s from %s\n", target, strings.Join(m.Lineage()[target], ", "))
		}
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name, ".json") {
			continue
		}
		out, err := m.Map(world{}, f.Data)
		if err != nil {
			fmt.Fprintf(b, "class %d: %v\n", sihe.ClassOf(err), err)
			continue
		}
		fmt.Fprintf(b, "%s\n", out)
	}
}
