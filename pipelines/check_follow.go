package pipelines

import (
	"context"
	"slices"
	"time"

	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/pipelines/store"
)

// followBatch is how many changes, or documents, one transaction handles; followBytes how much of documents is in hand at a
// time, about.
const (
	followBatch = 200
	followBytes = 8 << 20
)

// followOverlap is how much of what was followed before is followed again, in case the clock was set back a little meanwhile.
// What a larger step hides is found by the full pass.
const followOverlap = 5 * time.Second

// A follower hands what changed to the checks that are about it, and keeps the indexes of what documents meet on.
type follower struct {
	h       *Hub
	plan    *Plan
	indexes map[string]Side   // by name
	of      map[string][]Side // sides with an index, by entity
}

func (h *Hub) newFollower() *follower {
	f := &follower{h: h, plan: h.Plan(), indexes: map[string]Side{}, of: map[string][]Side{}}
	for _, c := range f.plan.Checks {
		for _, s := range []Side{c.Left, c.Right} {
			name := s.index()
			if _, known := f.indexes[name]; name != "" && !known {
				f.indexes[name] = s
				f.of[s.Entity.FullName()] = append(f.of[s.Entity.FullName()], s)
			}
		}
	}
	return f
}

// follow brings indexes and checks up to date with the view. It is called by one at a time.
func (f *follower) follow(ctx context.Context) error {
	if err := f.forget(ctx); err != nil {
		return err
	}
	for name, s := range f.indexes {
		if err := f.build(ctx, name, s); err != nil {
			return err
		}
	}
	place, err := f.begin(ctx)
	for more := true; more && err == nil; {
		place, more, err = f.batch(ctx, place)
	}
	return err
}

// forget drops what belongs to checks whose files are gone.
func (f *follower) forget(ctx context.Context) error {
	var indexes, checks []string
	err := f.h.o.Store.View(func(tx *store.Tx) (err error) {
		indexes = slices.DeleteFunc(tx.Meetings(), func(name string) bool { _, used := f.indexes[name]; return used })
		if checks, err = tx.CheckNames(); err != nil {
			return err
		}
		checks = slices.DeleteFunc(checks, func(name string) bool { _, there := f.plan.Check(name); return there })
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range checks {
		if err := f.h.o.Store.ForgetCheck(ctx, name); err != nil {
			return err
		}
		f.h.mu.Lock()
		delete(f.h.health, checkHealth(name))
		f.h.mu.Unlock()
	}
	for _, name := range indexes {
		if _, err := f.h.o.Store.Update(ctx, func(tx *store.Tx) error { return tx.DropMeeting(name) }); err != nil {
			return err
		}
	}
	return nil
}

// build goes over all documents of an index once a day: what a document meets on is there even if a change was missed.
func (f *follower) build(ctx context.Context, name string, s Side) error {
	began := f.h.o.Now()
	var built time.Time
	err := f.h.o.Store.View(func(tx *store.Tx) (err error) { built, err = tx.MeetingBuilt(name); return err })
	if err != nil || !built.IsZero() && began.Sub(built) < f.h.o.Checks.Full {
		return err
	}
	err = f.h.documents(ctx, s.Entity, "", func(docs []store.Document) error {
		_, err := f.h.o.Store.Update(ctx, func(tx *store.Tx) error {
			for _, d := range docs {
				now, found, err := tx.Document(d.Entity, d.Key) // it may have changed since it was read
				if err != nil {
					return err
				}
				if !found {
					continue
				}
				if _, err := f.meet(tx, name, s, now); err != nil {
					return err
				}
			}
			return nil
		})
		return err
	})
	if err != nil {
		return err
	}
	_, err = f.h.o.Store.Update(ctx, func(tx *store.Tx) error { return tx.SetMeetingBuilt(name, began) })
	return err
}

// meet enters a document into an index and returns the texts under which it was and is.
func (f *follower) meet(tx *store.Tx, name string, s Side, doc store.Document) (texts []string, err error) {
	_, text, meets, err := s.read(f.h, doc)
	if isIllegible(err) {
		meets, err = false, nil // it meets nobody; the check itself says so
	}
	if err != nil {
		return nil, err
	}
	at := &text
	if !meets {
		at = nil
	}
	before, had, err := tx.Meet(name, doc.Key, at)
	if meets {
		texts = append(texts, text)
	}
	if had && before != text {
		texts = append(texts, before)
	}
	return texts, err
}

// begin returns the place to go on from. What was before the first time is for the full pass.
func (f *follower) begin(ctx context.Context) (place []byte, err error) {
	_, err = f.h.o.Store.Update(ctx, func(tx *store.Tx) error {
		if place, err = tx.FollowPlace(); err != nil || len(place) == 0 {
			place = store.PlaceAt(tx.Now())
			return tx.SetFollowPlace(place)
		}
		place = store.PlaceAt(store.TimeOf(place).Add(-followOverlap))
		return nil
	})
	return place, err
}

// batch hands some changes on.
func (f *follower) batch(ctx context.Context, from []byte) (place []byte, more bool, err error) {
	_, err = f.h.o.Store.Update(ctx, func(tx *store.Tx) error {
		place = from
		var changed []store.Changed
		seen := map[store.Ref]bool{}
		err := tx.Changes(from, func(c store.Changed, at []byte) (bool, error) {
			place = at
			if ref := (store.Ref{Entity: c.Entity, Key: c.Key}); !seen[ref] {
				seen[ref] = true
				changed = append(changed, c)
			}
			return len(changed) < followBatch, nil
		})
		if err != nil {
			return err
		}
		for _, c := range changed {
			if err := f.hand(tx, c); err != nil {
				return err
			}
		}
		more = len(changed) == followBatch
		if len(changed) == 0 {
			return nil
		}
		return tx.SetFollowPlace(place)
	})
	return place, more, err
}

// hand lets every check that is about a document look at it once it is old enough.
func (f *follower) hand(tx *store.Tx, c store.Changed) error {
	doc, found, err := tx.Document(c.Entity, c.Key)
	if err != nil || !found {
		return err
	}
	seen, err := tx.SeenAt(doc)
	if err != nil {
		return err
	}
	if seen.IsZero() {
		seen = c.At
	}
	texts := map[string][]string{"": {c.Key}}
	for _, s := range f.of[c.Entity] {
		name := s.index()
		if texts[name], err = f.meet(tx, name, s, doc); err != nil {
			return err
		}
	}
	for _, check := range f.plan.Checks {
		for _, s := range []Side{check.Left, check.Right} {
			if s.Entity.FullName() != c.Entity {
				continue
			}
			for _, text := range texts[s.index()] {
				if err := tx.DueCheck(check.Name, seen.Add(check.Within), text); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// documents calls do with all documents of an entity behind a key, some at a time, each batch read in a transaction of its
// own.
func (h *Hub) documents(ctx context.Context, e *canonical.Entity, after string, do func([]store.Document) error) error {
	for first := after == ""; ; first = false {
		var docs []store.Document
		var size int
		err := h.o.Store.View(func(tx *store.Tx) error {
			docs, size = nil, 0
			return tx.Documents(e.FullName(), after, func(d store.Document) (bool, error) {
				if first || d.Key != after {
					docs = append(docs, d)
					size += len(d.Data)
				}
				return len(docs) < followBatch && size < followBytes, nil
			})
		})
		if err != nil || len(docs) == 0 {
			return err
		}
		if err := do(docs); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		after = docs[len(docs)-1].Key
	}
}
