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
// An update function may run more than once: when another one of its group fails after having written, the group is
// rolled back and run again without it. It must therefore touch nothing outside its Tx before Update has returned.
// bbolt checks only its meta pages; a flipped bit elsewhere is found by our checksum when the value is read
// (invariant 9), and read as [sihe.CodeStoreCorrupt] naming file and key, never returned.
package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/sihehub/sihe"
)

// maxGroup is how many updates share one sync at most.
const maxGroup = 2000

// A DB is one open file.
type DB struct {
	bolt   *bbolt.DB
	path   string
	queue  chan *update
	closed chan struct{}
	done   chan struct{}
}

// Open opens or creates the file, with its folder, for this process alone. A file that another process holds is
// CodeStoreLocked naming that process; a damaged file is CodeStoreCorrupt and is left as it is.
func Open(path string) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, sihe.Errorf(sihe.CodeStoreUnusable, "make the data folder: %w", err)
	}
	b, err := openBolt(path)
	if errors.Is(err, bbolt.ErrTimeout) { //nolint:staticcheck // the sentinel moved between versions
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeStoreLocked, "open %s: another process has it%s", path, holder(path)))
	}
	if err != nil {
		return nil, err
	}
	writeHolder(path)
	db := &DB{bolt: b, path: path, queue: make(chan *update), closed: make(chan struct{}), done: make(chan struct{})}
	go db.commitLoop()
	return db, nil
}

// openBolt turns the panics by which bbolt reports a damaged file into an error.
func openBolt(path string) (b *bbolt.DB, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "open %s: %v", path, r))
		}
	}()
	b, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: time.Second, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType,
	})
	switch {
	case err == nil || errors.Is(err, bbolt.ErrTimeout):
		return b, err
	case errors.Is(err, os.ErrPermission), errors.Is(err, os.ErrNotExist):
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeStoreUnusable, "open %s: %w", path, err))
	}
	return nil, sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "open %s: %w", path, err))
}

func holderFile(path string) string { return path + ".pid" }

func writeHolder(path string) {
	_ = os.WriteFile(holderFile(path), []byte(strconv.Itoa(os.Getpid())), 0o600) // only for the message of another process
}

func holder(path string) string {
	b, err := os.ReadFile(holderFile(path)) //nolint:gosec // beside our own file
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (pid %s)", strings.TrimSpace(string(b)))
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

// Close waits for the updates under way. Later ones are refused.
func (db *DB) Close() error {
	select {
	case <-db.closed:
	default:
		close(db.closed)
	}
	<-db.done
	_ = os.Remove(holderFile(db.path))
	return db.bolt.Close()
}

// View runs f on a consistent state. The transaction must be short: while it is open, freed pages are kept.
func (db *DB) View(f func(*Tx) error) (err error) {
	defer db.guard(&err)
	return db.bolt.View(func(tx *bbolt.Tx) error { return f(&Tx{bolt: tx, file: db.path}) })
}

// WriteTo copies a consistent state of the whole file, e.g. for a backup.
func (db *DB) WriteTo(w interface{ Write([]byte) (int, error) }) (n int64, err error) {
	err = db.bolt.View(func(tx *bbolt.Tx) error {
		n, err = tx.WriteTo(w)
		return err
	})
	return n, err
}

// guard turns a panic, ours about a number or bbolt's about a damaged page, into an error.
func (db *DB) guard(err *error) {
	r := recover()
	if r == nil {
		return
	}
	var own *sihe.Error
	if e, ok := r.(error); ok && errors.As(e, &own) {
		*err = own
		return
	}
	*err = sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "%s: %v", db.path, r))
}
