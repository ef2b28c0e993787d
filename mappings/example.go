package mappings

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// maxDifferences of one example are reported.
const maxDifferences = 10

// examples reads and runs the examples of a mapping that has no errors.
func (l *loader) examples(m *Mapping, n *strictyaml.Node) {
	items, ok := n.List()
	if !ok {
		return
	}
	names := map[string]bool{}
	for i, item := range items {
		fields, ok := item.Map()
		if !ok {
			continue
		}
		x := Example{Name: strconv.Itoa(i + 1), Place: placeOf(item)}
		if nameNode := fields.Take("name"); nameNode != nil {
			if name, ok := nameNode.Text(); ok {
				x.Name = name
			}
			if names[x.Name] {
				nameNode.Report(sihe.CodeMappingDuplicate, "", "there is an example %q already", x.Name)
			}
			names[x.Name] = true
		}
		l.example(m, fields, x)
	}
}

// example runs one example: in: gives out:, or fails with error:.
func (l *loader) example(m *Mapping, fields *strictyaml.Map, x Example) {
	in, out, code := fields.Need("in"), fields.Take("out"), fields.Take("error")
	w := ReadWorld(fields)
	fields.Done()
	if in == nil {
		return
	}
	if (out == nil) == (code == nil) {
		fields.Node().Report(sihe.CodeMappingExample, "", "an example needs out: or error:, and not both")
		return
	}
	source, raw, ok := Record(in, m.Source)
	if !ok {
		return
	}
	x.In = raw
	got, err := m.Apply(w, source)
	if code != nil {
		if text, ok := code.Text(); ok {
			x.Error = sihe.Code(text)
			switch {
			case err == nil:
				code.Report(sihe.CodeMappingExample, "", "example %q: gives a result instead of the error %s", x.Name, x.Error)
			case sihe.CodeOf(err) != x.Error:
				code.Report(sihe.CodeMappingExample, "", "example %q: fails with another error: %v", x.Name, err)
			}
		}
		m.Examples = append(m.Examples, x)
		return
	}
	want, _, ok := Record(out, m.Target)
	if !ok {
		return
	}
	if err != nil {
		out.Report(sihe.CodeMappingExample, "", "example %q: %v", x.Name, err)
		return
	}
	x.Out = m.Encode(got)
	m.Examples = append(m.Examples, x)
	for i, d := range differences(nil, m.Target, "", want, got) {
		if i == maxDifferences {
			break
		}
		NodeAt(out, d.path).Report(sihe.CodeMappingExample, "", "example %q: %s is %s, not %s", x.Name, d.path, d.got, d.want)
	}
}

// Record reads a YAML value as a record of a type, and reports at its place what does not fit. raw is its JSON.
func Record(n *strictyaml.Node, t *expr.Type) (v expr.Value, raw []byte, ok bool) {
	raw, err := json.Marshal(n.Value())
	if err == nil {
		v, err = canonical.Decode(t, raw)
	}
	if err == nil {
		return v, raw, true
	}
	at, code, text := n, sihe.CodeOf(err), err.Error()
	var e *sihe.Error
	if errors.As(err, &e) {
		at, text = NodeAt(n, e.Path), e.Text
		if e.Path != "" {
			text = e.Path + ": " + text
		}
	}
	at.Report(code, "", "%s", text)
	return v, raw, false
}

// NodeAt finds the node of a path such as lines[2].item, or the nearest one around it.
func NodeAt(n *strictyaml.Node, path string) *strictyaml.Node {
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		var next *strictyaml.Node
		if m, ok := mapOf(n); ok {
			next = m.Take(part)
		} else if i, err := strconv.Atoi(part); err == nil && n.IsList() {
			if items, _ := n.List(); i < len(items) {
				next = items[i]
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func mapOf(n *strictyaml.Node) (*strictyaml.Map, bool) {
	if !n.IsMap() {
		return nil, false
	}
	return n.Map()
}

// A difference is one value that is not as expected.
type difference struct{ path, want, got string }

// differences compares two values of a type, field by field and row by row.
func differences(all []difference, t *expr.Type, path string, want, got expr.Value) []difference {
	switch {
	case t.Kind == expr.KindRecord && !want.IsNull() && !got.IsNull():
		for i, f := range t.Fields {
			all = differences(all, f.Type, strings.TrimPrefix(path+"."+f.Name, "."), want.Slot(i), got.Slot(i))
		}
	case t.Kind == expr.KindList && len(want.List()) == len(got.List()):
		for i := range want.List() {
			all = differences(all, t.Elem, path+"["+strconv.Itoa(i)+"]", want.List()[i], got.List()[i])
		}
	case !want.Equal(got):
		all = append(all, difference{path, shown(t, want), shown(t, got)})
	}
	return all
}

func shown(t *expr.Type, v expr.Value) string {
	if t.Kind == expr.KindList && len(v.List()) > 2 {
		return "a list of " + strconv.Itoa(len(v.List()))
	}
	return string(canonical.Encode(t, v, canonical.Style{}))
}

// An ExampleWorld knows the cross-references that an example gives; every other document has the same key everywhere.
type ExampleWorld struct {
	At   time.Time
	refs map[string]map[string]string
	none map[string]bool // "<entity> <key>" that is not known
}

// XRef returns the target's key of a document.
func (w ExampleWorld) XRef(entity, key string) (string, bool, error) {
	if w.none[entity+" "+key] {
		return "", false, nil
	}
	if own, ok := w.refs[entity][key]; ok {
		return own, true, nil
	}
	return key, true, nil
}

// EventTime is what the example says, else the first moment of 2026.
func (w ExampleWorld) EventTime() time.Time { return w.At }

// ReadWorld takes event_time: and xref: {entity: {key: own key, or null}} out of an example.
func ReadWorld(m *strictyaml.Map) ExampleWorld {
	w := ExampleWorld{At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	if n := m.Take("event_time"); n != nil {
		if at, err := time.Parse(time.RFC3339, n.Literal()); err == nil {
			w.At = at
		} else {
			n.Report(sihe.CodeYAMLValue, "", "needs a time like 2026-01-31T08:00:00+08:00, found %q", n.Literal())
		}
	}
	n := m.Take("xref")
	if n == nil {
		return w
	}
	entities, ok := n.Map()
	if !ok {
		return w
	}
	w.refs, w.none = map[string]map[string]string{}, map[string]bool{}
	for _, e := range entities.Entries() {
		keys, ok := e.Value.Map()
		if !ok {
			continue
		}
		w.refs[e.Name] = map[string]string{}
		for _, k := range keys.Entries() {
			if k.Value.IsNull() {
				w.none[e.Name+" "+k.Name] = true
			} else if own, ok := k.Value.Text(); ok {
				w.refs[e.Name][k.Name] = own
			}
		}
	}
	return w
}
