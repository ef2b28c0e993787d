package pipelines_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/goldentest"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/strictyaml"
)

var update = flag.Bool("update", false, "write what the tests get into their golden files")

// Each archive holds cases: the <case>.*.yaml files are compiled together over the entities and mappings of
// testdata/spec (those that start with `mapping:` are mappings), and <case>.want is what is found, with a caret at its
// place, and then the plan.
func TestSpecGolden(t *testing.T) {
	var f sihe.Findings
	c := canonical.Load(&f, os.DirFS("testdata/spec/entities"))
	if f.Failed() {
		t.Fatal(f.Err())
	}
	goldentest.Run(t, "testdata/spec/golden/*.txtar", 30, *update, func(_ *testing.T, x goldentest.Case) string {
		return compiled(c, x.Files)
	})
}

func compiled(c *canonical.Catalog, files []txtar.File) string {
	maps, flows, shipped := fstest.MapFS{}, fstest.MapFS{}, fstest.MapFS{}
	for _, f := range files {
		fsys := flows
		switch {
		case bytes.HasPrefix(f.Data, []byte("mapping:")):
			fsys = maps
		case strings.Contains(f.Name, ".shipped."):
			fsys = shipped
		}
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	var found sihe.Findings
	m := mappings.Load(&found, c, nil, os.DirFS("testdata/spec/mappings"), maps)
	plan := pipelines.Compile(&found, c, m, flows, strictyaml.Shipped(shipped))
	var b strings.Builder
	for _, x := range found.Sorted() {
		fmt.Fprintf(&b, "%s %s\n", x.Severity, x)
		if x.Source != "" {
			fmt.Fprintf(&b, "  %s\n  %s^\n", x.Source, strings.Repeat(" ", x.Column-1))
		}
	}
	for _, p := range plan.Pipelines {
		describePipeline(&b, p)
	}
	for _, x := range plan.Checks {
		fmt.Fprintf(&b, "check %s: %s when %v by %v, %s when %v by %v, within %s, missing %s, different %s, extra %s, every %s, scheduled %t\n", x.Name,
			x.Left.Entity.FullName(), x.Left.When, x.Left.By, x.Right.Entity.FullName(), x.Right.When, x.Right.By, x.Within, x.Missing, x.Different, x.Extra, x.Every, x.Schedule != nil)
		for _, e := range x.Equal {
			fmt.Fprintf(&b, "  %s equals %s\n", e.Left, e.Right)
		}
		for _, p := range x.Replay {
			fmt.Fprintf(&b, "  replays %s\n", p.Name)
		}
		for _, p := range x.Resend {
			fmt.Fprintf(&b, "  resends %s\n", p.Name)
		}
	}
	return b.String()
}

func describePipeline(b *strings.Builder, p *pipelines.Pipeline) {
	name := "nothing"
	if p.Map != nil {
		name = p.Map.Name
	}
	fmt.Fprintf(b, "pipeline %s (%s): %s on %v when %v, %s %s with %s, key %v, version %v, match %v, needs %v, deadline %s, retry %v\n", p.Name, p.Label.En,
		p.From.FullName(), p.On, p.When, p.Do, p.To.FullName(), name, p.Key, p.Version, p.Match, p.Needs, p.Deadline, p.Retry)
	if p.Replaces {
		fmt.Fprintf(b, "  %s, in place of the shipped one\n", p.Path)
	}
	if !reflect.DeepEqual(p.Brake, pipelines.Brake{}) {
		fmt.Fprintf(b, "  brake %+v\n", p.Brake)
	}
}
