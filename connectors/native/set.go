package native

import (
	"fmt"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// set puts a Go value into a slot.
func (n *node) set(i int, v any) {
	if !n.changeable(i) {
		return
	}
	t := n.typ.Fields[i].Type
	switch x := v.(type) {
	case []Fields:
		n.setRows(i, t, x)
	case []*Row:
		n.takeRows(i, t, x)
	case Fields:
		n.setRecord(i, t, x)
	default:
		value, ok := valueOf(t, v)
		if !ok {
			n.fail(n.typ.Fields[i].Name, fmt.Sprintf("a %s cannot be %T %.40q", t, v, fmt.Sprint(v)))
			return
		}
		delete(n.lists, i)
		n.slots[i] = value
	}
}

// changeable says whether rules may set the slot, and notes that they do.
func (n *node) changeable(i int) bool {
	switch d := n.doc; {
	case d.frozen:
		n.fail(n.typ.Fields[i].Name, "it can only be read")
		return false
	case n == &d.node && i >= len(d.kind.entity.Fields):
		n.fail(n.typ.Fields[i].Name, "the kit keeps it")
		return false
	default:
		d.touched, d.stale = true, true
		return true
	}
}

func (n *node) setRows(i int, t *expr.Type, all []Fields) {
	if !isRows(t) {
		n.fail(n.typ.Fields[i].Name, "it is not a list of lines")
		return
	}
	rows := make([]*Row, len(all))
	for k, f := range all {
		rows[k] = n.newRow(i, k)
		rows[k].setAll(f)
	}
	n.open(i, rows)
}

// takeRows keeps some rows of the same list, in a new order.
func (n *node) takeRows(i int, t *expr.Type, rows []*Row) {
	if !isRows(t) {
		n.fail(n.typ.Fields[i].Name, "it is not a list of lines")
		return
	}
	kept := make([]*Row, len(rows))
	for k, r := range rows {
		if r.typ != t.Elem {
			n.fail(n.typ.Fields[i].Name, "a row of another list")
			return
		}
		kept[k] = r
		r.at = n.path(i, k)
	}
	n.open(i, kept)
}

func (n *node) setRecord(i int, t *expr.Type, f Fields) {
	if t.Kind != expr.KindRecord {
		n.fail(n.typ.Fields[i].Name, "it is not a record")
		return
	}
	r := &Row{thawed(n.doc, joined(n.at, n.typ.Fields[i].Name), t, expr.Value{})}
	n.open(i, []*Row{r})
	r.setAll(f)
}

// valueOf converts a Go value for a field; false when it does not fit.
func valueOf(t *expr.Type, v any) (expr.Value, bool) {
	switch x := v.(type) {
	case nil:
		return expr.Value{}, true
	case expr.Value:
		return x, x.IsNull() || x.Kind() == t.Kind || (x.Kind() == expr.KindInt && t.Kind == expr.KindDecimal)
	case string:
		return textValue(t, x)
	case bool:
		return expr.BoolValue(x), t.Kind == expr.KindBool
	case int:
		return numberValue(t, sihe.DecimalFromInt(int64(x)))
	case int64:
		return numberValue(t, sihe.DecimalFromInt(x))
	case sihe.Decimal:
		return numberValue(t, x)
	case expr.Date:
		if x == 0 {
			return expr.Value{}, t.Kind == expr.KindDate
		}
		return expr.DateValue(x), t.Kind == expr.KindDate
	case time.Time:
		if x.IsZero() {
			return expr.Value{}, t.Kind == expr.KindTime
		}
		return expr.TimeValue(x), t.Kind == expr.KindTime
	}
	return expr.Value{}, false
}

func numberValue(t *expr.Type, d sihe.Decimal) (expr.Value, bool) {
	switch t.Kind {
	case expr.KindInt:
		n, ok := d.Int64()
		return expr.IntValue(n), ok
	case expr.KindDecimal:
		return expr.DecimalValue(d), true
	default:
		return expr.Value{}, false
	}
}

// textValue reads a text as what the field holds.
func textValue(t *expr.Type, s string) (expr.Value, bool) {
	if s == "" {
		return expr.Value{}, t.Kind != expr.KindList && t.Kind != expr.KindRecord
	}
	switch t.Kind {
	case expr.KindText:
		return expr.TextValue(s), true
	case expr.KindInt, expr.KindDecimal:
		d, err := sihe.ParseDecimal(s)
		if err != nil {
			return expr.Value{}, false
		}
		return numberValue(t, d)
	case expr.KindDate:
		d, err := expr.ParseDate(s)
		return expr.DateValue(d), err == nil
	case expr.KindTime:
		at, err := time.Parse(time.RFC3339Nano, s)
		return expr.TimeValue(at), err == nil
	default:
		return expr.Value{}, false
	}
}
