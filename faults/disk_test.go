//go:build faults

package faults

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// eventually waits until what holds says "", and fails with what it says else.
func eventually(t *testing.T, limit time.Duration, holds func() string) {
	t.Helper()
	began := time.Now()
	for {
		why := holds()
		if why == "" {
			return
		}
		if time.Since(began) > limit {
			t.Fatalf("after %s: %s", limit, why)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// refuses wants that a webhook is answered with 503 and a code, and that /ready says the same. What it sends is no JSON, so
// that it is not kept when there is room.
func (h *hub) refuses(code string) string {
	q := h.request(context.Background(), "msg_refused", []byte("{"))
	a, err := client.Do(q)
	if err != nil {
		return err.Error()
	}
	defer a.Body.Close()
	var b bytes.Buffer
	_, _ = b.ReadFrom(a.Body)
	if a.StatusCode != http.StatusServiceUnavailable || codeOf(b.Bytes()) != code || a.Header.Get("Retry-After") == "" {
		return "a webhook is answered " + strconv.Itoa(a.StatusCode) + " " + b.String()
	}
	if status, is := h.whyNot(); status != http.StatusServiceUnavailable || is != code {
		return "ready says " + strconv.Itoa(status) + " " + is
	}
	return ""
}

// TestDiskFull fills the disk and frees it again: nothing is taken in that could not be kept, what was taken in is
// delivered from the reserve while the disk is full, and the hub goes on by itself.
func TestDiskFull(t *testing.T) {
	n := column{2, 10, 100}.rounds(t)
	seed(t)
	d := newDisk(t, 192, "noatime")
	h := newHub(t, filepath.Join(d.folder, "data"), &tally{})
	for _, x := range h.targets() {
		x.pace.Store(int64(9 * time.Millisecond))
	}
	life := h.start()
	shop := h.open("S", 8, 400)
	for i := range n {
		before := shop.sum()
		eventually(t, 20*time.Second, func() string {
			if shop.sum() < before+100 {
				return "orders are not taken"
			}
			return ""
		})
		free := d.fill(1 << 20)
		eventually(t, 10*time.Second, func() string { return h.refuses("DISK_FULL") })
		taken, done := shop.sum(), h.depot.count()
		eventually(t, 60*time.Second, func() string { // the drain goes on without any room but the reserve
			if h.depot.count() < taken || h.ledger.count() < taken {
				return "of " + strconv.Itoa(taken) + " orders " + strconv.Itoa(min(h.depot.count(), h.ledger.count())) + " are delivered while the disk is full, " + strconv.Itoa(done) + " before"
			}
			return ""
		})
		if why := h.refuses("DISK_FULL"); why != "" {
			t.Errorf("round %d: %s", i, why)
		}
		if now := shop.sum(); now > taken+8 { // each sender may have had one under way
			t.Errorf("round %d: %d orders were acknowledged while the disk was full", i, now-taken)
		}
		free()
		eventually(t, 10*time.Second, func() string {
			if status, code := h.whyNot(); status != http.StatusOK {
				return "there is room again, and ready says " + strconv.Itoa(status) + " " + code
			}
			return ""
		})
		h.tally.add("filled and freed", 1)
	}
	h.settle(30*time.Second, shop).holds(h)
	life.stop()
	h.tally.report(t)
}

// sum is how many steps were acknowledged.
func (s *shop) sum() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// TestDiskReadOnly: a failing disk is remounted read-only under the running hub.
func TestDiskReadOnly(t *testing.T) {
	n := column{2, 10, 50}.rounds(t)
	for i := range n {
		d := newDisk(t, 96, "noatime,errors=remount-ro")
		h := newHub(t, filepath.Join(d.folder, "data"), &tally{})
		life := h.start()
		shop := h.open("S", 4, 60)
		shop.await(t, 20)
		_ = exec.Command("mount", "-o", "remount,abort", d.folder).Run() // it says that it failed, and is right
		eventually(t, 10*time.Second, func() string {
			status, code := h.whyNot()
			if status != http.StatusServiceUnavailable || (code != "STORE_READONLY" && code != "STORE_UNUSABLE") {
				return "ready says " + strconv.Itoa(status) + " " + code
			}
			h.tally.add(code, 1)
			return ""
		})
		if _, code := h.whyNot(); code != "STORE_READONLY" {
			t.Errorf("round %d: ready says %s", i, code)
		}
		status, b, err := h.post(context.Background(), "AFTER", 1)
		if err != nil || status != http.StatusServiceUnavailable {
			t.Errorf("round %d: an order is answered %d %s %v", i, status, b, err)
		}
		select {
		case <-life.ended:
			t.Errorf("round %d: it ended by itself\n%s", i, life.output)
		default:
		}
		life.kill()
		l := h.launch(nil) // on the read-only disk it does not start, and says why
		select {
		case <-l.ended:
			if l.err == nil || !strings.Contains(l.output.String(), "STORE_READONLY") {
				t.Errorf("round %d: on the read-only disk: %v\n%s", i, l.err, l.output)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("round %d: it runs on a read-only disk", i)
		}
		l.kill()
		d.umount()
		d.mount()
		last := h.start()
		h.settle(20*time.Second, shop).holds(h)
		last.stop()
		d.umount()
		if t.Failed() {
			return
		}
	}
}

// TestDiskLost deletes or replaces what the hub has open: no acknowledgement any more, a code, no end by itself.
func TestDiskLost(t *testing.T) {
	n := column{5, 20, 50}.rounds(t)
	ways := []struct {
		name string
		do   func(data string) error
	}{
		{"the folder is deleted", os.RemoveAll},
		{"the folder is renamed", func(data string) error { return os.Rename(data, data+".away") }},
		{"the folder is replaced", func(data string) error {
			if err := os.Rename(data, data+".away"); err != nil {
				return err
			}
			return exec.Command("cp", "-a", data+".away", data).Run()
		}},
		{"the store is deleted", func(data string) error { return os.Remove(filepath.Join(data, "hub.db")) }},
		{"the store is replaced", func(data string) error {
			if err := os.Rename(filepath.Join(data, "hub.db"), filepath.Join(data, "away.db")); err != nil {
				return err
			}
			return exec.Command("cp", filepath.Join(data, "away.db"), filepath.Join(data, "hub.db")).Run()
		}},
	}
	for i := range n {
		way := ways[i%len(ways)]
		h := newHub(t, filepath.Join(folder(t), "data"), &tally{})
		life := h.start()
		shop := h.open("S", 4, 60)
		shop.await(t, 10)
		if err := way.do(h.data); err != nil {
			t.Fatal(err)
		}
		after := time.Now()
		eventually(t, 5*time.Second, func() string {
			if status, code := h.whyNot(); status != http.StatusServiceUnavailable || code != "STORE_LOST" {
				return way.name + ": ready says " + strconv.Itoa(status) + " " + code
			}
			return ""
		})
		for range 5 {
			if status, b, err := h.post(context.Background(), "AFTER", 1); err != nil || status != http.StatusServiceUnavailable || codeOf(b) != "STORE_LOST" {
				t.Errorf("%s: an order is answered %d %s %v", way.name, status, b, err)
			}
		}
		taken := shop.sum()
		time.Sleep(300 * time.Millisecond)
		if now := shop.sum(); now > taken {
			t.Errorf("%s: %d orders were acknowledged %s later", way.name, now-taken, time.Since(after))
		}
		select {
		case <-life.ended:
			t.Errorf("%s: it ended by itself\n%s", way.name, life.output)
		default:
		}
		life.kill()
		shop.close()
	}
}

// TestDiskSecond starts a second process on the data folder.
func TestDiskSecond(t *testing.T) {
	n := column{3, 20, 20}.rounds(t)
	h := newHub(t, folder(t), &tally{})
	first := h.start()
	shop := h.open("S", 4, 100)
	for i := range n {
		began := time.Now()
		l := h.launch([]string{"FAULTS_INTAKE=127.0.0.1:0", "FAULTS_ADMIN=127.0.0.1:0"})
		select {
		case <-l.ended:
		case <-time.After(10 * time.Second):
		}
		took := time.Since(began)
		l.kill()
		if said := l.output.String(); l.err == nil || took > 2*time.Second || !strings.Contains(said, "STORE_LOCKED") || !strings.Contains(said, "pid "+strconv.Itoa(first.cmd.Process.Pid)) {
			t.Errorf("round %d: %v after %s\n%s", i, l.err, took, said)
		}
	}
	h.settle(20*time.Second, shop).holds(h)
	first.stop()
}

// files names the hub's data files.
func (h *hub) files(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(h.data, "*.db"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no data files: %v", err)
	}
	for i := range all {
		all[i] = filepath.Base(all[i])
	}
	return all
}

// TestDiskForeign starts the hub on files that are not its own or were cut off: it names code and file, ends at once, and
// leaves the file as it is.
func TestDiskForeign(t *testing.T) {
	h := newHub(t, folder(t), &tally{})
	l := h.start()
	l.stop()
	whole, err := os.ReadFile(filepath.Join(h.data, "hub.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range h.files(t) {
		for what, x := range map[string]struct {
			content []byte
			code    string
		}{
			"empty":    {nil, "STORE_INIT_INCOMPLETE"},
			"text":     {[]byte(strings.Repeat("not a database\n", 1000)), "STORE_CORRUPT"},
			"zeros":    {make([]byte, 64<<10), "STORE_CORRUPT"},
			"SQLite":   {append([]byte("SQLite format 3\x00"), make([]byte, 16<<10)...), "STORE_CORRUPT"},
			"cut off":  {whole[:5000], "STORE_CORRUPT"},
			"one byte": {[]byte{1}, "STORE_CORRUPT"},
		} {
			path := filepath.Join(h.data, name)
			old, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, x.content, 0o600); err != nil {
				t.Fatal(err)
			}
			l := h.launch(nil)
			select {
			case <-l.ended:
			case <-time.After(10 * time.Second):
				t.Errorf("%s %s: it hangs or runs", name, what)
			}
			l.kill()
			if said := l.output.String(); l.err == nil || !strings.Contains(said, x.code) || !strings.Contains(said, name) || strings.Contains(said, "goroutine ") {
				t.Errorf("%s %s: want %s and the name: %v\n%s", name, what, x.code, l.err, said)
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, x.content) {
				t.Errorf("%s %s: the file was touched", name, what)
			}
			if err := os.WriteFile(path, old, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	last := h.start()
	last.stop()
}

// TestDiskFirstStart kills the hub in the first moments of its life; it starts all the same.
func TestDiskFirstStart(t *testing.T) {
	n, s := column{10, 60, 500}.rounds(t), seed(t)
	r, count := dice(s, 0), &tally{}
	for range n {
		h := newHub(t, filepath.Join(folder(t), "data"), count)
		for range 1 + r.IntN(3) {
			l := h.launch(nil)
			time.Sleep(between(r, 10*time.Millisecond, 250*time.Millisecond))
			l.kill()
			count.add("kills", 1)
		}
		l := h.start()
		if status, b, err := h.post(context.Background(), "S1", 1); err != nil || status != http.StatusAccepted {
			t.Errorf("%d %s %v", status, b, err)
		}
		l.kill()
		if t.Failed() {
			return
		}
	}
	count.report(t)
}
