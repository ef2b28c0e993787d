package pipelines

import (
	"io/fs"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/strictyaml"
)

// A Tested is one case of a test file and how it went.
type Tested struct {
	Name        string       `json:"name"`
	Pipeline    string       `json:"pipeline,omitempty"`
	Mapping     string       `json:"mapping,omitempty"`
	Path        string       `json:"path"`
	Line        int          `json:"line"`
	OK          bool         `json:"ok"`
	Differences []Difference `json:"differences,omitempty"`
}

// A Difference is one value that is not as the case says, and where the case says it.
type Difference struct {
	Field  string `json:"field"` // "data.lines[0].item", "key", "do" …
	Want   string `json:"want"`
	Got    string `json:"got"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// Test runs every *_test.yaml file of the sources and returns its cases in the order of the files. A file has one case, or
// several under cases:
//
//	test: orders to ERP
//	pipeline: crm-order-to-sales-order     # or mapping: name
//	cases:
//	  - case: a placed order becomes a sales order
//	    event: {name: placed, time: "2026-03-02T09:00:00+08:00", data: {order_no: CO-1, …}}
//	    writes: [{do: create, data: {source_order: CO-1}}]
//	  - {case: a draft stays, event: {name: draft, data: {…}}, filtered: true}
//	  - {case: no key, event: {…}, refused: KEY_MISSING}
//
// Every difference goes to f as an error at its place, and so does what is wrong with the files.
func Test(f *sihe.Findings, c *canonical.Catalog, m *mappings.Set, p *Plan, sources ...fs.FS) []Tested {
	t := &tester{findings: f, catalog: c, maps: m, plan: p}
	for _, s := range sources {
		strictyaml.Tests(s, f, func(_ string, n *strictyaml.Node) { t.file(n, strictyaml.IsShipped(s)) })
	}
	return t.all
}

type tester struct {
	findings *sihe.Findings
	catalog  *canonical.Catalog
	maps     *mappings.Set
	plan     *Plan
	all      []Tested
}

// A subject is what the cases of a file are about: a pipeline, or a mapping alone.
type subject struct {
	pipeline *Pipeline
	mapping  *mappings.Mapping
}

// replaced says whether a company's own file stands in the place of what a shipped test is about.
func (s subject) replaced() bool {
	m := s.mapping
	if s.pipeline != nil {
		m = s.pipeline.Map
	}
	return s.pipeline != nil && s.pipeline.Replaces || m != nil && m.Replaces
}

// file runs a file's cases. What shipped tests expect of shipped files says nothing about those in their place.
func (t *tester) file(n *strictyaml.Node, shipped bool) {
	m, ok := n.Map()
	if !ok {
		return
	}
	title := ""
	if x := m.Need("test"); x != nil {
		title, _ = x.Text()
	}
	about, ok := t.subject(m)
	if shipped && about.replaced() {
		return
	}
	cases := m.Take("cases")
	if !ok {
		m.Entries() // nothing can be said about them
		return
	}
	if cases == nil {
		t.run(about, title, m)
		return
	}
	m.Done()
	items, _ := cases.List()
	for _, item := range items {
		x, ok := item.Map()
		if !ok {
			continue
		}
		name := ""
		if k := x.Need("case"); k != nil {
			name, _ = k.Text()
		}
		t.run(about, title+": "+name, x)
	}
}

func (t *tester) subject(m *strictyaml.Map) (s subject, ok bool) {
	pipeline, mapping := m.Take("pipeline"), m.Take("mapping")
	switch {
	case (pipeline == nil) == (mapping == nil):
		m.Node().Report(sihe.CodeTestFile, "write `pipeline: name` or `mapping: name`", "a test is about one pipeline or one mapping")
	case pipeline != nil:
		name, _ := pipeline.Text()
		if s.pipeline, ok = t.plan.Pipeline(name); !ok {
			pipeline.Report(sihe.CodePipelineMapping, didYouMean(name, t.plan.names()), "there is no pipeline %q here", name)
		}
	default:
		name, _ := mapping.Text()
		if s.mapping, ok = t.maps.Mapping(name); !ok {
			mapping.Report(sihe.CodeMappingUnknown, didYouMean(name, t.maps.Names()), "there is no mapping %q here", name)
		}
	}
	return s, ok
}

func (p *Plan) names() []string {
	names := make([]string, len(p.Pipelines))
	for i, x := range p.Pipelines {
		names[i] = x.Name
	}
	return names
}

// run runs one case and keeps how it went.
func (t *tester) run(about subject, name string, m *strictyaml.Map) {
	mark := len(*t.findings)
	k := &trial{tester: t, subject: about, name: strings.TrimSuffix(name, ": ")}
	k.at = m.Node()
	if about.pipeline != nil {
		k.event(m)
	} else {
		k.record(m)
	}
	done := Tested{Name: k.name, Path: m.Node().Path(), Line: m.Node().Line(), Differences: k.differences}
	if about.pipeline != nil {
		done.Pipeline = about.pipeline.Name
	} else {
		done.Mapping = about.mapping.Name
	}
	done.OK = !(*t.findings)[mark:].Failed()
	t.all = append(t.all, done)
}
