package expr

import (
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/sihehub/sihe"
)

func TestValue(t *testing.T) {
	big := sihe.MustDecimal("1234567890123456789012345678901234")
	at := time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.FixedZone("", 8*3600))
	list := ListValue([]Value{IntValue(1), TextValue("二"), NullValue()})
	for want, v := range map[string]Value{
		"null": NullValue(), "true": BoolValue(true), "-7": IntValue(-7), "1.10": DecimalValue(sihe.MustDecimal("1.10")), big.String(): DecimalValue(big),
		"": TextValue(""), "文": TextValue("文"), "2026-07-31": DateValue(NewDate(2026, 7, 31)), "9999-12-31T15:59:59.999999999Z": TimeValue(at),
		"[1, 二, null]": list, "{[1, 二, null]}": RecordValue([]Value{list}), "[]": ListValue(nil),
	} {
		if v.String() != want {
			t.Errorf("%s shows as %s", want, v)
		}
		if !v.Equal(v) || v.Equal(NullValue()) != v.IsNull() {
			t.Errorf("%s: Equal is wrong", want)
		}
	}
	if !TimeValue(at).Time().Equal(at) || !DecimalValue(big).Decimal().Equal(big) || !IntValue(3).Decimal().Equal(sihe.DecimalFromInt(3)) {
		t.Error("a value came back changed")
	}
	if !IntValue(2).Equal(DecimalValue(sihe.MustDecimal("2.00"))) || IntValue(2).Equal(TextValue("2")) || ListValue(nil).Equal(RecordValue(nil)) {
		t.Error("values of two kinds compare wrongly")
	}
}

// TestValueOfAnotherKind asks every kind for what it is not.
func TestValueOfAnotherKind(t *testing.T) {
	for _, v := range []Value{
		NullValue(), BoolValue(true), IntValue(5), DecimalValue(sihe.MustDecimal("99999999999999999999")), TextValue("text"), DateValue(5),
		TimeValue(time.Unix(5, 5)), ListValue([]Value{IntValue(5)}), RecordValue([]Value{IntValue(5)}),
	} {
		k := v.Kind()
		if v.Bool() != (k == KindBool) || (v.Int() != 0) != (k == KindInt) || (v.Text() != "") != (k == KindText) || (v.Date() != 0) != (k == KindDate) ||
			v.Time().IsZero() != (k != KindTime) || (v.List() != nil) != (k == KindList) || (v.Slots() != nil) != (k == KindRecord) ||
			v.Slot(0).IsNull() != (k != KindRecord) || !v.Slot(1).IsNull() || (v.Decimal().Sign() != 0) != (k == KindInt || k == KindDecimal) {
			t.Errorf("a %s gives something of another kind", k)
		}
	}
}

// TestValueStaysSmall guards what keeps expressions fast: see Value.
func TestValueStaysSmall(t *testing.T) {
	if size := unsafe.Sizeof(Value{}); size > 4*unsafe.Sizeof(uintptr(0)) {
		t.Errorf("a Value has %d bytes: it does not fit in four registers", size)
	}
}

func TestMinorUnits(t *testing.T) {
	for code, want := range map[string]int{"CNY": 2, "JPY": 0, "KRW": 0, "KWD": 3, "CLF": 4, "UYW": 4, "XCG": 2, "ZWG": 2, "SLE": 2, "HRK": 2, "ISK": 0, "UGX": 0} {
		if got, ok := minorUnits(code); !ok || got != want {
			t.Errorf("%s has %d places, %v; want %d", code, got, ok, want)
		}
	}
	for _, code := range []string{"", "cny", "XXX", "XAU", "XDR", "RMB", "BTC"} {
		if got, ok := minorUnits(code); ok {
			t.Errorf("%q has %d places", code, got)
		}
	}
	for _, code := range commonCurrencies() {
		if _, ok := minorUnits(code); !ok {
			t.Errorf("%s is suggested and not known", code)
		}
	}
}

func TestClosest(t *testing.T) {
	known := []string{"customer", "currency", "客户编号", "order_no"}
	for word, want := range map[string]string{
		"custmer": "customer", "Customer": "customer", "customre": "customer", "客户编码": "客户编号", "orderno": "order_no", "x": "", "something": "", "": "",
	} {
		if want != "" {
			want = "did you mean " + want + "?"
		}
		if got := closest(word, known); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	if got := closest(strings.Repeat("x", 1000), []string{strings.Repeat("x", 999)}); got == "" {
		t.Error("a long name is not found")
	}
}
