package canonical

import (
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// compile types the fields, compiles formulas, defaults and guards, and finds the order to compute them in.
func (l *loader) compile(d *draft) {
	nullable := map[*Field]bool{}
	for _, f := range d.fields {
		nullable[f.Field] = !f.Required && f.formula == nil && f.preset == nil && f.Kind != KindHash && f.Kind != KindList && f.Path != d.e.Key
	}
	compiled := d.programs(nullable)
	for _, c := range compiled {
		d.accept(c)
	}
	if n := d.nodes["number"]; n != nil {
		d.filled(n)
	}
	for _, f := range d.fields {
		f.pick = pick(d.e.Fields, f.Of, "")
	}
	d.order()
	d.compileGuards()
	for _, n := range d.views {
		d.readView(l, n)
	}
}

// A compiled is an expression of a field and what became of it.
type compiled struct {
	field    *fieldDraft
	node     *strictyaml.Node
	preset   bool
	program  *expr.Program
	problems []expr.Problem
}

// programs compiles everything as often as it takes until it is known which formulas may be null.
func (d *draft) programs(nullable map[*Field]bool) []compiled {
	for {
		d.types(nullable)
		all, changed := d.compileFields(), false
		for _, c := range all {
			f := c.field
			if c.program != nil && c.program.Type().Nullable && !f.Required && f.Path != d.e.Key && !nullable[f.Field] {
				nullable[f.Field], changed = true, true
			}
		}
		if !changed {
			return all
		}
	}
}

func (d *draft) compileFields() []compiled {
	var all []compiled
	for _, f := range d.fields {
		for _, n := range []*strictyaml.Node{f.formula, f.preset} {
			if n == nil || f.Kind == "" {
				continue
			}
			c := compiled{field: f, node: n, preset: n == f.preset}
			text, scope := n.Literal(), d.scope(f)
			if c.preset {
				scope.EventTime = true
				if n.Quoted() {
					text = quoted(text)
				}
			}
			if !n.IsScalar() || n.IsNull() {
				continue
			}
			c.program, c.problems = expr.Compile(text, scope)
			all = append(all, c)
		}
	}
	return all
}

// quoted writes a constant text as the language does.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
}

// scope is what an expression can name: first the fields of its own line, then those of the lines around, then the
// header's.
func (d *draft) scope(f *fieldDraft) *expr.Scope {
	s := &expr.Scope{Source: d.e.Type}
	for _, around := range d.around(f) {
		own := currencyField(around.Fields) != ""
		for _, x := range around.Fields {
			v := expr.Var{Name: x.Name, Type: x.Type}
			if own { // its amounts are not in the header's currency
				v.Sources = []string{x.Path}
			} else {
				v.Path = x.Path
			}
			s.Vars = append(s.Vars, v)
		}
	}
	return s
}

// around returns the lists and records that a field stands in, the outermost first.
func (d *draft) around(f *fieldDraft) []*Field {
	var chain []*Field
	for x := f.around; x != nil; x = d.find(x).around {
		chain = append(chain, x)
	}
	slices.Reverse(chain)
	return chain
}

// accept reports an expression's problems, or keeps its program when the result fits the field.
func (d *draft) accept(c compiled) {
	for _, p := range c.problems {
		if d.broken() && !readable(p.Code) {
			continue // it may come from a field whose type is not known
		}
		c.node.ReportAt(c.offset(p.Offset), p.Code, p.Suggestion, "%s: %s", c.field.Path, p.Message)
	}
	if c.program == nil {
		return
	}
	if p := c.field.Type.Accepts(c.program.Type()); p != nil && !d.broken() {
		c.node.Report(p.Code, p.Suggestion, "%s: %s", c.field.Path, p.Message)
		return
	}
	for _, path := range c.program.Sources() {
		if x := d.e.fields[path]; x != nil && x.Implicit && x.Name != "state" && x.Name != "correlation_id" {
			c.node.Report(sihe.CodeEntityFormula, "", "%s: cannot depend on %s, which changes with every change", c.field.Path, path)
			return
		}
	}
	if c.preset {
		c.field.Default = c.program
	} else {
		c.field.Formula = c.program
	}
}

// offset leaves out the quotation mark that was put in front of a constant.
func (c compiled) offset(n int) int {
	if c.preset && c.node.Quoted() {
		return max(0, n-1)
	}
	return n
}

// broken says whether the type of a field is not known, so that further problems may only follow from that.
func (d *draft) broken() bool {
	return slices.ContainsFunc(d.fields, func(f *fieldDraft) bool { return f.Kind == "" })
}

func readable(c sihe.Code) bool {
	return c == sihe.CodeExprSyntax || c == sihe.CodeExprName || c == sihe.CodeExprFunction || c == sihe.CodeExprLimit
}

func (d *draft) compileGuards() {
	for _, g := range d.guards {
		if g.when == nil || !g.when.IsScalar() {
			if g.when != nil {
				g.when.Text()
			}
			continue
		}
		program, problems := expr.Compile(g.when.Literal(), &expr.Scope{Source: d.e.Type})
		for _, p := range problems {
			if !d.broken() || readable(p.Code) {
				g.when.ReportAt(p.Offset, p.Code, p.Suggestion, "the guard of %s: %s", g.Name, p.Message)
			}
		}
		if program == nil {
			continue
		}
		if p := (&expr.Type{Kind: expr.KindBool}).Accepts(program.Type()); p != nil {
			g.when.Report(p.Code, p.Suggestion, "the guard of %s: %s", g.Name, p.Message)
			continue
		}
		g.When = program
	}
}
