package sihe

import (
	"bytes"
	"errors"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// Limits of a Decimal. A result that needs more digits is an error, never a shorter number (invariant 6).
const (
	MaxDigits      = 34
	maxExponent    = 100
	maxDecimalText = 64
)

// A Decimal is an exact decimal number of at most 34 digits. It is immutable; the zero Decimal is 0. Its scale is kept
// as written: 1.10 stays 1.10.
type Decimal struct{ p *apd.Decimal }

// A Rounding says what happens to a digit cut off in the middle.
type Rounding string

// Roundings. Half-up is the default of Chinese accounting and of this hub.
const (
	HalfUp   Rounding = "half_up"
	HalfEven Rounding = "half_even"
	Down     Rounding = "down"
	Up       Rounding = "up"
)

var zeroDecimal = new(apd.Decimal)

func (a Decimal) raw() *apd.Decimal {
	if a.p == nil {
		return zeroDecimal
	}
	return a.p
}

func exact() *apd.Context {
	return &apd.Context{
		Precision: MaxDigits, MaxExponent: maxExponent, MinExponent: -maxExponent, Rounding: apd.RoundHalfUp,
		Traps: apd.DefaultTraps | apd.Inexact,
	}
}

// ParseDecimal reads digits with an optional sign, point and exponent: at most 64 bytes and 34 digits.
func ParseDecimal(s string) (Decimal, error) {
	if len(s) > maxDecimalText {
		return Decimal{}, Permanent(Errorf(CodeDecimalSyntax, "read a number: longer than %d bytes", maxDecimalText))
	}
	if s == "" || (s[0] != '-' && (s[0] < '0' || s[0] > '9')) || strings.ContainsAny(s, "nNiI") {
		return Decimal{}, Permanent(Errorf(CodeDecimalSyntax, "read %q: not a decimal number", s))
	}
	d := new(apd.Decimal)
	if _, _, err := exact().SetString(d, s); err != nil || d.Form != apd.Finite {
		return Decimal{}, Permanent(Errorf(CodeDecimalRange, "read %q: more than %d digits or an exponent beyond %d", s, MaxDigits, maxExponent))
	}
	return Decimal{d}, nil
}

// MustDecimal is ParseDecimal for constants in code; it panics on anything else.
func MustDecimal(s string) Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// DecimalFromInt returns n.
func DecimalFromInt(n int64) Decimal { return Decimal{apd.New(n, 0)} }

// NewDecimal returns coefficient × 10^exponent. The exponent must be from −100 to 80.
func NewDecimal(coefficient int64, exponent int32) Decimal {
	return Decimal{apd.New(coefficient, exponent)}
}

// Parts returns the coefficient and exponent of a; false when the coefficient does not fit in 64 bits.
func (a Decimal) Parts() (coefficient int64, exponent int32, ok bool) {
	r := a.raw()
	if !r.Coeff.IsInt64() {
		return 0, 0, false
	}
	n := r.Coeff.Int64()
	if r.Negative {
		n = -n
	}
	return n, r.Exponent, true
}

// TryAdd returns a + b, or an error when it needs more than 34 digits.
func (a Decimal) TryAdd(b Decimal) (Decimal, error) {
	d := new(apd.Decimal)
	_, err := exact().Add(d, a.raw(), b.raw())
	return checked(d, err, "add")
}

// TrySub returns a − b, or an error when it needs more than 34 digits.
func (a Decimal) TrySub(b Decimal) (Decimal, error) {
	d := new(apd.Decimal)
	_, err := exact().Sub(d, a.raw(), b.raw())
	return checked(d, err, "subtract")
}

// TryMul returns a × b, or an error when it needs more than 34 digits.
func (a Decimal) TryMul(b Decimal) (Decimal, error) {
	d := new(apd.Decimal)
	_, err := exact().Mul(d, a.raw(), b.raw())
	return checked(d, err, "multiply")
}

// TryDiv returns a / b rounded once to the given places.
func (a Decimal) TryDiv(b Decimal, places int, r Rounding) (Decimal, error) {
	if b.Sign() == 0 {
		return Decimal{}, Permanent(Errorf(CodeDivisionByZero, "divide %s by zero", a))
	}
	// Integer division with remainder, so that rounding happens once, on the exact quotient.
	n, m := new(apd.Decimal).Set(a.raw()), new(apd.Decimal).Set(b.raw())
	wide := apd.Context{Precision: 4 * MaxDigits, MaxExponent: 1000, MinExponent: -1000, Rounding: apd.Rounder(r), Traps: apd.DefaultTraps}
	n.Exponent += int32(places) //nolint:gosec // places is bounded by the callers' limits
	q := new(apd.Decimal)
	if _, err := wide.QuoInteger(q, n, m); err != nil {
		return checked(q, err, "divide")
	}
	rest, back := new(apd.Decimal), new(apd.Decimal)
	if _, err := wide.Mul(back, q, m); err != nil {
		return checked(q, err, "divide")
	}
	if _, err := wide.Sub(rest, n, back); err != nil {
		return checked(q, err, "divide")
	}
	if !rest.IsZero() {
		roundQuotient(&wide, q, rest, m, (a.Sign() < 0) != (b.Sign() < 0), r)
	}
	q.Exponent -= int32(places) //nolint:gosec // see above
	d := new(apd.Decimal)
	_, err := exact().Add(d, q, zeroDecimal)
	return checked(d, err, "divide")
}

// roundQuotient moves q one away from zero when the rest of the division asks for it.
func roundQuotient(c *apd.Context, q, rest, m *apd.Decimal, negative bool, r Rounding) {
	twice := new(apd.Decimal)
	_, _ = c.Add(twice, rest, rest)
	twice.Negative = false
	divisor := new(apd.Decimal).Abs(m)
	half := twice.Cmp(divisor)
	odd := q.Coeff.Bit(0) == 1 && q.Exponent == 0
	up := r == Up || (r == HalfUp && half >= 0) || (r == HalfEven && (half > 0 || (half == 0 && odd)))
	if !up {
		return
	}
	one := apd.New(1, 0)
	one.Negative = negative
	_, _ = c.Add(q, q, one)
}

// TryRound returns a with exactly the given places.
func (a Decimal) TryRound(places int, r Rounding) (Decimal, error) {
	d := new(apd.Decimal)
	c := apd.Context{Precision: MaxDigits, MaxExponent: maxExponent, MinExponent: -maxExponent, Rounding: apd.Rounder(r), Traps: apd.DefaultTraps}
	_, err := c.Quantize(d, a.raw(), -int32(places)) //nolint:gosec // places is bounded by the callers' limits
	return checked(d, err, "round")
}

func checked(d *apd.Decimal, err error, what string) (Decimal, error) {
	if err != nil {
		return Decimal{}, Permanent(Errorf(CodeDecimalRange, "%s: the result needs more than %d digits", what, MaxDigits))
	}
	if d.IsZero() {
		d.Negative = false
	}
	return Decimal{d}, nil
}

// must turns an error into a panic that the one recover at the event's boundary parks.
func must(d Decimal, err error) Decimal {
	if err != nil {
		panic(err)
	}
	return d
}

// Add returns a + b. Like all methods without Try it panics with an *Error when the result needs more than 34 digits;
// whoever handles a document recovers at its boundary and parks the document.
func (a Decimal) Add(b Decimal) Decimal { return must(a.TryAdd(b)) }

// Sub returns a − b; see Add.
func (a Decimal) Sub(b Decimal) Decimal { return must(a.TrySub(b)) }

// Mul returns a × b; see Add.
func (a Decimal) Mul(b Decimal) Decimal { return must(a.TryMul(b)) }

// Div returns a / b rounded half-up to the given places; see Add. Dividing by zero panics likewise.
func (a Decimal) Div(b Decimal, places int) Decimal { return must(a.TryDiv(b, places, HalfUp)) }

// Round returns a rounded half-up to exactly the given places; see Add.
func (a Decimal) Round(places int) Decimal { return must(a.TryRound(places, HalfUp)) }

// Neg returns −a.
func (a Decimal) Neg() Decimal { return Decimal{}.Sub(a) }

// Cmp compares by value, so 1.0 equals 1.00: −1, 0 or +1.
func (a Decimal) Cmp(b Decimal) int { return a.raw().Cmp(b.raw()) }

// Sign returns −1, 0 or +1.
func (a Decimal) Sign() int { return a.raw().Sign() }

// Equal says whether both have the same value; go-cmp uses it too.
func (a Decimal) Equal(b Decimal) bool { return a.Cmp(b) == 0 }

// Min returns the smaller.
func (a Decimal) Min(b Decimal) Decimal {
	if b.Cmp(a) < 0 {
		return b
	}
	return a
}

// Max returns the larger.
func (a Decimal) Max(b Decimal) Decimal {
	if b.Cmp(a) > 0 {
		return b
	}
	return a
}

// Int64 returns a as an integer; false when it has a fraction or does not fit.
func (a Decimal) Int64() (int64, bool) {
	n, err := a.raw().Int64()
	return n, err == nil
}

// Scale returns the number of digits behind the point.
func (a Decimal) Scale() int { return int(max(0, -a.raw().Exponent)) }

// String writes plain digits, never an exponent.
func (a Decimal) String() string { return a.raw().Text('f') }

// MarshalJSON writes a JSON text, because JSON numbers become floats in many readers.
func (a Decimal) MarshalJSON() ([]byte, error) { return []byte(`"` + a.String() + `"`), nil }

// UnmarshalJSON reads a JSON text or number, digit for digit.
func (a *Decimal) UnmarshalJSON(b []byte) error {
	b = bytes.Trim(b, `"`)
	if bytes.Equal(b, []byte("null")) {
		return errors.New("read a number: null")
	}
	d, err := ParseDecimal(string(b))
	*a = d
	return err
}
