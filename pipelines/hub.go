package pipelines

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/pipelines/store"
)

// Options are what a hub is built from. Plan, Catalog, Bus, Store, Now, Zone and Log are required.
type Options struct {
	Name    string // of the hub; it names its own view of the topics. Default "hub"
	Plan    *Plan
	Catalog *canonical.Catalog
	Bus     sihe.Bus
	Store   *store.Store
	Systems []System
	Jobs    []Job
	Brake   Brake // of pipelines whose files do not say otherwise; zero: none

	Now  func() time.Time    // the clock: stamps, due times, budgets
	Zone *time.Location      // of business days and schedules
	Rand func(n int64) int64 // uniform in [0,n), called concurrently: jitter. nil: no jitter
	Log  *slog.Logger

	Topics Topics
	Intake Intake
	Tuning Tuning
	Checks Checks

	// Failpoint is called at each Step; an error abandons the hub at that point as a power cut would: nothing is
	// drained and nothing more is recorded. For tests.
	Failpoint func(s Step, id string) error

	// Room says why nothing new may be taken in now, by webhook or by poll, e.g. because the disk is full; what has been
	// taken in goes on. It is called often and concurrently. nil: there is always room.
	Room func() error
}

// Tuning bounds the work. Zero fields take the defaults.
type Tuning struct {
	Events       int           // in memory per street; default 256
	Bytes        int64         // of their payloads per street; default 32 MiB
	WriteTimeout time.Duration // of one call of a Sink or Finder; default 1 min
	Drain        time.Duration // for calls under way when the hub stops; default 10 s
	Settle       time.Duration // after a write of unknown outcome until a negative look-up counts; default 2 s
	FirstRetry   time.Duration // doubles with each attempt; default 1 s
	NeedsFor     time.Duration // deadline of a prerequisite where the pipeline has none; default 24 h
	Poll         time.Duration // between reads of a Source without a schedule; default 30 s
	CommitEvery  time.Duration // at most so often is an offset committed; default 100 ms
	TrimEvery    time.Duration // retention of the store; default 1 h
	Stuck        time.Duration // a street that has something to do and ends nothing is failing; default 5 min
}

func (t Tuning) withDefaults() Tuning {
	def(&t.Events, 256)
	def(&t.Bytes, 32<<20)
	def(&t.WriteTimeout, time.Minute)
	def(&t.Drain, 10*time.Second)
	def(&t.Settle, 2*time.Second)
	def(&t.FirstRetry, time.Second)
	def(&t.NeedsFor, 24*time.Hour)
	def(&t.Poll, 30*time.Second)
	def(&t.CommitEvery, 100*time.Millisecond)
	def(&t.TrimEvery, time.Hour)
	def(&t.Stuck, 5*time.Minute)
	return t
}

func def[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// A Hub joins the systems. Its methods may be called concurrently, before, during and after Run.
type Hub struct {
	o       Options
	outbox  store.Outbox // the bus, when it lies in the store's file; else nil
	systems []*system    // in the order of hub.yaml
	jobs    []*job
	started time.Time
	plan    atomic.Pointer[Plan] // by which events that begin now go

	dead     atomic.Bool // abandoned: nothing is recorded any more
	stopping atomic.Bool
	begun    atomic.Bool   // the topics are there
	busy     chan struct{} // a place for each intake request under way

	examining chan struct{} // a place for each street that is compared with the bus

	swapping sync.Mutex          // one Swap at a time
	checking chan struct{}       // holds the one permission to run checks
	changed  chan store.Activity // changes of health to be told
	doubts   doubts
	skews    skews
	rerun    chan struct{} // holds one signal: a replay or backfill was begun

	mu      sync.Mutex
	streets []street
	work    func(s street)    // lets a street work; nil while the hub does not run. Called with the lock held
	stops   map[string]func() // by street: stops it and waits for its calls under way
	claims  map[store.Part]*claim
	pauses  map[string]chan struct{} // closed when the street is resumed
	health  map[string]*Health       // of polls, streets and jobs, by name
	resting map[string]chan struct{} // closed to try again what has failed, by name
	courses map[string]*course       // what should succeed again and again, by the same name
	cut     context.CancelCauseFunc  // of the Run under way
}

// New checks the options and builds a hub; it calls nobody. All that is wrong is reported at once.
func New(o Options) (*Hub, error) {
	def(&o.Name, "hub")
	o.Tuning, o.Topics, o.Intake, o.Checks = o.Tuning.withDefaults(), o.Topics.withDefaults(), o.Intake.withDefaults(), o.Checks.withDefaults()
	h := &Hub{
		o: o, outbox: o.Store.Outbox(o.Bus), started: o.Now(), checking: make(chan struct{}, 1), busy: make(chan struct{}, o.Intake.Concurrent),
		stops: map[string]func(){}, claims: map[store.Part]*claim{}, pauses: map[string]chan struct{}{}, health: map[string]*Health{},
		resting: map[string]chan struct{}{}, examining: make(chan struct{}, 4),
		courses: map[string]*course{}, changed: make(chan store.Activity, tellAtMost),
	}
	h.rerun = make(chan struct{}, 1)
	var f sihe.Findings
	for _, s := range o.Systems {
		h.addSystem(s, &f)
	}
	for _, j := range o.Jobs {
		h.addJob(j, &f)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	for _, s := range h.systems {
		h.streets = append(h.streets, newNormaliser(h, s))
	}
	h.plan.Store(o.Plan)
	for _, p := range o.Plan.Pipelines {
		if len(h.playing(p.To.Module)) > 0 {
			h.streets = append(h.streets, newSiding(newDeliverer(h, p)))
		}
	}
	if err := h.groupParked(); err != nil {
		return nil, err
	}
	return h, h.loadPauses()
}

// playing returns the systems that play a module, in the order of hub.yaml.
func (h *Hub) playing(module string) []*system {
	var all []*system
	for _, s := range h.systems {
		if s.Module == module {
			all = append(all, s)
		}
	}
	return all
}

func (h *Hub) system(name string) (*system, bool) {
	i := slices.IndexFunc(h.systems, func(s *system) bool { return s.Name == name })
	if i < 0 {
		return nil, false
	}
	return h.systems[i], true
}

// update changes the store, and tells those who were woken by it once it is durable.
func (h *Hub) update(ctx context.Context, f func(*store.Tx) ([]store.Part, error)) (sihe.Token, error) {
	var woken []store.Part
	token, err := h.o.Store.Update(ctx, func(tx *store.Tx) (err error) {
		if h.dead.Load() {
			return errAbandoned
		}
		woken, err = f(tx)
		return err
	})
	if err != nil {
		return sihe.Token{}, err
	}
	h.poke(woken...)
	return token, nil
}

// poke lets the claims of the parts look at what is due, as far as this hub holds them.
func (h *Hub) poke(parts ...store.Part) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range parts {
		if c, ok := h.claims[p]; ok {
			c.poke()
		}
	}
}
