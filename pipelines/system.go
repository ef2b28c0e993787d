package pipelines

import (
	"sync/atomic"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/mappings"
)

// A System is one configured system and the connector that speaks with it.
type System struct {
	Name      string // as in hub.yaml and in /in/<name>
	Module    string // that it plays
	Kind      string // the connector's name, for people
	Native    bool   // it keeps canonical keys, so no cross-reference is needed
	Connector sihe.Connector
	Normalise map[string]*mappings.Mapping // by the product's name of the kind (Record.Entity)
	Limits    Limits
	Every     time.Duration // between reads of a Source; default Tuning.Poll
	Schedule  Timetable     // for reading instead; no Cron: by interval
}

// Limits protect a system: all pipelines share them.
type Limits struct {
	Rate       int           // calls per Per; 0 does not limit
	Per        time.Duration // default 1 s
	Concurrent int           // calls at once; default 8
	Breaker    Breaking      // when it is left alone
}

// system is a System at work.
type system struct {
	System
	lane      *budget
	breaker   *breaker
	normalise atomic.Pointer[map[string]*mappings.Mapping] // as they are now
	table     *timetable                                   // of reading; nil: by interval
	habit     habit                                        // when it usually brings something
	source    sihe.Source                                  // what the connector can do; nil if it cannot
	webhook   sihe.Webhook
	sink      sihe.Sink
	finder    sihe.Finder
	repeats   bool // the sink recognises a write that it has applied before
}

func (h *Hub) addSystem(s System, f *sihe.Findings) {
	def(&s.Limits.Per, time.Second)
	def(&s.Limits.Concurrent, 8)
	def(&s.Every, h.o.Tuning.Poll)
	n := &system{System: s, lane: newBudget(s.Limits, h.o.Now), breaker: h.newBreaker(s)}
	n.normalise.Store(&n.Normalise)
	n.use(s.Connector)
	_, tells := s.Connector.(sihe.Notifier)
	if s.Schedule.Cron != "" && !tells {
		n.table = h.timetable("systems."+s.Name, s.Schedule, f)
	}
	switch {
	case n.source != nil && n.table != nil:
		h.expect("poll:"+s.Name, func(since time.Time) time.Time { return n.table.nth(failingRuns, since) })
	case n.source != nil:
		h.expectEvery("poll:"+s.Name, s.Every)
	}
	if _, twice := h.system(s.Name); twice || s.Name == "" {
		*f = append(*f, sihe.Finding{Severity: sihe.SeverityError, Code: sihe.CodeConfigInvalid, Path: "systems." + s.Name, Message: "a system needs a name of its own"})
	}
	h.systems = append(h.systems, n)
}

// use takes over what the connector can do, which may be less than it implements ([sihe.Selective]).
func (s *system) use(c sihe.Connector) {
	can := sihe.AbilitiesOf(c)
	if can.Source {
		s.source, _ = c.(sihe.Source)
	}
	if can.Webhook {
		s.webhook, _ = c.(sihe.Webhook)
	}
	if can.Sink {
		s.sink, _ = c.(sihe.Sink)
	}
	if can.Finder {
		s.finder, _ = c.(sihe.Finder)
	}
	s.repeats = can.Sink && can.Idempotent
}

// idempotent says whether the system recognises a write that it has applied before.
func (s *system) idempotent() bool { return s.repeats }

// resolvable says whether the hub can find out by itself what became of a write.
func (s *system) resolvable() bool { return s.idempotent() || s.finder != nil }
