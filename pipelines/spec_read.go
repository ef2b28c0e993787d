package pipelines

import (
	"cmp"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/strictyaml"
)

// Bounds of what the files may ask for.
const (
	minWait     = time.Second
	maxWait     = 30 * 24 * time.Hour
	maxAttempts = 100
	maxLongest  = 24 * time.Hour
)

// A reader compiles all files against one catalog and one set of mappings.
type reader struct {
	findings *sihe.Findings
	catalog  *canonical.Catalog
	maps     *mappings.Set
	names    map[string]string                // of pipelines and checks → path of the file
	replaced map[string]*strictyaml.Replacing // by kind of file
	plan     *Plan
	failed   bool // a pipeline was left out
}

func compile(f *sihe.Findings, c *canonical.Catalog, m *mappings.Set, sources []fs.FS) *Plan {
	r := &reader{findings: f, catalog: c, maps: m, names: map[string]string{}, replaced: map[string]*strictyaml.Replacing{}, plan: &Plan{}}
	files := r.gather(sources)
	for _, d := range files[kindPipeline] {
		r.pipelineFile(d)
	}
	for _, d := range files[kindCheck] { // a check may name pipelines
		r.checkFile(d)
	}
	slices.SortFunc(r.plan.Pipelines, func(a, b *Pipeline) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(r.plan.Checks, func(a, b *Check) int { return cmp.Compare(a.Name, b.Name) })
	if !r.failed {
		reportLoops(f, r.plan.Pipelines)
	}
	return r.plan
}

// pipelineFile keeps a pipeline that has no errors.
func (r *reader) pipelineFile(d definition) {
	mark := len(*r.findings) // ownership is reported in the mapping's file
	p, ok := r.pipeline(d.Map)
	if !ok || d.Node().Failed() || (*r.findings)[mark:].Failed() {
		r.failed = true
		return
	}
	p.Replaces = d.replaces
	r.plan.Pipelines = append(r.plan.Pipelines, p)
}

func (r *reader) checkFile(d definition) {
	if c := r.check(d.Map); !d.Node().Failed() {
		r.plan.Checks = append(r.plan.Checks, c)
	}
}

// namePattern: names become consumer groups, file names and parts of addresses.
const namePattern = `^[a-z0-9][a-z0-9-]{0,79}$`

// name reads the name of a pipeline or check.
func (r *reader) name(m *strictyaml.Map, key string) string {
	n := m.Take(key)
	name, ok := n.Text()
	if !ok {
		return ""
	}
	if !regexp.MustCompile(namePattern).MatchString(name) {
		n.Report(sihe.CodeYAMLValue, "", "a name has lower-case letters, digits and -, at most 80, found %q", name)
		return name
	}
	if first, twice := r.names[name]; twice {
		n.Report(sihe.CodePipelineDuplicate, r.replacing(key).Advice(name), "the name %q is used in %s already", name, first)
	}
	r.names[name] = n.Path()
	return name
}

// label reads {en:, zh:}; without one the name is shown.
func label(m *strictyaml.Map, name string) canonical.Label {
	n := m.Take("label")
	if n == nil {
		return canonical.Label{En: name, Zh: name}
	}
	return canonical.ReadLabel(n, "the label of "+name)
}

// owned resolves an entity by its owner's name.
func (r *reader) owned(n *strictyaml.Node) *canonical.Entity {
	if n == nil {
		return nil
	}
	name, ok := n.Text()
	if !ok {
		return nil
	}
	if e, ok := r.catalog.Entity(name); ok {
		return e
	}
	if t, ok := canonical.ParseTarget(name); ok {
		if e, _, held := r.catalog.In(t.Module, t.Entity); held {
			n.Report(sihe.CodePipelineEntity, "write "+e.FullName(), "%s is a copy; only its owner states what happened to it", name)
			return nil
		}
	}
	var known []string
	for _, e := range r.catalog.Entities() {
		known = append(known, e.FullName())
	}
	n.Report(sihe.CodePipelineEntity, didYouMean(name, known), "unknown entity %q", name)
	return nil
}

// program compiles an expression over a record; want is the type it must have.
func program(n *strictyaml.Node, what string, source, want *expr.Type) *expr.Program {
	text, ok := n.Text()
	if !ok {
		return nil
	}
	p, problems := expr.Compile(strings.TrimRight(text, "\n"), &expr.Scope{Source: source, EventTime: true})
	for _, x := range problems {
		n.ReportAt(x.Offset, x.Code, x.Suggestion, "%s", x.Message)
	}
	if len(problems) > 0 {
		return nil
	}
	if want != nil {
		if bad := want.Accepts(p.Type()); bad != nil {
			n.ReportAt(0, sihe.CodePipelineType, bad.Suggestion, "%s: needs %s, found %s", what, want, p.Type())
			return nil
		}
	}
	return p
}

// within reads a duration between two bounds.
func within(n *strictyaml.Node, what string, least, most time.Duration) time.Duration {
	if n == nil {
		return 0
	}
	d, ok := n.Duration()
	if ok && (d < least || d > most) {
		n.Report(sihe.CodePipelineBounds, "", "%s must be from %s to %s, found %s", what, short(least), short(most), n.Literal())
	}
	return d
}

// short writes a duration as the files do: 30d, 5m.
func short(d time.Duration) string {
	const day = 24 * time.Hour
	if d > day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	s := d.String()
	for _, zero := range []string{"0s", "0m"} {
		if rest, ok := strings.CutSuffix(s, zero); ok && strings.ContainsAny(rest, "hm") && !strings.HasSuffix(rest, "0") {
			s = rest
		}
	}
	return s
}

func didYouMean(word string, known []string) string {
	if s := strictyaml.Suggest(word, known); s != "" {
		return "did you mean " + s + "?"
	}
	return ""
}
