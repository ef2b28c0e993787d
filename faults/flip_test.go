//go:build faults

package faults

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt" //nolint:depguard // the oracle must not rest on what it judges

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// What a flipped bit may come to.
const (
	harmless = "harmless: everything is read as it was"
	named    = "named: refused, or the value's reading is, with STORE_CORRUPT and the file"
	silent   = "SILENT: something else is read, and no error"
	unnamed  = "UNNAMED: an error without code or file"
)

// A shelf is a store's file as it was when the hub stopped, and what is in it.
type shelf struct {
	file   []byte
	steps  map[string]bool
	digest string  // of every key and value, read past our own code
	used   []int64 // sectors with anything in them
}

// TestFlip flips one bit at random in the hub's file, every tenth in the two pages by which bbolt finds everything else. All is
// read as it was, or refused by name: never something else, never for more than ten seconds. A few of the files are started
// as a hub.
func TestFlip(t *testing.T) {
	n, s := column{100, 3000, 10000}.rounds(t), seed(t)
	count := &tally{}
	h, rec := shelve(t, count)
	var all sync.WaitGroup
	for w := range 2 {
		all.Go(func() {
			r := dice(s, w)
			path := filepath.Join(folder(t), "hub.db")
			for i := range (n + 1) / 2 {
				bit := rec.draw(r)
				if i%10 == 0 {
					bit = (r.Int64N(2)*int64(binary.NativeEndian.Uint32(rec.file[24:]))+16)*8 + r.Int64N(64*8)
				}
				what, why := rec.flipped(path, bit)
				count.add(what, 1)
				if what != harmless && what != named {
					t.Errorf("bit %d of byte %d: %s: %s", bit%8, bit/8, what, why)
				}
			}
		})
	}
	all.Wait()
	r := dice(s, 2)
	for range min(60, n/20) {
		rec.alive(t, h, rec.draw(r), count)
	}
	count.report(t)
}

// TestFlipControl: an older copy of the file is read without any error. The rig must call that silent.
func TestFlipControl(t *testing.T) {
	h, rec := shelve(t, &tally{})
	l := h.start()
	if status, _, err := h.post(context.Background(), "LATER", 1); err != nil || status/100 != 2 {
		t.Fatal(status, err)
	}
	h.calm(20 * time.Second)
	l.stop()
	old := rec.file
	now, err := os.ReadFile(filepath.Join(h.data, "hub.db"))
	if err != nil {
		t.Fatal(err)
	}
	later := &shelf{file: now}
	if later.digest, later.steps, err = contents(filepath.Join(h.data, "hub.db")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder(t), "hub.db")
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	if what, why := later.compare(path); what != silent {
		t.Errorf("an older file is %s: %s", what, why)
	}
}

// shelve runs a hub for some orders, one of them parked behind nothing that ever comes, and reads what is in its file.
func shelve(t *testing.T, count *tally) (*hub, *shelf) {
	t.Helper()
	h := newHub(t, filepath.Join(folder(t), "data"), count)
	l := h.start()
	for k := range 10 {
		for seq := 1; seq <= 6; seq++ {
			if status, b, err := h.post(context.Background(), fmt.Sprint("B", k), seq); err != nil || status/100 != 2 {
				t.Fatal(status, string(b), err)
			}
		}
	}
	h.calm(20 * time.Second)
	l.stop()
	rec := &shelf{}
	var err error
	if rec.file, err = os.ReadFile(filepath.Join(h.data, "hub.db")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder(t), "hub.db")
	if err := os.WriteFile(path, rec.file, 0o600); err != nil {
		t.Fatal(err)
	}
	if rec.digest, rec.steps, err = contents(path); err != nil {
		t.Fatal(err)
	}
	for i := 0; i+sector <= len(rec.file); i += sector {
		if !bytes.Equal(rec.file[i:i+sector], make([]byte, sector)) {
			rec.used = append(rec.used, int64(i))
		}
	}
	if len(rec.steps) != 60 {
		t.Fatalf("%d steps are in the file", len(rec.steps))
	}
	return h, rec
}

// draw chooses a bit of the used part.
func (s *shelf) draw(r *rand.Rand) int64 {
	return (s.used[r.IntN(len(s.used))]+r.Int64N(sector))*8 + r.Int64N(8)
}

// contents reads everything; an error is the first that anything meets.
func contents(path string) (digest string, steps map[string]bool, err error) {
	db, err := durable.Open(path)
	if err != nil {
		return "", nil, err
	}
	if _, err = db.Check(context.Background()); err == nil {
		steps, err = rawSteps(db)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return "", nil, err
	}
	digest, err = digestOf(path)
	return digest, steps, err
}

// digestOf reads the file with bbolt alone, so that the oracle does not rest on what it judges.
func digestOf(path string) (string, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return "", err
	}
	defer db.Close()
	sum := sha256.New()
	var dump func(b *bbolt.Bucket) error
	dump = func(b *bbolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			fmt.Fprintf(sum, "%d %x=%x\n", len(v), k, v)
			if v == nil {
				return dump(b.Bucket(k))
			}
			return nil
		})
	}
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			fmt.Fprintf(sum, "%x\n", name)
			return dump(b)
		})
	})
	return fmt.Sprintf("%x", sum.Sum(nil)[:8]), err
}

func (s *shelf) flipped(path string, bit int64) (what, why string) {
	file := append([]byte{}, s.file...)
	file[bit/8] ^= 1 << (bit % 8)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		return "cannot write", err.Error()
	}
	return within(10*time.Second, func() (string, string) { return s.compare(path) })
}

func (s *shelf) compare(path string) (what, why string) {
	digest, steps, err := contents(path)
	if err != nil {
		if code := sihe.CodeOf(first(err)); code != sihe.CodeStoreCorrupt || !strings.Contains(err.Error(), "hub.db") {
			return unnamed, err.Error()
		}
		return named, ""
	}
	if digest != s.digest || len(steps) != len(s.steps) {
		return silent, fmt.Sprintf("other content: %d steps, before %d", len(steps), len(s.steps))
	}
	return harmless, ""
}

// first takes the first of joined errors.
func first(err error) error {
	if j, ok := err.(interface{ Unwrap() []error }); ok && len(j.Unwrap()) > 0 {
		return first(j.Unwrap()[0])
	}
	return err
}

// alive starts a hub on a flipped file: it refuses by name, or what it delivers is right and what it cannot read is parked.
func (s *shelf) alive(t *testing.T, h *hub, bit int64, count *tally) {
	t.Helper()
	file := append([]byte{}, s.file...)
	file[bit/8] ^= 1 << (bit % 8)
	if err := os.WriteFile(filepath.Join(h.data, "hub.db"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	l := h.launch(nil)
	defer l.kill()
	if err := l.awaitReady(10 * time.Second); err != nil {
		count.add("the hub refuses the file", 1)
		if said := l.output.String(); !strings.Contains(said, "STORE_CORRUPT") || !strings.Contains(said, "hub.db") {
			t.Errorf("bit %d of byte %d: %v\n%s", bit%8, bit/8, err, said)
		}
		return
	}
	count.add("the hub starts on the file", 1)
	no := fmt.Sprint("Z", bit)
	status, b, err := h.post(context.Background(), no, 1)
	if err != nil || (status != 202 && codeOf(b) != "STORE_CORRUPT" && status != 503) {
		t.Errorf("bit %d of byte %d: %d %s %v", bit%8, bit/8, status, b, err)
	}
	h.calm(8 * time.Second)
	want := map[string]int{}
	for k := range s.steps {
		no, _, _ := strings.Cut(k, "/")
		want[no] = 6
	}
	v := verdict{}
	for _, x := range h.targets() {
		x.judge(want, v)
	}
	delete(v, lost)    // what cannot be read is parked
	delete(v, strange) // the new order
	if !v.holds(h) {
		t.Errorf("after bit %d of byte %d\n%s", bit%8, bit/8, l.output)
	}
	if said := l.output.String(); strings.Contains(said, "goroutine ") {
		t.Errorf("bit %d of byte %d: it died\n%s", bit%8, bit/8, said)
	}
}
