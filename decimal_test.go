package sihe

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"
)

func TestDecimalText(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "-0.00": "0.00", "1.10": "1.10", "-12.5": "-12.5", "0.05": "0.05", "-0.05": "-0.05", "007": "7",
		"1e5": "100000", "1.5E+3": "1500", "12e-4": "0.0012", "0e3": "0",
		"9223372036854775807": "9223372036854775807", "9223372036854775808": "9223372036854775808",
		"-9223372036854775808":                 "-9223372036854775808",
		"1234567890123456789012345678901234":   "1234567890123456789012345678901234",
		"0.1234567890123456789012345678901234": "0.1234567890123456789012345678901234",
	} {
		d, err := ParseDecimal(in)
		if err != nil || d.String() != want {
			t.Errorf("ParseDecimal(%q) = %s, %v; want %s", in, d, err, want)
		}
	}
	for in, want := range map[string]Code{
		"": CodeDecimalSyntax, "-": CodeDecimalSyntax, "+1": CodeDecimalSyntax, ".5": CodeDecimalSyntax, "5.": CodeDecimalSyntax,
		"-.5": CodeDecimalSyntax, "1e": CodeDecimalSyntax, "1e+": CodeDecimalSyntax, "1,000": CodeDecimalSyntax, "１": CodeDecimalSyntax,
		"NaN": CodeDecimalSyntax, "-Infinity": CodeDecimalSyntax, "0x10": CodeDecimalSyntax, " 1": CodeDecimalSyntax, "1_000": CodeDecimalSyntax,
		strings.Repeat("1", 65): CodeDecimalSyntax, strings.Repeat("1", 35): CodeDecimalRange, "1e101": CodeDecimalRange,
		"1e1000000000": CodeDecimalRange, "1e99999999999999999999": CodeDecimalRange, "1e-1000000000": CodeDecimalRange,
	} {
		if d, err := ParseDecimal(in); CodeOf(err) != want || err == nil {
			t.Errorf("ParseDecimal(%q) = %s, %v; want %s", in, d, err, want)
		}
	}
}

func TestDecimalJSON(t *testing.T) {
	var d Decimal
	for _, in := range []string{`"113322.00"`, `113322.00`} {
		if err := json.Unmarshal([]byte(in), &d); err != nil || d.String() != "113322.00" {
			t.Errorf("%s: %s, %v", in, d, err)
		}
	}
	if b, err := json.Marshal(d); err != nil || string(b) != `"113322.00"` {
		t.Errorf("marshalled as %s, %v", b, err)
	}
	if err := json.Unmarshal([]byte(`"12a"`), &d); err == nil {
		t.Error("12a was read as a number")
	}
}

func TestDecimalRounding(t *testing.T) {
	for _, c := range []struct {
		in                           string
		places                       int
		halfUp, halfEven, down, upto string
	}{
		{"2.5", 0, "3", "2", "2", "3"},
		{"3.5", 0, "4", "4", "3", "4"},
		{"-2.5", 0, "-3", "-2", "-2", "-3"},
		{"189.905", 2, "189.91", "189.90", "189.90", "189.91"},
		{"0.001", 2, "0.00", "0.00", "0.00", "0.01"},
		{"-0.001", 2, "0.00", "0.00", "0.00", "-0.01"},
		{"1", 2, "1.00", "1.00", "1.00", "1.00"},
		{"1250", -2, "1300", "1200", "1200", "1300"},
	} {
		d := MustDecimal(c.in)
		for r, want := range map[Rounding]string{HalfUp: c.halfUp, HalfEven: c.halfEven, Down: c.down, Up: c.upto} {
			if got, err := d.TryRound(c.places, r); err != nil || got.String() != want {
				t.Errorf("round %s to %d %s = %s, %v; want %s", c.in, c.places, r, got, err, want)
			}
		}
	}
}

func TestDecimalLimits(t *testing.T) {
	big := MustDecimal("99999999999999999999.99")
	if d, err := big.TryMul(big); CodeOf(err) != CodeDecimalRange {
		t.Errorf("44 digits became %s, %v", d, err)
	}
	if d, err := MustDecimal("1e33").TryAdd(MustDecimal("0.1")); CodeOf(err) != CodeDecimalRange {
		t.Errorf("35 digits became %s, %v", d, err)
	}
	if _, err := big.TryDiv(Decimal{}, 2, HalfUp); CodeOf(err) != CodeDivisionByZero {
		t.Errorf("division by zero: %v", err)
	}
	for _, places := range []int{41, -41, 1 << 31, -1 << 40} {
		if _, err := big.TryRound(places, HalfUp); CodeOf(err) != CodeDecimalRange {
			t.Errorf("round to %d places: %v", places, err)
		}
	}
	if s := MustDecimal("9223372036854775807").Add(DecimalFromInt(1)).String(); s != "9223372036854775808" {
		t.Errorf("one above 64 bits is %s", s)
	}
	if s := DecimalFromInt(-1 << 63).Neg().String(); s != "9223372036854775808" {
		t.Errorf("the negative of the smallest int64 is %s", s)
	}
}

// TestDecimalFastPath compares what is computed in 64 bits with apd, digit by digit and place by place.
func TestDecimalFastPath(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	modes := []Rounding{HalfUp, HalfEven, Down, Up}
	for i := range 200_000 {
		a, b := randomDecimal(r), randomDecimal(r)
		places, mode := r.IntN(12)-2, modes[r.IntN(len(modes))]
		var fast, slow Decimal
		var errFast, errSlow error
		op := ""
		switch i % 6 {
		case 0:
			op = "+"
			fast, errFast = a.TryAdd(b)
			slow, errSlow = bigAdd(a, b)
		case 1:
			op = "-"
			fast, errFast = a.TrySub(b)
			slow, errSlow = bigSub(a, b)
		case 2:
			op = "*"
			fast, errFast = a.TryMul(b)
			slow, errSlow = bigMul(a, b)
		case 3:
			if b.Sign() == 0 {
				continue
			}
			op = fmt.Sprintf("/%d%s", places, mode)
			fast, errFast = a.TryDiv(b, places, mode)
			slow, errSlow = bigDiv(a, b, places, mode)
			if want := quotient(a, b, places, mode); errSlow == nil && slow.String() != want {
				t.Fatalf("seed %d: %s %s %s = %s, math/big says %s", seed, a, op, b, slow, want)
			}
		case 4:
			op = fmt.Sprintf("round%d%s", places, mode)
			fast, errFast = a.TryRound(places, mode)
			slow, errSlow = bigRound(a, places, mode)
			if want := quotient(a, DecimalFromInt(1), places, mode); errSlow == nil && slow.String() != want {
				t.Fatalf("seed %d: %s %s = %s, math/big says %s", seed, a, op, slow, want)
			}
		case 5:
			op = "cmp"
			fast, slow = DecimalFromInt(int64(a.Cmp(b))), DecimalFromInt(int64(a.raw().Cmp(b.raw())))
		}
		if CodeOf(errFast) != CodeOf(errSlow) || (errFast == nil) != (errSlow == nil) || fast.String() != slow.String() || fast.Scale() != slow.Scale() {
			t.Fatalf("seed %d: %s %s %s = %s (%v), apd says %s (%v)", seed, a, op, b, fast, errFast, slow, errSlow)
		}
		if back, err := ParseDecimal(a.String()); err != nil || back.Cmp(a) != 0 || back.Scale() != a.Scale() {
			t.Fatalf("seed %d: %s reads back as %s, %v", seed, a, back, err)
		}
	}
}

// quotient is a second opinion on division and rounding, in whole numbers of math/big.
func quotient(a, b Decimal, places int, mode Rounding) string {
	x, _ := new(big.Rat).SetString(a.String())
	y, _ := new(big.Rat).SetString(b.String())
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(places, -places))), nil)
	x.Quo(x, y)
	if places >= 0 {
		x.Mul(x, new(big.Rat).SetInt(scale))
	} else {
		x.Quo(x, new(big.Rat).SetInt(scale))
	}
	q, rest := new(big.Int).QuoRem(x.Num(), x.Denom(), new(big.Int))
	half := new(big.Int).Lsh(rest.Abs(rest), 1).Cmp(x.Denom())
	away := rest.Sign() != 0 && (mode == Up || mode == HalfUp && half >= 0 || mode == HalfEven && (half > 0 || half == 0 && q.Bit(0) == 1))
	if away {
		q.Add(q, big.NewInt(int64(x.Sign())))
	}
	if places <= 0 {
		return q.Mul(q, scale).String()
	}
	sign := ""
	if q.Sign() < 0 {
		sign = "-"
	}
	digits := fmt.Sprintf("%0*s", places+1, q.Abs(q).String())
	return sign + digits[:len(digits)-places] + "." + digits[len(digits)-places:]
}

// randomDecimal favours the edges: halves, powers of ten, and coefficients around 64 bits.
func randomDecimal(r *rand.Rand) Decimal {
	n := int64(r.Uint64()) >> r.IntN(64)
	switch r.IntN(8) {
	case 0:
		n = int64(r.IntN(41)-20) * 5
	case 1:
		n = int64(pow10(int32(r.IntN(19)))) + int64(r.IntN(3)) - 1
	case 2:
		d := new(apd.Decimal)
		_, _, _ = exact().SetString(d, fmt.Sprintf("%d%018de%d", r.IntN(1<<40)+1, r.Int64N(1e18), -r.IntN(20)))
		return small(d)
	}
	return NewDecimal(n, int32(4-r.IntN(16)))
}

func BenchmarkDecimal(b *testing.B) {
	quantity, price, rate := MustDecimal("10.000000"), MustDecimal("19.99"), MustDecimal("0.95")
	b.Run("mul mul round", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = quantity.Mul(price).Mul(rate).Round(2)
		}
	})
	b.Run("the same in apd", func(b *testing.B) {
		b.ReportAllocs()
		q, p, f := quantity.raw(), price.raw(), rate.raw()
		c := exact()
		c.Traps &^= apd.Inexact
		for b.Loop() {
			d := new(apd.Decimal)
			_, _ = c.Mul(d, q, p)
			_, _ = c.Mul(d, d, f)
			_, _ = c.Quantize(d, d, -2)
		}
	})
	b.Run("divide", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = price.Div(rate, 2)
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = MustDecimal("12345.67")
		}
	})
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf = price.Append(buf[:0])
		}
	})
}

// FuzzDecimal reads any text: what is accepted reads back the same, and has at most 34 digits.
func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"0", "-0.00", "1.10", "1e5", "1E-100", "9223372036854775808", "1234567890123456789012345678901234", "1e101", "-", ".5", "1e+", "0e99", "0e-133"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDecimal(s)
		if err != nil {
			if c := CodeOf(err); c != CodeDecimalSyntax && c != CodeDecimalRange {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if text := d.String(); len(text) <= maxDecimalText {
			back, err := ParseDecimal(text)
			if err != nil && CodeOf(err) != CodeDecimalRange || err == nil && (!back.Equal(d) || back.Scale() != d.Scale()) {
				t.Fatalf("%q is %s and reads back as %s, %v", s, text, back, err)
			}
		}
		if sum, err := d.TrySub(d); err != nil || sum.Sign() != 0 {
			t.Fatalf("%q - itself = %s, %v", s, sum, err)
		}
		if p, err := d.TryMul(DecimalFromInt(1)); err != nil || !p.Equal(d) {
			t.Fatalf("%q * 1 = %s, %v", s, p, err)
		}
	})
}
