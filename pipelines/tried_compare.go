package pipelines

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// differ reports one difference where the case says what it wants.
func (k *trial) differ(at *strictyaml.Node, field, want, got string) {
	k.differences = append(k.differences, Difference{Field: field, Want: want, Got: got, Line: at.Line(), Column: at.Column()})
	at.Report(sihe.CodeTestFailed, "", "%s: %s is %s, not %s", k.name, field, got, want)
}

func (k *trial) refused(n *strictyaml.Node, err error) {
	want, ok := n.Text()
	switch {
	case !ok:
	case err == nil:
		k.differ(n, "refused", want, "a result")
	case string(sihe.CodeOf(err)) != want:
		k.differ(n, "refused", want, err.Error())
	}
}

// writes compares the list of expected writes. A pipeline makes one write of one event, or none.
func (k *trial) writes(n *strictyaml.Node, got Trial) {
	items, ok := n.List()
	if !ok {
		return
	}
	made := 0
	if got.Filtered == "" {
		made = 1
	}
	if len(items) != made {
		why := ""
		if made == 0 {
			why = " (filtered: " + string(got.Filtered) + ")"
		}
		k.differ(n, "the number of writes", strconv.Itoa(len(items)), strconv.Itoa(made)+why)
		return
	}
	for _, item := range items {
		k.write(item, got.Write)
	}
}

func (k *trial) write(n *strictyaml.Node, w sihe.Write) {
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, x := range []struct{ key, got string }{
		{"do", w.Do}, {"to", w.Entity}, {"key", w.Key}, {"version", strconv.FormatInt(w.Version, 10)},
	} {
		if want := m.Take(x.key); want != nil && want.Literal() != x.got {
			k.differ(want, x.key, strconv.Quote(want.Literal()), strconv.Quote(x.got))
		}
	}
	data, match := m.Take("data"), m.Take("match")
	m.Done()
	k.fields(data, "data", w.Data)
	k.fields(match, "match", w.Match)
}

// fields compares what is written with the fields that the case names.
func (k *trial) fields(want *strictyaml.Node, name string, data []byte) {
	if want == nil {
		return
	}
	if len(data) == 0 {
		k.differ(want, name, "fields", "empty")
		return
	}
	t := k.pipeline.Entity.Type
	v, present, err := canonical.DecodePartial(t, data)
	if err != nil {
		k.differ(want, name, "a record", err.Error())
		return
	}
	k.compare(want, t, name, v, present)
}

// compare looks at every field that the case names; others do not matter. Lists are compared row by row. set has the
// paths that are there at all; nil stands for all of them.
func (k *trial) compare(want *strictyaml.Node, t *expr.Type, path string, got expr.Value, set []string) {
	switch {
	case got.IsNull() && want.IsNull():
	case got.IsNull() && !want.IsScalar():
		k.differ(want, path, "a value", "null")
	case t.Kind == expr.KindRecord && want.IsMap():
		k.compareRecord(want, t, path, got, set)
	case t.Kind == expr.KindList && want.IsList():
		items, _ := want.List()
		if rows := got.List(); len(rows) != len(items) {
			k.differ(want, path, strconv.Itoa(len(items))+" rows", strconv.Itoa(len(rows))+" rows")
			return
		}
		for i, item := range items {
			k.compare(item, t.Elem, path+"["+strconv.Itoa(i)+"]", got.List()[i], set)
		}
	default:
		raw, err := json.Marshal(want.Value())
		if err != nil {
			return // what YAML holds is always JSON
		}
		v, err := canonical.Decode(t, raw)
		shown := func(v expr.Value) string { return string(canonical.Encode(t, v, canonical.Style{})) }
		switch {
		case err != nil:
			k.differ(want, path, string(raw), shown(got))
		case !v.Equal(got):
			k.differ(want, path, shown(v), shown(got))
		}
	}
}

func (k *trial) compareRecord(want *strictyaml.Node, t *expr.Type, path string, got expr.Value, set []string) {
	m, _ := want.Map()
	for _, entry := range m.Entries() {
		slot, ok := t.Slot(entry.Name)
		if !ok {
			entry.Key.Report(sihe.CodeYAMLUnknown, didYouMean(entry.Name, fieldNames(t)), "unknown field %q", entry.Name)
			continue
		}
		n, f, below := entry.Value, t.Fields[slot], path+"."+entry.Name
		_, bare, _ := strings.Cut(withoutRows(below), ".")
		switch {
		case set != nil && !slices.Contains(set, bare):
			k.differ(n, below, n.Literal(), "not written")
		default:
			k.compare(n, f.Type, below, got.Slot(slot), set)
		}
	}
}

func fieldNames(t *expr.Type) []string {
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = f.Name
	}
	return names
}

// withoutRows makes "data.lines[0].item" "data.lines.item".
func withoutRows(path string) string {
	var b strings.Builder
	for rest := path; ; {
		before, after, found := strings.Cut(rest, "[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, rest, _ = strings.Cut(after, "]")
	}
}
