package schema_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/config"
	"github.com/sihehub/sihe/config/schema"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/strictyaml"
)

const modeline = "# yaml-language-server: $schema="

func compile(t *testing.T, kind string) *jsonschema.Schema {
	t.Helper()
	b, ok := schema.Of(kind)
	if !ok {
		t.Fatalf("no schema of %s", kind)
	}
	s, err := jsonschema.CompileString(kind+".json", string(b))
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	return s
}

// plain makes of a YAML value what the library takes.
func plain(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, below := range x {
			x[k] = plain(below)
		}
	case []any:
		for i, below := range x {
			x[i] = plain(below)
		}
	case sihe.Decimal:
		return json.Number(x.String())
	}
	return v
}

func parse(t *testing.T, name string, data []byte) *strictyaml.Node {
	t.Helper()
	var f sihe.Findings
	n, ok := strictyaml.Parse(name, data, &f)
	if !ok || f.Failed() {
		t.Fatalf("%s: %v", name, f.Err())
	}
	return n
}

func kindOf(n *strictyaml.Node) string {
	var keys []string
	if m, ok := n.Map(); ok {
		for _, e := range m.Entries() {
			keys = append(keys, e.Name)
		}
	}
	return schema.KindOf(keys)
}

// TestShippedFiles checks every YAML file of the repository: its first line names the schema of its kind by a path that
// is right, and it fits that schema.
func TestShippedFiles(t *testing.T) {
	root := os.DirFS("../..")
	compiled, seen := map[string]*jsonschema.Schema{}, map[string]int{}
	for _, kind := range schema.Kinds() {
		compiled[kind] = compile(t, kind)
	}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "data" || d.Name() == "bin" || strings.HasPrefix(d.Name(), ".") && name != "."):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".yaml" || strings.HasPrefix(d.Name(), "."):
			return nil
		}
		data, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		n := parse(t, name, data)
		kind := kindOf(n)
		if kind == "" {
			t.Errorf("%s: no kind of file has these keys", name)
			return nil
		}
		seen[kind]++
		first, _, _ := strings.Cut(string(data), "\n")
		rel, err := filepath.Rel(path.Dir(name), "config/schema/"+kind+".json")
		if want := modeline + filepath.ToSlash(rel); err != nil || first != want {
			t.Errorf("%s: begins with %q, not %q", name, first, want)
		}
		if err := compiled[kind].Validate(plain(n.Value())); err != nil {
			t.Errorf("%s: %#v", name, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"hub", "entity", "mapping", "pipeline", "process", "description", "test", "story", "chart"} {
		if seen[kind] == 0 {
			t.Errorf("no file is a %s", kind)
		}
	}
}

// TestBothLanguages: whoever reads a schema's words in an editor finds them in English and Chinese.
func TestBothLanguages(t *testing.T) {
	for _, kind := range schema.Kinds() {
		b, _ := schema.Of(kind)
		for i, line := range strings.Split(string(b), "\n") {
			for _, word := range []string{`"description": "`, `"title": "`} {
				if _, text, ok := strings.Cut(line, word); ok && !strings.Contains(text, " · ") {
					t.Errorf("%s.json:%d: one language only: %s", kind, i+1, strings.TrimSpace(line))
				}
			}
		}
	}
}

// TestAgreement: the strict loaders and the schemas accept and refuse the same files.
func TestAgreement(t *testing.T) {
	entity := "entity: thing\nmodule: crm\nkey: no\nlabel: {en: T, zh: 物}\n"
	pipeline := "pipeline: p\nfrom: crm.crm_order\nto: erp.sales_order\n"
	mapping := "mapping: m\nfrom: crm.crm_order\nto: erp.sales_order\n"
	for _, x := range []struct {
		kind, text string
		good       bool
	}{
		{"hub", "hub: {name: h}\nsystems: {crm: {module: crm, connector: native}}\n", true},
		{"hub", "hub: {name: h, langauge: zh}\nsystems: {crm: {module: crm, connector: native}}\n", false}, //nolint:misspell // what a tired admin types
		{"hub", "hub: {name: h}\nsystems: {crm: {module: sales, connector: native}}\n", false},
		{"hub", "hub: {name: h}\nsystems: {crm: {module: crm, connector: rest, secrets: {token: hunter2}}}\n", false},
		{"hub", "hub: {name: h}\nsystems: {crm: {module: crm, connector: native}}\nuse: [pipelines]\n", false},
		{"hub", "hub: {name: h}\nsystems: {crm: {module: crm, connector: native}}\nlimits: {crm: {rate: 5}}\n", false},
		{"entity", entity + "fields: {no: {type: text, label: {en: No, zh: 号}}}\n", true},
		{"entity", entity + "fields: {no: {type: string, label: {en: No, zh: 号}}}\n", false},
		{"entity", entity + "fields: {no: {type: text, requierd: true, label: {en: No, zh: 号}}}\n", false},
		{"entity", entity + "fields: {no: {type: text, label: {en: No}}}\n", false},
		{"entity", entity, false},
		{"entity", "extends: crm.party\nfields: {region: {type: text, label: {en: Region, zh: 区域}}}\n", true},
		{"entity", "extends: crm.party\nstates: {draft: {}}\n", false},
		{"pipeline", pipeline + "do: create\nmap: crm-order-to-sales-order\n", true},
		{"pipeline", pipeline + "do: create\nmap: crm-order-to-sales-order\nwhne: true\n", false},
		{"pipeline", pipeline + "map: crm-order-to-sales-order\n", false},
		{"pipeline", pipeline + "do: create\nmap: crm-order-to-sales-order\nretry: {attempts: 0}\n", false},
		{"pipeline", pipeline + "do: create\nmap: crm-order-to-sales-order\ndeadline: soon\n", false},
		{"mapping", mapping + "fields: {buyer: customer, lines: {for: l in lines, fields: {line_no: l.line_no, item: l.item, quantity: l.quantity, unit_price: l.unit_price, tax_rate: l.tax_rate}}}\n", true},
		{"mapping", mapping + "field: {buyer: customer}\n", false},
		{"mapping", mapping + "fields: {buyer: customer}\nexamples: [{name: none}]\n", false},
		{"mapping", "lookups: units\nowner: erp\ntables: {uom: {pcs: 个}}\n", true},
		{"mapping", "lookups: units\ntables: {uom: {pcs: 个}}\n", false},
		{"check", "check: c\nleft: {entity: erp.delivery}\nright: {entity: finance.receivable, by: delivery_no}\nwithin: 5m\n", true},
		{"check", "check: c\nleft: {entity: erp.delivery}\nright: {entity: finance.receivable}\nwithin: 5m\n", false},
		{"check", "check: c\nleft: {entity: erp.delivery}\nright: {entity: finance.receivable, by: delivery_no}\nwithin: 5m\nmissing: ignore\n", false},
	} {
		n := parse(t, x.kind, []byte(x.text))
		bySchema := compile(t, x.kind).Validate(plain(n.Value()))
		byLoader := load(x.kind, x.text)
		if (bySchema == nil) != x.good || (byLoader == nil) != x.good {
			t.Errorf("%s\ngood: %v\nschema: %v\nloader: %v", x.text, x.good, bySchema, byLoader)
		}
	}
}

// load reads one file with the loader of its kind, beside the shipped ones.
func load(kind, text string) error {
	var f sihe.Findings
	file := func(name string) fstest.MapFS { return fstest.MapFS{name: &fstest.MapFile{Data: []byte(text)}} }
	if kind == "hub" {
		config.Load(".", file(config.File), func(string, string) (string, bool) { return "x", true }, &f)
		return f.Err()
	}
	sources := map[string]fs.FS{kind: file(fmt.Sprintf("%s.yaml", kind))}
	c := canonical.Load(&f, canonical.Shipped(), sources["entity"])
	m := mappings.Load(&f, c, nil, mappings.Shipped(), sources["mapping"])
	pipelines.Compile(&f, c, m, sources["pipeline"], sources["check"])
	return f.Err()
}
