package expr

import (
	"time"

	"github.com/sihehub/sihe"
)

// Sample returns the order over which the manual's examples are computed: what can be named, and its values.
func Sample() (*Scope, *Frame) {
	orNull := func(t *Type) *Type { return t.OrNull(true) }
	line := RecordType(
		Field{"item", texts()}, Field{"quantity", DecimalType(6)}, Field{"unit_price", MoneyType(2, "")},
		Field{"discount", orNull(DecimalType(6))}, Field{"amount", MoneyType(2, "")},
	)
	source := RecordType(
		Field{"order_no", texts()}, Field{"status", EnumType("draft", "approved", "closed")}, Field{"customer", texts()},
		Field{"currency", texts()}, Field{"tax_rate", DecimalType(6)}, Field{"order_date", dates()}, Field{"signed_at", times()},
		Field{"remark", orNull(texts())}, Field{"buyer_remark", orNull(texts())}, Field{"lines", orNull(ListType(line))},
	)
	scope := &Scope{
		Source:    source,
		Lookups:   map[string]*Lookup{"order_status": {Name: "order_status", Table: map[string]string{"draft": "A", "approved": "C", "closed": "B"}}},
		XRef:      func(entity string) bool { return entity == "party" || entity == "item" },
		EventTime: true,
	}
	number := func(s string) Value { return DecimalValue(sihe.MustDecimal(s)) }
	frame := &Frame{World: sampleWorld{}, Source: RecordValue([]Value{
		TextValue("CO-2026-0001"), TextValue("approved"), TextValue("C0001"), TextValue("CNY"), number("0.13"),
		DateValue(NewDate(2026, time.January, 31)), TimeValue(time.Date(2026, time.January, 31, 23, 59, 59, 0, time.UTC)),
		NullValue(), NullValue(), ListValue([]Value{
			RecordValue([]Value{TextValue("A-100"), number("2"), number("100.00"), NullValue(), number("200.00")}),
			RecordValue([]Value{TextValue("B-200"), number("1"), number("111.00"), number("0.10"), number("99.90")}),
		}),
	})}
	return scope, frame
}

type sampleWorld struct{}

func (sampleWorld) XRef(_, key string) (string, bool, error) { return "K-" + key, key != "", nil }

func (sampleWorld) EventTime() time.Time {
	return time.Date(2026, time.February, 1, 8, 0, 0, 0, time.UTC)
}
