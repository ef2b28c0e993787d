package config

import (
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

const day = 24 * time.Hour

// Retention says how long things are kept; 0 is for ever. What waits or is parked is kept until it has come to its end,
// whatever stands here.
type Retention struct {
	Raw       time.Duration // raw records on the bus
	Canonical time.Duration // events on the bus
	Delivered time.Duration // what became of documents; duplicates are recognised by it
	Trace     time.Duration // the steps of each document's trace
	Balance   time.Duration // rows of the balance
	Audit     time.Duration // who did what; the chain stays verifiable from the first row that is kept
	Feed      int           // lines of activity
	Outbox    int           // events that a native module keeps after they were read
}

func (r *reader) retention(n *strictyaml.Node) {
	t := &r.c.Retention
	*t = Retention{Raw: 30 * day, Delivered: 400 * day, Trace: 400 * day, Balance: 400 * day, Feed: 10_000, Outbox: 10_000}
	if n == nil {
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, x := range []struct {
		key   string
		into  *time.Duration
		least time.Duration // 0 is for ever and always allowed
	}{
		{"raw", &t.Raw, time.Hour},
		{"canonical", &t.Canonical, time.Hour},
		{"delivered", &t.Delivered, 7 * day},
		{"trace", &t.Trace, day},
		{"balance", &t.Balance, day},
		{"audit", &t.Audit, 30 * day},
	} {
		v := m.Take(x.key)
		if v == nil {
			continue
		}
		d, ok := v.Duration()
		if ok && d != 0 && d < x.least {
			v.Report(sihe.CodeConfigValue, "write at least "+x.least.String()+", or 0 for ever", "%s: %s is too short to be safe", x.key, v.Literal())
		}
		*x.into = d
	}
	if v := m.Take("feed"); v != nil {
		t.Feed = count(v, 100, 10_000_000, "lines")
	}
	if v := m.Take("outbox"); v != nil {
		t.Outbox = count(v, 100, 100_000_000, "events")
	}
	m.Done()
}
