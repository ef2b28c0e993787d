package durable_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

func open(t testing.TB, path string) *durable.DB {
	t.Helper()
	db, err := durable.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func put(tx *durable.Tx, key, value string) error {
	return tx.Bucket("b").Put([]byte(key), []byte(value))
}

// contents reads bucket b.
func contents(t testing.TB, db *durable.DB) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := db.View(func(tx *durable.Tx) error {
		return tx.Bucket("b").Each(nil, false, func(k, v []byte) (bool, error) {
			got[string(k)] = string(v)
			return true, nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Every third update fails after having written, every fifth before, every seventh panics. Nothing of those is kept, all of
// the others is, and a token is given only for what a reader sees.
func TestGroupCommitKeepsTheGoodOnes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d.db")
	db := open(t, path)
	no := errors.New("no")
	want := map[string]string{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 300 {
		wg.Go(func() {
			key := fmt.Sprintf("%04d", i)
			token, err := db.Update(t.Context(), func(tx *durable.Tx) error {
				if i%5 == 0 {
					return no
				}
				if err := put(tx, key, "v"); err != nil {
					return err
				}
				if i%7 == 0 {
					panic("a mistake")
				}
				if i%3 == 0 {
					return no
				}
				return nil
			})
			good := i%5 != 0 && i%7 != 0 && i%3 != 0
			if token.Valid() != good || (err == nil) != good {
				t.Errorf("update %d: token %t, %v", i, token.Valid(), err)
			}
			if i%5 != 0 && i%7 == 0 && sihe.CodeOf(err) != sihe.CodeInternal {
				t.Errorf("update %d panics: %v", i, err)
			}
			if !good {
				return
			}
			mu.Lock()
			want[key] = "v"
			mu.Unlock()
			err = db.View(func(tx *durable.Tx) error {
				if _, ok, err := tx.Bucket("b").Get([]byte(key)); err != nil || !ok {
					return fmt.Errorf("update %d is not there: %w", i, err)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff(want, contents(t, db)); diff != "" {
		t.Error(diff)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, contents(t, open(t, path))); diff != "" {
		t.Errorf("after reopening: %s", diff)
	}
}

func TestUpdatesSeeEachOther(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "d.db"))
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 25 {
				_, err := db.Update(t.Context(), func(tx *durable.Tx) error {
					b := tx.Bucket("b")
					v, ok, err := b.Get([]byte("n"))
					if err != nil {
						return err
					}
					n := uint64(0)
					if ok {
						n = binary.BigEndian.Uint64(v)
					}
					return b.Put([]byte("n"), binary.BigEndian.AppendUint64(nil, n+1))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := binary.BigEndian.Uint64([]byte(contents(t, db)["n"])); n != 400 {
		t.Errorf("counted %d, want 400", n)
	}
}

func TestContextEndsTheWaitingOnly(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "d.db"))
	entered, leave := make(chan int), make(chan int)
	first := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, err := db.Update(ctx, func(tx *durable.Tx) error {
			entered <- 1
			<-leave
			return put(tx, "begun", "v")
		})
		first <- err
	}()
	<-entered
	cancel()
	if _, err := db.Update(ctx, func(tx *durable.Tx) error { return put(tx, "waiting", "v") }); !errors.Is(err, context.Canceled) {
		t.Errorf("an update that waits: %v", err)
	}
	close(leave)
	if err := <-first; err != nil {
		t.Errorf("an update that has begun: %v", err)
	}
	if diff := cmp.Diff(map[string]string{"begun": "v"}, contents(t, db)); diff != "" {
		t.Error(diff)
	}
}

func TestCloseRefusesWhoWaits(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "d.db"))
	entered, leave := make(chan int), make(chan int)
	results := make(chan error, 11)
	go func() {
		_, err := db.Update(t.Context(), func(*durable.Tx) error { entered <- 1; <-leave; return nil })
		results <- err
	}()
	<-entered
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	for range 10 {
		go func() {
			_, err := db.Update(t.Context(), func(tx *durable.Tx) error { return put(tx, "late", "v") })
			results <- err
		}()
	}
	for range 10 { // they are refused while the first still runs
		if err := <-results; sihe.CodeOf(err) != sihe.CodeStoreClosed {
			t.Errorf("got %v", err)
		}
	}
	close(leave)
	if err := errors.Join(<-results, <-closed, db.Close()); err != nil {
		t.Error(err)
	}
	if err := db.View(func(*durable.Tx) error { return nil }); sihe.CodeOf(err) != sihe.CodeStoreClosed {
		t.Errorf("view: %v", err)
	}
}

func TestBuckets(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "d.db"))
	update := func(f func(tx *durable.Tx) error) {
		t.Helper()
		if _, err := db.Update(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	var numbers []uint64
	next := func(tx *durable.Tx, path ...string) error {
		n, err := tx.Bucket(path...).NextSequence()
		numbers = append(numbers, n)
		return err
	}
	update(func(tx *durable.Tx) error {
		return errors.Join(next(tx, "a", "x"), next(tx, "a", "x"), next(tx, "a", "y"))
	})
	if _, err := db.Update(t.Context(), func(tx *durable.Tx) error { return errors.Join(next(tx, "a", "x"), errors.New("no")) }); err == nil {
		t.Fatal("no error")
	}
	update(func(tx *durable.Tx) error { return tx.Bucket("a").DeleteBucket("x") })
	update(func(tx *durable.Tx) error { return next(tx, "a", "x") })
	if diff := cmp.Diff([]uint64{1, 2, 1, 3, 3}, numbers); diff != "" {
		t.Errorf("sequences: %s", diff)
	}
	update(func(tx *durable.Tx) error {
		for _, k := range []string{"b", "d", "f"} {
			if err := put(tx, k, k); err != nil {
				return err
			}
		}
		tx.Bucket("b", "c") // a bucket among the values
		return nil
	})
	err := db.View(func(tx *durable.Tx) error {
		b := tx.Bucket("b")
		for from, want := range map[string]string{"": "fdb", "e": "db", "d": "db", "a": "", "z": "fdb"} {
			var at []byte
			if from != "" {
				at = []byte(from)
			}
			got := ""
			if err := b.Each(at, true, func(k, _ []byte) (bool, error) { got += string(k); return true, nil }); err != nil {
				return err
			}
			if got != want {
				t.Errorf("falling from %q: %q, want %q", from, got, want)
			}
		}
		if err := b.Put([]byte("k"), nil); sihe.CodeOf(err) != sihe.CodeInternal {
			t.Errorf("put in a view: %v", err)
		}
		if _, ok, err := tx.Bucket("absent", "too").Get([]byte("k")); ok || err != nil {
			t.Errorf("absent bucket: %t %v", ok, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
