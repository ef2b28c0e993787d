package expr

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
)

// A grower makes random expressions that mostly have the right types.
type grower struct {
	r     *rand.Rand
	loops int
}

func (g *grower) pick(from ...string) string { return from[g.r.IntN(len(from))] }

func (g *grower) number(depth int) string {
	if depth <= 0 {
		return g.pick("1", "0", "2.50", "0.13", "7", "count_of", "tax_rate", "cny", "line.amount", "小计", "index", "hours", "fee", "out.amount", "99999999999999999", "usd")
	}
	d := depth - 1
	switch g.r.IntN(17) {
	case 0, 1:
		return g.number(d) + g.pick(" + ", " - ", " * ") + g.number(d)
	case 2:
		return fmt.Sprintf("round(%s / %s, %d%s)", g.number(d), g.number(d), g.r.IntN(8)-1, g.pick("", `, "half_even"`, `, "up"`, `, "down"`))
	case 3:
		return fmt.Sprintf("if(%s, %s, %s)", g.condition(d), g.number(d), g.number(d))
	case 4:
		return g.pick("(hours ?? ", "(fee ?? ", "(max(lines.amount) ?? ", "(first(payments).amount ?? ") + "(" + g.number(d) + "))"
	case 5:
		return "-(" + g.number(d) + ")"
	case 6:
		return "abs(" + g.number(d) + ")"
	case 7:
		return fmt.Sprintf("div(%s, %s, %d)", g.number(d), g.number(d), g.r.IntN(6))
	case 8:
		return "sum(lines, l => " + g.inside(d, "l.quantity", "l.amount", "l.unit_price", "(l.discount ?? 0)") + ")"
	case 9:
		return "count(lines, l => " + g.inside(d, "l.quantity", "l.amount") + " > " + g.number(0) + ")"
	case 10:
		return g.pick("sum(parcels.items.qty)", "sum(payments.amount)", "sum(out.rows.net)", "count(parcels)", "sum(lines.amount)")
	case 11:
		return g.pick("min(", "max(") + g.number(d) + ", " + g.number(d) + ")"
	case 12:
		return fmt.Sprintf(`round_money(%s, %s)`, g.number(d), g.pick("currency", `"CNY"`, `"JPY"`, `"KWD"`, "order_no"))
	case 13:
		return "length(" + g.text(d) + ")"
	case 14:
		return "sum(allocate(" + g.number(d) + ", map(lines, l => " + g.inside(d, "l.quantity") + ")))"
	case 15:
		return "days_between(" + g.date(d) + ", " + g.date(d) + ")"
	default:
		return "(" + g.number(d) + ")"
	}
}

// inside grows a number over the item of a loop.
func (g *grower) inside(depth int, fields ...string) string {
	if depth <= 0 || g.loops >= 2 {
		return g.pick(fields...)
	}
	g.loops++
	defer func() { g.loops-- }()
	return g.pick(fields...) + g.pick(" + ", " * ", " - ") + g.number(depth-1)
}

func (g *grower) condition(depth int) string {
	if depth <= 0 {
		return g.pick("urgent", "true", "status == \"draft\"", "hours != null", "remark == null", "fee == null", "owner != null")
	}
	d := depth - 1
	switch g.r.IntN(6) {
	case 0:
		return g.number(d) + g.pick(" < ", " <= ", " == ", " != ", " > ") + g.number(d)
	case 1:
		return g.condition(d) + g.pick(" && ", " || ") + g.condition(d)
	case 2:
		return "!(" + g.condition(d) + ")"
	case 3:
		return g.pick("any", "all") + "(lines, l => " + g.inside(d, "l.amount") + " > 1)"
	case 4:
		return g.pick("contains(", "starts_with(") + g.text(d) + ", " + g.text(d) + ")"
	default:
		return g.date(d) + " < " + g.date(d)
	}
}

func (g *grower) text(depth int) string {
	if depth <= 0 {
		return g.pick(`"x"`, "order_no", "客户名称", "status", "remark", "currency", `(remark ?? "")`, "line.item", `(owner.dept ?? "-")`)
	}
	d := depth - 1
	switch g.r.IntN(7) {
	case 0:
		return g.text(d) + " + " + g.text(d)
	case 1:
		return g.pick("upper(", "trim(", "lower(") + g.text(d) + ")"
	case 2:
		return "text(" + g.number(d) + ")"
	case 3:
		return fmt.Sprintf("if(%s, %s, %s)", g.condition(d), g.text(d), g.text(d))
	case 4:
		return fmt.Sprintf("substr(%s, %s)", g.text(d), g.pick("0", "1", "-2", "count_of"))
	case 5:
		return fmt.Sprintf(`lookup("order_status", %s%s)`, g.pick("status", g.text(d)), g.pick("", `, "D"`, ", null"))
	default:
		return `join(lines, l => ` + g.pick("l.item", "concat(l.item, "+g.text(d)+")") + `, ",")`
	}
}

func (g *grower) date(depth int) string {
	if depth <= 0 {
		return g.pick("order_date", `date_in(signed_at, "Asia/Shanghai")`, `parse_date("2024-02-29", "yyyy-MM-dd")`)
	}
	return g.pick("add_days(", "add_months(", "workday(") + g.date(depth-1) + ", " + g.pick("0", "-3", "40", "count_of", "length("+g.text(depth-1)+")") + ")"
}

// TestRandomExpressions checks what the compiler promises: a value of the type it said, or an error with a code, the
// same every time.
func TestRandomExpressions(t *testing.T) {
	seed := rand.Uint64()
	g := &grower{r: rand.New(rand.NewPCG(seed, 2))}
	compiled, computed := 0, 0
	for range 20_000 {
		depth := g.r.IntN(4)
		var text string
		switch g.r.IntN(4) {
		case 0:
			text = g.condition(depth)
		case 1:
			text = g.text(depth)
		case 2:
			text = g.date(depth)
		default:
			text = g.number(depth)
		}
		scope, frame := orderScope()
		p, problems := Compile(text, scope)
		if problems != nil {
			for _, x := range problems {
				if x.Code == sihe.CodeExprSyntax {
					t.Fatalf("seed %d: %s: %v", seed, text, problems)
				}
			}
			continue
		}
		compiled++
		v, err := p.Eval(frame)
		if err != nil {
			if code := sihe.CodeOf(err); code == sihe.CodeInternal || code == sihe.CodeExprEmpty {
				t.Fatalf("seed %d: %s: %v", seed, text, err)
			}
			continue
		}
		computed++
		check(t, text, p.Type(), v)
		if c, ok := p.Constant(); ok && !c.Equal(v) {
			t.Fatalf("seed %d: %s is constant %s and computed %s", seed, text, c, v)
		}
		if strings.Contains(text, "order_no") && len(p.Sources()) == 0 {
			t.Fatalf("seed %d: %s has no sources", seed, text)
		}
	}
	if compiled < 3000 || computed < 2000 {
		t.Errorf("seed %d: only %d compiled and %d computed", seed, compiled, computed)
	}
	t.Logf("%d compiled, %d computed", compiled, computed)
}
