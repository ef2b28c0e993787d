package expr

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/sihehub/sihe"
)

func TestEval(t *testing.T) {
	for text, want := range map[string]string{
		// numbers
		"0.1 + 0.2":                               "0.3",
		"0.1 + 0.2 == 0.3":                        "true",
		"1 + 2 * 3 - 4":                           "3",
		"(1 + 2) * 3":                             "9",
		"-2 - -3":                                 "1",
		"1.10":                                    "1.10",
		"2 == 2.00":                               "true",
		"7 - 0.5":                                 "6.5",
		"10 * 19.99 * 0.95 * 1.13":                "214.592650",
		"round(10 * 19.99 * 0.95, 2)":             "189.91",
		`round(189.905, 2, "half_even")`:          "189.90",
		"round(1234.5, -2)":                       "1200",
		"123456789012.123456 * 98765.432109":      "12193263113572016.371494448704",
		"99999999999999999999":                    "99999999999999999999",
		"round(1 / 3 + 1 / 3 + 1 / 3, 2)":         "1.00",
		"round(100 / 3 * 3, 2)":                   "100.00",
		"round(1 / 8, 2) + round(-1 / 8, 2)":      "0.00",
		"round(1 - 2 / 3, 4)":                     "0.3333",
		"round(-(2 / 3), 1)":                      "-0.7",
		"round(1 / (2 / 3), 2)":                   "1.50",
		`div(10, 4, 0)`:                           "3",
		`div(10, 4, 0, "half_even")`:              "2",
		`div(1 / 2, 3, 4)`:                        "0.1667",
		"round(200 / (1 + tax_rate), 2)":          "176.99",
		"abs(-3)":                                 "3",
		"int(2.00)":                               "2",
		`round_money(1.0005, "KWD")`:              "1.001",
		`round_money(1234.5, "JPY", "half_even")`: "1234",
		"round_money(1.005, currency)":            "1.01",
		"allocate(100.00, map(split(\"1,1,1\", \",\"), x => decimal(x)))": "[33.33, 33.34, 33.33]",
		`allocate(0.05, map(split("1,1,1", ","), x => int(x)), 2)`:        "[0.02, 0.01, 0.02]",
		`allocate(100, map(split("1,1,1", ","), x => int(x)))`:            "[33, 34, 33]",
		"sum(allocate(cny, map(lines, l => l.amount))) == cny":            "true",
		// null
		"hours ?? 0":                                       "0",
		"(hours ?? 0) > 0":                                 "false",
		"hours == null || hours > 3":                       "true",
		"hours != null && hours > 3":                       "false",
		"if(!(hours == null), hours + 1, 5)":               "5",
		"if(hours == null || fee == null, 1, hours + fee)": "1",
		"remark ?? buyer_remark ?? \"-\"":                  "-",
		"owner.dept ?? \"none\"":                           "none",
		"if(owner != null, owner.dept, \"none\")":          "none",
		"remark == \"x\"":                                  "false",
		"if(remark == \"x\", remark + \"!\", \"?\")":       "?",
		"null == remark":                                   "true",
		"if(urgent, null, 1)":                              "null",
		// text
		`"a" + 'b'`: "ab",
		`concat("SO", text(12), "-", text(1.50), text(true))`:           "SO12-1.50true",
		`"中文" + 客户名称`:                                                   "中文临江",
		"`2nd name`":                                                    "LJ",
		`substr("一二三四", 1, 2)`:                                          "二三",
		`substr("abc", 5)`:                                              "",
		`substr("abc", -2, 1)`:                                          "b",
		`substr("abc", 0, -1)`:                                          "",
		`pad("7", 3, "0") + pad("x", 3, ".", "right")`:                  "007x..",
		`"tab\tnl\n\"\u4e2d"`:                                           "tab\tnl\n\"中",
		`join(map(split("b-a", "-"), x => upper(x)), "/")`:              "B/A",
		`join(lines, l => concat(l.item, "*", text(l.quantity)), "; ")`: "A-100*2; B-200*1",
		`"abc" < "abd" && "中" > "a"`:                                    "true",
		// dates
		`order_date == parse_date("2026-01-31", "yyyy-MM-dd")`:                         "true",
		`order_date < add_days(order_date, 1)`:                                         "true",
		`format_date(add_months(parse_date("2024-01-31", "yyyy-MM-dd"), 1), "yy.M.d")`: "24.2.29",
		`add_months(order_date, -2)`:                                                   "2025-11-30",
		`workday(order_date, -1)`:                                                      "2026-01-30",
		`workday(order_date, 0)`:                                                       "2026-01-31",
		`parse_time("2026-01-31T08:00:00.250+08:00", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX")`:  "2026-01-31T00:00:00.25Z",
		`from_unix(-1)`:                                      "1969-12-31T23:59:59Z",
		`from_unix(-1, "ms")`:                                "1969-12-31T23:59:59.999Z",
		`unix(from_unix(-1, "ms"), "ms")`:                    "-1",
		`format_time(event_time, "HH:mm", "Asia/Kolkata")`:   "13:30",
		`signed_at > time_in(order_date, "23:59:58", "UTC")`: "true",
		// lists
		"sum(lines, l => l.quantity * l.unit_price * (1 - (l.discount ?? 0)))":        "299.9000",
		"sum(filter(lines, l => l.quantity > 5).amount)":                              "0",
		"sum(parcels.items.qty)":                                                      "7.5",
		"count(parcels.items)":                                                        "3",
		"sum(parcels, p => sum(p.items.qty))":                                         "7.5",
		"max(parcels.items, i => i.qty)":                                              "4",
		"any(lines, l => l.discount == null) && !all(lines, l => l.discount == null)": "true",
		"count(lines, l => l.amount >= 99.9)":                                         "2",
		"first(lines, l => l.amount < 100).item ?? \"-\"":                             "B-200",
		"first(filter(lines, l => false)) == null":                                    "true",
		"map(sort_by(lines, l => l.amount, \"desc\"), l => l.item)":                   "[A-100, B-200]",
		"map(lines, l => sum(lines, m => m.quantity * l.quantity))":                   "[6, 3]",
		"min(order_no, \"A\", 客户名称)":                                                  "A",
		"sum(out.rows, r => r.net + r.tax)":                                           "33.90",
		"sum(out.rows.net) + out.amount":                                              "329.90",
		"index + 1":                                                                   "2",
		"line.amount + 小计":                                                            "399.80",
	} {
		if v, err := eval(t, text); err != nil || v.String() != want {
			t.Errorf("%s = %s, %v; want %s", text, v, err, want)
		}
	}
}

func TestEvalErrors(t *testing.T) {
	for text, want := range map[string]sihe.Code{
		"count_of + 9223372036854775807":               sihe.CodeExprRange,
		"-9223372036854775807 - count_of":              sihe.CodeExprRange,
		"count_of * 9223372036854775807":               sihe.CodeExprRange,
		"cny * 9999999999999999999999999999999.99 * 9": sihe.CodeDecimalRange,
		"round(cny / (tax_rate - 0.13), 2)":            sihe.CodeDivisionByZero,
		"round(1 / (tax_rate / (tax_rate - 0.13)), 2)": sihe.CodeDivisionByZero,
		"div(1, tax_rate - 0.13, 2)":                   sihe.CodeDivisionByZero,
		"round(cny, count_of * 100)":                   sihe.CodeExprValue,
		"int(order_no)":                                sihe.CodeExprValue,
		"int(tax_rate)":                                sihe.CodeExprValue,
		"decimal(order_no)":                            sihe.CodeDecimalSyntax,
		`parse_date(order_no, "yyyy-MM-dd")`:           sihe.CodeExprValue,
		`parse_time(order_no, "HH:mm", "UTC")`:         sihe.CodeExprValue,
		"add_days(order_date, count_of * 3000000)":     sihe.CodeExprValue,
		"add_months(order_date, -count_of * 10000)":    sihe.CodeExprValue,
		"from_unix(count_of * 100000000000)":           sihe.CodeExprValue,
		"workday(order_date, count_of * 10000)":        sihe.CodeExprValue,
		`lookup("order_status", order_no)`:             sihe.CodeLookupMiss,
		"round_money(cny, order_no)":                   sihe.CodeExprCurrency,
		"sum(payments.amount)":                         sihe.CodeExprCurrency,
		"sum(payments, p => p.amount)":                 sihe.CodeExprCurrency,
		"max(payments.amount)":                         sihe.CodeExprCurrency,
		"(first(payments, p => p.currency == \"USD\").amount ?? 0) + sum(lines.amount)": sihe.CodeExprCurrency,
		"usd + sum(lines.amount)":                       sihe.CodeExprCurrency,
		"usd == sum(lines.amount)":                      sihe.CodeExprCurrency,
		"div(usd, sum(lines.amount), 2)":                sihe.CodeExprCurrency,
		"max(usd, sum(lines.amount))":                   sihe.CodeExprCurrency,
		"round_money(usd, currency)":                    sihe.CodeExprCurrency,
		"allocate(0.055, map(lines, l => l.amount), 2)": sihe.CodeExprValue,
		"allocate(1, map(lines, l => 0))":               sihe.CodeExprValue,
		"allocate(1, map(lines, l => -1))":              sihe.CodeExprValue,
		`split(order_no, substr(order_no, 99))`:         sihe.CodeExprValue,
		`replace(order_no, substr(order_no, 99), "x")`:  sihe.CodeExprValue,
		`pad(order_no, 10, order_no)`:                   sihe.CodeExprValue,
		`pad(order_no, count_of * 1000)`:                sihe.CodeExprValue,
	} {
		v, err := eval(t, text)
		if err == nil || sihe.CodeOf(err) != want || sihe.ClassOf(err) != sihe.ClassPermanent {
			t.Errorf("%s = %s, %v; want %s", text, v, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), "compute `"+clip(text, 80)) {
			t.Errorf("%s: the message does not say where: %v", text, err)
		}
	}
}

// TestSameCurrency adds what certainly or at run time has one currency.
func TestSameCurrency(t *testing.T) {
	for text, want := range map[string]string{
		"cny + sum(lines.amount)":                                      "306.90",
		"sum(lines.amount) + (fee ?? 0)":                               "299.90",
		"line.amount + sum(lines.amount)":                              "399.80",
		`sum(filter(payments, p => p.currency == "USD").amount) + usd`: "7.00",
		"round_money(sum(lines.amount), currency) + sum(lines.amount)": "599.80",
		"out.amount + sum(lines.amount)":                               "599.80",
		"if(urgent, cny, 0) + sum(lines.amount)":                       "306.90",
		"(first(payments).amount ?? 0) + cny":                          "12.00",
	} {
		if v, err := eval(t, text); err != nil || v.String() != want {
			t.Errorf("%s = %s, %v; want %s", text, v, err, want)
		}
	}
}

// TestLinesToTheCent sums ten lines of 10 × 19.99 with 5 % off and 13 % tax, each rounded.
func TestLinesToTheCent(t *testing.T) {
	line := RecordType(Field{"quantity", DecimalType(6)}, Field{"price", MoneyType(2, "")})
	scope := &Scope{Source: RecordType(Field{"lines", ListType(line)})}
	var lines []Value
	for range 10 {
		lines = append(lines, RecordValue([]Value{DecimalValue(sihe.MustDecimal("10")), DecimalValue(sihe.MustDecimal("19.99"))}))
	}
	for text, want := range map[string]string{
		"sum(lines, l => round(l.quantity * l.price * 0.95 * 1.13, 2))": "2145.90",
		"round(sum(lines, l => l.quantity * l.price * 0.95 * 1.13), 2)": "2145.93",
		"sum(lines, l => l.quantity * l.price * 0.95 * 1.13)":           "2145.9265",
	} {
		p, problems := Compile(text, scope)
		if problems != nil {
			t.Fatal(problems)
		}
		v, err := p.Eval(&Frame{Source: RecordValue([]Value{ListValue(lines)})})
		if err != nil || v.Decimal().Cmp(sihe.MustDecimal(want)) != 0 {
			t.Errorf("%s = %s, %v; want %s", text, v, err, want)
		}
	}
}

func TestMissingRequired(t *testing.T) {
	s, f := orderScope()
	slots := append([]Value{}, f.Source.Slots()...)
	slots[0], slots[4] = Value{}, TextValue("a lot")
	f.Source = RecordValue(slots)
	for text, want := range map[string]sihe.Code{"order_no": sihe.CodeExprEmpty, "tax_rate + 1": sihe.CodeExprValue} {
		p, problems := Compile(text, s)
		if problems != nil {
			t.Fatal(problems)
		}
		if v, err := p.Eval(f); sihe.CodeOf(err) != want {
			t.Errorf("%s = %s, %v; want %s", text, v, err, want)
		}
	}
	p, _ := Compile("line.amount", s)
	if v, err := p.Eval(&Frame{}); sihe.CodeOf(err) != sihe.CodeInternal {
		t.Errorf("a frame without its variables gives %s, %v", v, err)
	}
}

func TestWorldErrors(t *testing.T) {
	s, f := orderScope()
	f.World = world{sihe.RetryAfter(5, errDown)}
	for text, want := range map[string]error{`xref("party", "broken")`: errDown, `xref("party", "broken", "none")`: errDown} {
		p, problems := Compile(text, s)
		if problems != nil {
			t.Fatal(problems)
		}
		if _, err := p.Eval(f); !errors.Is(err, want) || sihe.ClassOf(err) != sihe.Transient {
			t.Errorf("%s: %v", text, err)
		}
	}
	p, _ := Compile(`xref("party", customer)`, s)
	if _, err := p.Eval(f); sihe.CodeOf(err) != sihe.CodeXRefMiss {
		t.Errorf("an unknown party: %v", err)
	}
	p, _ = Compile(`xref("party", remark, "none")`, s)
	if v, err := p.Eval(f); err != nil || v.Text() != "none" {
		t.Errorf("a null party: %s, %v", v, err)
	}
	f.World = nil
	for _, text := range []string{`xref("party", customer)`, "event_time"} {
		p, _ := Compile(text, s)
		if _, err := p.Eval(f); sihe.CodeOf(err) != sihe.CodeExprValue {
			t.Errorf("%s without a world: %v", text, err)
		}
	}
}

// TestBudget checks that one event's work is bounded over all its expressions.
func TestBudget(t *testing.T) {
	row := RecordType(Field{"n", ints()}, Field{"s", texts()})
	scope := &Scope{Source: RecordType(Field{"rows", ListType(row)})}
	var rows []Value
	for i := range 1000 {
		rows = append(rows, RecordValue([]Value{IntValue(int64(i)), TextValue(strings.Repeat("x", 600))}))
	}
	source := RecordValue([]Value{ListValue(rows)})
	for _, text := range []string{
		"sum(rows, a => sum(rows, b => a.n * b.n))",
		"count(filter(rows, a => any(rows, b => b.n > a.n + 1000)))",
		`length(join(rows, a => a.s + a.s, ""))`,
		`length(join(rows, a => concat(a.s, a.s), ","))`,
		"count(map(rows, a => count(sort_by(rows, b => b.n))))",
		`length(replace(join(rows.s, ""), "x", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyy"))`,
	} {
		p, problems := Compile(text, scope)
		if problems != nil {
			t.Fatal(text, problems)
		}
		if v, err := p.Eval(&Frame{Source: source}); sihe.CodeOf(err) != sihe.CodeExprBudget {
			t.Errorf("%s = %s, %v", text, v, err)
		}
	}
	p, _ := Compile("sum(rows.n)", scope)
	f, n := &Frame{Source: source}, 0
	for ; n < 1000; n++ {
		if _, err := p.Eval(f); err != nil {
			break
		}
	}
	if n < 10 || n == 1000 {
		t.Errorf("the frame's budget lasted for %d sums of 1000 rows", n)
	}
	f.Reset()
	f.Source = source
	if v, err := p.Eval(f); err != nil || v.Int() != 499500 {
		t.Errorf("after Reset: %s, %v", v, err)
	}
}

func TestConcurrent(t *testing.T) {
	s, f := orderScope()
	p, problems := Compile("sum(lines, l => round_money(l.amount * tax_rate, currency)) + out.amount", s)
	if problems != nil {
		t.Fatal(problems)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			own := &Frame{Source: f.Source, Vars: f.Vars, Out: f.Out, World: f.World}
			for range 100 {
				if v, err := p.Eval(own); err != nil || v.String() != "338.89" {
					t.Errorf("%s, %v", v, err)
					return
				}
			}
		})
	}
	wg.Wait()
}
