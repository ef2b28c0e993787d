package sihe

import (
	"errors"
	"strconv"

	"github.com/cockroachdb/apd/v3"
)

// raw returns a as apd has it; the result must not be written to.
func (a Decimal) raw() *apd.Decimal {
	if a.big != nil {
		return a.big
	}
	return apd.New(a.n, a.exp)
}

var errTooLong = errors.New("too many digits")

func exact() *apd.Context {
	return &apd.Context{
		Precision: MaxDigits, MaxExponent: maxExponent, MinExponent: -maxExponent, Rounding: apd.RoundHalfUp,
		Traps: apd.DefaultTraps | apd.Inexact,
	}
}

// parseBig reads a text whose shape is already checked.
func parseBig(s string) (Decimal, error) {
	d := new(apd.Decimal)
	if _, _, err := exact().SetString(d, s); err != nil || d.Form != apd.Finite {
		return Decimal{}, Permanent(Errorf(CodeDecimalRange, "read %q: more than %d digits or an exponent beyond %d", s, MaxDigits, maxExponent))
	}
	return small(d), nil
}

// small takes over d, in 64 bits where they are enough.
func small(d *apd.Decimal) Decimal {
	if !d.Coeff.IsInt64() {
		return Decimal{big: d}
	}
	n := d.Coeff.Int64()
	if d.Negative {
		n = -n
	}
	return Decimal{n: n, exp: d.Exponent}
}

func checked(d *apd.Decimal, err error, what string) (Decimal, error) {
	if err != nil {
		return Decimal{}, Permanent(Errorf(CodeDecimalRange, "%s: the result needs more than %d digits", what, MaxDigits))
	}
	return small(d), nil
}

func bigAdd(a, b Decimal) (Decimal, error) {
	d := new(apd.Decimal)
	_, err := exact().Add(d, a.raw(), b.raw())
	return checked(d, err, "add")
}

func bigSub(a, b Decimal) (Decimal, error) {
	d := new(apd.Decimal)
	_, err := exact().Sub(d, a.raw(), b.raw())
	return checked(d, err, "subtract")
}

func bigMul(a, b Decimal) (Decimal, error) {
	d := new(apd.Decimal)
	_, err := exact().Mul(d, a.raw(), b.raw())
	return checked(d, err, "multiply")
}

// bigRound divides by one: apd's own Quantize gives 0 where 0.05 is rounded up to no places.
func bigRound(a Decimal, places int, r Rounding) (Decimal, error) {
	return bigDiv(a, DecimalFromInt(1), places, r)
}

// bigDiv divides integers with remainder, so that rounding happens once, on the exact quotient.
func bigDiv(a, b Decimal, places int, r Rounding) (Decimal, error) {
	n, m := new(apd.Decimal).Set(a.raw()), new(apd.Decimal).Set(b.raw())
	wide := apd.Context{Precision: 8 * MaxDigits, MaxExponent: 1000, MinExponent: -1000, Rounding: apd.RoundDown, Traps: apd.DefaultTraps}
	n.Exponent += int32(places) //nolint:gosec // places was checked
	q, rest, back := new(apd.Decimal), new(apd.Decimal), new(apd.Decimal)
	_, err := wide.QuoInteger(q, n, m)
	if err == nil {
		_, err = wide.Mul(back, q, m)
	}
	if err == nil {
		_, err = wide.Sub(rest, n, back)
	}
	if err == nil {
		_, err = wide.Quantize(q, q, 0)
	}
	if err == nil && !rest.IsZero() {
		err = roundQuotient(&wide, q, rest, m, (a.Sign() < 0) != (b.Sign() < 0), r)
	}
	if err != nil {
		return checked(q, err, "divide")
	}
	q.Exponent -= int32(places) //nolint:gosec // places was checked
	if q.NumDigits() > MaxDigits || q.NumDigits()+int64(q.Exponent) > maxExponent {
		return checked(q, errTooLong, "divide or round")
	}
	return small(q), nil
}

// roundQuotient moves q one away from zero when the rest of the division asks for it.
func roundQuotient(c *apd.Context, q, rest, m *apd.Decimal, negative bool, r Rounding) error {
	twice := new(apd.Decimal)
	if _, err := c.Add(twice, rest, rest); err != nil {
		return err
	}
	twice.Negative = false
	half := twice.Cmp(new(apd.Decimal).Abs(m))
	odd := q.Coeff.Bit(0) == 1
	if r == Down || r == HalfUp && half < 0 || r == HalfEven && (half < 0 || half == 0 && !odd) {
		return nil
	}
	one := apd.New(1, 0)
	one.Negative = negative
	_, err := c.Add(q, q, one)
	return err
}

// Append appends what String returns.
func (a Decimal) Append(b []byte) []byte {
	if a.big != nil {
		return a.big.Append(b, 'f')
	}
	if a.exp == 0 || (a.n == 0 && a.exp > 0) {
		return strconv.AppendInt(b, a.n, 10)
	}
	if a.n < 0 {
		b = append(b, '-')
	}
	var room [20]byte
	digits := strconv.AppendUint(room[:0], magnitude(a.n), 10)
	if a.exp > 0 {
		b = append(b, digits...)
		for range a.exp {
			b = append(b, '0')
		}
		return b
	}
	point := len(digits) + int(a.exp)
	if point > 0 {
		b = append(b, digits[:point]...)
		b = append(b, '.')
		return append(b, digits[point:]...)
	}
	b = append(b, '0', '.')
	for ; point < 0; point++ {
		b = append(b, '0')
	}
	return append(b, digits...)
}
