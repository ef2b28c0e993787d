package sihe

import "math/bits"

// near says whether an exponent is so far inside the limits that no result of two such numbers can leave them.
func near[N int | int32](exp N) bool { return exp >= -40 && exp <= 40 }

// align brings both coefficients to the smaller exponent; false when one outgrows 64 bits.
func align(a, b Decimal) (x, y int64, exp int32, ok bool) {
	if a.big != nil || b.big != nil || !near(a.exp) || !near(b.exp) {
		return 0, 0, 0, false
	}
	switch {
	case a.exp == b.exp:
		return a.n, b.n, a.exp, true
	case a.exp > b.exp:
		x, ok = shift(a.n, a.exp-b.exp)
		return x, b.n, b.exp, ok
	default:
		y, ok = shift(b.n, b.exp-a.exp)
		return a.n, y, a.exp, ok
	}
}

// shift returns n × 10^k; false when it outgrows 64 bits.
func shift(n int64, k int32) (int64, bool) {
	if k > 18 {
		return 0, n == 0
	}
	return times(n, int64(pow10(k))) //nolint:gosec // 10^18 fits
}

// times returns a × b; false when it outgrows 64 bits. The smallest int64 is left to apd, because it has no negative.
func times(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi != 0 || lo > 1<<63-1 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n) //nolint:gosec // two's complement
	}
	return uint64(n)
}

// pow10 returns 10^k for k from 0 to 19.
func pow10(k int32) uint64 { return powers[k] }

var powers = [...]uint64{ //nolint:gochecknoglobals // a constant table
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
}

// TryAdd returns a + b, or an error when it needs more than 34 digits.
func (a Decimal) TryAdd(b Decimal) (Decimal, error) {
	if x, y, exp, ok := align(a, b); ok {
		if s := x + y; (s > x) == (y > 0) {
			return Decimal{n: s, exp: exp}, nil
		}
	}
	return bigAdd(a, b)
}

// TrySub returns a − b, or an error when it needs more than 34 digits.
func (a Decimal) TrySub(b Decimal) (Decimal, error) {
	if x, y, exp, ok := align(a, b); ok {
		if s := x - y; (s < x) == (y > 0) {
			return Decimal{n: s, exp: exp}, nil
		}
	}
	return bigSub(a, b)
}

// TryMul returns a × b, or an error when it needs more than 34 digits.
func (a Decimal) TryMul(b Decimal) (Decimal, error) {
	if a.big == nil && b.big == nil && near(a.exp) && near(b.exp) {
		if n, ok := times(a.n, b.n); ok {
			return Decimal{n: n, exp: a.exp + b.exp}, nil
		}
	}
	return bigMul(a, b)
}

// TryDiv returns a / b rounded once to the given places, which must be from −40 to 40.
func (a Decimal) TryDiv(b Decimal, places int, r Rounding) (Decimal, error) {
	if b.Sign() == 0 {
		return Decimal{}, Permanent(Errorf(CodeDivisionByZero, "divide %s by zero", a))
	}
	if !near(places) {
		return Decimal{}, Permanent(Errorf(CodeDecimalRange, "divide to %d places: more than 40", places))
	}
	if a.big == nil && b.big == nil && near(a.exp) && near(b.exp) {
		// a/b × 10^places = (a.n × 10^k) / b.n with this k; one integer division gives quotient and remainder.
		k := a.exp - b.exp + int32(places) //nolint:gosec // places was checked
		up, down := max(k, 0), max(-k, 0)
		if up <= 19 && down <= 19 {
			hi, lo := bits.Mul64(magnitude(a.n), pow10(up))
			over, divisor := bits.Mul64(magnitude(b.n), pow10(down))
			if over == 0 && hi < divisor {
				q, rest := bits.Div64(hi, lo, divisor)
				if n, ok := rounded(q, rest, divisor, (a.n < 0) != (b.n < 0), r); ok {
					return Decimal{n: n, exp: int32(-places)}, nil //nolint:gosec // places was checked
				}
			}
		}
	}
	return bigDiv(a, b, places, r)
}

// TryRound returns a with exactly the given places, which must be from −40 to 40.
func (a Decimal) TryRound(places int, r Rounding) (Decimal, error) {
	if !near(places) {
		return Decimal{}, Permanent(Errorf(CodeDecimalRange, "round to %d places: more than 40", places))
	}
	exp := int32(-places) //nolint:gosec // places was checked
	if a.big == nil && near(a.exp) {
		if k := exp - a.exp; k <= 0 {
			if n, ok := shift(a.n, -k); ok {
				return Decimal{n: n, exp: exp}, nil
			}
		} else if k <= 19 {
			divisor := pow10(k)
			m := magnitude(a.n)
			if n, ok := rounded(m/divisor, m%divisor, divisor, a.n < 0, r); ok {
				return Decimal{n: n, exp: exp}, nil
			}
		}
	}
	return bigRound(a, places, r)
}

// rounded returns the quotient q with the given sign, one further from zero when the rest of the division asks for it;
// false when it outgrows 64 bits.
func rounded(q, rest, divisor uint64, negative bool, r Rounding) (int64, bool) {
	if rest != 0 {
		away := false
		switch r {
		case Up:
			away = true
		case HalfUp:
			away = rest >= divisor-rest
		case HalfEven:
			away = rest > divisor-rest || (rest == divisor-rest && q&1 == 1)
		case Down:
		}
		if away {
			q++
		}
	}
	if q == 0 || q > 1<<63-1 {
		return 0, q == 0
	}
	if negative {
		return -int64(q), true
	}
	return int64(q), true
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
