package store

import (
	"strings"
	"time"

	"github.com/sihehub/sihe"
)

// A Cause is what parked deliveries have in common: where, why, and at which field. The rows of lists count as one: a
// path is "lines[].item".
type Cause struct {
	Pipeline string    `json:"pipeline"`
	Code     sihe.Code `json:"code"`
	Path     string    `json:"path,omitempty"`
}

// A Group is everything that is parked for one cause.
type Group struct {
	Cause
	Count   int64                   `json:"count"`
	Amounts map[string]sihe.Decimal `json:"amounts,omitempty"` // by currency
	Since   time.Time               `json:"since"`             // of the oldest
	Entity  string                  `json:"entity"`            // of the oldest
	Subject string                  `json:"example"`           // of the oldest
	Text    string                  `json:"text,omitempty"`    // of the oldest
}

// causeOf must be asked before the delivery's state or reason changes.
func causeOf(d *Delivery) Cause {
	return Cause{Pipeline: d.Pipeline, Code: d.Code, Path: WithoutRows(d.Path)}
}

// WithoutRows makes "lines[].item" of "lines[12].item".
func WithoutRows(path string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(path, "[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		inner, rest, _ := strings.Cut(after, "]")
		if strings.Trim(inner, "0123456789") == "" {
			inner = ""
		}
		b.WriteString("[" + inner + "]")
		path = rest
	}
}

func parkedKey(c Cause, d *Delivery) []byte {
	return key(c.Pipeline, string(c.Code), c.Path, d.Since, d.Partition, d.ID)
}

// park enters a parked delivery in its group, by the transaction that parks it: the list of groups reads sums only.
func (t *Tx) park(d *Delivery) error {
	c := causeOf(d)
	if err := t.Bucket("parked").Put(parkedKey(c, d), nil); err != nil {
		return err
	}
	return t.sumParked(c, d, 1)
}

// unpark takes it out. A delivery that was parked before there were groups is in none.
func (t *Tx) unpark(d *Delivery) error {
	c := causeOf(d)
	b, k := t.Bucket("parked"), parkedKey(c, d)
	if _, found, err := b.Get(k); err != nil || !found {
		return err
	}
	if err := b.Delete(k); err != nil {
		return err
	}
	return t.sumParked(c, d, -1)
}

func (t *Tx) sumParked(c Cause, d *Delivery, n int64) error {
	b, k := t.Bucket("parked-sums"), key(c.Pipeline, string(c.Code), c.Path, d.Currency)
	sum, _, err := get[Tally](b, k)
	if err != nil {
		return err
	}
	one := Tally{Count: n}
	if d.Amount != nil {
		if one.Amount = *d.Amount; n < 0 {
			one.Amount = one.Amount.Neg()
		}
	}
	if sum = sum.plus(one); sum.Count == 0 {
		return b.Delete(k)
	}
	return put(b, k, sum)
}

// ParkedGroups returns the groups, by pipeline, code and path.
func (t *Tx) ParkedGroups() ([]Group, error) {
	var all []Group
	err := t.Bucket("parked-sums").Each(nil, false, func(k, v []byte) (bool, error) {
		r := keyReader(k)
		c := Cause{Pipeline: r.text(), Code: sihe.Code(r.text()), Path: r.text()}
		currency := r.text()
		var sum Tally
		if err := decode(v, &sum); err != nil {
			return false, err
		}
		if len(all) == 0 || all[len(all)-1].Cause != c {
			all = append(all, Group{Cause: c, Amounts: map[string]sihe.Decimal{}})
		}
		g := &all[len(all)-1]
		g.Count += sum.Count
		if currency != "" {
			g.Amounts[currency] = sum.Amount
		}
		return true, nil
	})
	for i := range all {
		g := &all[i]
		if err == nil {
			err = t.ParkedOf(g.Cause, func(d *Delivery) (bool, error) {
				g.Since, g.Entity, g.Subject, g.Text = d.Since, d.Entity, d.Subject, d.Text
				return false, nil
			})
		}
	}
	return all, err
}

// ParkedOf calls f for the parked deliveries of one cause, the oldest first, until f returns false.
func (t *Tx) ParkedOf(c Cause, f func(*Delivery) (bool, error)) error {
	return t.Bucket("parked").EachPrefix(key(c.Pipeline, string(c.Code), c.Path), func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		_, _, _, _ = r.text(), r.text(), r.text(), r.time()
		p := Part{Pipeline: c.Pipeline, Partition: int(r.number())} //nolint:gosec // was an int
		d, found, err := t.Delivery(p, r.text())
		if err != nil || !found {
			return err == nil, err
		}
		return f(d)
	})
}

// groupsBuilt marks a file whose parked deliveries are all in their groups.
const groupsBuilt = "parked-groups"

// GroupsParked says whether all parked deliveries are in their groups; in a file of an older program they are not.
func (t *Tx) GroupsParked() (bool, error) {
	_, found, err := t.Bucket("layout").Get(key(groupsBuilt))
	return found, err
}

// GroupParked enters the parked deliveries of an older program's file in their groups.
func (t *Tx) GroupParked() error {
	built, err := t.GroupsParked()
	if err != nil || built {
		return err
	}
	var left []*Delivery
	err = t.Open(Parked, func(d *Delivery) (bool, error) {
		left = append(left, d)
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, d := range left {
		if err := t.unpark(d); err != nil {
			return err
		}
		if err := t.park(d); err != nil {
			return err
		}
	}
	return t.Bucket("layout").Put(key(groupsBuilt), []byte{1})
}
