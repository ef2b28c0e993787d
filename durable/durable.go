// Package durable is the house's only way to a file that must survive: bbolt with one committer, a checksum on every
// value, and a token for every completed sync.
//
// # Basics
//
// [Open] opens or creates one file for this process alone. [DB.Update] hands a function to the committer, which runs
// the functions of all waiting callers in one bbolt transaction and syncs once (group commit); the [sihe.Token] it
// returns is the proof that a caller needs to acknowledge anything. [DB.View] reads a consistent state.
//
// # Caveats
//
// An update function may run twice: when another one of its group fails after having written, the group is rolled back
// and run again without it. It must therefore touch nothing outside its Tx that a second run would not set anew, and
// hand nothing on before Update has returned. Update must not be called from inside an update function.
//
// bbolt checks only its meta pages. A flipped bit in a value or its key is found by our checksum when the value is read
// (invariant 9), and read as [sihe.CodeStoreCorrupt] naming file and key, never returned; one in bbolt's own pages is
// found by Open, which walks them all, about a second for every three gigabytes that are cached. [DB.Check] reads everything.
package durable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/sihehub/sihe"
)

// maxGroup is how many updates share one sync at most.
const maxGroup = 2000

// A DB is one open file. Its methods may be called concurrently.
type DB struct {
	bolt   *bbolt.DB
	begin  func(func(*bbolt.Tx) error) error // bolt.Update
	path   string
	opened os.FileInfo // to notice that the path leads elsewhere
	failed atomic.Pointer[error]

	queue   chan *update
	closed  chan struct{}
	done    chan struct{}
	closing sync.Once
}

// Open opens or creates the file, with its folder, for this process alone. A file that another process holds is
// CodeStoreLocked naming that process, after a second; a damaged file is CodeStoreCorrupt and is left as it is.
func Open(path string) (*DB, error) {
	if err := create(path); err != nil {
		return nil, err
	}
	walked, err := inspect(path)
	if err != nil {
		return nil, err
	}
	_ = os.Remove(sealFile(path)) // one that stays is of another state, and is seen to be
	b, err := openBolt(path, false)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		_ = b.Close() // the first error counts
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeStoreLost, "open %s: %w", path, err))
	}
	writeHolder(path)
	db := &DB{
		bolt: b, begin: b.Update, path: path, opened: info,
		queue: make(chan *update, maxGroup), closed: make(chan struct{}), done: make(chan struct{}),
	}
	go db.commitLoop()
	if !walked {
		go db.walkBeside()
	}
	return db, nil
}

// Path returns the file's name.
func (db *DB) Path() string { return db.path }

// Size returns the file's length in bytes.
func (db *DB) Size() int64 {
	info, err := os.Stat(db.path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// Close waits for the updates under way. Those that wait for their turn and later ones are refused.
func (db *DB) Close() error {
	db.closing.Do(func() { close(db.closed) })
	<-db.done
	db.seal()
	err := db.bolt.Close()
	_ = os.Remove(holderFile(db.path)) // it only informs
	return err
}

// View runs f on a consistent state. The transaction must be short: while it is open, freed pages are kept.
func (db *DB) View(f func(*Tx) error) (err error) {
	defer db.guard(&err)
	defer panicOnFault()()
	err = db.bolt.View(func(tx *bbolt.Tx) error { return f(&Tx{bolt: tx, file: db.path}) })
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return sihe.Errorf(sihe.CodeStoreClosed, "read %s: it is closed", db.path)
	}
	return err
}

// WriteTo copies a consistent state of the whole file, e.g. for a backup.
func (db *DB) WriteTo(w io.Writer) (n int64, err error) {
	defer db.guard(&err)
	defer panicOnFault()()
	err = db.bolt.View(func(tx *bbolt.Tx) error {
		n, err = tx.WriteTo(w)
		return err
	})
	return n, err
}

// syncFolder makes a new name in a folder durable.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
