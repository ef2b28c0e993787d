package pipelines

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A reached tells which states were ever reached, over all runs: a simulation that never gets there proves nothing about it.
type reached struct {
	mu    sync.Mutex
	times map[string]int
}

func (r *reached) note(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.times[what]++
}

// sometimes must be reached by some seed of a thousand.
var sometimes = []string{
	"unknown resolved", "unknown was not done", "unknown resolved by a person", "parked released", "replayed in the middle", "waited behind another",
	"retry exhausted", "needs released", "needs deadline", "stale version dropped", "stale raw record dropped", "echo", "hop budget", "rejected",
	"write unfinished by a death", "death while recovering", "lost what could be seen", "late arrival", "call timed out", "connector panicked", "throttled",
	"rebalance", "rebalance in the middle of a write", "stale fetch", "published twice", "answer of the bus lost", "log gap", "files swapped at a step", "unreadable record parked", "call got lost",
	"breaker half-open", "brake tripped",
	"webhook replayed", "disk full", "sync failed", "clock set", "files swapped",
	"death at appended", "death at emitted", "death at fetched", "death at intended", "death at answered", "death at published",
	"death at recorded", "death at normalised", "death at accepted", "death at acknowledged", "death at committed", "death at cursor",
	"death at paged", "death at planned", "death at read", "death at settling", "death at verified",
}

// The whole hub in one process, under a virtual clock, with everything going wrong that can: systems, bus, disk, clock,
// power and people. Afterwards all must have come to an end, once, in order, with closed books. Without more said
// the seeds from 1 to 10,000 are tried, for at most 5 minutes; SIHE_SEEDS tries so many others by chance, SIHE_SEED repeats one,
// SIHE_FAILURES how many may fail before it ends; those in testdata/seeds.txt once failed and are tried first.
func TestSimulation(t *testing.T) {
	files, err := simCompiled()
	if err != nil {
		t.Fatal(err)
	}
	seeds, whole := simSeeds(t)
	r := &reached{times: map[string]int{}}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // most of what a run needs lives as long as the run
	began := time.Now()
	end := simEnd(t, began)
	bearable := int64(3)
	if n, err := strconv.ParseInt(os.Getenv("SIHE_FAILURES"), 10, 64); err == nil {
		bearable = n
	}
	var next, failed atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(seeds)) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(seeds)) && failed.Load() < bearable && time.Now().Before(end); i = next.Add(1) - 1 {
				if !simulate(t, seeds[i], files, r) {
					failed.Add(1)
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	n := min(next.Load(), int64(len(seeds)))
	t.Logf("%d seeds of %d, the last %d, in %s: %d/s", n, len(seeds), seeds[n-1], took.Round(time.Second), int64(time.Duration(n)*time.Second/max(took, 1)))
	if os.Getenv("SIHE_SIM_STATS") != "" {
		for _, what := range slices.Sorted(maps.Keys(r.times)) {
			t.Logf("%8d %s", r.times[what], what)
		}
	}
	if failed.Load() > 0 || !whole || n < 1000 {
		return
	}
	for _, what := range sometimes {
		if t.Logf("%7d × %s", r.times[what], what); r.times[what] == 0 {
			t.Errorf("never reached: %s", what)
		}
	}
}

// simEnd is when the simulation goes no further, so that a slow machine has fewer seeds instead of no result. A number of
// seeds that somebody asked for is tried as long as it takes.
func simEnd(t *testing.T, began time.Time) time.Time {
	if os.Getenv("SIHE_SEEDS") != "" {
		return began.Add(simDay)
	}
	end := began.Add(5 * time.Minute)
	if deadline, any := t.Deadline(); any && deadline.Add(-time.Minute).Before(end) {
		end = deadline.Add(-time.Minute)
	}
	return end
}

// simSeeds returns what to try, and whether that is so much that everything must be reached by it.
func simSeeds(t *testing.T) (seeds []uint64, whole bool) {
	if n, err := strconv.ParseUint(os.Getenv("SIHE_SEED"), 10, 64); err == nil {
		return []uint64{n}, false
	}
	known, err := os.ReadFile(filepath.Join("testdata", "seeds.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(known)) {
		if n, err := strconv.ParseUint(strings.Fields(line + " -")[0], 10, 64); err == nil {
			seeds = append(seeds, n)
		}
	}
	count := 10_000
	if testing.Short() {
		count = 200
	}
	if n, err := strconv.Atoi(os.Getenv("SIHE_SEEDS")); err == nil {
		count = n
	}
	first := uint64(1) // the same every time, so that what fails is due to a change
	if os.Getenv("SIHE_SEEDS") != "" {
		first = rand.Uint64() >> 16
	}
	for ; len(seeds) < count; first++ {
		seeds = append(seeds, first)
	}
	return seeds, count >= 1000
}

// simulate tells one story; false when a promise was broken in it.
func simulate(t *testing.T, seed uint64, files *simFiles, r *reached) (ok bool) {
	dir, err := os.MkdirTemp(simFolder(t), "sim")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var w *simWorld
	defer func() {
		if p := recover(); p != nil {
			w.wrong("panic: %v", p)
			if all := make([]byte, 1<<20); os.Getenv("SIHE_TEST_LOG") != "" {
				fmt.Fprintf(os.Stderr, "%s\n", all[:runtime.Stack(all, true)])
			}
		}
		if ok = len(w.wrongs) == 0; !ok {
			t.Errorf("seed %d: %s\nrepeat it with: SIHE_SEED=%d go test ./pipelines -run TestSimulation -count=1", seed, strings.Join(w.wrongs, "\n\t"), seed)
		}
	}()
	w = &simWorld{seed: seed, files: files, dir: dir, reach: r}
	stuck := time.AfterFunc(2*time.Minute, func() {
		fmt.Fprintf(os.Stderr, "seed %d takes long; if it is stuck, a lock is held while somebody waits for a clock\n", seed)
	})
	defer stuck.Stop()
	synctest.Test(t, func(t *testing.T) {
		w.t = t
		w.run()
	})
	return len(w.wrongs) == 0
}

// simFolder is in memory where there is such a file system: the disk's faults are simulated, not its slowness.
func simFolder(t *testing.T) string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return t.TempDir()
}

func (w *simWorld) run() {
	w.born0 = time.Now()
	if t := w.now().Add(time.Second); t.Sub(w.now()) != time.Second || t.Round(0) == t || //nolint:staticcheck // whether the monotonic part is there
		!t.Round(0).Equal(w.born0.Add(time.Second)) {
		w.wrong("the simulated clock is not made as package time makes its own: %v", t)
	}
	w.r, w.dice = rand.New(rand.NewPCG(w.seed, 1)), newDice(w.seed)
	w.rate = drawRates(w.r)
	pick := func(kinds ...string) string { return kinds[w.r.IntN(len(kinds))] }
	w.temper, w.twoFiles, w.shopPolled, w.loop = pick(lenient, lenient, curt), w.r.IntN(2) == 0, w.r.IntN(3) > 0, w.r.IntN(8) == 0
	w.shopSkew, w.absurd = time.Duration(w.r.IntN(1200)-600)*time.Second, w.r.IntN(40) == 0
	w.ticking, w.braking = w.r.IntN(10) == 0, w.r.IntN(5) == 0
	w.partitions = 1 + w.r.IntN(3)/2
	w.ended, w.swapping = make(chan *simLife, 100), make(chan struct{}, 1)
	w.crm, w.erp = newSimServer(w, "crm", pick(kindExact, kindFound)), newSimServer(w, "erp", pick(kindExact, kindFound))
	w.ledger = newSimServer(w, "finance", pick(kindExact, kindFound, kindFound, kindBlind))
	w.shop = &simShop{w: w, acked: map[string]bool{}}
	a := &agenda{w: w, span: time.Duration(5+w.r.IntN(40)) * time.Second}
	a.story()
	a.trouble()
	w.begin()
	a.play()
	w.heal()
	w.live()
	if len(w.wrongs) == 0 {
		w.judge()
	}
	if ticks := w.runs.Load(); w.ticking {
		w.wait(61 * time.Minute)
		if w.runs.Load() == ticks && !w.hourly { // what a timetable has done by a clock that was a little ahead is not done again
			w.wrong("the schedule stands still")
		}
	}
	w.life.witness()
	for !w.halt() {
		w.until(time.Now())
	}
	for _, l := range w.ghosts {
		<-l.done
	}
	time.Sleep(time.Minute) // whoever is still at it outside
	w.reach.mu.Lock()
	w.reach.times["~ lives"] += w.lives
	w.reach.times["~ minutes"] += int(time.Since(w.born0).Minutes())
	w.reach.mu.Unlock()
	if len(w.wrongs) > 0 {
		w.wrongs = append(w.wrongs, w.describe())
	}
}

func (w *simWorld) describe() string {
	return fmt.Sprintf("crm %s, erp %s, finance %s, %s, two files %v, polled %v, loop %v, %d lives, rates %+v", w.crm.kind, w.erp.kind, w.ledger.kind, w.temper, w.twoFiles, w.shopPolled, w.loop, w.lives, w.rate)
}
