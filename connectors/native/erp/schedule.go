package erp

// schedule puts a work order on the calendars of its work centres: it starts on the first working day after its
// material and its made parts are there, its operations follow each other on free hours, and the product is available
// lead-time days (working days for inspection and packing) after the last one.
func (p *planner) schedule(w *work) error {
	from := p.today
	for _, pt := range w.parts {
		if pt.supply != nil {
			if err := p.schedule(pt.supply); err != nil {
				return err
			}
			from = max(from, pt.supply.available)
		}
		if pt.material != nil {
			from = max(from, pt.material.ready)
		}
	}
	last := officeWeek()
	w.start, w.finish = 0, from
	for _, o := range w.ops {
		c, err := p.calendar(o.center)
		if err != nil {
			return err
		}
		last = c
		day := w.finish
		if w.start == 0 {
			day = c.working(from.AddDays(1))
		}
		slots, err := c.take(day, o.hours)
		if err != nil {
			return err
		}
		w.slots = append(w.slots, slots)
		w.finish = day
		if n := len(slots); n > 0 {
			day, w.finish = slots[0].date, slots[n-1].date
		}
		if w.start == 0 {
			w.start = day
		}
	}
	if w.start == 0 {
		w.start = last.working(from.AddDays(1))
		w.finish = w.start
	}
	w.available = last.after(w.finish, w.leadDays)
	return nil
}

// calendar returns a work centre's calendar.
func (p *planner) calendar(center string) (*calendar, error) {
	if c, ok := p.calendars[center]; ok {
		return c, nil
	}
	d, err := p.tx.Must("work_center", center)
	if err != nil {
		return nil, err
	}
	c := calendarOf(p.tx, d)
	p.calendars[center] = c
	return c, nil
}
