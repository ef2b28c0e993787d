package erp

import (
	"github.com/sihehub/sihe"
)

// costPlaces are the digits of a unit cost for display; the ledger itself keeps value and quantity.
const costPlaces = 6

// short drops zeros at the end of a fraction, down to some places, for numbers that people read.
func short(d sihe.Decimal, least int) sihe.Decimal {
	for places := d.Scale(); places > least && d.Round(places-1).Equal(d); places-- {
		d = d.Round(places - 1)
	}
	return d
}

// A record is a document or one line of it.
type record interface {
	Decimal(path string) sihe.Decimal
	Set(path string, v any)
}

// add changes a number of a record by delta.
func add(r record, field string, delta sihe.Decimal) { r.Set(field, r.Decimal(field).Add(delta)) }

// An amount is a sum of money with and without tax; prices are tax-inclusive.
type amount struct{ gross, net, tax sihe.Decimal }

// amountOf is what a quantity costs at a tax-inclusive price: tax is gross less net.
func amountOf(price, rate, quantity sihe.Decimal) amount {
	gross := quantity.Mul(price).Round(2)
	net := gross.Div(sihe.DecimalFromInt(1).Add(rate), 2)
	return amount{gross, net, gross.Sub(net)}
}

// amountAfter is the amount of the next quantity when `before` has been counted already, so that the parts of a line
// add up to the line in gross, net and tax (cumulative rounding, suite.md 3.0).
func amountAfter(price, rate, before, quantity sihe.Decimal) amount {
	a, b := amountOf(price, rate, before.Add(quantity)), amountOf(price, rate, before)
	return amount{a.gross.Sub(b.gross), a.net.Sub(b.net), a.tax.Sub(b.tax)}
}

// shareAfter is the share of a total that falls to the next quantity out of `whole` when `before` has been counted
// already; the shares of all pieces add up to the total.
func shareAfter(total, whole, before, quantity sihe.Decimal) sihe.Decimal {
	if whole.Sign() == 0 {
		return sihe.Decimal{}
	}
	upTo := func(n sihe.Decimal) sihe.Decimal { return total.Mul(n).Div(whole, 2) }
	return upTo(before.Add(quantity)).Sub(upTo(before))
}

// valueOut is what a quantity leaving a stock takes along at its average; the last piece takes the rest.
func valueOut(value, onHand, quantity sihe.Decimal) sihe.Decimal {
	if quantity.Cmp(onHand) >= 0 {
		return value
	}
	return value.Mul(quantity).Div(onHand, 2)
}

// unitCost is value per piece for display; nil when there are no pieces.
func unitCost(value, quantity sihe.Decimal) any {
	if quantity.Sign() == 0 {
		return nil
	}
	return short(value.Div(quantity, costPlaces), 2)
}

// lots rounds a need up to what can be bought: at least the minimum order, in whole lots.
func lots(need, minimum, lot sihe.Decimal) sihe.Decimal {
	if need.Sign() <= 0 {
		return sihe.Decimal{}
	}
	q := need.Max(minimum)
	if lot.Sign() <= 0 {
		return q
	}
	n := q.Div(lot, 0)
	if n.Mul(lot).Cmp(q) < 0 {
		n = n.Add(sihe.DecimalFromInt(1))
	}
	return n.Mul(lot)
}
