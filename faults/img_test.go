//go:build faults

package faults

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
	"github.com/sihehub/sihe/pipelines/bus"
)

// An op is one thing that the process did to the store's file, in order of time.
type op struct {
	at   float64 // seconds, as strace and the senders see the clock
	kind string  // write, truncate, sync
	off  int64   // of write; the length of truncate
	data []byte
	end  int // of sync: writes before it are durable when it has returned; index of the op at which it began
}

// sector is what a disk writes whole.
const sector = 512

// A recording is one run of the released binary: what it did to the file, and when which step was acknowledged.
type recording struct {
	name string
	ops  []op
	acks []ack
	base []byte // the file before

	effects map[string][]effect // of each target, in the end
}

type ack struct {
	at  float64
	no  string
	seq int
}

// TestImg rebuilds the store's file as a power cut would have left it at random moments: everything that was synced, and any
// part of what was not, torn by sectors and in any order. Each image opens and has everything that was acknowledged; a few
// are started as a hub.
func TestImg(t *testing.T) {
	n, s := column{150, 10000, 100000}.rounds(t), seed(t)
	needRoot(t, "strace")
	count := &tally{}
	r := dice(s, 0)
	var h *hub
	var rec *recording
	for done := 0; done < n && !t.Failed(); {
		h, rec = record(t, count)
		part := min(n-done, 2500)
		checkImages(t, rec, r.Uint64(), part, false, count)
		for range min(5, 1+part/100) {
			rec.live(t, h, r, count)
		}
		done += part
		t.Logf("%d of %d images", done, n)
	}
	count.report(t)
	if bad := count.get(lostImage) + count.get(brokenImage); bad > 0 {
		t.Errorf("%d of %d images are wrong", bad, n)
	}
}

// TestImgControl ignores the last sync before each cut: acknowledged orders must be missing, or files broken.
func TestImgControl(t *testing.T) {
	n, s := column{150, 1000, 1000}.rounds(t), seed(t)
	needRoot(t, "strace")
	n = min(n, 1000)
	count := &tally{}
	_, rec := record(t, count)
	checkImages(t, rec, s, n, true, count)
	count.report(t)
	if count.get(lostImage)+count.get(brokenImage) < n/5 {
		t.Error("the rig does not see that a sync was ignored")
	}
}

// What an image may be.
const (
	lostImage   = "images without something acknowledged"
	brokenImage = "images that do not open"
	goodImage   = "images with everything"
)

// record runs a hub under strace for some orders.
func record(t *testing.T, count *tally) (*hub, *recording) {
	t.Helper()
	h := newHub(t, filepath.Join(folder(t), "data"), count)
	first := h.start()
	first.stop()
	file := filepath.Join(h.data, "hub.db")
	base, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(filepath.Dir(h.data), "log")
	l := h.launch(nil, "strace", "-D", "-f", "-ttt", "-xx", "-y", "-s", "2000000", "-o", log, "-e", "trace=pwrite64,ftruncate,fdatasync,fsync")
	if err := l.awaitReady(20 * time.Second); err != nil {
		t.Fatalf("%v\n%s", err, l.output)
	}
	rec := &recording{name: file, base: base}
	var mu sync.Mutex
	var senders sync.WaitGroup
	for k := range 6 {
		senders.Go(func() {
			for seq := 1; seq <= 12; seq++ {
				no := fmt.Sprint("I", k)
				if status, b, err := h.post(context.Background(), no, seq); err != nil || status/100 != 2 {
					t.Errorf("%d %s %v", status, b, err)
					return
				}
				mu.Lock()
				rec.acks = append(rec.acks, ack{float64(time.Now().UnixMicro()) / 1e6, no, seq})
				mu.Unlock()
			}
		})
	}
	senders.Wait()
	time.Sleep(300 * time.Millisecond)
	_ = l.cmd.Process.Signal(syscall.SIGTERM)
	<-l.ended
	time.Sleep(100 * time.Millisecond) // strace writes its last lines
	rec.read(t, log)
	rec.effects = map[string][]effect{}
	for _, x := range h.targets() {
		rec.effects[x.name] = append([]effect{}, x.effects...)
	}
	_ = os.Remove(log)
	count.add("operations recorded", len(rec.ops))
	return h, rec
}

// read makes ops of strace's lines. A sync is done when it has returned; a write counts from its beginning.
func (rec *recording) read(t *testing.T, log string) {
	t.Helper()
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	marker := "<" + hexed(rec.name) + ">"
	began := map[string]int{} // by thread: where its sync under way began
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		line := lines.Text()
		pid, rest, _ := strings.Cut(line, " ")
		stamp, call, ok := strings.Cut(strings.TrimSpace(rest), " ")
		at, err := strconv.ParseFloat(stamp, 64)
		if !ok || err != nil {
			continue
		}
		call = strings.TrimSpace(call)
		ours := strings.Contains(call, marker)
		switch {
		case ours && strings.HasPrefix(call, "pwrite64("):
			parts := strings.SplitN(call, ", ", 4) // fd, data, count, offset
			off, err := strconv.ParseInt(strings.TrimFunc(strings.SplitN(strings.SplitN(parts[3], ")", 2)[0], " ", 2)[0], func(r rune) bool { return r < '0' || r > '9' }), 10, 64)
			data := unhex(parts[1])
			if want, _ := strconv.Atoi(parts[2]); err != nil || len(data) != want {
				t.Fatalf("not understood: %.200s … %v", call, parts[2:])
			}
			rec.ops = append(rec.ops, op{at: at, kind: "write", off: off, data: data})
		case ours && strings.HasPrefix(call, "ftruncate("):
			_, size, _ := strings.Cut(call, ", ")
			n, err := strconv.ParseInt(strings.TrimFunc(strings.SplitN(strings.SplitN(size, ")", 2)[0], " ", 2)[0], func(r rune) bool { return r < '0' || r > '9' }), 10, 64)
			if err != nil {
				t.Fatalf("not understood: %s", call)
			}
			rec.ops = append(rec.ops, op{at: at, kind: "truncate", off: n})
		case ours && strings.Contains(call, "sync("):
			if strings.Contains(call, "unfinished") {
				began[pid] = len(rec.ops)
			} else {
				rec.ops = append(rec.ops, op{at: at, kind: "sync", end: len(rec.ops)})
			}
		case strings.Contains(call, "sync resumed"):
			if i, ok := began[pid]; ok {
				rec.ops = append(rec.ops, op{at: at, kind: "sync", end: i})
				delete(began, pid)
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(rec.ops) < 20 {
		t.Fatalf("only %d operations were recorded", len(rec.ops))
	}
}

// hexed writes a text as strace -xx does.
func hexed(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, `\x%02x`, s[i])
	}
	return b.String()
}

func unhex(s string) []byte {
	s = strings.Trim(s, `"`)
	b := make([]byte, 0, len(s)/4)
	for i := 0; i+4 <= len(s); i += 4 {
		n, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
		if err != nil {
			return nil
		}
		b = append(b, byte(n))
	}
	return b
}

// image is the file after a cut behind ops[:cut]. ignored drops the last sync, as a disk that lies would.
func (rec *recording) image(r *rand.Rand, cut int, ignored bool) []byte {
	last := 0 // writes before ops[last] are durable
	syncs := []int{0}
	for _, o := range rec.ops[:cut] {
		if o.kind == "sync" {
			syncs = append(syncs, o.end)
		}
	}
	last = syncs[len(syncs)-1]
	if ignored && len(syncs) > 1 {
		last = syncs[len(syncs)-2]
	}
	img := append([]byte{}, rec.base...)
	grow := func(n int64) {
		if n > int64(len(img)) {
			img = append(img, make([]byte, n-int64(len(img)))...)
		}
	}
	for _, o := range rec.ops[:last] {
		switch o.kind {
		case "write":
			grow(o.off + int64(len(o.data)))
			copy(img[o.off:], o.data)
		case "truncate":
			grow(o.off)
			img = img[:o.off]
		}
	}
	for _, o := range rec.ops[last:cut] {
		switch {
		case o.kind == "truncate" && r.IntN(2) == 0:
			grow(o.off)
		case o.kind == "write":
			for i := 0; i < len(o.data); i += sector {
				if r.IntN(2) == 0 {
					part := o.data[i:min(i+sector, len(o.data))]
					grow(o.off + int64(i+len(part)))
					copy(img[o.off+int64(i):], part)
				}
			}
		}
	}
	return img
}

// must is what was acknowledged before a moment.
func (rec *recording) must(at float64) map[string]int {
	all := map[string]int{}
	for _, a := range rec.acks {
		if a.at < at {
			all[a.no] = max(all[a.no], a.seq)
		}
	}
	return all
}

// checkImages opens n images and looks for everything that was acknowledged.
func checkImages(t *testing.T, rec *recording, seed uint64, n int, ignored bool, count *tally) {
	t.Helper()
	dir := folder(t)
	var all sync.WaitGroup
	for w := range 2 {
		all.Go(func() {
			r := dice(seed, w)
			path := filepath.Join(dir, fmt.Sprint("image", w))
			for range (n + 1) / 2 {
				cut := 1 + r.IntN(len(rec.ops))
				must := rec.must(rec.ops[cut-1].at)
				if err := os.WriteFile(path, rec.image(r, cut, ignored), 0o600); err != nil {
					t.Error(err)
					return
				}
				what, why := within(10*time.Second, func() (string, string) { return inspect(path, must) })
				count.add(what, 1)
				if what != goodImage && !ignored {
					t.Errorf("cut behind operation %d of %d: %s: %s", cut, len(rec.ops), what, why)
					return
				}
			}
		})
	}
	all.Wait()
}

// within gives a check a limit: damaged files can loop for ever.
func within(limit time.Duration, check func() (string, string)) (what, why string) {
	type result struct{ what, why string }
	done := make(chan result, 1)
	go func() {
		what, why := check()
		done <- result{what, why}
	}()
	select {
	case x := <-done:
		return x.what, x.why
	case <-time.After(limit):
		return "hangs", "no answer after " + limit.String()
	}
}

// inspect opens a store's file and reads the shop's raw records from it.
func inspect(path string, must map[string]int) (what, why string) {
	db, err := durable.Open(path)
	if err != nil {
		return brokenImage, err.Error()
	}
	defer db.Close()
	got, err := rawSteps(db)
	if err != nil {
		return brokenImage, err.Error()
	}
	for no, n := range must {
		for seq := 1; seq <= n; seq++ {
			if !got[fmt.Sprint(no, "/", seq)] {
				return lostImage, fmt.Sprintf("%s step %d", no, seq)
			}
		}
	}
	return goodImage, ""
}

// rawSteps reads every record of the shop on the bus.
func rawSteps(db *durable.DB) (map[string]bool, error) {
	e, err := bus.Embed(db, time.Now)
	if err != nil {
		return nil, err
	}
	got := map[string]bool{}
	const topic = "sihe.raw.shop"
	spans, err := e.Offsets(context.Background(), topic)
	if err != nil {
		return got, err
	}
	for p, span := range spans {
		for at := span.First; at < span.Next; {
			ms, err := e.Read(context.Background(), sihe.Position{Topic: topic, Partition: p, Offset: at}, 1000)
			if err != nil {
				return nil, err
			}
			if len(ms) == 0 {
				return nil, errors.New("nothing more, but the end is not reached")
			}
			for _, m := range ms {
				var o struct {
					No  string
					Seq int
				}
				if err := json.Unmarshal(m.Value, &o); err != nil {
					return nil, err
				}
				got[fmt.Sprint(o.No, "/", o.Seq)] = true
			}
			at = ms[len(ms)-1].Offset + 1
		}
	}
	return got, nil
}

// live starts a hub on an image, with the targets as they were at that moment: it is ready, and delivers all it must once.
func (rec *recording) live(t *testing.T, h *hub, r *rand.Rand, count *tally) {
	t.Helper()
	cut := 1 + r.IntN(len(rec.ops))
	if err := os.WriteFile(filepath.Join(h.data, "hub.db"), rec.image(r, cut, false), 0o600); err != nil {
		t.Fatal(err)
	}
	at := rec.ops[cut-1].at
	for _, x := range h.targets() {
		x.mu.Lock()
		x.effects = append([]effect{}, rec.effects[x.name]...)
		x.mu.Unlock()
		x.rewind(at)
	}
	l := h.start()
	h.calm(20 * time.Second)
	v := verdict{}
	for _, x := range h.targets() {
		x.judge(rec.must(at), v)
	}
	delete(v, strange) // what came to the disk and was not acknowledged any more
	if !v.holds(h) {
		t.Errorf("the hub began behind operation %d of %d", cut, len(rec.ops))
	}
	l.stop()
	count.add("hubs started on an image", 1)
}
