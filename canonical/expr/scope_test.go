package expr

import (
	"errors"
	"testing"
	"time"

	"github.com/sihehub/sihe"
)

// orderScope is what the tests name things in: the sample order, with a customer record, payments in currencies of
// their own, a loop variable, a `let` and a target.
func orderScope() (*Scope, *Frame) {
	s, f := Sample()
	payment := RecordType(Field{"currency", texts()}, Field{"amount", MoneyType(2, "")}, Field{"paid_on", dates().OrNull(true)})
	fields := append([]Field{}, s.Source.Fields...)
	fields = append(fields,
		Field{"客户名称", texts()}, Field{"2nd name", texts()}, Field{"hours", DecimalType(2).OrNull(true)}, Field{"count_of", ints()},
		Field{"fee", MoneyType(2, "").OrNull(true)}, Field{"cny", MoneyType(2, "CNY")}, Field{"usd", MoneyType(2, "USD")},
		Field{"owner", RecordType(Field{"dept", texts()}, Field{"name", texts().OrNull(true)}).OrNull(true)},
		Field{"payments", ListType(payment)}, Field{"paid", texts().OrNull(true)}, Field{"urgent", bools()},
		Field{"parcels", ListType(RecordType(Field{"no", texts()}, Field{"items", ListType(RecordType(Field{"qty", DecimalType(2)}))}))},
	)
	s.Source = RecordType(fields...)
	lines := s.Source.Field("lines").Elem
	s.Vars = []Var{
		{Name: "小计", Type: MoneyType(2, ""), Sources: []string{"lines.amount", "lines.quantity"}},
		{Name: "line", Type: lines, Path: "lines"},
		{Name: "index", Type: ints()},
	}
	s.Out = RecordType(
		Field{"currency", texts()}, Field{"amount", MoneyType(2, "")}, Field{"note", texts().OrNull(true)},
		Field{"rows", ListType(RecordType(Field{"net", MoneyType(2, "")}, Field{"tax", MoneyType(2, "")}))},
	)
	s.OutSet = map[string][]string{"amount": {"lines.amount"}, "rows.net": {"lines.quantity"}, "rows.tax": {"tax_rate"}, "currency": {"currency"}}

	number := func(s string) Value { return DecimalValue(sihe.MustDecimal(s)) }
	pay := func(code, amount string) Value { return RecordValue([]Value{TextValue(code), number(amount), {}}) }
	parcel := func(quantities ...string) Value {
		var items []Value
		for _, q := range quantities {
			items = append(items, RecordValue([]Value{number(q)}))
		}
		return RecordValue([]Value{TextValue("P"), ListValue(items)})
	}
	slots := append([]Value{}, f.Source.Slots()...)
	slots = append(slots,
		TextValue("临江"), TextValue("LJ"), Value{}, IntValue(3), Value{}, number("7.00"), number("1.00"), Value{},
		ListValue([]Value{pay("CNY", "5.00"), pay("USD", "6.00")}), Value{}, BoolValue(true),
		ListValue([]Value{parcel("1", "2.5"), parcel(), parcel("4")}),
	)
	f.Source = RecordValue(slots)
	row := func(net, tax string) Value { return RecordValue([]Value{number(net), number(tax)}) }
	f.Vars = []Value{number("299.90"), f.Source.Slot(9).List()[1], IntValue(1)}
	f.Out = []Value{TextValue("CNY"), number("299.90"), {}, ListValue([]Value{row("10.00", "1.30"), row("20.00", "2.60")})}
	return s, f
}

func eval(t *testing.T, text string) (Value, error) {
	t.Helper()
	s, f := orderScope()
	p, problems := Compile(text, s)
	if len(problems) > 0 {
		t.Fatalf("%s: %v", text, problems)
	}
	return p.Eval(f)
}

// world answers from tables, and with an error for one key.
type world struct{ err error }

func (w world) XRef(_, key string) (string, bool, error) {
	if key == "broken" {
		return "", false, w.err
	}
	return "", false, nil
}

func (world) EventTime() time.Time { return time.Time{} }

var errDown = errors.New("the store is down")
