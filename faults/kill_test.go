//go:build faults

package faults

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sihehub/sihe/pipelines"
)

// chapter is after how many kills a hub is left in peace and judged; then another one begins.
const chapter = 40

// paces are what a create takes at the targets: real business systems take 3 to 110 a second.
var paces = []time.Duration{9 * time.Millisecond, 9 * time.Millisecond, 33 * time.Millisecond, 330 * time.Millisecond}

// TestKill ends the process with SIGKILL: at named steps (the binary with failpoints), in the middle of a call of a target,
// at the n-th write or sync of a file, at random moments; a fifth of the times again while it recovers.
func TestKill(t *testing.T) {
	n, s := column{60, 1200, 10500}.rounds(t), seed(t)
	count := &tally{}
	many := min(workers(t, 3), max(1, n/10))
	var all sync.WaitGroup
	for w := range many {
		all.Go(func() {
			k := &killer{t: t, r: dice(s, w), tally: count, steps: steps()}
			for left := (n + many - 1) / many; left > 0 && !t.Failed(); left -= chapter {
				k.chapter(min(left, chapter))
				t.Logf("worker %d: %d kills in all, %d to go here", w, count.get("kills"), max(0, left-chapter))
			}
		})
	}
	all.Wait()
	count.report(t)
	if n < 500 || t.Failed() {
		return
	}
	for _, step := range steps() {
		if count.get("at "+step) == 0 {
			t.Errorf("the hub never died at step %s", step)
		}
	}
	for _, must := range []string{"in recovery", "half sent", "answer not read", "at a write or sync"} {
		if count.get(must) == 0 {
			t.Errorf("it never died %s", must)
		}
	}
}

// steps are the failpoints of the binary that has them.
func steps() []string {
	if s := os.Getenv("STEPS"); s != "" {
		return strings.Fields(s)
	}
	var all []string
	for _, s := range pipelines.Steps() {
		all = append(all, string(s))
	}
	return all
}

type killer struct {
	t     *testing.T
	r     *rand.Rand
	tally *tally
	steps []string
}

// chapter is the life of one data folder.
func (k *killer) chapter(kills int) {
	h := newHub(k.t, folder(k.t), k.tally)
	for _, x := range h.targets() {
		x.mood.Store(restless)
		x.pace.Store(int64(paces[k.r.IntN(len(paces))]))
	}
	shop := h.open("S", 6, 40)
	for range kills {
		if h.feed.count()-h.depot.count() < 20 {
			h.feed.grow(k.r.IntN(3))
		}
		k.die(h)
		k.tally.add("kills", 1)
		if k.r.IntN(5) == 0 {
			l := h.launch(nil)
			k.after(l, between(k.r, 5*time.Millisecond, 250*time.Millisecond))
			l.kill()
			k.tally.add("kills", 1)
			k.tally.add("in recovery", 1)
		}
	}
	last := h.start()
	h.settle(40*time.Second, shop).holds(h)
	last.stop()
	k.tally.add("chapters", 1)
}

// after waits, or until the process has ended.
func (k *killer) after(l *life, d time.Duration) (ended bool) {
	select {
	case <-l.ended:
		return true
	case <-time.After(d):
		return false
	}
}

// die lets one process live and die in one of the ways.
func (k *killer) die(h *hub) {
	switch way := k.r.IntN(10); {
	case way < 5:
		k.atStep(h)
	case way < 7:
		k.inCall(h)
	case way < 8 && haveStrace():
		k.atSyscall(h)
	default:
		l := h.launch(nil)
		if k.after(l, between(k.r, 20*time.Millisecond, 900*time.Millisecond)) {
			k.t.Errorf("it ended by itself: %v\n%s", l.err, l.output)
		}
		l.kill()
		k.tally.add("at random", 1)
	}
}

// atStep lets the binary with failpoints kill itself.
func (k *killer) atStep(h *hub) {
	bin, err := crashing()
	if err != nil {
		k.t.Error(err)
		return
	}
	step := k.steps[k.r.IntN(len(k.steps))]
	h.bin = bin
	l := h.launch([]string{fmt.Sprintf("SIHE_FAILPOINT=%s:%d", step, 1+k.r.IntN(4))})
	h.bin = release
	if k.after(l, 1500*time.Millisecond) {
		k.tally.add("at "+step, 1)
	} else {
		k.tally.add("step not reached", 1)
	}
	l.kill()
}

// inCall kills the process when half of a request's body has come, or when the effect is there and no answer yet.
func (k *killer) inCall(h *hub) {
	what, name := "half", "half sent"
	if k.r.IntN(2) == 0 {
		what, name = "done", "answer not read"
	}
	x := h.targets()[k.r.IntN(2)]
	l := h.launch(nil)
	left := 1 + k.r.IntN(5)
	var mu sync.Mutex
	f := func(at string) {
		mu.Lock()
		defer mu.Unlock()
		if at != what || left == 0 {
			return
		}
		if left--; left == 0 {
			_ = l.cmd.Process.Kill()
			<-l.ended
		}
	}
	x.event.Store(&f)
	if k.after(l, 2*time.Second) {
		k.tally.add(name, 1)
	}
	x.event.Store(nil)
	l.kill()
}

// atSyscall lets the kernel kill the process as it enters the n-th write or sync of a file.
func (k *killer) atSyscall(h *hub) {
	call := []string{"fdatasync", "pwrite64", "fsync", "ftruncate", "linkat,renameat,renameat2"}[k.r.IntN(5)]
	nth := 1 + k.r.IntN(40)
	if call != "fdatasync" && call != "pwrite64" {
		nth = 1 + k.r.IntN(4)
	}
	l := h.launch(nil, "strace", "-D", "-f", "-o", "/dev/null", "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, nth))
	if k.after(l, 3*time.Second) {
		k.tally.add("at a write or sync", 1)
	}
	l.kill()
}

func haveStrace() bool {
	_, err := exec.LookPath("strace")
	return err == nil
}
