package connectortest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/sihehub/sihe"
)

// write writes with an id.
func write(t *testing.T, c sihe.Connector, id string, w sihe.Write) (sihe.Receipt, error) {
	t.Helper()
	sink, _ := c.(sihe.Sink)
	w.ID = id
	return sink.Write(t.Context(), w)
}

func created(t *testing.T, s System, c sihe.Connector, n int) sihe.Receipt {
	t.Helper()
	if s.Create == nil {
		t.Fatal("the subject does not say how to create")
	}
	r, err := write(t, c, fmt.Sprint("create-", n), s.Create(n))
	if err != nil {
		t.Fatalf("create document %d: %v", n, err)
	}
	if r.Key == "" {
		t.Fatalf("create document %d: the receipt has no key", n)
	}
	return r
}

// counted checks how many documents there are.
func counted(t *testing.T, s System, c sihe.Connector, want int) {
	t.Helper()
	if s.Count == nil {
		return
	}
	if n := s.Count(t, c); n != want {
		t.Errorf("%d documents were made, want %d", n, want)
	}
}

// testSameID: the same Write twice is one effect and the same receipt.
func testSameID(t *testing.T, s System) {
	c := open(t, s)
	first := created(t, s, c, 1)
	if again := created(t, s, c, 1); again != first {
		t.Errorf("the same write again: %+v, want %+v", again, first)
	}
	if other := created(t, s, c, 2); other.Key == first.Key {
		t.Errorf("another write got the same document %s", other.Key)
	}
	counted(t, s, c, 2)
	if s.Update == nil {
		return
	}
	update := s.Update(first.Key, 7, 1)
	changed, err := write(t, c, "update", update)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := write(t, c, "update", update); err != nil || again != changed {
		t.Errorf("the same update again: %+v, want %+v: %v", again, changed, err)
	}
}

// testSameIDAtOnce: callers that meet with the same id cause one effect.
func testSameIDAtOnce(t *testing.T, s System) {
	c := open(t, s)
	const callers = 16
	receipts := make([]sihe.Receipt, callers)
	errs := make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() { receipts[i], errs[i] = write(t, c, "same", s.Create(1)) })
	}
	wg.Wait()
	for i := range callers {
		if errs[i] != nil || receipts[i] != receipts[0] {
			t.Errorf("caller %d: %+v, the first had %+v: %v", i, receipts[i], receipts[0], errs[i])
		}
	}
	counted(t, s, c, 1)
}

// testSameIDAfterRestart: an id is recognised for ever.
func testSameIDAfterRestart(t *testing.T, s System) {
	c := open(t, s)
	first := created(t, s, c, 1)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, s)
	if again := created(t, s, c, 1); again != first {
		t.Errorf("after a restart: %+v, want %+v", again, first)
	}
	counted(t, s, c, 1)
}

// testStale: what is older than the last applied write changes nothing and says so (invariant 3).
func testStale(t *testing.T, s System) {
	c := open(t, s)
	key := created(t, s, c, 1).Key
	newer, err := write(t, c, "v3", s.Update(key, 3, 3))
	if err != nil || newer.Stale {
		t.Fatalf("version 3: %+v %v", newer, err)
	}
	older, err := write(t, c, "v2", s.Update(key, 2, 2))
	if err != nil || !older.Stale {
		t.Errorf("version 2 after 3: %+v %v, want stale", older, err)
	}
	if older.Version != newer.Version {
		t.Errorf("a stale write changed the document: version %d, was %d", older.Version, newer.Version)
	}
	if next, err := write(t, c, "v4", s.Update(key, 4, 4)); err != nil || next.Stale {
		t.Errorf("version 4 after 3: %+v %v", next, err)
	}
}

// testUnknown: what can never work is final, and is not there afterwards.
func testUnknown(t *testing.T, s System) {
	c := open(t, s)
	if s.Create == nil {
		t.Fatal("the subject does not say how to create")
	}
	for name, change := range map[string]func(*sihe.Write){
		"entity":      func(w *sihe.Write) { w.Entity = "none.such" },
		"action":      func(w *sihe.Write) { w.Do = "no_such_action" },
		"broken JSON": func(w *sihe.Write) { w.Data = []byte(`{"a":`) },
	} {
		w := s.Create(1)
		change(&w)
		_, err := write(t, c, "unknown-"+name, w)
		if !final(err) {
			t.Errorf("unknown %s: %v, want a final error", name, err)
		}
		if sihe.CodeOf(err) == sihe.CodeInternal {
			t.Errorf("unknown %s: %v has no code", name, err)
		}
	}
}

// testRefused: a business no is Rejected with a code, and again so when asked again.
func testRefused(t *testing.T, s System) {
	c := open(t, s)
	w := s.Refused(t, c)
	for range 2 {
		_, err := write(t, c, "refused", w)
		if sihe.ClassOf(err) != sihe.ClassRejected || sihe.CodeOf(err) == sihe.CodeInternal {
			t.Errorf("a business no came as %v", err)
		}
	}
}

// testWriteCancelled: a Write that was cancelled before it began is not done.
func testWriteCancelled(t *testing.T, s System) {
	c := open(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	sink, _ := c.(sihe.Sink)
	w := s.Create(1)
	w.ID = "cancelled"
	if _, err := sink.Write(ctx, w); err == nil {
		t.Fatal("a cancelled write returned nil")
	} else if final(err) {
		t.Errorf("a cancelled write is final: %v", err)
	}
	if f, ok := c.(sihe.Finder); ok {
		if _, found, err := f.FindWrite(t.Context(), w); found || err != nil {
			t.Errorf("a cancelled write is there: %v %v", found, err)
		}
	}
}
