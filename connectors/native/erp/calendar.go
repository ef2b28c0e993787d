package erp

import (
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// horizon is how many days ahead the calendar is searched for free capacity.
const horizon = 730

// A calendar says how many hours a work centre works each day and how many of them are taken.
type calendar struct {
	name       string
	week       string // mon_fri, mon_sat or every_day
	capacity   sihe.Decimal
	exceptions map[expr.Date]sihe.Decimal
	tx         *native.Tx                 // where the hours taken by open work orders stand
	load       map[expr.Date]sihe.Decimal // hours taken as far as they were asked for, with those of this plan
}

// A slot is some hours of one day.
type slot struct {
	date  expr.Date
	hours sihe.Decimal
}

// officeWeek is the calendar of what happens outside a work centre: inspection, packing, purchasing.
func officeWeek() *calendar {
	return &calendar{week: "mon_fri", capacity: sihe.DecimalFromInt(1)}
}

func calendarOf(tx *native.Tx, d *native.Doc) *calendar {
	c := &calendar{
		name: d.Key(), week: d.Text("week"), capacity: d.Decimal("capacity_hours"),
		exceptions: map[expr.Date]sihe.Decimal{}, tx: tx, load: map[expr.Date]sihe.Decimal{},
	}
	for _, r := range d.Rows("exceptions") {
		c.exceptions[r.Date("date")] = r.Decimal("capacity_hours")
	}
	return c
}

// hours returns the capacity of a day, whether taken or not.
func (c *calendar) hours(d expr.Date) sihe.Decimal {
	if h, ok := c.exceptions[d]; ok {
		return h
	}
	w := d.Weekday()
	if (w == time.Sunday && c.week != "every_day") || (w == time.Saturday && c.week == "mon_fri") {
		return sihe.Decimal{}
	}
	return c.capacity
}

// working returns the first working day on or after d; d itself when none comes within the horizon.
func (c *calendar) working(d expr.Date) expr.Date {
	for i := range horizon {
		if day := d.AddDays(i); c.hours(day).Sign() > 0 {
			return day
		}
	}
	return d
}

// after returns the n-th working day after d.
func (c *calendar) after(d expr.Date, n int) expr.Date {
	for range n {
		d = c.working(d.AddDays(1))
	}
	return d
}

// take puts hours on the free capacity from a day on and returns which days they fall on. Hours that do not fit within
// the horizon are refused.
func (c *calendar) take(from expr.Date, hours sihe.Decimal) ([]slot, error) {
	var slots []slot
	for i := 0; hours.Sign() > 0; i++ {
		if i == horizon {
			return nil, sihe.Rejected(sihe.CodeNoCapacity, "plan %s hours on %s from %s: no free capacity within %d days", hours, c.name, from, horizon)
		}
		day := from.AddDays(i)
		taken, err := c.taken(day)
		if err != nil {
			return nil, err
		}
		free := c.hours(day).Sub(taken)
		if free.Sign() <= 0 {
			continue
		}
		h := hours.Min(free)
		c.load[day] = taken.Add(h)
		hours = hours.Sub(h)
		slots = append(slots, slot{day, h})
	}
	return slots, nil
}

// taken returns the hours of a day that work orders take.
func (c *calendar) taken(d expr.Date) (sihe.Decimal, error) {
	if h, ok := c.load[d]; ok {
		return h, nil
	}
	l, ok, err := c.tx.Get("work_load", loadKey(c.name, d))
	if err != nil || !ok {
		return sihe.Decimal{}, err
	}
	c.load[d] = l.Decimal("hours")
	return c.load[d], nil
}

func loadKey(center string, d expr.Date) string { return center + "@" + d.String() }

// takeLoad adds the schedule of a work order to the load of its days; with −1 it gives the days from `from` on back.
func takeLoad(tx *native.Tx, d *native.Doc, sign int64, from expr.Date) error {
	for _, r := range d.Rows("schedule") {
		if r.Date("date") < from {
			continue
		}
		l, ok, err := tx.Get("work_load", loadKey(r.Text("work_center"), r.Date("date")))
		if err != nil {
			return err
		}
		if !ok {
			if l, err = tx.Create("work_load", native.Fields{"work_center": r.Text("work_center"), "date": r.Date("date")}); err != nil {
				return err
			}
		}
		l.Set("hours", floor(l.Decimal("hours").Add(r.Decimal("hours").Mul(sihe.DecimalFromInt(sign)))))
		if err := tx.Save(l); err != nil {
			return err
		}
	}
	return nil
}
