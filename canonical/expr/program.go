package expr

import (
	"time"

	"github.com/sihehub/sihe"
)

// Bounds of one expression (compile errors) and of all expressions of one event (run errors).
const (
	MaxText      = 4 << 10 // bytes of an expression
	MaxDepth     = 64      // nesting of operators, calls and parentheses
	MaxLoops     = 3       // nesting of lambdas
	MaxProblems  = 20      // reported per expression
	MaxSteps     = 100_000 // operations per event
	MaxTextBytes = 1 << 20 // text made per event
)

// A Scope says what an expression can name. Inner names hide outer ones: lambda arguments, then Vars from the last to
// the first, then the words `out` and `event_time`, then the fields of Source. A field that is hidden is written in
// backquotes.
type Scope struct {
	Source *Type // a record, whose fields are visible by their bare names; may be nil
	Vars   []Var // Frame.Vars has their values in the same order

	// Out is the record being built, visible as `out`. OutSet has the dotted path of every field of it that is already
	// set, with the source paths that feed it; other fields may not be read yet.
	Out    *Type
	OutSet map[string][]string

	Lookups   map[string]*Lookup
	XRef      func(entity string) bool // is there such an entity? nil: no cross-references here
	EventTime bool                     // may `event_time` be used?
}

// A Var is a name bound outside of the expression: a `let`, a loop variable, `index`.
type Var struct {
	Name    string
	Type    *Type
	Sources []string // source paths that feed it
	Path    string   // for an element of the source, e.g. "lines": the dotted path below which its fields stand
}

// A Lookup is a value map with a name.
type Lookup struct {
	Name  string
	Table map[string]string
}

// A LookupUse is a lookup that an expression uses.
type LookupUse struct {
	Name string
	Keys []string // all that it can be asked for: the values of an enum; nil: any text
}

// A World answers what lies outside of the record. It is called by Eval, on its goroutine.
type World interface {
	// XRef returns the target's id for a document; false when none is known yet.
	XRef(entity, key string) (string, bool, error)
	// EventTime is when the event became true in the business.
	EventTime() time.Time
}

// A Frame holds what one event's expressions are computed over, and how much they have done so far. Its fields may be
// changed between two calls of Eval. It must not be shared between goroutines. The zero Frame is ready for use.
type Frame struct {
	Source Value
	Vars   []Value
	Out    []Value // slots of the record being built
	World  World

	steps int
	text  int
	items [MaxLoops]Value // lambda arguments

	currency string // whose minor unit was asked for last
	minor    int
}

// Reset makes the frame ready for the next event.
func (f *Frame) Reset() { *f = Frame{Vars: f.Vars[:0]} }

// A Problem is one thing wrong with an expression.
type Problem struct {
	Offset     int // in runes from the start of the text
	Code       sihe.Code
	Message    string
	Suggestion string
}

// A Program is a compiled expression. It is immutable and safe for concurrent use.
type Program struct {
	text     string
	typ      *Type
	sources  []string
	constant bool
	value    Value
	steps    int
	vars     int // of Frame.Vars that are read
	outs     int // of Frame.Out that are read
	named    []string
	lookups  []LookupUse
	run      func(*Frame) Value
}

// Type returns the type of the value.
func (p *Program) Type() *Type { return p.typ }

// Sources returns the dotted paths of the source fields that feed the value or decide about it, sorted.
func (p *Program) Sources() []string { return p.sources }

// Vars returns the names of the variables of the scope that it reads, sorted.
func (p *Program) Vars() []string { return p.named }

// Lookups returns the lookups that it uses, once for each use.
func (p *Program) Lookups() []LookupUse { return p.lookups }

// Constant returns the value when it depends on nothing.
func (p *Program) Constant() (Value, bool) { return p.value, p.constant }

// String returns the text that was compiled.
func (p *Program) String() string { return p.text }

// Eval computes the value. Errors are *sihe.Error, Permanent save what World returned; their Path is empty.
func (p *Program) Eval(f *Frame) (v Value, err error) {
	if p.constant {
		return p.value, nil
	}
	done := false
	defer func() {
		if !done {
			err = p.caught(recover())
		}
	}()
	v = p.eval(f)
	done = true
	return v, nil
}

// eval computes the value or fails.
func (p *Program) eval(f *Frame) Value {
	if f.steps += p.steps; f.steps > MaxSteps || len(f.Vars) < p.vars || len(f.Out) < p.outs {
		p.refuse(f)
	}
	return p.run(f)
}

// refuse says why a program may not run.
func (p *Program) refuse(f *Frame) {
	f.spend(0)
	fail(sihe.CodeInternal, "the frame has %d variables and %d target fields, the scope had %d and %d", len(f.Vars), len(f.Out), p.vars, p.outs)
}

// An Assignment sets one slot of the record being built: to Value, or to what Program computes.
type Assignment struct {
	Slot    int
	Program *Program
	Value   Value // when Program is nil
}

// Assign sets slots of f.Out in order, so that a program can read what stands above it. It is Eval for many programs at
// the price of one. With an error it returns the number of the assignment that failed; those before it are done.
func (f *Frame) Assign(all []Assignment) (failed int, err error) {
	i := 0
	defer func() {
		if i < len(all) {
			failed, err = i, all[i].Program.caught(recover())
		}
	}()
	for ; i < len(all); i++ {
		if a := &all[i]; a.Program != nil {
			f.Out[a.Slot] = a.Program.eval(f)
		} else {
			f.Out[a.Slot] = a.Value
		}
	}
	return 0, nil
}
