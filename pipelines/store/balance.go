package store

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// A Tally is how many, and how much in the row's currency.
type Tally struct {
	Count  int64        `json:"count"`
	Amount sihe.Decimal `json:"amount"`
}

// A Row is the balance of one pipeline, entity, day and currency.
type Row struct {
	Pipeline string          `json:"pipeline"`
	Entity   string          `json:"entity"`
	Day      string          `json:"day"` // of the event's business time, in the hub's zone: 2026-03-02
	Currency string          `json:"currency,omitempty"`
	Received Tally           `json:"received"`
	States   map[State]Tally `json:"states"`

	Forgotten map[State]Tally `json:"forgotten,omitempty"` // of States: deliveries that retention has trimmed since
}

// Difference returns received less all states: zero when the row closes (invariant 4).
func (r Row) Difference() Tally {
	d := r.Received
	for _, s := range r.States {
		d.Count -= s.Count
		d.Amount = d.Amount.Sub(s.Amount)
	}
	return d
}

// InFlight returns what the hub still works on.
func (r Row) InFlight() Tally {
	var sum Tally
	for s, t := range r.States {
		if s.InFlight() {
			sum.Count += t.Count
			sum.Amount = sum.Amount.Add(t.Amount)
		}
	}
	return sum
}

// Plus returns the sum of two rows, under the names of the first.
func (r Row) Plus(o Row) Row {
	sum := r
	sum.Received = r.Received.plus(o.Received)
	sum.States = map[State]Tally{}
	for s, v := range r.States {
		sum.States[s] = v
	}
	for s, v := range o.States {
		sum.States[s] = sum.States[s].plus(v)
	}
	sum.Forgotten = nil // it is told by row
	return sum
}

func (t Tally) plus(o Tally) Tally {
	return Tally{Count: t.Count + o.Count, Amount: t.Amount.Add(o.Amount)}
}

// count keeps the balance: what leaves one state enters another in the same transaction.
func (t *Tx) count(d *Delivery, from, to State) error {
	if from == to {
		return nil
	}
	if err := t.countRerun(d, from, to); err != nil {
		return err
	}
	if err := t.countIn(t.Bucket("totals"), key(d.Pipeline), Tally{Count: 1}, from, to); err != nil {
		return err
	}
	one := Tally{Count: 1}
	if d.Amount != nil {
		one.Amount = *d.Amount
	}
	return t.countIn(t.Bucket("balance"), key(d.Pipeline, d.Entity, d.Day, d.Currency), one, from, to)
}

func (t *Tx) countIn(b *durable.Bucket, k []byte, one Tally, from, to State) error {
	r, _, err := get[Row](b, k)
	if err != nil {
		return err
	}
	if r.States == nil {
		r.States = map[State]Tally{}
	}
	if from == "" {
		r.Received = r.Received.plus(one)
	} else if r.States[from] = r.States[from].plus(Tally{Count: -1, Amount: one.Amount.Neg()}); r.States[from].Count == 0 {
		delete(r.States, from)
	}
	r.States[to] = r.States[to].plus(one)
	return put(b, k, &r)
}

// Balance calls f for the rows of a pipeline (of all when empty), sorted, until f returns false.
func (t *Tx) Balance(pipeline string, f func(Row) (bool, error)) error {
	var prefix []byte
	if pipeline != "" {
		prefix = key(pipeline)
	}
	return t.Bucket("balance").EachPrefix(prefix, func(k, v []byte) (bool, error) {
		var r Row
		if err := decode(v, &r); err != nil {
			return false, err
		}
		names := keyReader(k)
		r.Pipeline, r.Entity, r.Day, r.Currency = names.text(), names.text(), names.text(), names.text()
		return f(r)
	})
}

// Totals returns how many events of each pipeline are in which state, over all days.
func (t *Tx) Totals() (map[string]Row, error) {
	all := map[string]Row{}
	err := t.Bucket("totals").Each(nil, false, func(k, v []byte) (bool, error) {
		var r Row
		names := keyReader(k)
		r.Pipeline = names.text()
		name := r.Pipeline
		err := decode(v, &r)
		r.Pipeline = name
		all[name] = r
		return true, err
	})
	return all, err
}
