package canonical

import (
	"slices"
	"strings"

	"github.com/sihehub/sihe/canonical/expr"
)

// A Label is a name in both languages.
type Label struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// In returns the label in a language: "zh" gives Chinese, everything else English.
func (l Label) In(language string) string {
	if strings.HasPrefix(language, "zh") {
		return l.Zh
	}
	return l.En
}

// Empty says whether nothing was given.
func (l Label) Empty() bool { return l == Label{} }

// An Entity is a business document or master record, defined once.
type Entity struct {
	Name       string // without the module: "purchase_order"
	Module     string // the owner
	Label      Label
	Master     bool   // master data do not join chains in a trace
	Detail     bool   // part of another document's story, such as a stock move; overviews leave it out
	Key        string // name of the field that identifies a document
	Amount     string // name of the money field that says what a document is worth; empty: none
	Number     *Numbering
	Chain      string // the ref field whose document's chain is joined; "self" starts a chain of its own
	Copies     []string
	Accepts    map[string][]string // action or "create" → modules that may ask for it, beside the owner
	Unique     [][]string          // names of fields whose values together occur once; a null among them does not count
	Fields     []*Field
	Type       *expr.Type // all fields in the order of the file, then the implicit ones
	States     []*State   // the first is the initial one; none: the entity has no states
	View       map[string]any
	Path       string
	Line       int
	Extensions []string // files of the company that extend it

	fields map[string]*Field // by dotted path, implicit ones too
	plan   []step            // defaults and formulas in the order of their dependencies
	schema schema
}

// A State is where a document stands. Its name is also the name of the event of entering it.
type State struct {
	Name    string
	Label   Label
	Actions []*Action
	Line    int
}

// An Action leads from a state to the next one, which may be the same.
type Action struct {
	Name  string
	To    string
	When  *expr.Program // the guard over the document, a bool; nil: always
	Auto  bool          // taken as soon as the guard holds after any change
	With  []string      // names of the fields that the action may set
	Label Label
	Why   Label // said when the guard does not hold
	Line  int
}

// FullName returns "<module>.<name>".
func (e *Entity) FullName() string { return e.Module + "." + e.Name }

// Field returns a field by its dotted path ("lines.quantity"); implicit fields are found too.
func (e *Entity) Field(path string) (*Field, bool) {
	f, ok := e.fields[path]
	return f, ok
}

// State returns a state by name.
func (e *Entity) State(name string) (*State, bool) {
	i := slices.IndexFunc(e.States, func(s *State) bool { return s.Name == name })
	if i < 0 {
		return nil, false
	}
	return e.States[i], true
}

// Initial returns the state of a new document; false when the entity has no states.
func (e *Entity) Initial() (*State, bool) {
	if len(e.States) == 0 {
		return nil, false
	}
	return e.States[0], true
}

// Actions returns what can be done in a state, in the order of the file.
func (e *Entity) Actions(state string) []*Action {
	if s, ok := e.State(state); ok {
		return s.Actions
	}
	return nil
}

// Action returns one action of one state.
func (e *Entity) Action(state, name string) (*Action, bool) {
	for _, a := range e.Actions(state) {
		if a.Name == name {
			return a, true
		}
	}
	return nil, false
}

// ActionNames returns the names of all actions of all states, sorted.
func (e *Entity) ActionNames() []string {
	var names []string
	for _, s := range e.States {
		for _, a := range s.Actions {
			names = append(names, a.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// CurrencyField returns the name of the document's first currency field, "" when it has none.
func (e *Entity) CurrencyField() string {
	for _, f := range e.Fields {
		if f.Kind == KindCurrency {
			return f.Name
		}
	}
	return ""
}

// Owner returns the module that may write a field: its writer, else the entity's module; "" when there is no such field.
func (e *Entity) Owner(path string) string {
	f, ok := e.fields[path]
	switch {
	case !ok:
		return ""
	case f.Writer != "":
		return f.Writer
	}
	return e.Module
}
