package sihe_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sihehub/sihe"

// arrows says which packages of ours each package may import (DESIGN 5). A pattern ending in /… means every package
// below. What is not listed is forbidden.
var arrows = map[string][]string{
	".":                        {},
	"durable":                  {"."},
	"strictyaml":               {"."},
	"canonical/expr":           {"."},
	"canonical":                {".", "strictyaml", "canonical/expr"},
	"mappings":                 {".", "strictyaml", "canonical/expr", "canonical"},
	"connectors/connectortest": {"."},
	"connectors/rest":          {".", "strictyaml", "canonical/expr", "canonical", "mappings"},
	"connectors/native":        {".", "durable", "canonical/expr", "canonical"},
	"connectors/native/*":      {".", "strictyaml", "canonical/expr", "canonical", "connectors/native"},
	"connectors":               {".", "strictyaml", "canonical/expr", "canonical", "mappings", "connectors/native", "connectors/native/*", "connectors/rest"},
	"pipelines/bus":            {".", "durable"},
	"pipelines/bus/bustest":    {"."},
	"pipelines/store":          {".", "durable"},
	"pipelines":                {".", "strictyaml", "canonical/expr", "canonical", "mappings", "pipelines/bus", "pipelines/store"},
	"pipelines/console":        {".", "canonical/expr", "canonical", "mappings", "pipelines", "pipelines/bus", "pipelines/store"},
	"config":                   {".", "strictyaml"},
	"config/schema":            {},
	"examples":                 {},
	"goldentest":               {},
	"faults":                   {}, // rigs: tests that drive the released program
	"planted":                  {}, // tests that plant bugs in a copy
	"cmd/sihe":                 {"*"},
}

// homes says in which package alone an outside module may be imported, tests aside.
var homes = map[string][]string{
	"go.etcd.io/bbolt":                                         {"durable"},
	"github.com/segmentio/kafka-go":                            {"pipelines/bus"},
	"github.com/go-resty/resty/v2":                             {"connectors/rest"},
	"go.yaml.in/yaml/v4":                                       {"strictyaml"},
	"github.com/cockroachdb/apd/v3":                            {"."},
	"github.com/go-json-experiment/json":                       {"canonical"},
	"github.com/santhosh-tekuri/jsonschema/v5":                 {"canonical"},
	"github.com/standard-webhooks/standard-webhooks/libraries": {"connectors/rest"},
	"github.com/robfig/cron/v3":                                {"config", "pipelines"},
	"github.com/spf13/cobra":                                   {"cmd/sihe"},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func local(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

func matches(pattern, name string) bool {
	ok, _ := path.Match(pattern, name)
	return ok || (pattern == "*" && name != "")
}

func TestArrows(t *testing.T) {
	packages := list(t)
	if len(packages) < 5 {
		t.Fatalf("go list found only %d packages", len(packages))
	}
	for _, p := range packages {
		name, _ := local(p.ImportPath)
		allowed, found := rule(name)
		if !found {
			t.Errorf("package %s has no arrows: say in this test what it may import", name)
			continue
		}
		for _, i := range p.Imports {
			if to, ours := local(i); ours && !slices.ContainsFunc(allowed, func(a string) bool { return matches(a, to) }) {
				t.Errorf("%s imports %s, which DESIGN forbids", name, to)
			}
			for outside, rooms := range homes {
				if (i == outside || strings.HasPrefix(i, outside+"/")) && !slices.Contains(rooms, name) {
					t.Errorf("%s imports %s, which belongs to %v alone", name, outside, rooms)
				}
			}
		}
	}
}

func rule(name string) ([]string, bool) {
	if a, ok := arrows[name]; ok {
		return a, true
	}
	for pattern, a := range arrows {
		if matches(pattern, name) && pattern != "*" {
			return a, true
		}
	}
	return nil, false
}
