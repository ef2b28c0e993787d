package connectortest

import (
	"encoding/json"
	"testing"

	"github.com/sihehub/sihe"
)

// testFind: a document is found under its key as it is now; one that is not there is no error.
func testFind(t *testing.T, s System) {
	c := open(t, s)
	f, _ := c.(sihe.Finder)
	made := created(t, s, c, 1)
	entity := s.Create(1).Entity
	r, ok, err := f.Find(t.Context(), entity, made.Key)
	if err != nil || !ok || r.Key != made.Key || !json.Valid(r.Data) {
		t.Fatalf("find %s: %+v %v %v", made.Key, r, ok, err)
	}
	if made.Version != 0 && r.Version != made.Version {
		t.Errorf("found version %d, the receipt said %d", r.Version, made.Version)
	}
	if s.Update != nil {
		if _, err := write(t, c, "update", s.Update(made.Key, 1, 1)); err != nil {
			t.Fatal(err)
		}
		now, ok, err := f.Find(t.Context(), entity, made.Key)
		if err != nil || !ok || string(now.Data) == string(r.Data) {
			t.Errorf("found what it was before the update: %s %v %v", now.Data, ok, err)
		}
	}
	for _, key := range []string{"no-such-key", ""} {
		if x, ok, err := f.Find(t.Context(), entity, key); ok || err != nil {
			t.Errorf("find %q: %+v %v %v", key, x, ok, err)
		}
	}
}

// testFindWrite: what a Write came to can be asked for, which is what resolves an unknown outcome (invariant 7).
func testFindWrite(t *testing.T, s System) {
	c := open(t, s)
	f, _ := c.(sihe.Finder)
	w := s.Create(1)
	w.ID = "create-1"
	if x, ok, err := f.FindWrite(t.Context(), w); ok || err != nil {
		t.Fatalf("found before it was written: %+v %v", x, err)
	}
	made := created(t, s, c, 1)
	x, ok, err := f.FindWrite(t.Context(), w)
	if err != nil || !ok || x.Key != made.Key {
		t.Errorf("found %+v %v %v, want %+v", x, ok, err, made)
	}
	other := s.Create(2)
	other.ID = "create-2"
	if x, ok, err := f.FindWrite(t.Context(), other); ok || err != nil {
		t.Errorf("found what another write made: %+v %v", x, err)
	}
}
