package native

import (
	"fmt"

	"github.com/sihehub/sihe/canonical/expr"
)

// Names of the implicit fields that every entity has.
const (
	fieldState       = "state"
	fieldVersion     = "version"
	fieldCorrelation = "correlation_id"
	fieldCreatedAt   = "created_at"
	fieldUpdatedAt   = "updated_at"
	fieldUpdatedBy   = "updated_by"
)

// thawed makes a node of a record's value; a null value gives an empty record.
func thawed(d *Doc, at string, t *expr.Type, v expr.Value) node {
	n := node{doc: d, at: at, typ: t, slots: make([]expr.Value, len(t.Fields))}
	copy(n.slots, v.Slots())
	return n
}

// freeze makes an immutable value of the node as it is now.
func (n *node) freeze() expr.Value {
	slots := make([]expr.Value, len(n.slots))
	for i := range n.slots {
		slots[i] = n.get(i)
	}
	return expr.RecordValue(slots)
}

// get returns one slot as a value.
func (n *node) get(i int) expr.Value {
	rows, open := n.lists[i]
	if !open {
		return n.slots[i]
	}
	if isRows(n.typ.Fields[i].Type) {
		items := make([]expr.Value, len(rows))
		for k, r := range rows {
			items[k] = r.freeze()
		}
		return expr.ListValue(items)
	}
	return rows[0].freezeRecord()
}

// freezeRecord returns null for a record in which nothing is set.
func (r *Row) freezeRecord() expr.Value {
	v := r.freeze()
	for _, s := range v.Slots() {
		if !s.IsNull() {
			return v
		}
	}
	return expr.Value{}
}

// rows opens a list of records.
func (n *node) rows(i int) []*Row {
	if rows, open := n.lists[i]; open {
		return rows
	}
	if !isRows(n.typ.Fields[i].Type) {
		return nil
	}
	items := n.slots[i].List()
	rows := make([]*Row, len(items))
	for k, item := range items {
		rows[k] = &Row{thawed(n.doc, n.path(i, k), n.typ.Fields[i].Type.Elem, item)}
	}
	n.open(i, rows)
	return rows
}

// record opens a record inside of a record; it is kept as the only row of its slot.
func (n *node) record(i int) *node {
	if rows, open := n.lists[i]; open {
		return &rows[0].node
	}
	f := n.typ.Fields[i]
	r := &Row{thawed(n.doc, joined(n.at, f.Name), f.Type, n.slots[i])}
	n.open(i, []*Row{r})
	return &r.node
}

func (n *node) open(i int, rows []*Row) {
	if n.lists == nil {
		n.lists = map[int][]*Row{}
	}
	n.lists[i] = rows
}

func (n *node) newRow(i, k int) *Row {
	return &Row{thawed(n.doc, n.path(i, k), n.typ.Fields[i].Type.Elem, expr.Value{})}
}

func (n *node) path(i, k int) string {
	return fmt.Sprintf("%s[%d]", joined(n.at, n.typ.Fields[i].Name), k)
}

// refresh takes over a computed value of the same shape, so that rows that somebody holds show it too.
func (n *node) refresh(v expr.Value) {
	for i := range n.slots {
		s := v.Slot(i)
		rows, open := n.lists[i]
		if !open {
			n.slots[i] = s
			continue
		}
		switch items := s.List(); {
		case !isRows(n.typ.Fields[i].Type):
			rows[0].refresh(s)
		case len(items) == len(rows):
			for k, r := range rows {
				r.refresh(items[k])
			}
		default:
			delete(n.lists, i)
			n.slots[i] = s
		}
	}
}
