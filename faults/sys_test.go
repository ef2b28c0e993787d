//go:build faults

package faults

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A failure is one system call of the released binary that fails, by its ordinal.
type failure struct {
	call string // as strace names it
	how  string
	nth  int
}

func (f failure) String() string { return fmt.Sprintf("%s %s at %d", f.call, f.how, f.nth) }

// failures are the first n of every call × every way to fail × every ordinal.
func failures(n int) []failure {
	var all []failure
	for nth := 1; len(all) < n; nth++ {
		for _, x := range []failure{
			{"fdatasync", "error=EIO", nth},
			{"pwrite64", "error=EIO", nth},
			{"pwrite64", "error=ENOSPC", nth},
			{"pwrite64", "retval=0", nth},
			{"fdatasync", "error=ENOSPC", nth},
			{"fsync", "error=EIO", nth},
			{"ftruncate", "error=ENOSPC", nth},
			{"linkat", "error=EIO", nth},
		} {
			if nth <= 3 || x.call == "fdatasync" || x.call == "pwrite64" {
				all = append(all, x)
			}
		}
	}
	return all[:n]
}

// TestSys lets the n-th sync, write or link of a file fail: no acknowledgement that is not durable, a code, no second sync of
// a file whose sync failed, and after a restart everything is there.
func TestSys(t *testing.T) {
	n := column{12, 300, 600}.rounds(t)
	s := seed(t)
	needRoot(t, "strace")
	count := &tally{}
	work := make(chan failure)
	go func() {
		defer close(work)
		all := failures(n)
		for i, f := range all {
			if i > 0 && i%50 == 0 {
				t.Logf("%d of %d", i, n)
			}
			if t.Failed() {
				return
			}
			work <- f
		}
	}()
	var all sync.WaitGroup
	for w := range workers(t, 3) {
		all.Go(func() {
			r := dice(s, w)
			for f := range work {
				syncFails(t, f, count, time.Duration(r.IntN(100))*time.Millisecond)
			}
		})
	}
	all.Wait()
	count.report(t)
	if n >= 100 && count.get("refused with a code") == 0 {
		t.Error("no failure was ever answered with a code")
	}
}

// known are the codes that a failing disk may have.
var known = []string{"STORE_UNUSABLE", "DISK_FULL", "STORE_READONLY", "STORE_CORRUPT"}

func syncFails(t *testing.T, f failure, count *tally, more time.Duration) {
	h := newHub(t, filepath.Join(folder(t), "data"), &tally{})
	defer os.RemoveAll(filepath.Dir(h.data))
	trace := filepath.Join(filepath.Dir(h.data), "trace")
	l := h.launch(nil, "strace", "-D", "-f", "-y", "-o", trace, "-s", "0", "-e", "trace=fsync,fdatasync,pwrite64,ftruncate,linkat", "-e", fmt.Sprintf("inject=%s:%s:when=%d", f.call, f.how, f.nth))
	shop := h.open("S", 4, 30)
	began, refused := time.Now(), ""
	for refused == "" && time.Since(began) < 1200*time.Millisecond+more {
		select {
		case <-l.ended:
			said := l.output.String()
			if i := slices.IndexFunc(known, func(c string) bool { return strings.Contains(said, c) }); i >= 0 {
				refused = known[i]
				break
			}
			t.Errorf("%s: it ended with %v and no code\n%s", f, l.err, said)
			refused = "?"
		case <-time.After(10 * time.Millisecond):
			if status, code := h.whyNot(); status == http.StatusServiceUnavailable && code != "BUSY" && code != "STOPPING" {
				refused = code
			}
		}
	}
	if refused != "" {
		count.add("refused with a code", 1)
		count.add(refused, 1)
		if !slices.Contains(append(known, "?"), refused) {
			t.Errorf("%s: ready says %s", f, refused)
		}
	}
	if refused == "STORE_UNUSABLE" { // from now on nothing may be taken
		if status, b, err := h.post(context.Background(), "AFTER", 1); err == nil && status != http.StatusServiceUnavailable {
			t.Errorf("%s: afterwards an order is answered %d %s", f, status, b)
		}
	}
	l.kill()
	if synced, failed := syncsAfterFailure(t, trace); len(synced) > 0 {
		t.Errorf("%s: synced again after %s:\n%s", f, failed, strings.Join(synced[:min(5, len(synced))], "\n"))
	} else if failed != "" {
		count.add("it failed", 1)
	} else {
		count.add("not reached", 1)
	}
	last := h.start()
	if !h.settle(20*time.Second, shop).holds(h) {
		t.Errorf("the above was after %s", f)
	}
	last.stop()
}

// syncsAfterFailure returns the syncs of a file that follow a failed sync of it, and the failed call.
func syncsAfterFailure(t *testing.T, trace string) (synced []string, failed string) {
	t.Helper()
	log, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	var file string
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		injected := strings.Contains(line, "(INJECTED)")
		if injected && failed == "" {
			failed = line
		}
		sync := strings.Contains(line, "sync(")
		switch {
		case file != "" && sync && strings.Contains(line, "<"+file+">"):
			synced = append(synced, line)
		case injected && sync:
			_, rest, _ := strings.Cut(line, "<")
			file, _, _ = strings.Cut(rest, ">")
		}
	}
	return synced, failed
}

// TestSysControl: the rig sees a second sync when there is one.
func TestSysControl(t *testing.T) {
	needRoot(t, "strace")
	dir := folder(t)
	trace, file := filepath.Join(dir, "trace"), filepath.Join(dir, "file")
	out, err := exec.Command("strace", "-f", "-y", "-o", trace, "-e", "trace=fsync,fdatasync", "-e", "inject=fdatasync:error=EIO:when=1",
		"sh", "-c", "echo x > "+file+"; sync -d "+file+"; sync -d "+file).CombinedOutput()
	if synced, failed := syncsAfterFailure(t, trace); failed == "" || len(synced) == 0 {
		t.Errorf("a second sync was not seen: %v\n%s", err, out)
	}
}
