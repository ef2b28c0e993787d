package durable

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sihehub/sihe"
)

// large makes a file that is sealed when it is closed, with some pages free.
func large(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "large.db")
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		_, err := db.Update(t.Context(), func(tx *Tx) error {
			for k := range 60 {
				if err := tx.Bucket("b", "c").Put(fmt.Appendf(nil, "%d-%03d", i, k), make([]byte, 1<<20)); err != nil {
					return err
				}
			}
			return tx.Bucket("b", "c").Delete(fmt.Appendf(nil, "%d-%03d", i-1, 7))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(sealFile(path)); err != nil {
		t.Fatalf("it is not sealed: %v", err)
	}
	return path
}

// change overwrites bytes of the file.
func change(t *testing.T, path string, at int64, b []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}

func put1(db *DB, t *testing.T) error {
	_, err := db.Update(t.Context(), func(tx *Tx) error { return tx.Bucket("b").Put([]byte("k"), []byte("v")) })
	return err
}

func TestSealedFile(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 300 MB")
	}
	path := large(t)
	if walked, err := inspect(path); walked || err != nil {
		t.Fatalf("a sealed file was walked: %v %v", walked, err)
	}
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := put1(db, t); err != nil {
		t.Fatal(err)
	}
	// What a crash leaves behind has no seal that fits.
	left, err := sealOf(path, pageSize)
	if err == nil {
		t.Errorf("a file in use could be sealed: %s", left)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	seal, err := os.ReadFile(sealFile(path))
	if err != nil {
		t.Fatal(err)
	}
	heads := make([]byte, headPages*pageSize)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.ReadAt(heads, 0); err != nil {
		t.Fatal(err)
	}
	head := heads[:pageSize]
	if other := heads[pageSize:]; binary.NativeEndian.Uint64(other[headTx:]) > binary.NativeEndian.Uint64(head[headTx:]) {
		head = other
	}
	free := int64(binary.NativeEndian.Uint64(head[headFree:]))
	root := int64(binary.NativeEndian.Uint64(head[pageHeader+16:]))

	t.Run("without its seal it is walked", func(t *testing.T) {
		if err := os.Remove(sealFile(path)); err != nil {
			t.Fatal(err)
		}
		if walked, err := inspect(path); !walked || err != nil {
			t.Errorf("%v %v", walked, err)
		}
	})
	t.Run("a page in use among the free ones is found", func(t *testing.T) {
		if err := os.WriteFile(sealFile(path), seal, 0o600); err != nil {
			t.Fatal(err)
		}
		was := make([]byte, 8)
		if _, err := f.ReadAt(was, free*pageSize+pageHeader); err != nil {
			t.Fatal(err)
		}
		change(t, path, free*pageSize+pageHeader, binary.NativeEndian.AppendUint64(nil, uint64(root)))
		if _, err := Open(path); sihe.CodeOf(err) != sihe.CodeStoreCorrupt {
			t.Errorf("it was opened: %v", err)
		}
		change(t, path, free*pageSize+pageHeader, was)
	})
	t.Run("a damaged page is found beside the work", func(t *testing.T) {
		if err := os.WriteFile(sealFile(path), seal, 0o600); err != nil {
			t.Fatal(err)
		}
		var below int64
		page := make([]byte, pageSize)
		if _, err := f.ReadAt(page, root*pageSize); err != nil {
			t.Fatal(err)
		}
		e := page[pageHeader:]
		at := pageHeader + int(binary.NativeEndian.Uint32(e[4:])) + int(binary.NativeEndian.Uint32(e[8:]))
		below = int64(binary.NativeEndian.Uint64(page[at:])) // root of the bucket b
		change(t, path, below*pageSize, []byte{0xff, 0xff})
		db, err := Open(path)
		if err != nil {
			t.Fatalf("a damaged page was noticed too early for this test: %v", err)
		}
		defer db.Close()
		for range 200 {
			if db.failed.Load() != nil {
				if err := put1(db, t); err == nil {
					t.Error("a file that is known to be damaged was written")
				}
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Error("the damage was not found")
	})
}
