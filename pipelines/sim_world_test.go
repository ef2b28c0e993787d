package pipelines

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/store"
)

// A simWorld is one run: everything outside of the hub, and the hub's lives one after the other. One goroutine, the
// director, plays the story; the rest happens by itself.
type simWorld struct {
	t     testing.TB
	seed  uint64
	r     *rand.Rand // the director's
	dice  *dice
	rate  rates
	files *simFiles
	dir   string
	reach *reached

	temper     string
	partitions int
	twoFiles   bool // bus and store keep a file each
	shopPolled bool
	shopSkew   time.Duration
	absurd     bool // a target asks for decades of silence
	braking    bool // each pipeline may write simBrake documents an hour
	ticking    bool // there is a job
	skewed     bool // the clock is set at all
	hourly     bool // the clock is set by less than a day
	loop       bool // two systems answer each other for ever

	crm, erp, ledger *simServer
	shop             *simShop

	healed   atomic.Bool
	immortal atomic.Bool  // it has died often enough
	skew     atomic.Int64 // of the wall clock, in seconds
	syncFail atomic.Bool
	outage   sync.Map // systems that are away
	poison   sync.Map // keys that targets cannot take for now
	lifted   sync.Map // pipelines that a person has resumed
	no       sync.Map // keys that the business does not want
	runs     atomic.Int64

	now1     atomic.Pointer[simLife] // what the outside reaches; nil while nothing runs
	life     *simLife                // the director's
	ended    chan *simLife           // lives that are over
	swapping chan struct{}           // one change of the files at a time
	ghosts   []*simLife
	lives    int
	born0    time.Time

	mu     sync.Mutex
	wrongs []string
}

// A simLife is the hub from one start to its end.
type simLife struct {
	w         *simWorld
	hub       atomic.Pointer[Hub]
	bus       *simBus
	store     *store.Store
	disks     []*simDisk
	born      time.Time
	dead      atomic.Bool
	powerless atomic.Bool // its files lost their power too
	how       string
	stop      context.CancelFunc
	done      chan struct{}
}

const (
	maxLives = 5
	simBrake = 3
	simRoom  = 16 // events in memory per street
)

// now is the clock of the hub's machine: its wall part can be set, its monotonic part cannot. A bubble's own times have no
// monotonic part, so one is put in, as package time has it in every process.
func (w *simWorld) now() time.Time {
	real := time.Now()
	t := real.Add(time.Duration(w.skew.Load()) * time.Second)
	const toUnix = int64(1969*365+1969/4-1969/100+1969/400) * 86400
	const to1885 = int64(1884*365+1884/4-1884/100+1884/400) * 86400
	inside := (*struct {
		wall uint64
		ext  int64
	})(unsafe.Pointer(&t))
	inside.wall = 1<<63 | uint64(t.Unix()+toUnix-to1885)<<30 | uint64(t.Nanosecond())
	inside.ext = int64(real.Sub(w.born0)) + 1
	return t
}

func (w *simWorld) rates() *rates {
	if w.healed.Load() {
		return &rates{}
	}
	return &w.rate
}

func (w *simWorld) some(what string) { w.reach.note(what) }

// wrong notes a broken promise.
func (w *simWorld) wrong(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.wrongs) < 20 {
		w.wrongs = append(w.wrongs, fmt.Sprintf(format, args...))
	}
}

func (w *simWorld) down(system string) bool {
	_, away := w.outage.Load(system)
	return away && !w.healed.Load()
}

func subjectOf(x sihe.Write) string {
	if x.Key != "" {
		return x.Key
	}
	return x.CorrelationID
}

func (w *simWorld) poisoned(x sihe.Write) bool {
	_, yes := w.poison.Load(subjectOf(x))
	return yes && !w.healed.Load()
}

func (w *simWorld) barred(x sihe.Write) bool {
	_, yes := w.no.Load(subjectOf(x))
	return yes && x.Entity == "finance.entry"
}

func (w *simWorld) takeSyncFailure() bool { return w.syncFail.CompareAndSwap(true, false) }

// die cuts the power.
func (l *simLife) die(how string) {
	l.powerless.Store(true)
	l.end(how)
}

// exit ends the process after a while, as a supervisor does that finds it unable to work.
func (l *simLife) exit(after time.Duration) {
	go func() {
		time.Sleep(after)
		l.end("it was restarted")
	}()
}

func (l *simLife) end(how string) {
	if !l.dead.CompareAndSwap(false, true) {
		return
	}
	l.how = how
	if h := l.hub.Load(); h != nil {
		h.Abandon()
	}
	l.w.ended <- l // one that never came up was seen to already
}

// fails is the hub's failpoint: it takes a moment, so that others come in between, and may be the end.
func (l *simLife) fails(s Step, id string) error {
	place := "step " + string(s)
	time.Sleep(l.w.dice.span(0, 200*time.Microsecond, place, id))
	if l.dead.Load() {
		return errPower
	}
	if h := l.hub.Load(); h != nil && s == StepIntended && l.w.dice.hits(l.w.rates().swap, "step swap", id) {
		version := []string{"v1", "v2"}[l.w.dice.pick(2, "swap to", id)]
		l.w.swap(h, l.w.files.plans[planName(l.w.temper, version, true)], "files swapped at a step")
	}
	if l.w.dice.hits(l.w.mortal(), place+" dies", id) {
		l.w.some("death at " + string(s))
		l.die(string(s))
		return errPower
	}
	return nil
}

// begin gives the hub a new life over the same files. A supervisor starts it again when it does not come up.
func (w *simWorld) begin() {
	for !w.born() {
		w.off(w.life)
		time.Sleep(100 * time.Millisecond)
	}
}

// born returns false when the hub did not come up.
func (w *simWorld) born() bool {
	w.lives++
	w.immortal.Store(w.lives >= maxLives)
	l := &simLife{w: w, born: time.Now(), done: make(chan struct{})}
	w.life = l
	db, err := l.open(filepath.Join(w.dir, "hub.db"))
	if err != nil {
		w.t.Fatalf("open the store: %v", err)
	}
	l.disks = append(l.disks, db)
	busDB := db
	if w.twoFiles {
		if busDB, err = l.open(filepath.Join(w.dir, "bus.db")); err != nil {
			w.t.Fatalf("open the bus: %v", err)
		}
		l.disks = append(l.disks, busDB)
	}
	l.store = store.Embed(db.db, store.Options{Now: w.now, Retention: store.Retention{Balance: -1}})
	embedded, err := bus.Embed(busDB.db, w.now)
	if err != nil {
		w.t.Fatalf("begin the bus: %v", err)
	}
	l.bus = &simBus{Embedded: embedded, life: l, gap: map[string]bool{}}
	hub, err := New(w.options(l))
	if err != nil {
		w.some("did not come up")
		return false
	}
	l.hub.Store(hub)
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	go func() {
		defer close(l.done)
		err := hub.Run(ctx)
		if ctx.Err() == nil {
			l.end(fmt.Sprintf("it ended by itself: %v", err))
		}
	}()
	w.now1.Store(l)
	return true
}

func (w *simWorld) options(l *simLife) Options {
	link := func(s *simServer) System {
		return System{Name: s.name, Module: s.name, Kind: "sim", Native: true, Connector: simLink{s, l}, Limits: Limits{Concurrent: 4}}
	}
	shop := System{Name: "shop", Module: "oa", Kind: "sim", Connector: simCounter{w.shop, l}, Normalise: w.files.shop, Every: 20 * time.Second}
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("SIHE_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	var jobs []Job
	if w.ticking {
		jobs = []Job{{Name: "tick", Schedule: "0 * * * *", Do: func(context.Context) error { w.runs.Add(1); return nil }}}
	}
	var brake Brake
	if w.braking {
		brake = Brake{Records: simBrake, Window: time.Hour}
	}
	return Options{
		Brake: brake,
		Name:  "sim", Plan: w.files.plans[planName(w.temper, "v1", true)], Catalog: w.files.catalog, Bus: l.bus, Store: l.store,
		Systems: []System{link(w.crm), link(w.erp), shop, link(w.ledger)},
		Jobs:    jobs,
		Now:     w.now, Zone: time.UTC, Log: log, Topics: Topics{Partitions: w.partitions}, Failpoint: l.fails,
		Rand:   func(n int64) int64 { return int64(w.dice.throw("jitter", "") % uint64(n)) },
		Tuning: Tuning{Events: simRoom, WriteTimeout: 5 * time.Second, Drain: 3 * time.Second, NeedsFor: 5 * time.Minute, FirstRetry: 500 * time.Millisecond},
	}
}

// mortal is how often, in a thousand, the power goes at a place where it could.
func (w *simWorld) mortal() int {
	if w.immortal.Load() {
		return 0
	}
	return w.rates().die
}

// restart ends the life under way as SIGTERM does, and begins another.
func (w *simWorld) restart() {
	if w.halt() {
		w.begin()
	}
}

// halt returns false when the hub died of something else meanwhile.
func (w *simWorld) halt() bool {
	l := w.life
	w.now1.Store(nil)
	l.stop()
	<-l.done
	if !l.dead.CompareAndSwap(false, true) {
		return false
	}
	if err := l.bus.Close(); err != nil {
		w.wrong("close the bus: %v", err)
	}
	w.off(l)
	return true
}

func (w *simWorld) off(l *simLife) {
	var errs []error
	for _, d := range l.disks {
		errs = append(errs, d.off())
	}
	if err := errors.Join(errs...); err != nil {
		w.wrong("close: %v", err)
	}
}

// bury puts an ended life away and begins the next. What it had sent goes on.
func (w *simWorld) bury(l *simLife) {
	if l != w.life {
		return
	}
	w.now1.Store(nil)
	l.witness()
	l.stop()
	w.off(l)
	w.ghosts = append(w.ghosts, l)
	if l.powerless.Load() && time.Since(l.born) < 300*time.Millisecond && w.lives > 1 {
		w.some("death while recovering")
	}
	time.Sleep(w.dice.span(0, 500*time.Millisecond, "down", ""))
	w.begin()
}

// witness notes what has become of the breakers.
func (l *simLife) witness() {
	for _, s := range l.hub.Load().systems {
		if s.breaker.turns() > 0 {
			l.w.some("breaker half-open")
		}
	}
}

// until waits, and sees to lives that end meanwhile.
func (w *simWorld) until(at time.Time) {
	for {
		t := time.NewTimer(time.Until(at))
		select {
		case l := <-w.ended:
			t.Stop()
			w.bury(l)
		case <-t.C:
			return
		}
	}
}

func (w *simWorld) wait(d time.Duration) { w.until(time.Now().Add(d)) }
