package pipelines

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A Status is the hub at one moment.
type Status struct {
	Hub      string         `json:"hub"`
	Started  time.Time      `json:"started"`
	Now      time.Time      `json:"now"`
	Stopping bool           `json:"stopping"`
	OK       bool           `json:"ok"` // everything goes on, nothing is parked or unknown
	Systems  []SystemStatus `json:"systems"`
	Streets  []StreetStatus `json:"streets"`
	Health   []Health       `json:"health"` // of everything that is kept going

	// Skew is by how much this machine's clock is ahead of each sender's, by the stamps of signed requests of the last hour.
	Skew   map[string]time.Duration `json:"clock_skew,omitempty"`
	Store  StoreStatus              `json:"store"`
	Checks store.Standing           `json:"checks"` // what checks found and what still stands
}

// StoreStatus tells of the hub's file.
type StoreStatus struct {
	Path         string `json:"path"`
	Bytes        int64  `json:"bytes"`
	LastActivity uint64 `json:"last_activity"`

	Keeps []store.Holding `json:"keeps"` // how much of what, and how long
}

// SystemStatus is one system.
type SystemStatus struct {
	Name       string    `json:"name"`
	Module     string    `json:"module"`
	Connector  string    `json:"connector"`
	Native     bool      `json:"native"`
	Can        []string  `json:"can"` // of source, webhook, sink, finder, idempotent
	InUse      int       `json:"in_use"`
	Concurrent int       `json:"concurrent"`
	Asleep     time.Time `json:"asleep_until,omitzero"` // the account asked for it

	Queues  map[string]int `json:"queues,omitempty"`  // calls that wait for the budget, by lane
	Breaker *BreakerStatus `json:"breaker,omitempty"` // when it is not closed
	Drift   int64          `json:"drift"`             // differences noticed in fields of other modules
	Health  *Health        `json:"health,omitempty"`  // of the last read
}

// StreetStatus is one pipeline, or the normaliser of one system.
type StreetStatus struct {
	Name     string                `json:"name"`
	From     string                `json:"from"`
	To       string                `json:"to,omitempty"`
	Do       string                `json:"do,omitempty"`
	Idle     string                `json:"idle,omitempty"` // why it does not work at all
	Paused   bool                  `json:"paused"`
	Pause    *store.Pause          `json:"pause,omitempty"` // by whom and why; with the limit when the brake did it
	Lag      int64                 `json:"lag"`             // messages not yet carried; -1: not known
	Held     int                   `json:"partitions"`      // partitions that this hub works on
	Received int64                 `json:"received"`
	States   map[store.State]int64 `json:"states"`
	Health   *Health               `json:"health,omitempty"`
}

// Status asks the store and the bus.
func (h *Hub) Status(ctx context.Context) (Status, error) {
	s := Status{
		Hub: h.o.Name, Started: h.started, Now: h.o.Now(), Stopping: h.stopping.Load(), OK: true,
		Store: StoreStatus{Path: h.o.Store.Path(), Bytes: h.o.Store.Size()},
	}
	var totals map[string]store.Row
	var pauses []store.Pause
	var drift map[string]int64
	err := h.o.Store.View(func(tx *store.Tx) (err error) {
		if totals, err = tx.Totals(); err != nil {
			return err
		}
		if drift, err = tx.DriftCount(); err != nil {
			return err
		}
		if pauses, err = tx.Pauses(); err != nil {
			return err
		}
		if s.Checks, err = h.checkTotals(tx); err != nil {
			return err
		}
		if s.Store.Keeps, err = tx.Holdings(); err != nil {
			return err
		}
		s.Store.LastActivity, err = tx.LastActivity()
		return err
	})
	if err != nil {
		return s, err
	}
	s.Store.Keeps = append(s.Store.Keeps, h.busHoldings(ctx)...)
	s.Health = h.healths()
	s.Skew = h.skews.measured(s.Now)
	s.Systems = h.Systems()
	for i := range s.Systems {
		s.Systems[i].Drift = drift[s.Systems[i].Name]
	}
	s.Streets = h.streetStatus(ctx, totals)
	for _, p := range pauses {
		if i := slices.IndexFunc(s.Streets, func(x StreetStatus) bool { return x.Name == p.Name }); i >= 0 {
			s.Streets[i].Pause = &p
		}
	}
	for _, x := range s.Health {
		s.OK = s.OK && x.OK
	}
	for _, x := range s.Streets {
		s.OK = s.OK && x.States[store.Parked] == 0 && x.States[store.Unknown] == 0
	}
	return s, nil
}

func (h *Hub) healths() []Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]Health, 0, len(h.health))
	for _, name := range slices.Sorted(maps.Keys(h.health)) {
		all = append(all, *h.health[name])
	}
	return all
}

func (h *Hub) healthOf(name string) *Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	if x, ok := h.health[name]; ok {
		c := *x
		return &c
	}
	return nil
}

// Systems lists the systems in the order of hub.yaml.
func (h *Hub) Systems() []SystemStatus {
	all := make([]SystemStatus, 0, len(h.systems))
	for _, s := range h.systems {
		x := SystemStatus{Name: s.Name, Module: s.Module, Connector: s.Kind, Native: s.Native, Concurrent: s.lane.limit, Can: []string{}, Health: h.healthOf("poll:" + s.Name)}
		x.InUse, x.Asleep = s.lane.inUse()
		x.Queues, x.Breaker = s.lane.queues(), s.breaker.status()
		for _, c := range []struct {
			can  bool
			what string
		}{{s.source != nil, "source"}, {s.webhook != nil, "webhook"}, {s.sink != nil, "sink"}, {s.finder != nil, "finder"}, {s.idempotent(), "idempotent"}} {
			if c.can {
				x.Can = append(x.Can, c.what)
			}
		}
		all = append(all, x)
	}
	return all
}

// CheckSystem asks a system whether it answers with its settings.
func (h *Hub) CheckSystem(ctx context.Context, name string) error {
	s, ok := h.system(name)
	if !ok {
		return sihe.Permanent(sihe.Errorf(sihe.CodeSystemUnknown, "check system %q: there is none of that name", name))
	}
	return s.Connector.Check(ctx)
}

func (h *Hub) streetStatus(ctx context.Context, totals map[string]store.Row) []StreetStatus {
	var all []StreetStatus
	working := map[string]bool{}
	answers := h.awaited() == nil // one look at a bus that is away is enough, and each takes its time
	for _, s := range h.allStreets() {
		x := StreetStatus{Name: s.name(), From: s.topic(), Health: h.healthOf(s.name())}
		if d, ok := s.(*siding); ok {
			p := d.now.Load().p
			x.From, x.To, x.Do = p.From.FullName(), p.To.FullName(), p.Do
		}
		x.Lag = -1
		if answers {
			n, err := h.lag(ctx, s)
			x.Lag, answers = n, sihe.CodeOf(err) != sihe.CodeBusUnreachable
		}
		working[x.Name] = true
		all = append(all, x)
	}
	for _, p := range h.Plan().Pipelines {
		if !working[p.Name] {
			all = append(all, StreetStatus{Name: p.Name, From: p.From.FullName(), To: p.To.FullName(), Do: p.Do, Idle: "no system plays " + p.To.Module})
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range all {
		x := &all[i]
		_, x.Paused = h.pauses[x.Name]
		for part := range h.claims {
			if part.Pipeline == x.Name && part.Partition != store.Direct {
				x.Held++
			}
		}
		x.Received, x.States = totals[x.Name].Received.Count, map[store.State]int64{}
		for state, t := range totals[x.Name].States {
			x.States[state] = t.Count
		}
	}
	slices.SortStableFunc(all, func(a, b StreetStatus) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// lag is how many messages a street has not carried yet; -1 while the bus does not tell.
func (h *Hub) lag(ctx context.Context, s street) (int64, error) {
	spans, err := h.o.Bus.Offsets(ctx, s.topic())
	if err != nil {
		return -1, err
	}
	done, err := h.o.Bus.Committed(ctx, groupOf(s), s.topic())
	if err != nil {
		return -1, err
	}
	var lag int64
	for i, span := range spans {
		from := span.First
		if i < len(done) && done[i] > from {
			from = done[i]
		}
		lag += span.Next - from
	}
	return lag, nil
}

func (h *Hub) knownStreet(name string) error {
	for _, s := range h.allStreets() {
		if s.name() == name {
			return nil
		}
	}
	return sihe.Permanent(sihe.Errorf(sihe.CodeDocumentUnknown, "find street %s: there is none of that name", strings.ToValidUTF8(name, "�")))
}

// Ready says whether the hub can take something in now: the bus and the store answer.
func (h *Hub) Ready(ctx context.Context) error {
	if h.stopping.Load() {
		return sihe.Errorf(sihe.CodeStopping, "take something in: the hub is stopping")
	}
	if err := h.room(); err != nil {
		return err
	}
	if err := h.o.Store.View(func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	if err := h.awaited(); err != nil {
		return err
	}
	if !h.begun.Load() {
		return sihe.Errorf(sihe.CodeBusy, "take something in: the hub is starting")
	}
	return h.o.Bus.Ping(ctx)
}

// room says why nothing new may be taken in.
func (h *Hub) room() error {
	if err := h.o.Store.Usable(); err != nil {
		return err
	}
	if h.o.Room == nil {
		return nil
	}
	return h.o.Room()
}
