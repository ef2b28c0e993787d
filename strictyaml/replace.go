package strictyaml

import (
	"io/fs"
	"maps"
	"slices"

	"github.com/sihehub/sihe"
)

// Shipped marks a tree as one that comes with the program: files of other trees may take the place of its files, when they
// say so ([Replacing]).
func Shipped(files fs.FS) fs.FS { return shipped{files} }

type shipped struct{ fs.FS }

// IsShipped says whether a tree, or the one that it is a folder of, comes with the program.
func IsShipped(files fs.FS) bool {
	if b, ok := files.(below); ok {
		return IsShipped(b.FS)
	}
	_, ok := files.(shipped)
	return ok
}

// Replacing gathers what the files of one kind define, and which of them take the place of shipped ones by
// `replaces: shipped`. The zero value is empty.
type Replacing struct {
	shipped  map[string]bool
	replaced map[string]*Node // by name: where a file says so
}

// Read takes `replaces` out of a file; key is the one that names what it defines. It says whether the file has it.
func (r *Replacing) Read(m *Map, key string, isShipped bool) bool {
	says, name := m.Take("replaces"), literal(m, key)
	if r.shipped == nil {
		r.shipped, r.replaced = map[string]bool{}, map[string]*Node{}
	}
	if isShipped {
		r.shipped[name] = true
	}
	if says == nil {
		return false
	}
	says.OneOf("shipped")
	r.replaced[name] = says
	return true
}

// Gone says whether a shipped file is one whose place another one takes. All files must have been read.
func (r *Replacing) Gone(m *Map, key string) bool { return r.replaced[literal(m, key)] != nil }

// Advice is what to do about a name that a file uses although it is there already.
func (r *Replacing) Advice(name string) string {
	if r.shipped[name] && r.replaced[name] == nil {
		return "add `replaces: shipped` to take the place of the shipped one, or choose another name"
	}
	return ""
}

func literal(m *Map, key string) string {
	for _, e := range m.n.entries {
		if e.Name == key {
			return e.Value.Literal()
		}
	}
	return ""
}

// Check reports files that take the place of nothing.
func (r *Replacing) Check(code sihe.Code, what string) {
	known := slices.Sorted(maps.Keys(r.shipped))
	for name, says := range r.replaced {
		if !r.shipped[name] && !says.Failed() {
			suggestion := didYouMean(name, known)
			if suggestion == "" {
				suggestion = "remove `replaces`"
			}
			says.Report(code, suggestion, "there is no shipped %s %q to replace", what, name)
		}
	}
}
