package oa

import (
	"embed"
	"io/fs"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

//go:embed processes
var processes embed.FS

// Processes returns the shipped process definitions.
func Processes() fs.FS {
	sub, err := fs.Sub(processes, "processes")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// A Process says who decides about one kind of document. Conditions are expressions over the approval request.
type Process struct {
	Name  string
	Label canonical.Label
	Auto  []AutoRule // the first that holds approves without people
	Steps []Step     // the steps whose condition holds, one after the other
	CC    []string   // positions that are told of the result
	Path  string
}

// An AutoRule approves by itself; its name is recorded as the decision's reason.
type AutoRule struct {
	Name string
	When *expr.Program
}

// A Step asks the holders of some positions.
type Step struct {
	Name      canonical.Label
	Mode      Mode
	Positions []string
	When      *expr.Program // nil: always
}

// step returns the step of that number, counted from 1. A file may have lost it since the request began.
func (p *Process) step(number int64) (Step, error) {
	if number < 1 || number > int64(len(p.Steps)) {
		return Step{}, sihe.Rejected(sihe.CodeProcessUnknown, "decide step %d of process %s: it has %d", number, p.Name, len(p.Steps))
	}
	return p.Steps[number-1], nil
}

// A Mode says how many of a step's people must agree.
type Mode string

// Modes of a step.
const (
	ModeAny      Mode = "any"      // or-sign 或签: the first decides, the others are cancelled
	ModeAll      Mode = "all"      // countersign 会签: all must agree, one refusal ends it
	ModeSequence Mode = "sequence" // one after the other in the order of positions
)

// LoadProcesses reads every process file below the sources; later ones replace earlier ones of the same name.
func LoadProcesses(f *sihe.Findings, request *canonical.Entity, sources ...fs.FS) map[string]*Process {
	all := map[string]*Process{}
	r := processReader{scope: &expr.Scope{Source: request.Type}}
	for _, source := range sources {
		here := map[string]string{} // path by name: only another source may replace a process
		strictyaml.Files(source, f, func(path string, n *strictyaml.Node) {
			p := r.process(path, n)
			if p == nil || p.Name == "" {
				return
			}
			if first, twice := here[p.Name]; twice {
				n.Report(sihe.CodeProcess, "give one of them another name", "there is a process %s already, in %s", p.Name, first)
				return
			}
			here[p.Name], all[p.Name] = path, p
		})
	}
	return all
}

type processReader struct{ scope *expr.Scope }

func (r processReader) process(path string, n *strictyaml.Node) *Process {
	m, ok := n.Map()
	if !ok {
		return nil
	}
	p := &Process{Path: path}
	if v := m.Need("process"); v != nil {
		p.Name, _ = v.Text()
	}
	p.Label = canonical.ReadLabel(m.Need("label"), "the process")
	for _, a := range m.Take("auto").Items() {
		if rule, ok := r.auto(a); ok {
			p.Auto = append(p.Auto, rule)
		}
	}
	steps := m.Need("steps")
	for _, s := range steps.Items() {
		if step, ok := r.step(s); ok {
			p.Steps = append(p.Steps, step)
		}
	}
	if steps != nil && len(p.Steps) == 0 {
		steps.Report(sihe.CodeProcess, "list at least one step", "process %s asks nobody", p.Name)
	}
	p.CC = m.Take("cc").Texts()
	m.Done()
	return p
}

func (r processReader) auto(n *strictyaml.Node) (AutoRule, bool) {
	m, ok := n.Map()
	if !ok {
		return AutoRule{}, false
	}
	var a AutoRule
	if v := m.Need("rule"); v != nil {
		a.Name, _ = v.Text()
	}
	a.When = r.condition(m.Need("when"))
	m.Done()
	return a, a.When != nil
}

func (r processReader) step(n *strictyaml.Node) (Step, bool) {
	m, ok := n.Map()
	if !ok {
		return Step{}, false
	}
	s := Step{Name: canonical.ReadLabel(m.Need("name"), "the step"), Mode: ModeAny}
	if v := m.Take("mode"); v != nil {
		mode, _ := v.OneOf(string(ModeAny), string(ModeAll), string(ModeSequence))
		s.Mode = Mode(mode)
	}
	if v := m.Need("positions"); v != nil {
		s.Positions = v.Texts()
		if v.IsList() && len(s.Positions) == 0 {
			v.Report(sihe.CodeProcess, "name at least one position", "the step asks nobody")
		}
	}
	if v := m.Take("when"); v != nil {
		s.When = r.condition(v)
	}
	m.Done()
	return s, len(s.Positions) > 0
}

// condition compiles a bool expression; what is wrong stands at its place in the file.
func (r processReader) condition(n *strictyaml.Node) *expr.Program {
	if n == nil {
		return nil
	}
	text, ok := n.Text()
	if !ok {
		return nil
	}
	p, problems := expr.Compile(text, r.scope)
	for _, x := range problems {
		n.ReportAt(x.Offset, x.Code, x.Suggestion, "%s", x.Message)
	}
	if len(problems) > 0 {
		return nil
	}
	if t := p.Type(); t.Kind != expr.KindBool || t.Nullable {
		n.Report(sihe.CodeProcess, "compare something, e.g. amount <= 1000", "a condition must be true or false")
		return nil
	}
	return p
}
