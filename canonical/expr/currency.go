package expr

import (
	"github.com/sihehub/sihe"
)

// A currency says where the currency of an amount stands.
type currency struct {
	name string              // equal names are the same currency
	loop int                 // the loop whose item it is read from; 0: readable everywhere
	read func(*Frame) string // "" when it is null
}

// recordCurrency returns the currency of the amounts in a record (or in the records of a list): its own currency field,
// or the one of the record around it.
func recordCurrency(around *currency, t *Type, name string, read func(*Frame) Value) *currency {
	if t == nil || t.Kind != KindRecord || name == "" {
		return around
	}
	slot, ok := t.currencyField()
	if !ok {
		return around
	}
	return &currency{name: name, loop: loopOf(name), read: func(f *Frame) string { return read(f).Slot(slot).Text() }}
}

// sourceCurrency is the currency of the source's amounts; nil when it does not say.
func (c *checker) sourceCurrency() *currency {
	return recordCurrency(nil, c.scope.Source, "source", func(f *Frame) Value { return f.Source })
}

// outCurrency is the currency of the amounts being built.
func (c *checker) outCurrency() *currency {
	slot, ok := c.scope.Out.currencyField()
	if !ok {
		return nil
	}
	return &currency{name: "out", read: func(f *Frame) string {
		if slot >= len(f.Out) {
			return ""
		}
		return f.Out[slot].Text()
	}}
}

// priced gives an amount without a constant currency the one of the record around it, and a record its own.
func (c *checker) priced(n node) node {
	if n.typ.Kind == KindRecord {
		n.origin.money = recordCurrency(n.origin.money, n.typ, n.path, n.run)
	} else {
		n.typ = n.typ.in(n.origin.money)
	}
	return n
}

// in returns the type with its amounts in a currency, unless theirs is constant or they have one of their own.
func (t *Type) in(cur *currency) *Type {
	switch {
	case cur == nil:
		return t
	case t.Kind == KindDecimal && t.Money && t.Currency == "" && t.currency == nil:
		p := *t
		p.currency = cur
		return &p
	case t.Kind == KindList && t.Elem.Kind == KindDecimal:
		if e := t.Elem.in(cur); e != t.Elem {
			p := *t
			p.Elem = e
			return &p
		}
	}
	return t
}

// outside returns the type as it is seen outside of a loop: what is known only of its items is dropped.
func (t *Type) outside(l *loop) *Type {
	switch {
	case t.currency != nil && t.currency.loop == l.id:
		p := *t
		p.currency = nil
		return &p
	case t.Kind == KindList:
		if e := t.Elem.outside(l); e != t.Elem {
			p := *t
			p.Elem = e
			return &p
		}
	}
	return t
}

// mixed finds the currency of two amounts that are added, compared or chosen from, and says how to check it at run
// time. A plain number takes the other's currency.
func (c *checker) mixed(at int, a, b *Type) (code string, cur *currency, check func(*Frame)) {
	switch {
	case !a.Money:
		return b.Currency, b.currency, nil
	case !b.Money:
		return a.Currency, a.currency, nil
	case a.Currency != "" && b.Currency != "":
		if a.Currency != b.Currency {
			c.problem(at, sihe.CodeExprCurrency, "convert one of them first", "%s and %s cannot be mixed", a.Currency, b.Currency)
		}
		return a.Currency, nil, nil
	case a.currency != nil && b.currency != nil && a.currency.name == b.currency.name:
		return "", a.currency, nil
	}
	x, y := a.reader(), b.reader()
	if x == nil || y == nil {
		return "", nil, nil
	}
	return a.Currency + b.Currency, nil, func(f *Frame) { sameCurrency(x(f), y(f)) }
}

// reader returns how to read the currency of an amount at run time; nil when nobody knows.
func (t *Type) reader() func(*Frame) string {
	if t.Currency != "" {
		code := t.Currency
		return func(*Frame) string { return code }
	}
	if t.currency != nil {
		return t.currency.read
	}
	return nil
}

// sameCurrency refuses two currencies that differ, and returns the one that is known.
func sameCurrency(a, b string) string {
	if a != b && a != "" && b != "" {
		fail(sihe.CodeExprCurrency, "%s and %s cannot be mixed", a, b)
	}
	return max(a, b)
}
