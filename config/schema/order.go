package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A node is one schema, with its properties in the order of the file.
type node struct {
	names      []string // of properties
	properties map[string]*node
	more       *node // additionalProperties, when it is a schema
	closed     bool  // additionalProperties: false
	items      *node
	also       []*node // anyOf, allOf
	ref        string
}

// Order returns a function that sorts the keys of a map in a file of that kind: those that the schema knows in the order
// of the schema, then the others as they stand. path leads to the map: keys, and "-" for an item of a list. A map whose
// order means something (fields, states, steps) is returned as it is.
func Order(kind string) (func(path, names []string) []string, error) {
	text, ok := Of(kind)
	if !ok {
		return nil, fmt.Errorf("read the schema of %q: there is none", kind)
	}
	root, definitions, err := read(text)
	if err != nil {
		return nil, fmt.Errorf("read the schema of %s: %w", kind, err)
	}
	s := sorter{root: root, definitions: definitions}
	return s.sorted, nil
}

type sorter struct {
	root        *node
	definitions map[string]*node
}

func (s sorter) sorted(path, names []string) []string {
	at := s.resolve([]*node{s.root})
	for _, step := range path {
		var next []*node
		for _, n := range at {
			switch p := n.properties[step]; {
			case step == "-" && n.items != nil:
				next = append(next, n.items)
			case p != nil:
				next = append(next, p)
			case n.more != nil:
				next = append(next, n.more)
			}
		}
		at = s.resolve(next)
	}
	for _, n := range at {
		if len(n.names) > 0 && n.fits(names) {
			return n.sort(names)
		}
	}
	return names
}

// resolve follows references and alternatives.
func (s sorter) resolve(from []*node) []*node {
	var all []*node
	seen := map[*node]bool{}
	var visit func(*node)
	visit = func(n *node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		all = append(all, n)
		visit(s.definitions[n.ref])
		for _, x := range n.also {
			visit(x)
		}
	}
	for _, n := range from {
		visit(n)
	}
	return all
}

// fits says whether a map with these keys is what the schema describes, as far as the keys tell.
func (n *node) fits(names []string) bool {
	known := 0
	for _, name := range names {
		if n.properties[name] != nil {
			known++
		}
	}
	return known == len(names) || known > 0 && !n.closed
}

func (n *node) sort(names []string) []string {
	sorted := make([]string, 0, len(names))
	for _, name := range n.names {
		if slices.Contains(names, name) {
			sorted = append(sorted, name)
		}
	}
	for _, name := range names {
		if n.properties[name] == nil {
			sorted = append(sorted, name)
		}
	}
	return sorted
}

// read parses a schema and its definitions.
func read(text []byte) (*node, map[string]*node, error) {
	var top struct {
		Definitions map[string]json.RawMessage `json:"definitions"`
	}
	if err := json.Unmarshal(text, &top); err != nil {
		return nil, nil, err
	}
	definitions := map[string]*node{}
	for name, raw := range top.Definitions {
		n, err := readNode(raw)
		if err != nil {
			return nil, nil, err
		}
		definitions[name] = n
	}
	root, err := readNode(text)
	return root, definitions, err
}

func readNode(raw []byte) (*node, error) {
	var s struct {
		Ref        string            `json:"$ref"`
		Properties json.RawMessage   `json:"properties"`
		Additional json.RawMessage   `json:"additionalProperties"`
		Items      json.RawMessage   `json:"items"`
		AnyOf      []json.RawMessage `json:"anyOf"`
		AllOf      []json.RawMessage `json:"allOf"`
	}
	if raw[0] != '{' {
		return nil, nil // true or false: nothing to say about order
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	n := &node{ref: strings.TrimPrefix(s.Ref, "#/definitions/"), closed: string(s.Additional) == "false"}
	var failed error
	below := func(raw []byte) *node {
		if len(raw) == 0 {
			return nil
		}
		x, err := readNode(raw)
		failed = errors.Join(failed, err)
		return x
	}
	n.more, n.items = below(s.Additional), below(s.Items)
	for _, x := range slices.Concat(s.AnyOf, s.AllOf) {
		n.also = append(n.also, below(x))
	}
	if len(s.Properties) > 0 {
		failed = errors.Join(failed, n.readProperties(s.Properties))
	}
	return n, failed
}

// readProperties keeps the order, which a Go map would not.
func (n *node) readProperties(raw []byte) error {
	n.properties = map[string]*node{}
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		text, _ := name.(string)
		x, err := readNode(value)
		if err != nil {
			return err
		}
		if x == nil {
			x = &node{}
		}
		n.names, n.properties[text] = append(n.names, text), x
	}
	return nil
}
