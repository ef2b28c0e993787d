package strictyaml

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"

	"github.com/sihehub/sihe"
)

// A Map is a node with keys, read key by key. Keys that were not asked for when Done is called are errors.
type Map struct{ n *Node }

// Map returns the keys of a map; it reports when the node is none. Asking twice gives the same Map.
func (n *Node) Map() (*Map, bool) {
	if n.kind != mapKind {
		n.wrongKind("a map (key: value)")
		return nil, false
	}
	return &Map{n}, true
}

// Node returns the map as a node, for reports about the whole.
func (m *Map) Node() *Node { return m.n }

// Take returns the value of a key, nil when it is absent.
func (m *Map) Take(key string) *Node {
	if !slices.Contains(m.n.asked, key) {
		m.n.asked = append(m.n.asked, key)
	}
	for _, e := range m.n.entries {
		if e.Name == key {
			m.n.taken[key] = true
			return e.Value
		}
	}
	return nil
}

// Need returns the value of a key; it reports when the key is absent and returns nil.
func (m *Map) Need(key string) *Node {
	v := m.Take(key)
	if v == nil {
		m.n.Report(sihe.CodeYAMLMissing, "", "the key %q is missing", key)
	}
	return v
}

// Key returns the node of a key, for reports about the key itself; nil when it is absent. It does not take the key.
func (m *Map) Key(key string) *Node {
	for _, e := range m.n.entries {
		if e.Name == key {
			return e.Key
		}
	}
	return nil
}

// Names returns all keys in the order of the file. It takes none.
func (m *Map) Names() []string {
	names := make([]string, len(m.n.entries))
	for i, e := range m.n.entries {
		names[i] = e.Name
	}
	return names
}

// Entries takes all keys that were not taken before, in the order of the file.
func (m *Map) Entries() []Entry {
	var rest []Entry
	for _, e := range m.n.entries {
		if !m.n.taken[e.Name] {
			m.n.taken[e.Name] = true
			rest = append(rest, e)
		}
	}
	return rest
}

// Done reports every key that was not taken.
func (m *Map) Done() {
	for _, e := range m.Entries() {
		e.Key.Report(sihe.CodeYAMLUnknown, didYouMean(e.Name, m.n.asked), "unknown key %q", e.Name)
	}
}

// fill takes over the keys of a map and reports those that are no names or come twice.
func (d *file) fill(n *Node, content []*yaml.Node) {
	n.taken = map[string]bool{}
	first := make(map[string]int, len(content)/2)
	for i := 0; i+1 < len(content); i += 2 {
		key := d.node(content[i])
		if key.kind == brokenKind {
			continue
		}
		if key.kind != scalarKind {
			key.Report(sihe.CodeYAMLType, "", "a key must be a name, found %s", key.shown())
			continue
		}
		switch {
		case key.text == "<<" && key.style == plainStyle:
			key.Report(sihe.CodeYAMLFeature, "write the keys out", "a merge key (<<) is not used in these files")
			continue
		case key.text == "":
			key.Report(sihe.CodeYAMLValue, "", "a key is empty")
			continue
		case !cleanName(key.text):
			key.Report(sihe.CodeYAMLEncoding, "", "the key %s holds an invisible character", strconv.QuoteToASCII(key.text))
			continue
		}
		if line, twice := first[key.text]; twice {
			key.Report(sihe.CodeYAMLDuplicate, "", "the key %q stands on line %d already", key.text, line)
			continue
		}
		first[key.text] = key.line
		n.entries = append(n.entries, Entry{Key: key, Name: key.text, Value: d.node(content[i+1])})
	}
}
