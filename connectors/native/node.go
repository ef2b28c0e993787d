package native

import (
	"slices"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// A node is one record under change: a document, or one line of it. Its lists of records are opened when somebody asks
// for their rows.
type node struct {
	doc   *Doc       // to which errors are reported
	at    string     // path within the document, "" or "lines[2]"
	typ   *expr.Type // of the record
	slots []expr.Value
	lists map[int][]*Row
}

// A Row is one line of a list. It stays usable after the list was set anew.
type Row struct{ node }

// Text returns a text, enum, ref or hash; "" when it is null.
func (n *node) Text(path string) string { return n.value(path).Text() }

// Int returns an integer, or a decimal without a fraction; 0 when it is null.
func (n *node) Int(path string) int64 {
	v := n.value(path)
	if v.Kind() == expr.KindDecimal {
		i, _ := v.Decimal().Int64()
		return i
	}
	return v.Int()
}

// Decimal returns a number; 0 when it is null.
func (n *node) Decimal(path string) sihe.Decimal { return n.value(path).Decimal() }

// Bool returns a truth value; false when it is null.
func (n *node) Bool(path string) bool { return n.value(path).Bool() }

// Date returns a calendar date; the zero Date when it is null.
func (n *node) Date(path string) expr.Date { return n.value(path).Date() }

// Time returns an instant in UTC; the zero time when it is null.
func (n *node) Time(path string) time.Time { return n.value(path).Time() }

// IsNull says whether there is no value.
func (n *node) IsNull(path string) bool { return n.value(path).IsNull() }

// Value returns the value as expressions see it.
func (n *node) Value(path string) expr.Value { return n.value(path) }

// Rows returns the lines of a list, empty when it is null or no list of records. Changing a Row changes the document.
func (n *node) Rows(list string) []*Row {
	in, i, ok := n.find(list)
	if !ok {
		return nil
	}
	return slices.Clone(in.rows(i))
}

// Set sets a field: string, int, int64, sihe.Decimal, bool, expr.Date, time.Time, expr.Value, Fields for a record,
// []Fields or []*Row for a list, nil for nothing. A text is also read as the field's date, time or number. "", the zero
// Date and the zero time are nothing, as the getters return them for it. A value of another type and an unknown field
// are errors that the next Save, Act or the end of the transaction returns.
func (n *node) Set(path string, v any) {
	in, i, ok := n.find(path)
	if !ok {
		n.fail(path, "there is no such field")
		return
	}
	in.set(i, v)
}

// AddRow appends a line to a list and returns it.
func (n *node) AddRow(list string, f Fields) *Row {
	in, i, ok := n.find(list)
	if !ok || !isRows(in.typ.Fields[i].Type) {
		n.fail(list, "there is no such list of lines")
		return &Row{node{doc: n.doc, typ: expr.RecordType()}}
	}
	rows := in.rows(i)
	r := in.newRow(i, len(rows))
	if !in.changeable(i) {
		return r
	}
	in.lists[i] = append(rows, r)
	r.setAll(f)
	return r
}

// setAll sets fields in the order of the type, so that the same error comes first every time.
func (n *node) setAll(f Fields) {
	done := 0
	for i := range n.typ.Fields {
		if v, ok := f[n.typ.Fields[i].Name]; ok {
			n.set(i, v)
			done++
		}
	}
	if done == len(f) {
		return
	}
	names := make([]string, 0, len(f))
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if _, ok := n.typ.Slot(name); !ok {
			n.Set(name, f[name])
		}
	}
}

// find returns the node and slot of a dotted path; only records are passed through.
func (n *node) find(path string) (*node, int, bool) {
	head, rest, deeper := strings.Cut(path, ".")
	i, ok := n.typ.Slot(head)
	if !ok || !deeper {
		return n, i, ok
	}
	if n.typ.Fields[i].Type.Kind != expr.KindRecord {
		return nil, 0, false
	}
	return n.record(i).find(rest)
}

func (n *node) value(path string) expr.Value {
	in, i, ok := n.find(path)
	if !ok {
		return expr.Value{}
	}
	return in.get(i)
}

// fail keeps the first error for whoever saves the document.
func (n *node) fail(path, what string) {
	if n.doc.err != nil {
		return
	}
	at := joined(n.at, path)
	n.doc.err = sihe.Permanent(sihe.Errorf(sihe.CodeFieldValue, "set %s of %s: %s", at, n.doc.name(), what).At(at))
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "." + b
}

func isRows(t *expr.Type) bool {
	return t.Kind == expr.KindList && t.Elem != nil && t.Elem.Kind == expr.KindRecord
}
