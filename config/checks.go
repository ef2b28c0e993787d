package config

import (
	"time"

	"github.com/sihehub/sihe/strictyaml"
)

// Checks says how checks run where their own files do not say it.
type Checks struct {
	Every   time.Duration // between two runs
	Window  time.Duration // documents that have not changed for longer are looked at on demand only
	Full    time.Duration // between two looks at all documents of the window
	Calls   int           // of systems by one check in one run that asks them
	Repairs int           // at most so many by one check in one run; 0: none by itself
	Repeats int           // at most so many of one document in 24 hours
}

// checks reads how they run.
func (r *reader) checks(n *strictyaml.Node) {
	c := &r.c.Checks
	*c = Checks{Every: 5 * time.Minute, Window: 90 * day, Full: day, Calls: 1000, Repairs: 20, Repeats: 3}
	if n == nil {
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, x := range []struct {
		key         string
		into        *time.Duration
		least, most time.Duration
	}{{"every", &c.Every, 10 * time.Second, 30 * day}, {"window", &c.Window, time.Hour, 3650 * day}, {"full", &c.Full, time.Hour, 30 * day}} {
		if v := m.Take(x.key); v != nil {
			*x.into = span(v, x.least, x.most)
		}
	}
	if v := m.Take("calls"); v != nil {
		c.Calls = count(v, 1, 100_000, "calls")
	}
	if v := m.Take("repairs"); v != nil {
		c.Repairs = count(v, 0, 1000, "repairs")
	}
	if v := m.Take("repeats"); v != nil {
		c.Repeats = count(v, 1, 100, "repeats")
	}
	m.Done()
}
