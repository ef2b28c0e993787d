package durable

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"

	"github.com/sihehub/sihe"
)

// An update is one caller's function and where its outcome goes.
type update struct {
	f     func(*Tx) error
	done  chan error  // room for one
	taken atomic.Bool // by the committer, or by its caller to give it up
}

// Update runs f in a transaction and returns once it is synced. f's error is returned and nothing of f is kept. ctx
// ends the waiting for a place in the queue, not an update that has begun. When f writes nothing there is nothing to sync.
//
// A full disk is CodeDiskFull and passes by itself. Any other failure of the disk is CodeStoreUnusable (CodeStoreReadOnly
// when it may only be read), and so is every later Update until the file is opened again: the kernel may have dropped
// what it could not write, and a second sync would call it done (invariant 1). A file that was deleted or replaced is
// CodeStoreLost.
func (db *DB) Update(ctx context.Context, f func(*Tx) error) (sihe.Token, error) {
	u := &update{f: f, done: make(chan error, 1)}
	select {
	case <-db.closed: // first, because a closed file may still have a committer
		return sihe.Token{}, db.closedError()
	default:
	}
	select {
	case db.queue <- u:
	case <-ctx.Done():
		return sihe.Token{}, ctx.Err()
	case <-db.closed:
		return sihe.Token{}, db.closedError()
	}
	if err := db.await(ctx, u); err != nil {
		return sihe.Token{}, err
	}
	return sihe.Synced(), nil
}

// await returns the outcome, or gives the update up as long as the committer has not taken it.
func (db *DB) await(ctx context.Context, u *update) error {
	var why error
	select {
	case err := <-u.done:
		return err
	case <-ctx.Done():
		why = ctx.Err()
	case <-db.closed:
		why = db.closedError()
	}
	if u.taken.CompareAndSwap(false, true) {
		return why
	}
	return <-u.done
}

func (db *DB) closedError() error {
	return sihe.Errorf(sihe.CodeStoreClosed, "write %s: it is closed", db.path)
}

func (db *DB) commitLoop() {
	defer close(db.done)
	panicOnFault()
	company := 0 // of the last group
	for {
		select {
		case u := <-db.queue:
			var group []*update
			if company < crowd {
				group = db.gather(u)
			} else {
				group = db.linger(u)
			}
			company = len(group)
			db.commit(group)
		case <-db.closed:
			return
		}
	}
}

// yields is how often gather lets others run before it believes that nobody else is coming.
const yields = 3

// gather takes whoever waits by now, and whoever a finished sync has just let go: they are about to come back. A lone
// caller waits for no clock.
func (db *DB) gather(first *update) []*update {
	group := take(nil, first)
	for quiet := 0; len(group) < maxGroup && quiet < yields; {
		select {
		case u := <-db.queue:
			group = take(group, u)
			quiet = 0
		default:
			quiet++
			runtime.Gosched()
		}
	}
	return group
}

// A crowd is how many updates the last group had when the next waits lingering for more: a sync for fifty costs hardly more
// than one for five, and their functions write the same pages.
const (
	crowd     = 4
	lingering = 2 * time.Millisecond
)

// linger lets more updates join.
func (db *DB) linger(first *update) []*update {
	group := take(nil, first)
	enough := time.NewTimer(lingering)
	defer enough.Stop()
	for len(group) < maxGroup {
		select {
		case u := <-db.queue:
			group = take(group, u)
		case <-enough.C:
			return group
		case <-db.closed:
			return group
		}
	}
	return group
}

// take leaves out what was given up.
func take(group []*update, u *update) []*update {
	if u.taken.CompareAndSwap(false, true) {
		return append(group, u)
	}
	return group
}

// commit runs the group in as few transactions as its failures allow.
func (db *DB) commit(group []*update) {
	for len(group) > 0 {
		if err := db.Usable(); err != nil {
			answer(group, err)
			return
		}
		group = db.round(group)
	}
}

func answer(group []*update, err error) {
	for _, u := range group {
		u.done <- err
	}
}

// errAgain rolls a transaction back because one of it failed after having written.
var errAgain = errors.New("run the others again")

// errNothing rolls back a transaction that has nothing to sync.
var errNothing = errors.New("nothing to sync")

// round runs the group in one transaction up to the first that fails after having written. Then those before it are run
// and committed by themselves, and those behind it are returned: so no function runs more than twice for others' errors.
func (db *DB) round(group []*update) (rest []*update) {
	var kept []*update
	var failure error
	failed, dirty, id := 0, false, 0
	err := db.transact(func(tx *bbolt.Tx) error {
		id = tx.ID()
		for i, u := range group {
			t := &Tx{bolt: tx, file: db.path, writable: true}
			err := db.run(u, t)
			switch {
			case err == nil:
				kept = append(kept, u)
				dirty = dirty || t.dirty
			case t.dirty:
				failed, failure = i, err
				return errAgain
			default:
				u.done <- err
			}
		}
		if !dirty {
			return errNothing
		}
		return nil
	})
	switch {
	case errors.Is(err, errAgain):
		group[failed].done <- failure
		db.commit(kept)
		return group[failed+1:]
	case errors.Is(err, errNothing):
		err = nil
	case id == 0: // it could not begin, so nobody has been answered
		kept, err = group, db.fail(err, id)
	case err != nil:
		err = db.fail(err, id)
	}
	answer(kept, err)
	return nil
}

// transact is bbolt's Update without its panics.
func (db *DB) transact(f func(*bbolt.Tx) error) (err error) {
	defer db.guard(&err)
	return db.begin(f)
}

func (db *DB) run(u *update, t *Tx) (err error) {
	defer db.guard(&err)
	return u.f(t)
}

// Usable says why nothing may be written any more, nil when it may. It does not touch the disk beyond looking at the name.
func (db *DB) Usable() error {
	if err := db.failed.Load(); err != nil && sihe.CodeOf(*err) == sihe.CodeStoreCorrupt {
		return sihe.Errorf(sihe.CodeStoreCorrupt, "write %s: it is damaged: %w", db.path, *err)
	} else if err != nil {
		code := sihe.CodeStoreUnusable
		if errors.Is(*err, syscall.EROFS) {
			code = sihe.CodeStoreReadOnly
		}
		return sihe.Errorf(code, "write %s: a sync failed before: %w", db.path, *err)
	}
	now, err := os.Stat(db.path)
	if err == nil && os.SameFile(now, db.opened) {
		return nil
	}
	return sihe.Errorf(sihe.CodeStoreLost, "write %s: the file was deleted or replaced (%v)", db.path, err)
}

// fail judges an error of bbolt's commit. Only a write of data that found no room may be tried again: then nothing was
// synced, and bbolt has gone back to the state before transaction id.
func (db *DB) fail(err error, id int) error {
	if full(err) && db.state() < id {
		return sihe.Errorf(sihe.CodeDiskFull, "write %s: %w", db.path, err)
	}
	db.failed.CompareAndSwap(nil, &err)
	_ = os.WriteFile(unsyncedFile(db.path), []byte(err.Error()), 0o600) // on a broken disk this may fail too
	code := sihe.CodeStoreUnusable
	switch {
	case sihe.CodeOf(err) == sihe.CodeStoreCorrupt:
		code = sihe.CodeStoreCorrupt
	case errors.Is(err, syscall.EROFS):
		code = sihe.CodeStoreReadOnly
	}
	return sihe.Errorf(code, "sync %s: %w", db.path, err)
}

// state returns the transaction that readers see.
func (db *DB) state() (id int) {
	err := db.bolt.View(func(tx *bbolt.Tx) error {
		id = tx.ID()
		return nil
	})
	if err != nil {
		return math.MaxInt
	}
	return id
}

// full tells a write without room from a failed sync: the former is a PathError of a write, or bbolt's resize; a failed
// fdatasync comes as a bare number.
func full(err error) bool {
	var p *fs.PathError
	if errors.As(err, &p) && p.Op == "write" {
		return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
	}
	return strings.HasPrefix(err.Error(), "file resize error")
}
