package expr

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

// TestProblems lists what the compiler says: offset in runes, code, and a part of the message and the suggestion.
func TestProblems(t *testing.T) {
	type said struct {
		at   int
		code sihe.Code
		text string
	}
	for text, want := range map[string][]said{
		// syntax
		"":                       {{0, "EXPR_SYNTAX", "expected a value"}},
		"1 +":                    {{3, "EXPR_SYNTAX", "expected a value"}},
		"1 2":                    {{2, "EXPR_SYNTAX", "expected an operator"}},
		")":                      {{0, "EXPR_SYNTAX", ""}},
		"round(1, 2":             {{10, "EXPR_SYNTAX", "close it with )"}},
		"(1 + 2":                 {{6, "EXPR_SYNTAX", "close it with )"}},
		"concat(\"a\", , \"b\")": {{12, "EXPR_SYNTAX", "expected a value"}},
		"concat(\"a\",)":         {{11, "EXPR_SYNTAX", "an argument is missing"}},
		"order_no.":              {{9, "EXPR_SYNTAX", "a field's name"}},
		"urgent ? 1 : 2":         {{7, "EXPR_SYNTAX", "write if(condition, a, b)"}},
		"lines[0]":               {{5, "EXPR_SYNTAX", "there is no index"}},
		"count_of % 2":           {{9, "EXPR_SYNTAX", "no remainder"}},
		"urgent and urgent":      {{7, "EXPR_SYNTAX", "write &&"}},
		"urgent or urgent":       {{7, "EXPR_SYNTAX", "write ||"}},
		"not urgent":             {{0, "EXPR_UNKNOWN_NAME", ""}, {4, "EXPR_SYNTAX", ""}},
		"order_no = \"x\"":       {{9, "EXPR_SYNTAX", "compare with =="}},
		"urgent & urgent":        {{7, "EXPR_SYNTAX", "write &&"}},
		"count_of <> 3":          {{9, "EXPR_SYNTAX", "write !="}},
		"count_of ≥ 3":           {{9, "EXPR_SYNTAX", "write >="}},
		"\"open":                 {{0, "EXPR_SYNTAX", "not closed"}},
		"`open":                  {{0, "EXPR_SYNTAX", "not closed"}},
		"``":                     {{0, "EXPR_SYNTAX", "empty"}},
		`"\q"`:                   {{1, "EXPR_SYNTAX", "no such escape"}},
		"12abc":                  {{0, "EXPR_SYNTAX", "backquotes"}},
		"order_no # x":           {{9, "EXPR_SYNTAX", "not part of the language"}, {11, "EXPR_SYNTAX", ""}},
		"x => 1":                 {{0, "EXPR_SYNTAX", "take a lambda"}},
		"if(x => 1, 2, 3)":       {{3, "EXPR_ARGUMENT", "take a lambda"}},
		"hours ?? 0 + 1":         {{6, "EXPR_SYNTAX", "needs parentheses"}},
		"1 - hours ?? 0":         {{4, "EXPR_MAYBE_NULL", ""}, {10, "EXPR_SYNTAX", "needs parentheses"}},
		"a.(b)":                  {{2, "EXPR_SYNTAX", "a field's name"}},
		// full-width characters: one message each, and no others
		"sum（lines，l => l.amount）": {{3, "EXPR_SYNTAX", "write ("}, {9, "EXPR_SYNTAX", "write ,"}, {23, "EXPR_SYNTAX", "write )"}},
		"客户名称 ＝＝ “临江”":             {{5, "EXPR_SYNTAX", "full-width"}, {6, "EXPR_SYNTAX", "full-width"}, {8, "EXPR_SYNTAX", "full-width quotation"}},
		"urgent ？ 1 ： 2":           {{7, "EXPR_SYNTAX", "full-width"}, {7, "EXPR_SYNTAX", "write if"}, {11, "EXPR_SYNTAX", "full-width"}},
		"１２ + 1":                   {{0, "EXPR_SYNTAX", "full-width"}, {1, "EXPR_SYNTAX", "full-width"}},
		// limits
		strings.Repeat("(", 65) + "1" + strings.Repeat(")", 65): {{64, "EXPR_LIMIT", "deeper than 64"}},
		strings.Repeat("-", 100) + "1":                          {{64, "EXPR_LIMIT", "deeper than 64"}},
		strings.Repeat("1", 5000):                               {{0, "EXPR_LIMIT", "4096 bytes"}},
		"\xff":                                                  {{0, "EXPR_SYNTAX", "UTF-8"}},
		"sum(lines, a => sum(lines, b => sum(lines, c => sum(lines, d => 1))))": {{59, "EXPR_LIMIT", "deeper than 3"}},
		// names
		"custmer":                              {{0, "EXPR_UNKNOWN_NAME", "did you mean customer?"}},
		"客户名":                                  {{0, "EXPR_UNKNOWN_NAME", "did you mean 客户名称?"}},
		"line.amuont":                          {{5, "EXPR_UNKNOWN_NAME", "did you mean amount?"}},
		"lines.amuont":                         {{6, "EXPR_UNKNOWN_NAME", "did you mean amount?"}},
		"out.amuont":                           {{4, "EXPR_UNKNOWN_NAME", "did you mean amount?"}},
		"out":                                  {{0, "EXPR_UNKNOWN_NAME", "write out.field"}},
		"out.note ?? \"\"":                     {{4, "EXPR_NOT_YET_SET", "above this one"}},
		"order_no.x":                           {{9, "EXPR_TYPE", "has no fields"}},
		"rond(1, 2)":                           {{0, "EXPR_UNKNOWN_FUNCTION", "did you mean round?"}},
		"trim":                                 {{0, "EXPR_UNKNOWN_NAME", "write trim(text)"}},
		"foo(1, bar) + baz":                    {{0, "EXPR_UNKNOWN_FUNCTION", ""}, {7, "EXPR_UNKNOWN_NAME", ""}, {14, "EXPR_UNKNOWN_NAME", ""}},
		"sum(lines, l => m.amount) + l.amount": {{16, "EXPR_UNKNOWN_NAME", ""}, {28, "EXPR_UNKNOWN_NAME", ""}},
		// types
		"order_no + 1":                 {{9, "EXPR_TYPE", "concat"}},
		"order_date + 3":               {{11, "EXPR_TYPE", "add_days"}},
		"order_date - order_date":      {{11, "EXPR_TYPE", "days_between"}},
		"urgent + 1":                   {{0, "EXPR_TYPE", "wanted decimal"}},
		"-order_no":                    {{1, "EXPR_TYPE", "decimal(…)"}},
		"!count_of":                    {{1, "EXPR_TYPE", "wanted bool"}},
		"urgent && 1":                  {{10, "EXPR_TYPE", "wanted bool"}},
		"order_no == 1":                {{9, "EXPR_TYPE", "compare"}},
		"order_date == \"2026-01-01\"": {{11, "EXPR_TYPE", "parse_date"}},
		"lines == lines":               {{6, "EXPR_TYPE", "compare"}},
		"urgent < urgent":              {{0, "EXPR_TYPE", ""}, {9, "EXPR_TYPE", ""}},
		"1 < order_no":                 {{2, "EXPR_TYPE", "compare"}},
		"if(1, 2, 3)":                  {{3, "EXPR_TYPE", "wanted bool"}},
		"if(urgent, 1, \"a\")":         {{14, "EXPR_TYPE", "the two results differ"}},
		"hours ?? \"a\"":               {{9, "EXPR_TYPE", "the default is"}},
		"upper(1)":                     {{6, "EXPR_TYPE", "text(…)"}},
		"trim(order_date)":             {{5, "EXPR_TYPE", "format_date"}},
		"add_days(signed_at, 1)":       {{9, "EXPR_TYPE", "date_in"}},
		"sum(lines)":                   {{4, "EXPR_TYPE", "sum(lines, l => …)"}},
		"sum(order_no)":                {{4, "EXPR_TYPE", "wanted a list"}},
		"max(1, \"a\")":                {{7, "EXPR_TYPE", "the one before"}},
		"round(order_no, 2)":           {{6, "EXPR_TYPE", ""}},
		"all(lines.amount)":            {{4, "EXPR_TYPE", "wanted bool"}},
		// null
		"hours + 1":                       {{0, "EXPR_MAYBE_NULL", "hours ?? 0"}},
		"hours > 1":                       {{0, "EXPR_MAYBE_NULL", "hours ?? 0"}},
		"upper(remark)":                   {{6, "EXPR_MAYBE_NULL", `remark ?? ""`}},
		"owner.dept + \"x\"":              {{0, "EXPR_MAYBE_NULL", `owner.dept ?? ""`}},
		"sum(lines.discount)":             {{4, "EXPR_MAYBE_NULL", "sum(lines, l => l.discount ?? 0)"}},
		"null + 1":                        {{0, "EXPR_MAYBE_NULL", ""}},
		"if(hours != null, 1, hours + 1)": {{21, "EXPR_MAYBE_NULL", ""}},
		"hours == null && hours > 3":      {{17, "EXPR_MAYBE_NULL", ""}},
		"hours != null || hours > 3":      {{17, "EXPR_MAYBE_NULL", ""}},
		"if(hours != null, 1, 2) + hours": {{26, "EXPR_MAYBE_NULL", ""}},
		"any(lines, l => l.discount != null) && lines.discount == null": {{54, "EXPR_NEVER_NULL", ""}},
		"order_no ?? \"x\"":                {{9, "EXPR_NEVER_NULL", "remove the default"}},
		"order_no == null":                 {{9, "EXPR_NEVER_NULL", "remove the test"}},
		"coalesce(hours, 0, 1)":            {{19, "EXPR_NEVER_NULL", ""}},
		"if(hours != null, hours ?? 0, 1)": {{24, "EXPR_NEVER_NULL", ""}},
		// enums
		"status == \"aproved\"":                 {{10, "EXPR_ENUM", "did you mean approved?"}},
		"\"zzz\" != status":                     {{0, "EXPR_ENUM", "it can be draft, approved, closed"}},
		"if(urgent, \"draft\", \"A\") == \"B\"": {{28, "EXPR_ENUM", "it can be draft, A"}},
		// money
		"cny + usd":                   {{4, "EXPR_CURRENCY", "CNY and USD cannot be mixed"}},
		"cny < usd":                   {{4, "EXPR_CURRENCY", ""}},
		"cny == usd":                  {{4, "EXPR_CURRENCY", ""}},
		"if(urgent, cny, usd)":        {{16, "EXPR_CURRENCY", ""}},
		"max(cny, usd)":               {{9, "EXPR_CURRENCY", ""}},
		"cny * usd":                   {{4, "EXPR_CURRENCY", "plain number"}},
		"sum(lines, l => cny) + usd":  {{21, "EXPR_CURRENCY", ""}},
		`round_money(1, "CNY") - usd`: {{22, "EXPR_CURRENCY", ""}},
		`round_money(usd, "CNY")`:     {{0, "EXPR_CURRENCY", ""}},
		`round_money(1, "CNX")`:       {{15, "EXPR_CURRENCY", "did you mean CNY?"}},
		`round_money(1, "XAU")`:       {{15, "EXPR_CURRENCY", "minor unit"}},
		"round(1, currency)":          {{9, "EXPR_ARGUMENT", "round_money"}},
		// division
		"count_of / 2":                  {{9, "EXPR_DIVISION", "round(a / b, places)"}},
		"1 + count_of / 2":              {{13, "EXPR_DIVISION", ""}},
		"abs(count_of / 2)":             {{13, "EXPR_DIVISION", ""}},
		"round(abs(count_of / 2), 2)":   {{19, "EXPR_DIVISION", ""}},
		"if(urgent, 1 / 2, 3)":          {{13, "EXPR_DIVISION", ""}},
		"count_of / 2 > 3":              {{9, "EXPR_DIVISION", ""}},
		"map(lines, l => 1 / l.amount)": {{18, "EXPR_DIVISION", ""}},
		"round(1, 2 / 1)":               {{11, "EXPR_DIVISION", ""}},
		// constants are computed at once
		"9223372036854775807 + 1":                           {{0, "EXPR_INT_RANGE", ""}},
		"round(1 / (2 - 2), 2)":                             {{0, "DIVISION_BY_ZERO", ""}},
		"99999999999999999999.99 * 99999999999999999999.99": {{0, "DECIMAL_RANGE", ""}},
		"12345678901234567890123456789012345":               {{0, "DECIMAL_RANGE", "34 digits"}},
		"1234567890123456789012345678901234 + 0.1":          {{0, "DECIMAL_RANGE", "34 digits"}},
		`int("x")`:                {{0, "EXPR_VALUE", "not an integer"}},
		`parse_date("x", "yyyy")`: {{0, "EXPR_VALUE", ""}},
		// arguments
		"trim()":                                 {{0, "EXPR_ARGUMENT", "write trim(text)"}},
		"trim(order_no, order_no)":               {{0, "EXPR_ARGUMENT", "2 arguments"}},
		"round(1, 99)":                           {{9, "EXPR_ARGUMENT", "places"}},
		`round(1, 2, "up_half")`:                 {{12, "EXPR_ARGUMENT", "half_up"}},
		"round(1, 2, order_no)":                  {{12, "EXPR_ARGUMENT", "constant text"}},
		"filter(lines, urgent)":                  {{14, "EXPR_ARGUMENT", "must be a lambda"}},
		"map(lines.amount, 1)":                   {{18, "EXPR_ARGUMENT", "must be a lambda"}},
		`matches(order_no, "(")`:                 {{18, "EXPR_ARGUMENT", "RE2"}},
		`matches(order_no, customer)`:            {{18, "EXPR_ARGUMENT", "constant text"}},
		`date_in(signed_at, "Asia/Shangai")`:     {{19, "EXPR_ARGUMENT", "did you mean Asia/Shanghai?"}},
		`date_in(signed_at, "Local")`:            {{19, "EXPR_ARGUMENT", "unknown zone"}},
		`date_in(signed_at, "../../etc/passwd")`: {{19, "EXPR_ARGUMENT", "unknown zone"}},
		`time_in(order_date, "8.30", "UTC")`:     {{20, "EXPR_ARGUMENT", "08:30"}},
		`format_date(order_date, "YYYY")`:        {{24, "EXPR_ARGUMENT", "yyyy"}},
		`format_date(order_date, "HH")`:          {{24, "EXPR_ARGUMENT", "unknown part H"}},
		`format_date(order_date, "Md")`:          {{24, "EXPR_ARGUMENT", "directly behind"}},
		`format_date(order_date, "yyyy_d")`:      {{24, "EXPR_ARGUMENT", "directly behind"}},
		`parse_time(order_no, "yyyy-MM-dd")`:     {{0, "EXPR_ARGUMENT", "add a zone"}},
		`pad(order_no, 3, " ", "middle")`:        {{22, "EXPR_ARGUMENT", "left, right"}},
		`lookup("order_staus", status)`:          {{7, "EXPR_LOOKUP", "did you mean order_status?"}},
		`lookup(order_no, status)`:               {{7, "EXPR_ARGUMENT", "constant text"}},
		`lookup("few", status)`:                  {{14, "EXPR_LOOKUP", "no entry for approved, closed"}},
		`lookup("few", remark)`:                  {{14, "EXPR_MAYBE_NULL", ""}},
		`lookup("few", status, 3)`:               {{22, "EXPR_TYPE", "wanted text"}},
		`workday(order_date, 3, "few")`:          {{23, "EXPR_LOOKUP", "no calendar"}},
		`xref("prty", customer)`:                 {{5, "EXPR_ARGUMENT", "unknown entity"}},
		`xref("party", remark)`:                  {{14, "EXPR_MAYBE_NULL", ""}},
		// all at once
		"custmer + hours * (ordr_no == 1) && rond(amuont, “2”)": {
			{0, "EXPR_UNKNOWN_NAME", "customer"},
			{19, "EXPR_UNKNOWN_NAME", "order_no"},
			{36, "EXPR_UNKNOWN_FUNCTION", "round"},
			{41, "EXPR_UNKNOWN_NAME", ""},
			{49, "EXPR_SYNTAX", "full-width"},
		},
	} {
		s, _ := orderScope()
		s.Lookups["few"] = &Lookup{Name: "few", Table: map[string]string{"draft": "A"}}
		_, problems := Compile(text, s)
		var got []string
		ok := len(problems) == len(want)
		for i, p := range problems {
			got = append(got, fmt.Sprintf("%d %s %s (%s)", p.Offset, p.Code, p.Message, p.Suggestion))
			ok = ok && p.Offset == want[i].at && p.Code == want[i].code && strings.Contains(p.Message+"\n"+p.Suggestion, want[i].text)
		}
		if !ok {
			t.Errorf("%s\n  got  %s\n  want %v", clip(text, 100), strings.Join(got, "\n       "), want)
		}
	}
}

// TestHostile compiles what is long or deep and must be refused fast, without a panic.
func TestHostile(t *testing.T) {
	s, f := orderScope()
	for _, text := range []string{
		strings.Repeat("(", 100_000), strings.Repeat("(", 4000) + "1", strings.Repeat("!", 4000) + "urgent", strings.Repeat("(1+", 1300) + "1",
		strings.Repeat("abs(", 1000), strings.Repeat("if(urgent,", 400), strings.Repeat("1+", 2000) + "1", strings.Repeat("a.", 2000) + "a",
		strings.Repeat("“", 1300), strings.Repeat("，", 1300), strings.Repeat("\"\",", 1300), strings.Repeat("?", 4000), "`", "\"\\", "a.", "((((", "\x00",
		strings.Repeat("lines.", 600) + "lines", "sum(" + strings.Repeat("lines,", 600), strings.Repeat("hours ?? ", 400) + "0",
	} {
		start := time.Now()
		p, problems := Compile(text, s)
		if problems == nil {
			_, _ = p.Eval(f)
		}
		if len(problems) > MaxProblems {
			t.Errorf("%.20s…: %d problems", text, len(problems))
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("%.20s…: took %s", text, d)
		}
	}
}

func TestSources(t *testing.T) {
	for text, want := range map[string]string{
		"1 + 2":                                             "",
		"order_no":                                          "order_no",
		"if(urgent, order_no, customer)":                    "customer order_no urgent",
		"owner.dept ?? customer":                            "customer owner.dept",
		"lines.amount":                                      "lines.amount",
		"sum(lines.amount)":                                 "lines.amount",
		"sum(lines, l => l.amount * l.quantity)":            "lines.amount lines.quantity",
		"sum(lines, l => 1)":                                "lines",
		"count(lines)":                                      "lines",
		"count(lines, l => l.amount > fee ?? 0)":            "",
		"filter(lines, l => l.amount > 1)":                  "lines lines.amount",
		"sum(filter(lines, l => l.quantity > 1).amount)":    "lines.amount lines.quantity",
		"map(sort_by(lines, l => l.quantity), l => l.item)": "lines.item lines.quantity",
		"first(lines).item ?? order_no":                     "lines.item order_no",
		"sum(parcels.items.qty)":                            "parcels.items.qty",
		"sum(parcels, p => sum(p.items, i => i.qty))":       "parcels.items.qty",
		"line.amount + index":                               "lines.amount",
		"小计":                                                "lines.amount lines.quantity",
		"out.amount":                                        "lines.amount",
		"sum(out.rows.tax)":                                 "tax_rate",
		"sum(out.rows, r => r.net)":                         "lines.quantity",
		"count(out.rows)":                                   "lines.quantity tax_rate",
		"lookup(\"order_status\", status)":                  "status",
		"xref(\"party\", customer)":                         "customer",
		"date_in(event_time, \"UTC\")":                      "",
		"round_money(小计, currency)":                         "currency lines.amount lines.quantity",
		"payments":                                          "payments",
		"allocate(cny, lines.amount)":                       "cny lines.amount",
	} {
		if strings.Contains(text, "fee ?? 0)") {
			text, want = "count(lines, l => l.amount > (fee ?? 0))", "fee lines.amount"
		}
		s, _ := orderScope()
		p, problems := Compile(text, s)
		if problems != nil {
			t.Errorf("%s: %v", text, problems)
			continue
		}
		if got := strings.Join(p.Sources(), " "); got != want {
			t.Errorf("%s is fed by %q, want %q", text, got, want)
		}
	}
}

func TestTypes(t *testing.T) {
	for text, want := range map[string]string{
		"1": "int 0", "1.50": "decimal 2", "\"a\"": "\"a\" 0", "status": "one of draft, approved, closed 0", "null": "null 0",
		"upper(status)": "one of DRAFT, APPROVED, CLOSED 0", "if(urgent, \"A\", \"B\")": "one of A, B 0", "if(urgent, \"A\", order_no)": "text 0",
		"lookup(\"order_status\", status)": "one of A, C, B 0", "lookup(\"order_status\", order_no, null)": "one of A, B, C or null 0",
		"1 + 0.5": "decimal 1", "0.25 * 0.5": "decimal 3", "round(cny / 3, 2)": "money in CNY 2", "cny * tax_rate": "money in CNY 8",
		"sum(lines.amount)": "money 2", "max(lines.amount)": "money or null 2", "round(cny / usd, 4)": "", "div(cny, cny, 4)": "decimal 4",
		"hours": "decimal or null 2", "hours ?? 0": "decimal 2", "if(urgent, hours, 1)": "decimal or null 2", "owner.dept": "text or null 0",
		"first(lines)": "record or null 0", "lines.discount": "list of decimal or null 0", "round_money(1.5, \"JPY\")": "money in JPY 0",
		"(fee ?? 0) + 1": "money 2", "order_date": "date 0", "count(lines)": "int 0", "allocate(cny, lines.amount)": "list of money in CNY 0",
		"decimal(order_no)": "decimal -1", "round(decimal(order_no), 3)": "decimal 3", "min(1, 2.50)": "decimal 2",
	} {
		s, _ := orderScope()
		p, problems := Compile(text, s)
		if want == "" {
			if problems == nil {
				t.Errorf("%s compiles", text)
			}
			continue
		}
		if problems != nil {
			t.Errorf("%s: %v", text, problems)
			continue
		}
		if got := fmt.Sprintf("%s %d", p.Type(), p.Type().Scale); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestConstant(t *testing.T) {
	for text, constant := range map[string]bool{
		"1 + 2 * 3": true, `upper("a")`: true, `parse_date("20260131", "yyyyMMdd")`: true, `lookup("order_status", "draft")`: true, "if(true, 1, 2)": true,
		"order_no": false, "event_time": false, `xref("party", "C1")`: false, "count_of * 0": false,
	} {
		s, _ := orderScope()
		p, problems := Compile(text, s)
		if problems != nil {
			t.Fatal(text, problems)
		}
		if _, got := p.Constant(); got != constant {
			t.Errorf("%s is constant: %v", text, got)
		}
	}
}

// TestLetKeepsCurrency uses the type of one program as a variable of another, as `let` does.
func TestLetKeepsCurrency(t *testing.T) {
	s, f := orderScope()
	let, problems := Compile("sum(lines.amount)", s)
	if problems != nil {
		t.Fatal(problems)
	}
	s.Vars = append(slices.Clone(s.Vars), Var{Name: "total", Type: let.Type(), Sources: let.Sources()})
	p, problems := Compile("usd + total", s)
	if problems != nil {
		t.Fatal(problems)
	}
	f.Vars = append(f.Vars, DecimalValue(sihe.MustDecimal("299.90")))
	if v, err := p.Eval(f); sihe.CodeOf(err) != sihe.CodeExprCurrency {
		t.Errorf("a dollar and the document's yuan make %s, %v", v, err)
	}
	if diff := cmp.Diff([]string{"lines.amount", "usd"}, p.Sources()); diff != "" {
		t.Error(diff)
	}
}

func TestAccepts(t *testing.T) {
	record := RecordType(Field{"a", texts()})
	for _, c := range []struct {
		to, from *Type
		want     string
	}{
		{texts(), texts(), ""},
		{texts(), texts().OrNull(true), "EXPR_MAYBE_NULL give a default: … ?? \"\""},
		{texts().OrNull(true), &Type{Kind: KindNull, Nullable: true}, ""},
		{texts(), ints(), "EXPR_TYPE text(…)"},
		{DecimalType(2), ints(), ""},
		{ints(), DecimalType(0), "EXPR_TYPE round(…, 0) or int(…)"},
		{DecimalType(2), DecimalType(6), "EXPR_SCALE round it: round(…, 2)"},
		{DecimalType(2), DecimalType(AnyScale), "EXPR_SCALE round it: round(…, 2)"},
		{DecimalType(AnyScale), DecimalType(6), ""},
		{MoneyType(2, "CNY"), MoneyType(2, "USD"), "EXPR_CURRENCY convert it first"},
		{MoneyType(2, "CNY"), MoneyType(2, ""), ""},
		{EnumType("a", "b"), EnumType("b"), ""},
		{EnumType("approved"), EnumType("aproved"), "EXPR_ENUM did you mean approved?"},
		{EnumType("a"), texts(), "EXPR_ENUM map it with lookup(…)"},
		{ListType(texts()), ListType(texts()), ""},
		{ListType(texts()), ListType(ints()), "EXPR_TYPE text(…)"},
		{record, RecordType(Field{"a", texts()}), ""},
		{record, RecordType(Field{"b", texts()}), "EXPR_TYPE set its fields one by one"},
		{record, RecordType(Field{"a", texts().OrNull(true)}), "EXPR_MAYBE_NULL give a default: … ?? \"\""},
		{dates(), times(), "EXPR_TYPE date_in(…, \"Asia/Shanghai\")"},
	} {
		got := ""
		if p := c.to.Accepts(c.from); p != nil {
			got = string(p.Code) + " " + p.Suggestion
		}
		if got != c.want {
			t.Errorf("%s from %s: %q, want %q", c.to, c.from, got, c.want)
		}
	}
}
