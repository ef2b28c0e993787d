package mappings

import (
	"embed"
	"io/fs"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

//go:embed all:flows
var shipped embed.FS

// Shipped returns the mapping files that come with the program.
func Shipped() fs.FS {
	sub, err := fs.Sub(shipped, "flows")
	if err != nil {
		panic(err) // the folder's name is a constant
	}
	return strictyaml.Shipped(sub)
}

// Shapes knows the records of products, by "<product>/<record>".
type Shapes interface {
	Shape(name string) (*expr.Type, bool)
}

// A Set holds all mappings that have no errors. It is immutable and may be used from many goroutines.
type Set struct {
	mappings map[string]*Mapping
	broken   map[string]bool // defined, but with errors
}

// Load compiles all mapping files of the sources and runs their examples. Everything wrong goes to f. c names the
// entities, shapes the records of products; nil knows none.
func Load(f *sihe.Findings, c *canonical.Catalog, shapes Shapes, sources ...fs.FS) *Set {
	return load(f, c, shapes, sources)
}

// Mapping returns a mapping by name.
func (s *Set) Mapping(name string) (*Mapping, bool) {
	m, ok := s.mappings[name]
	return m, ok
}

// Broken says that a mapping of that name was found but has errors, which were reported.
func (s *Set) Broken(name string) bool { return s.broken[name] }

// Names returns the names of all mappings, sorted.
func (s *Set) Names() []string {
	names := make([]string, 0, len(s.mappings))
	for n := range s.mappings {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// A Mapping is one compiled mapping file. It is immutable and may be used from many goroutines.
type Mapping struct {
	Name      string
	From, To  string     // "<module>.<entity>" or "<product>/<record>"
	Source    *expr.Type // of what comes in
	Target    *expr.Type // of what comes out; fields that are not set are null
	Examples  []Example
	Replaces  bool   // it takes the place of a shipped one
	Path      string // of the file
	Line      int
	targets   []string
	lineage   map[string][]string
	places    map[string]Place
	constants map[string]expr.Value // of fields at the top
	let       []let
	vars      int
	root      *record
	encodings []encoding
}

// A Place is where something stands in a file, counted from 1, columns in runes.
type Place struct {
	Path         string
	Line, Column int
	Source       string // the line's text
}

// An Example is a record with what the mapping makes of it, as JSON. It was run when the file was loaded.
type Example struct {
	Name  string
	In    []byte
	Out   []byte    // nil where Error is given
	Error sihe.Code // that the mapping must fail with
	Place Place
}

// Targets returns the dotted paths of all target fields that the mapping sets, lists and records as well as what is in
// them, in the order of the file.
func (m *Mapping) Targets() []string { return slices.Clone(m.targets) }

// Lineage tells for each target path which source paths feed it. It must not be changed.
func (m *Mapping) Lineage() map[string][]string { return m.lineage }

// Constant returns the value that the mapping always gives to a field at the top of the target.
func (m *Mapping) Constant(target string) (expr.Value, bool) {
	v, ok := m.constants[target]
	return v, ok
}

// Place returns where the file sets a target path; the file's beginning when it does not.
func (m *Mapping) Place(target string) Place {
	if p, ok := m.places[target]; ok {
		return p
	}
	return Place{Path: m.Path, Line: m.Line, Column: 1}
}
