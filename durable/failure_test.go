package durable

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/sihehub/sihe"
)

func store(key string) func(tx *Tx) error {
	return func(tx *Tx) error { return tx.Bucket("b").Put([]byte(key), []byte("v")) }
}

// A sync that failed is never tried again on the open file, whatever the disk says later; the next Open puts a synced copy
// in the file's place.
func TestFailedSyncIsNotRepeated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d.db")
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Update(t.Context(), store("before")); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	calls := 0
	db.begin = func(f func(*bbolt.Tx) error) error {
		mu.Lock()
		calls++
		mu.Unlock()
		if err := db.bolt.Update(f); err != nil {
			return err
		}
		return syscall.EIO // as fdatasync gives it
	}
	if token, err := db.Update(t.Context(), store("lost")); sihe.CodeOf(err) != sihe.CodeStoreUnusable || token.Valid() {
		t.Errorf("the failing sync: %v", err)
	}
	db.begin = db.bolt.Update
	for range 3 {
		if token, err := db.Update(t.Context(), store("later")); sihe.CodeOf(err) != sihe.CodeStoreUnusable || token.Valid() {
			t.Errorf("after it: %v", err)
		}
	}
	if calls != 1 {
		t.Errorf("%d transactions, want 1", calls)
	}
	old, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, err = Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if now, err := os.Stat(path); err != nil || os.SameFile(old, now) {
		t.Errorf("the file is still the one whose sync failed (%v)", err)
	}
	if _, err := os.Stat(unsyncedFile(path)); !os.IsNotExist(err) {
		t.Errorf("the mark is still there: %v", err)
	}
	if _, err := db.Update(t.Context(), store("again")); err != nil {
		t.Error(err)
	}
	if n, err := db.Check(t.Context()); err != nil || n < 2 {
		t.Errorf("%d values, %v", n, err)
	}
}

// A transaction that cannot begin must still answer everybody.
func TestNobodyWaitsForATransactionThatCannotBegin(t *testing.T) {
	db, err := Open(filepath.Join(t.TempDir(), "d.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.begin = func(func(*bbolt.Tx) error) error { return syscall.ENOMEM }
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if token, err := db.Update(t.Context(), store("k")); err == nil || token.Valid() {
				t.Errorf("%v, token %t", err, token.Valid())
			}
		})
	}
	wg.Wait()
}

// A panic of bbolt while it commits must not take the process down.
func TestPanicWhileCommitting(t *testing.T) {
	db, err := Open(filepath.Join(t.TempDir(), "d.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.begin = func(f func(*bbolt.Tx) error) error {
		return db.bolt.Update(func(tx *bbolt.Tx) error {
			_ = f(tx)
			panic("page 17: already freed")
		})
	}
	if token, err := db.Update(t.Context(), store("k")); err == nil || token.Valid() {
		t.Errorf("%v, token %t", err, token.Valid())
	}
}

func TestNothingToSyncIsNotSynced(t *testing.T) {
	db, err := Open(filepath.Join(t.TempDir(), "d.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Update(t.Context(), store("k")); err != nil {
		t.Fatal(err)
	}
	before := db.state()
	token, err := db.Update(t.Context(), func(tx *Tx) error {
		_, _, err := tx.Bucket("b").Get([]byte("k"))
		return err
	})
	if err != nil || !token.Valid() {
		t.Errorf("%v, token %t", err, token.Valid())
	}
	if db.state() != before {
		t.Error("a transaction that only reads was committed")
	}
}
