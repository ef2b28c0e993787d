//go:build faults

package faults

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestKillControl: kills together with what must not be. The oracle must see each, or its silence elsewhere means nothing.
func TestKillControl(t *testing.T) {
	s := seed(t)
	t.Run("a look-up that lies makes it twice", func(t *testing.T) {
		k := &killer{t: t, r: dice(s, 0), tally: &tally{}}
		h := newHub(t, folder(t), k.tally)
		h.ledger.forgets.Store(true)
		shop := h.open("S", 6, 40)
		for began := time.Now(); k.tally.get("answer not read") < 4 && time.Since(began) < time.Minute; {
			k.inCall(h)
		}
		last := h.start()
		v := h.settle(20*time.Second, shop)
		last.stop()
		v.mustHave(t, twice)
	})
	t.Run("a data folder from yesterday loses", func(t *testing.T) {
		h := newHub(t, folder(t), &tally{})
		old := filepath.Join(folder(t), "old")
		h.ledger.pace.Store(int64(200 * time.Millisecond)) // so that there is something to lose
		shop := h.open("S", 6, 60)
		life := h.start()
		shop.await(t, 20)
		life.kill()
		if out, err := exec.Command("cp", "-a", h.data, old).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		life = h.start()
		shop.await(t, 60)
		life.kill()
		if err := os.RemoveAll(h.data); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("cp", "-a", old, h.data).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		last := h.start()
		v := h.settle(20*time.Second, shop)
		last.stop()
		v.mustHave(t, lost)
	})
}

// mustHave wants the oracle to have found something of the kind.
func (v verdict) mustHave(t *testing.T, kind string) {
	t.Helper()
	t.Logf("seen: %s", v)
	if len(v[kind]) == 0 {
		t.Errorf("the oracle saw no %s", kind)
	}
}

// await waits until so many steps are acknowledged.
func (s *shop) await(t *testing.T, n int) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		total := s.total
		s.mu.Unlock()
		if total >= n {
			return
		}
		if time.Since(began) > 40*time.Second {
			t.Fatalf("only %d of %d steps were acknowledged", total, n)
		}
	}
}
