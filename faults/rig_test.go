//go:build faults

package faults

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Binaries under test, built once.
var (
	scratch string // everything of this run is below it
	release string // as it is shipped
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	base := os.Getenv("FAULTS_DIR")
	if base == "" {
		base = "/dev/shm"
	}
	if _, err := os.Stat(base); err != nil {
		base = os.TempDir()
	}
	var err error
	if scratch, err = os.MkdirTemp(base, "sihe-faults-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(scratch)
	release = filepath.Join(scratch, "sihe")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", release, "../cmd/sihe").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the binary: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// crashing is the binary with failpoints.
var crashing = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "sihe-crash")
	out, err := exec.Command("go", "build", "-trimpath", "-tags", "crash", "-o", path, "../cmd/sihe").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the binary with failpoints: %w\n%s", err, out)
	}
	return path, nil
})

// A column of RELIABILITY 0.3: how many rounds a rig runs.
type column struct{ short, ci, release int }

// rounds is how many rounds the rig runs: N, else by FAULTS=short|ci|release.
func (c column) rounds(t *testing.T) int {
	t.Helper()
	if s := os.Getenv("N"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("N=%s is no number of rounds", s)
		}
		return n
	}
	switch os.Getenv("FAULTS") {
	case "release":
		return c.release
	case "short":
		return c.short
	}
	return c.ci
}

// seed is SEED, else a new one; it is shown, and repeats the run's choices.
func seed(t *testing.T) uint64 {
	t.Helper()
	n := uint64(time.Now().UnixNano())
	if s := os.Getenv("SEED"); s != "" {
		var err error
		if n, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("SEED=%s is no number", s)
		}
	}
	t.Logf("seed %d", n)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("again: SEED=%d N=… go test -tags faults -count=1 -v -run '^%s$' ./faults", n, t.Name())
		}
	})
	return n
}

// dice is the randomness of one worker of a run.
func dice(seed uint64, worker int) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(worker))) }

// between is a duration in [from,to).
func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}

// workers is how many hubs of a rig run at once.
func workers(t *testing.T, most int) int {
	t.Helper()
	if s := os.Getenv("WORKERS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("WORKERS=%s is no number", s)
		}
		return n
	}
	return most
}

// folder is a folder of this test below scratch; unlike t.TempDir it may be in memory.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(scratch, "run-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() || os.Getenv("KEEP") == "" {
			_ = os.RemoveAll(dir)
		}
	})
	return dir
}

// needRoot skips where a machine cannot do what the rig needs; in CI it must.
func needRoot(t *testing.T, tools ...string) {
	t.Helper()
	lacks := func(why string) {
		t.Helper()
		if os.Getenv("CI") != "" && os.Getuid() == 0 {
			t.Fatalf("this rig must run here: %s", why)
		}
		t.Skipf("NOT RUN: %s", why)
	}
	if os.Getuid() != 0 {
		lacks("it needs root")
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			lacks(tool + " is not installed (apt-get install strace e2fsprogs)")
		}
	}
}

// A tally counts what happened, for the line at the end and for what must have happened sometimes.
type tally struct {
	mu sync.Mutex
	of map[string]int
}

func (c *tally) add(what string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]int{}
	}
	c.of[what] += n
}

func (c *tally) get(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[what]
}

// most keeps the largest value.
func (c *tally) most(what string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]int{}
	}
	c.of[what] = max(c.of[what], n)
}

// report shows everything that was counted.
func (c *tally) report(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(c.of)) {
		fmt.Fprintf(&b, "\n  %-28s %d", what, c.of[what])
	}
	t.Logf("counted:%s", b.String())
}
