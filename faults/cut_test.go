//go:build faults

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestCut cuts the power under load: ext4 on a loop file, FS_IOC_SHUTDOWN, SIGKILL, unmount, mount, start. What was acknowledged
// before the cut is there, and has one effect in each target in the end; so has what a shop sends again.
func TestCut(t *testing.T) {
	n, s := column{10, 600, 10000}.rounds(t), seed(t)
	needRoot(t, "mkfs.ext4", "mount", "umount")
	count := &tally{}
	many := min(workers(t, 2), n)
	var all sync.WaitGroup
	for w := range many {
		all.Go(func() {
			r := dice(s, w)
			for left := (n + many - 1) / many; left > 0 && !t.Failed(); left -= chapter {
				cutChapter(t, r, count, min(left, chapter))
				t.Logf("worker %d: %d cuts in all, %d to go here", w, count.get("cuts"), max(0, left-chapter))
			}
		})
	}
	all.Wait()
	count.report(t)
}

// cutChapter is the life of one disk.
func cutChapter(t *testing.T, r *rand.Rand, count *tally, cuts int) {
	d := newDisk(t, 128, "noatime,commit=60")
	h := newHub(t, filepath.Join(d.folder, "data"), count)
	for _, x := range h.targets() {
		x.mood.Store(restless)
		x.pace.Store(int64(paces[r.IntN(len(paces))]))
	}
	shop := h.open("S", 6, 60)
	for range cuts {
		if h.feed.count()-h.depot.count() < 20 {
			h.feed.grow(r.IntN(3))
		}
		l := h.launch(nil)
		if r.IntN(4) > 0 { // else perhaps before it is ready
			_ = l.awaitReady(10 * time.Second)
			count.add("cuts under load", 1)
		}
		time.Sleep(between(r, 10*time.Millisecond, 250*time.Millisecond))
		d.cut()
		l.kill()
		d.umount()
		d.mount()
		count.add("cuts", 1)
	}
	last := h.start()
	h.settle(40*time.Second, shop).holds(h)
	last.stop()
	d.umount()
	_ = os.Remove(d.image)
}

// TestCutControl makes the same binary lie: strace lets every sync return at once. More than four of five cuts must lose what
// was acknowledged, or leave a file that does not open.
func TestCutControl(t *testing.T) {
	n, s := column{5, 20, 40}.rounds(t), seed(t)
	needRoot(t, "strace", "mkfs.ext4", "mount", "umount")
	n = min(n, 40)
	r, seen := dice(s, 0), &tally{}
	for range n {
		d := newDisk(t, 128, "noatime,commit=60")
		h := newHub(t, filepath.Join(d.folder, "data"), &tally{})
		honest := h.start() // the file itself is made honestly
		honest.stop()
		for _, x := range h.targets() {
			x.pace.Store(int64(100 * time.Millisecond))
		}
		l := h.launch(nil, "strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:retval=0")
		if err := l.awaitReady(20 * time.Second); err != nil {
			t.Fatalf("%v\n%s", err, l.output)
		}
		shop := h.open("S", 6, 60)
		shop.await(t, 20+r.IntN(20))
		before := shop.took() // read before the cut, never after
		d.cut()
		shop.stop()
		l.kill()
		shop.close()
		d.umount()
		d.mount()
		seen.add(h.outcome(before), 1)
		d.umount()
	}
	seen.report(t)
	if bad := seen.get("lost") + seen.get("does not open"); bad*5 <= n*4 {
		t.Errorf("only %d of %d cuts show that syncs were ignored", bad, n)
	}
}

// outcome starts the hub once more and says whether everything acknowledged has its effects.
func (h *hub) outcome(acked map[string]int) string {
	l := h.launch(nil)
	defer l.kill()
	if err := l.awaitReady(20 * time.Second); err != nil {
		return "does not open"
	}
	for _, x := range h.targets() {
		x.pace.Store(0)
	}
	h.calm(20 * time.Second)
	v := verdict{}
	h.depot.judge(acked, v)
	_ = l.cmd.Process.Signal(syscall.SIGTERM)
	if len(v[lost]) > 0 {
		return "lost"
	}
	return "whole"
}

// TestCutFirst cuts the power in the first moments of a hub's life: it starts all the same, or says that its first start was
// cut off and what is safe to do.
func TestCutFirst(t *testing.T) {
	n, s := column{5, 60, 500}.rounds(t), seed(t)
	needRoot(t, "mkfs.ext4", "mount", "umount")
	r, count := dice(s, 0), &tally{}
	d := newDisk(t, 128, "noatime,commit=60")
	for i := range n {
		h := newHub(t, filepath.Join(d.folder, fmt.Sprint("data", i)), count)
		l := h.launch(nil)
		time.Sleep(between(r, 10*time.Millisecond, 300*time.Millisecond))
		d.cut()
		l.kill()
		d.umount()
		d.mount()
		l = h.launch(nil)
		err := l.awaitReady(20 * time.Second)
		switch said := l.output.String(); {
		case err == nil:
			count.add("starts", 1)
			if status, b, err := h.post(context.Background(), "S1", 1); err != nil || status/100 != 2 {
				t.Errorf("round %d: %d %s %v", i, status, b, err)
			}
		case strings.Contains(said, "STORE_INIT_INCOMPLETE"):
			count.add("says that its first start was cut off", 1)
		default:
			t.Errorf("round %d: %v\n%s", i, err, said)
		}
		l.kill()
		_ = os.RemoveAll(h.data)
		d.command("sync", "-f", d.folder) // else the next cut brings it back
		if t.Failed() {
			break
		}
	}
	count.report(t)
}
