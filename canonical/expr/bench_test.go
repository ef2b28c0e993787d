package expr

import (
	"fmt"
	"testing"
	"time"

	"github.com/sihehub/sihe"
)

// The benchmark maps one order of five lines, the example of the language's design, by expressions and by hand-written
// Go over structs, in one run: compare both on the same machine.

type order struct {
	orderNo, buyer, status, currency string
	orderDate                        time.Time
	expected                         *Date
	taxRate                          sihe.Decimal
	lines                            []orderLine
}

type orderLine struct {
	item, status    string
	quantity, price sihe.Decimal
	discount        *sihe.Decimal
}

type salesOrder struct {
	crmOrderNo, buyer, status string
	bizDate, dueDate          Date
	lines                     []salesLine
	total                     sihe.Decimal
}

type salesLine struct {
	seq         int64
	item        string
	quantity    sihe.Decimal
	amount, tax sihe.Decimal
}

func benchOrder() order {
	d := sihe.MustDecimal
	discount := d("0.05")
	o := order{orderNo: "CO-2026-0001", buyer: "C0001", status: "approved", currency: "CNY", orderDate: time.Date(2026, 3, 1, 18, 30, 0, 0, time.UTC), taxRate: d("0.13")}
	for i := range 5 {
		o.lines = append(o.lines, orderLine{item: fmt.Sprintf("A-%d", i), status: "active", quantity: d("10.000000"), price: d("19.99"), discount: &discount})
	}
	o.lines[4].discount, o.lines[3].status = nil, "cancelled"
	return o
}

type links map[string]string

func (l links) XRef(_, key string) (string, bool, error) { v, ok := l[key]; return v, ok, nil }
func (l links) EventTime() time.Time                     { return time.Unix(0, 0) }

func benchLinks() links {
	l := links{"C0001": "K-1"}
	for i := range 5 {
		l[fmt.Sprintf("A-%d", i)] = fmt.Sprintf("K-A-%d", i)
	}
	return l
}

// byHand is the yardstick.
func byHand(o *order, l World, loc *time.Location, statuses map[string]string) (salesOrder, error) {
	var out salesOrder
	var ok bool
	var err error
	out.crmOrderNo = o.orderNo
	if out.buyer, ok, err = l.XRef("party", o.buyer); err != nil || !ok {
		return out, err
	}
	out.bizDate = DateOf(o.orderDate.In(loc))
	out.dueDate = out.bizDate.AddDays(7)
	if o.expected != nil {
		out.dueDate = *o.expected
	}
	if out.status, ok = statuses[o.status]; !ok {
		out.status = "D"
	}
	units, _ := minorUnits(o.currency)
	one := sihe.DecimalFromInt(1)
	out.lines = make([]salesLine, 0, len(o.lines))
	for i := range o.lines {
		line := &o.lines[i]
		if line.status != "active" {
			continue
		}
		s := salesLine{seq: int64(len(out.lines)) + 1, quantity: line.quantity}
		if s.item, ok, err = l.XRef("item", line.item); err != nil || !ok {
			return out, err
		}
		var discount sihe.Decimal
		if line.discount != nil {
			discount = *line.discount
		}
		factor, err := one.TrySub(discount)
		if err != nil {
			return out, err
		}
		amount, err := line.quantity.TryMul(line.price)
		if err != nil {
			return out, err
		}
		if amount, err = amount.TryMul(factor); err != nil {
			return out, err
		}
		if s.amount, err = amount.TryRound(units, sihe.HalfUp); err != nil {
			return out, err
		}
		if amount, err = s.amount.TryMul(o.taxRate); err != nil {
			return out, err
		}
		if s.tax, err = amount.TryRound(units, sihe.HalfUp); err != nil {
			return out, err
		}
		out.lines = append(out.lines, s)
	}
	for _, s := range out.lines {
		part, err := s.amount.TryAdd(s.tax)
		if err != nil {
			return out, err
		}
		if out.total, err = out.total.TryAdd(part); err != nil {
			return out, err
		}
	}
	return out, nil
}

// An expressed order is the same mapping as compiled expressions.
type expressed struct {
	date, where *Program
	head, line  []Assignment
	total       []Assignment
}

func benchScopes() (head, line *Scope) {
	orNull := func(t *Type) *Type { return t.OrNull(true) }
	source := RecordType(
		Field{"order_no", texts()}, Field{"buyer", texts()}, Field{"status", EnumType("draft", "approved", "closed")}, Field{"currency", texts()},
		Field{"order_date", times()}, Field{"expected_delivery", orNull(dates())}, Field{"tax_rate", DecimalType(6)},
		Field{"lines", ListType(RecordType(
			Field{"item", texts()}, Field{"status", EnumType("active", "cancelled")}, Field{"quantity", DecimalType(6)},
			Field{"unit_price", MoneyType(2, "")}, Field{"discount", orNull(DecimalType(6))},
		))},
	)
	targetLine := RecordType(Field{"seq", ints()}, Field{"item", texts()}, Field{"qty", DecimalType(6)}, Field{"amount", MoneyType(2, "")}, Field{"tax", MoneyType(2, "")})
	target := RecordType(Field{"crm_order_no", texts()}, Field{"buyer", texts()}, Field{"biz_date", dates()}, Field{"due_date", dates()},
		Field{"doc_status", texts()}, Field{"lines", ListType(targetLine)}, Field{"total", MoneyType(2, "")})
	lookups := map[string]*Lookup{"order_status": {Name: "order_status", Table: map[string]string{"draft": "A", "approved": "C", "closed": "B"}}}
	known := func(string) bool { return true }
	head = &Scope{
		Source: source, Lookups: lookups, XRef: known, Vars: []Var{{Name: "业务日期", Type: dates(), Sources: []string{"order_date"}}},
		Out: target, OutSet: map[string][]string{"lines.amount": {"lines.quantity"}, "lines.tax": {"tax_rate"}},
	}
	line = &Scope{
		Source: source, Lookups: lookups, XRef: known,
		Vars: []Var{{Name: "业务日期", Type: dates()}, {Name: "line", Type: source.Field("lines").Elem, Path: "lines"}, {Name: "index", Type: ints()}},
		Out:  targetLine, OutSet: map[string][]string{"amount": nil},
	}
	return head, line
}

func express(tb testing.TB) expressed {
	head, line := benchScopes()
	compile := func(text string, s *Scope) *Program {
		p, problems := Compile(text, s)
		if len(problems) > 0 {
			tb.Fatal(text, problems)
		}
		return p
	}
	e := expressed{
		date:  compile(`date_in(order_date, "Asia/Shanghai")`, &Scope{Source: head.Source}),
		where: compile(`line.status == "active"`, line),
		total: []Assignment{{Slot: 6, Program: compile("sum(out.lines, l => l.amount + l.tax)", head)}},
	}
	for i, text := range []string{"order_no", `xref("party", buyer)`, "业务日期", "expected_delivery ?? add_days(业务日期, 7)", `lookup("order_status", status, "D")`} {
		e.head = append(e.head, Assignment{Slot: i, Program: compile(text, head)})
	}
	for i, text := range []string{"index + 1", `xref("item", line.item)`, "line.quantity", "round_money(line.quantity * line.unit_price * (1 - (line.discount ?? 0)), currency)", "round_money(out.amount * tax_rate, currency)"} {
		e.line = append(e.line, Assignment{Slot: i, Program: compile(text, line)})
	}
	return e
}

func (e expressed) run(f *Frame, source Value, w World) ([]Value, error) {
	f.Reset()
	f.Source, f.World = source, w
	date, err := e.date.Eval(f)
	if err != nil {
		return nil, err
	}
	f.Vars = append(f.Vars, date, Value{}, Value{})
	lines := source.Slot(7).List()
	slab := make([]Value, 7+6*len(lines)) // one allocation for all, as by hand
	take := func(n int) []Value {
		s := slab[:n:n]
		slab = slab[n:]
		return s
	}
	out := take(7)
	f.Out = out
	if _, err = f.Assign(e.head); err != nil {
		return nil, err
	}
	target := take(len(lines))[:0]
	for _, l := range lines {
		f.Vars[1], f.Vars[2] = l, IntValue(int64(len(target)))
		keep, err := e.where.Eval(f)
		if err != nil {
			return nil, err
		}
		if !keep.Bool() {
			continue
		}
		slots := take(5)
		f.Out = slots
		if _, err = f.Assign(e.line); err != nil {
			return nil, err
		}
		target = append(target, RecordValue(slots))
	}
	out[5] = ListValue(target)
	f.Out = out
	_, err = f.Assign(e.total)
	return out, err
}

func (o *order) value() Value {
	var lines []Value
	for _, l := range o.lines {
		discount := Value{}
		if l.discount != nil {
			discount = DecimalValue(*l.discount)
		}
		lines = append(lines, RecordValue([]Value{TextValue(l.item), TextValue(l.status), DecimalValue(l.quantity), DecimalValue(l.price), discount}))
	}
	return RecordValue([]Value{TextValue(o.orderNo), TextValue(o.buyer), TextValue(o.status), TextValue(o.currency), TimeValue(o.orderDate), {}, DecimalValue(o.taxRate), ListValue(lines)})
}

func TestOrderAsByHand(t *testing.T) {
	o, l := benchOrder(), benchLinks()
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	want, err := byHand(&o, l, loc, map[string]string{"draft": "A", "approved": "C", "closed": "B"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := express(t).run(&Frame{}, o.value(), l)
	if err != nil {
		t.Fatal(err)
	}
	if s := got[6].String(); s != want.total.String() || s != "869.69" {
		t.Errorf("total %s, by hand %s", s, want.total)
	}
	if len(got[5].List()) != len(want.lines) || got[3].Date() != want.dueDate || got[2].String() != "2026-03-02" || got[4].Text() != "C" || got[1].Text() != "K-1" {
		t.Errorf("got %v, by hand %+v", got, want)
	}
	for i, line := range got[5].List() {
		w := want.lines[i]
		if s := fmt.Sprintf("{%d, %s, %s, %s, %s}", w.seq, w.item, w.quantity, w.amount, w.tax); s != line.String() {
			t.Errorf("line %d: %v, by hand %s", i, line, s)
		}
	}
}

func BenchmarkOrder(b *testing.B) {
	o, l := benchOrder(), benchLinks()
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		b.Fatal(err)
	}
	statuses := map[string]string{"draft": "A", "approved": "C", "closed": "B"}
	b.Run("by hand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := byHand(&o, l, loc, statuses); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("expressions", func(b *testing.B) {
		b.ReportAllocs()
		e, f, source := express(b), &Frame{}, o.value()
		b.ResetTimer()
		for b.Loop() {
			if _, err := e.run(f, source, l); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	_, line := benchScopes()
	b.ReportAllocs()
	for b.Loop() {
		if _, problems := Compile("round_money(line.quantity * line.unit_price * (1 - (line.discount ?? 0)), currency)", line); problems != nil {
			b.Fatal(problems)
		}
	}
}
