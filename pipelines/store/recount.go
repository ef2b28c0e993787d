package store

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/sihehub/sihe"
)

// The balance is kept by counting moves. A recount asks the deliveries themselves: whatever was counted must be there, in
// the state in which it is counted, or have been trimmed.

// A Recount is one row of the balance beside what the store really holds.
type Recount struct {
	Row
	Held map[State]Tally `json:"held"` // deliveries that are there, those that were trimmed included
	// Unreceived is how many events of the entity and day the view knows that the pipeline never received, in any currency;
	// the first row of a day has it.
	Unreceived int64 `json:"unreceived,omitempty"`
}

// Lost is what was counted and is not there (positive), or is there and was never counted (negative).
func (r Recount) Lost() Tally {
	lost := r.Received
	for _, s := range r.Held {
		lost.Count -= s.Count
		lost.Amount = lost.Amount.Sub(s.Amount)
	}
	return lost
}

// Astray lists the states in which other deliveries are counted than are there.
func (r Recount) Astray() []State {
	return slices.DeleteFunc(States(), func(s State) bool {
		a, b := r.States[s], r.Held[s]
		return a.Count == b.Count && a.Amount.Cmp(b.Amount) == 0
	})
}

// Closes says whether received = delivered + unchanged + filtered + rejected + parked + in flight, and all of it is there.
func (r Recount) Closes() bool {
	d := r.Difference()
	return d.Count == 0 && d.Amount.Sign() == 0 && len(r.Astray()) == 0 && r.Unreceived == 0
}

// rowName names a row below its pipeline.
type rowName struct{ entity, day, currency string }

// brief is what a recount needs of a delivery.
type brief struct {
	Entity   string        `json:"entity"`
	Day      string        `json:"day"`
	Currency string        `json:"currency"`
	Amount   *sihe.Decimal `json:"amount"`
	State    State         `json:"state"`
}

// errEnough ends a walk early.
var errEnough = errors.New("enough")

// Recount compares the rows of a pipeline, of one day or of all when it is empty, with its deliveries. more is asked now
// and then whether to go on. A transaction that recounts a million deliveries is open for some seconds.
func (t *Tx) Recount(pipeline, day string, more func() bool) ([]Recount, error) {
	rows := map[rowName]*Recount{}
	err := t.Balance(pipeline, func(r Row) (bool, error) {
		if day == "" || r.Day == day {
			rows[rowName{r.Entity, r.Day, r.Currency}] = &Recount{Row: r, Held: maps.Clone(r.Forgotten)}
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	for _, p := range t.Parts(pipeline) {
		n := 0
		err := t.part(p, "deliveries").Each(nil, false, func(_, v []byte) (bool, error) {
			if n++; n%1000 == 0 && !more() {
				return false, errEnough
			}
			var d brief
			if err := decode(v, &d); err != nil {
				return false, err
			}
			if day != "" && d.Day != day {
				return true, nil
			}
			name := rowName{d.Entity, d.Day, d.Currency}
			r, known := rows[name]
			if !known {
				if !t.balanceKept(d.Day) {
					return true, nil // its row was trimmed
				}
				r = &Recount{Row: Row{Pipeline: pipeline, Entity: d.Entity, Day: d.Day, Currency: d.Currency}}
				rows[name] = r
			}
			if r.Held == nil {
				r.Held = map[State]Tally{}
			}
			one := Tally{Count: 1}
			if d.Amount != nil {
				one.Amount = *d.Amount
			}
			r.Held[d.State] = r.Held[d.State].plus(one)
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	var all []Recount
	for _, name := range slices.SortedFunc(maps.Keys(rows), compareRows) {
		all = append(all, *rows[name])
	}
	return all, nil
}

// balanceKept says whether rows of a day are still kept for sure.
func (t *Tx) balanceKept(day string) bool {
	return t.retention.Balance == 0 || day > t.now.Add(-t.retention.Balance).AddDate(0, 0, 1).Format(time.DateOnly)
}

func compareRows(a, b rowName) int {
	for _, x := range [][2]string{{a.entity, b.entity}, {a.day, b.day}, {a.currency, b.currency}} {
		if x[0] != x[1] {
			if x[0] < x[1] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// StatedOn counts the events of an entity that the view knows, by day or, with day, on that day only. dayOf tells the day
// of a moment.
func (t *Tx) StatedOn(entity, day string, dayOf func(time.Time) string, more func() bool) (map[string]int64, error) {
	all := map[string]int64{}
	n := 0
	err := t.Bucket("steps").EachPrefix(key(entity), func(_, v []byte) (bool, error) {
		if n++; n%1000 == 0 && !more() {
			return false, errEnough
		}
		var s struct {
			Time time.Time `json:"time"`
		}
		if err := decode(v, &s); err != nil {
			return false, err
		}
		if on := dayOf(s.Time); day == "" || on == day {
			all[on]++
		}
		return true, nil
	})
	return all, err
}

// StepsKept says whether the view still has all events of a day.
func (t *Tx) StepsKept(day string) bool {
	return t.retention.Steps == 0 || day > t.now.Add(-t.retention.Steps).AddDate(0, 0, 1).Format(time.DateOnly)
}

// forgetCounted notes that a counted delivery is trimmed.
func (t *Tx) forgetCounted(d *Delivery) error {
	b, k := t.Bucket("balance"), key(d.Pipeline, d.Entity, d.Day, d.Currency)
	r, found, err := get[Row](b, k)
	if err != nil || !found {
		return err
	}
	one := Tally{Count: 1}
	if d.Amount != nil {
		one.Amount = *d.Amount
	}
	if r.Forgotten == nil {
		r.Forgotten = map[State]Tally{}
	}
	r.Forgotten[d.State] = r.Forgotten[d.State].plus(one)
	return put(b, k, r)
}
