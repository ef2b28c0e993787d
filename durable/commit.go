package durable

import (
	"context"
	"errors"

	"go.etcd.io/bbolt"

	"github.com/sihehub/sihe"
)

// An update is one caller's function and where its outcome goes.
type update struct {
	f    func(*Tx) error
	done chan error
}

// Update runs f in a transaction and returns once it is synced. f's error is returned and nothing of f is kept. ctx
// ends the waiting for a place in the queue, not an update that has begun.
func (db *DB) Update(ctx context.Context, f func(*Tx) error) (sihe.Token, error) {
	u := &update{f: f, done: make(chan error, 1)}
	select {
	case db.queue <- u:
	case <-ctx.Done():
		return sihe.Token{}, ctx.Err()
	case <-db.closed:
		return sihe.Token{}, sihe.Errorf(sihe.CodeStoreClosed, "write %s: it is closed", db.path)
	}
	if err := <-u.done; err != nil {
		return sihe.Token{}, err
	}
	return sihe.Synced(), nil
}

func (db *DB) commitLoop() {
	defer close(db.done)
	for {
		select {
		case u := <-db.queue:
			db.commit(db.gather(u))
		case <-db.closed:
			return
		}
	}
}

// gather takes whoever waits by now, so a lone caller never waits for company.
func (db *DB) gather(first *update) []*update {
	group := []*update{first}
	for len(group) < maxGroup {
		select {
		case u := <-db.queue:
			group = append(group, u)
		default:
			return group
		}
	}
	return group
}

// errAgain rolls a group back because one of it failed after having written.
var errAgain = errors.New("run the group again")

// commit runs the group in one transaction; whoever fails is answered and the others run again without it.
func (db *DB) commit(group []*update) {
	for len(group) > 0 {
		var failed int
		var failure error
		var kept []*update
		err := db.bolt.Update(func(tx *bbolt.Tx) error {
			kept = kept[:0]
			for i, u := range group {
				t := &Tx{bolt: tx, file: db.path, writable: true}
				switch err := db.run(u, t); {
				case err == nil:
					kept = append(kept, u)
				case t.dirty:
					failed, failure = i, err
					return errAgain
				default:
					u.done <- err
				}
			}
			return nil
		})
		if errors.Is(err, errAgain) {
			group[failed].done <- failure
			group = remove(group, failed, kept)
			continue
		}
		if err != nil {
			err = sihe.Errorf(sihe.CodeStoreUnusable, "sync %s: %w", db.path, err)
		}
		for _, u := range kept {
			u.done <- err
		}
		return
	}
}

// remove returns the group without the failed one and without those that were answered before it.
func remove(group []*update, failed int, kept []*update) []*update {
	rest := append([]*update{}, kept...)
	return append(rest, group[failed+1:]...)
}

func (db *DB) run(u *update, t *Tx) (err error) {
	defer db.guard(&err)
	return u.f(t)
}
