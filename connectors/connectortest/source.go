package connectortest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sihehub/sihe"
)

// read takes up to limit records; the emit after that fails.
func read(t *testing.T, c sihe.Connector, after sihe.Cursor, limit int) (all []sihe.Record, last sihe.Cursor, err error) {
	t.Helper()
	source, _ := c.(sihe.Source)
	last = after
	refused := false
	err = source.Read(t.Context(), after, func(r sihe.Record, cursor sihe.Cursor) error {
		if refused {
			t.Error("Read went on after emit had failed")
		}
		if len(all) == limit {
			refused = true
			return errFull
		}
		all, last = append(all, r), slices.Clone(cursor)
		return nil
	})
	return all, last, err
}

var errFull = errors.New("the hub cannot store it now")

const everything = 1 << 30

func happen(t *testing.T, s System, c sihe.Connector, n int) {
	t.Helper()
	if s.Happen == nil {
		t.Fatal("the subject does not say how something happens")
	}
	for i := range n {
		s.Happen(t, c, i)
	}
}

func ids(all []sihe.Record) []string {
	list := make([]string, len(all))
	for i, r := range all {
		list[i] = r.ID
	}
	return list
}

// testReadAll: every change once, with an id that is the same whenever it is read, and nothing more behind it.
func testReadAll(t *testing.T, s System) {
	c := open(t, s)
	before, start, err := read(t, c, nil, everything)
	if err != nil {
		t.Fatalf("read what is there at first: %v", err)
	}
	happen(t, s, c, 5)
	all, last, err := read(t, c, start, everything)
	if err != nil || len(all) != 5 {
		t.Fatalf("read %d records, want 5: %v", len(all), err)
	}
	seen := map[string]bool{}
	for _, r := range slices.Concat(before, all) {
		if r.ID == "" || seen[r.ID] {
			t.Errorf("record of %s %s has id %q: empty or not its own", r.Entity, r.Key, r.ID)
		}
		if r.Entity == "" || r.Key == "" || !json.Valid(r.Data) {
			t.Errorf("record %s lacks its entity, its key or JSON: %+v", r.ID, r)
		}
		seen[r.ID] = true
	}
	again, _, err := read(t, c, start, everything)
	if err != nil || !slices.Equal(ids(all), ids(again)) {
		t.Errorf("read again from the same cursor: %v, want %v: %v", ids(again), ids(all), err)
	}
	if rest, _, err := read(t, c, last, everything); err != nil || len(rest) != 0 {
		t.Errorf("read behind the last: %v: %v", ids(rest), err)
	}
}

// testEmitError: emit's error ends Read and comes back; what was not stored is read again (invariant 1).
func testEmitError(t *testing.T, s System) {
	c := open(t, s)
	_, start, err := read(t, c, nil, everything)
	if err != nil {
		t.Fatal(err)
	}
	happen(t, s, c, 4)
	first, kept, err := read(t, c, start, 2)
	if !errors.Is(err, errFull) {
		t.Errorf("Read returned %v, want emit's error", err)
	}
	rest, _, err := read(t, c, kept, everything)
	if err != nil || len(first)+len(rest) < 4 {
		t.Fatalf("%d and then %d records, want 4 together: %v", len(first), len(rest), err)
	}
	if !covers(slices.Concat(first, rest), 4) {
		t.Errorf("lost: %v then %v", ids(first), ids(rest))
	}
}

// covers says whether n different records are among them; a cursor may stand for a page, whose records come again.
func covers(all []sihe.Record, n int) bool {
	list := ids(all)
	slices.Sort(list)
	return len(slices.Compact(list)) == n
}

// testResume: a cursor is good after a restart, also for what happened meanwhile.
func testResume(t *testing.T, s System) {
	c := open(t, s)
	_, start, err := read(t, c, nil, everything)
	if err != nil {
		t.Fatal(err)
	}
	happen(t, s, c, 3)
	first, kept, _ := read(t, c, start, 2)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, s)
	s.Happen(t, c, 3)
	rest, _, err := read(t, c, kept, everything)
	if err != nil || !covers(slices.Concat(first, rest), 4) {
		t.Errorf("%v then %v, want 4 different ones: %v", ids(first), ids(rest), err)
	}
}

// testReadCancelled: a cancelled Read ends and emits nothing.
func testReadCancelled(t *testing.T, s System) {
	c := open(t, s)
	happen(t, s, c, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	source, _ := c.(sihe.Source)
	err := source.Read(ctx, nil, func(r sihe.Record, _ sihe.Cursor) error {
		t.Errorf("emitted %s although cancelled", r.ID)
		return nil
	})
	if err == nil {
		t.Error("a cancelled Read returned nil, which says that there is no more")
	}
}

// testNotifier: whoever waits hears of a change.
func testNotifier(t *testing.T, s System) {
	c := open(t, s)
	n, _ := c.(sihe.Notifier)
	select {
	case <-n.Changed():
	default:
	}
	happen(t, s, c, 1)
	select {
	case <-n.Changed():
	case <-time.After(5 * time.Second):
		t.Error("nobody told of the change")
	}
}
