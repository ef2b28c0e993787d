package pipelines

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
)

// ownership asks the one table of ownership for every field that the pipeline would write (invariant 5). What it
// refuses is reported at the line of the mapping that sets the field, or at do: when the whole document is refused.
func (r *reader) ownership(d *draft) {
	writes := d.writes()
	if d.Do == sihe.DoCopy {
		writes = nil // the owner's whole record goes along
	}
	ask := func(fields ...string) *sihe.Error {
		var e *sihe.Error
		errors.As(r.catalog.Gate(d.From.Module, d.To, d.Do, fields), &e)
		return e
	}
	if e := ask(); e != nil {
		what, todo, _ := strings.Cut(e.Text, "; ")
		d.do.Report(e.Code, todo, "%s", what)
		return
	}
	if d.Do == sihe.DoWriteBack && len(writes) == 0 {
		d.do.Report(sihe.CodePipelineMapping, "", "the mapping %s sets nothing to write back", d.Map.Name)
		return
	}
	var refused []string
	for _, path := range innermost(writes) {
		if slices.ContainsFunc(refused, func(inside string) bool { return strings.HasPrefix(inside, path+".") }) {
			continue // what stands in the list or record was refused already
		}
		if e := ask(path); e != nil {
			refused = append(refused, path)
			what, todo, _ := strings.Cut(e.Text, "; ")
			r.reportAt(d.Map.Place(path), e.Code, todo, fmt.Sprintf("the pipeline %s (%s:%d) may not %s", d.Name, d.Path, d.Line, what))
		}
	}
}

// innermost puts the paths of lists and records behind those of what stands in them, so that the field itself is named.
func innermost(paths []string) []string {
	sorted := slices.Clone(paths)
	slices.SortStableFunc(sorted, func(a, b string) int { return strings.Count(b, ".") - strings.Count(a, ".") })
	return sorted
}

func (r *reader) reportAt(p mappings.Place, code sihe.Code, suggestion, message string) {
	*r.findings = append(*r.findings, sihe.Finding{
		Severity: sihe.SeverityError, Code: code, Message: message, Suggestion: suggestion, Path: p.Path, Line: p.Line, Column: p.Column, Source: p.Source,
	})
}

// required reports what a new document needs and the mapping does not set.
func (d *draft) required() {
	if d.Do != sihe.DoCreate || d.Map == nil {
		return
	}
	set := d.Map.Targets()
	given := func(f *canonical.Field) bool { return f.Default != nil || f.Computed() || slices.Contains(set, f.Name) }
	var missing []string
	for _, f := range d.Entity.Fields {
		if f.Required && f.Writer == "" && !given(f) {
			missing = append(missing, f.Name)
		}
	}
	needed := []string{d.Entity.Key}
	if d.Entity.Number != nil {
		needed = d.Entity.Number.Fields
	}
	for _, name := range needed {
		if f, ok := d.Entity.Field(name); ok && !given(f) && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		d.mapping.Report(sihe.CodePipelineRequired, "add them to "+d.Map.Path, "a new %s needs %s, which the mapping %s does not set", d.Entity.FullName(), strings.Join(missing, ", "), d.Map.Name)
	}
}
