package sihe

import (
	"bytes"
	"errors"

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
//
// Nearly every amount fits in a 64-bit coefficient; such numbers are computed in place, without allocating. What is
// beyond that, or far from the point, is computed by apd, with the same results (a test compares both).
type Decimal struct {
	n   int64        // coefficient, when big is nil
	exp int32        // the value is n × 10^exp
	big *apd.Decimal // never written once it is here
}

// A Rounding says what happens to a digit cut off in the middle.
type Rounding string

// Roundings. Half-up is the default of Chinese accounting and of this hub.
const (
	HalfUp   Rounding = "half_up"
	HalfEven Rounding = "half_even"
	Down     Rounding = "down"
	Up       Rounding = "up"
)

// DecimalFromInt returns n.
func DecimalFromInt(n int64) Decimal { return Decimal{n: n} }

// NewDecimal returns coefficient × 10^exponent. The exponent must be from −100 to 80.
func NewDecimal(coefficient int64, exponent int32) Decimal {
	return Decimal{n: coefficient, exp: exponent}
}

// Parts returns the coefficient and exponent of a; false when the coefficient does not fit in 64 bits.
func (a Decimal) Parts() (coefficient int64, exponent int32, ok bool) {
	return a.n, a.exp, a.big == nil
}

// ParseDecimal reads digits with an optional minus, point and exponent, as JSON writes numbers: at most 64 bytes and
// 34 digits.
func ParseDecimal(s string) (Decimal, error) {
	if len(s) > maxDecimalText {
		return Decimal{}, Permanent(Errorf(CodeDecimalSyntax, "read a number: longer than %d bytes", maxDecimalText))
	}
	n, exp, shape := scanDecimal(s)
	switch shape {
	case plainDigits:
		return Decimal{n: n, exp: exp}, nil
	case manyDigits:
		return parseBig(s)
	default:
		return Decimal{}, Permanent(Errorf(CodeDecimalSyntax, "read %q: not a decimal number", s))
	}
}

// The shapes of a number's text.
const (
	noNumber    = iota
	plainDigits // at most 18 digits and no exponent
	manyDigits
)

// scanDecimal checks -?digits[.digits][e[+-]digits] and computes what is short.
func scanDecimal(s string) (n int64, exp int32, shape int) {
	i, negative := 0, false
	if i < len(s) && s[i] == '-' {
		i, negative = 1, true
	}
	first := i
	for ; i < len(s) && isDigit(s[i]); i++ {
		n = n*10 + int64(s[i]-'0') // may overflow: then it is not used
	}
	digits := i - first
	if digits == 0 {
		return 0, 0, noNumber
	}
	if i < len(s) && s[i] == '.' {
		i++
		point := i
		for ; i < len(s) && isDigit(s[i]); i++ {
			n = n*10 + int64(s[i]-'0')
		}
		if i == point {
			return 0, 0, noNumber
		}
		exp = int32(point - i)
		digits += i - point
	}
	if i < len(s) {
		if !isExponent(s[i:]) {
			return 0, 0, noNumber
		}
		return 0, 0, manyDigits
	}
	if digits > 18 {
		return 0, 0, manyDigits
	}
	if negative {
		n = -n
	}
	return n, exp, plainDigits
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isExponent checks e[+-]digits.
func isExponent(s string) bool {
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// MustDecimal is ParseDecimal for constants in code; it panics on anything else.
func MustDecimal(s string) Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// Cmp compares by value, so 1.0 equals 1.00: −1, 0 or +1.
func (a Decimal) Cmp(b Decimal) int {
	if x, y, _, ok := align(a, b); ok {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	return a.raw().Cmp(b.raw())
}

// Sign returns −1, 0 or +1.
func (a Decimal) Sign() int {
	switch {
	case a.big != nil:
		return a.big.Sign()
	case a.n < 0:
		return -1
	case a.n > 0:
		return 1
	}
	return 0
}

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
	if a.big == nil && a.exp == 0 {
		return a.n, true
	}
	n, err := a.raw().Int64()
	return n, err == nil
}

// Scale returns the number of digits behind the point.
func (a Decimal) Scale() int {
	if a.big != nil {
		return int(max(0, -a.big.Exponent))
	}
	return int(max(0, -a.exp))
}

// String writes plain digits, never an exponent.
func (a Decimal) String() string { return string(a.Append(nil)) }

// MarshalJSON writes a JSON text, because JSON numbers become floats in many readers.
func (a Decimal) MarshalJSON() ([]byte, error) {
	return append(a.Append([]byte{'"'}), '"'), nil
}

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
