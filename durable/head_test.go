package durable

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
)

// Any flipped bit of a head page is noticed after a peaceful close; after a crash the file opens, as it was before the
// transaction of which nobody has been told.
func TestDamagedHead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "d.db")
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"a", "b", "c"} {
		if _, err := db.Update(t.Context(), store(k)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := int(binary.NativeEndian.Uint32(whole[pageHeader+8:])) // as the file says itself
	for bit := range (headBytes + 8) * 8 {
		for i := range headPages {
			file := append([]byte{}, whole...)
			file[i*page+pageHeader+bit/8] ^= 1 << (bit % 8)
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(path); sihe.CodeOf(err) != sihe.CodeStoreCorrupt || !strings.Contains(err.Error(), path) {
				t.Fatalf("page %d, bit %d: %v", i, bit, err)
			}
		}
	}
	writeHolder(path)
	if db, err = Open(path); err != nil {
		t.Fatalf("after a crash: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// A bucket under a damaged name would be empty for whoever asks for it.
func TestDamagedBucketName(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "d.db")
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"outer-bucket", "other"} {
		if _, err := db.Update(t.Context(), func(tx *Tx) error { return tx.Bucket(name, "inner-bucket").Put([]byte("k"), []byte("v")) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range []string{"outer-bucket", "inner-bucket"} {
		for at := 0; ; at++ {
			i := bytes.Index(whole[at:], []byte(name))
			if i < 0 {
				break
			}
			at += i
			file := append([]byte{}, whole...)
			file[at+3] ^= 0x80
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := Open(path)
			if err == nil { // a page that was freed
				if n, err := db.Check(t.Context()); err != nil || n != 2 {
					t.Errorf("%d values, %v", n, err)
				}
				_ = db.Close()
				continue
			}
			seen++
			if sihe.CodeOf(err) != sihe.CodeStoreCorrupt {
				t.Error(err)
			}
		}
	}
	if seen < 3 {
		t.Errorf("%d damaged names were noticed, want one outer and two inner ones", seen)
	}
}

// A page that says it has fewer elements than it has would hide documents.
func TestHiddenElements(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "d.db")
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		if _, err := db.Update(t.Context(), store(strings.Repeat("k", 20)+string(rune('a'+i%26))+string(rune('a'+i/26)))); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	values := 0
	if db, err = Open(path); err != nil {
		t.Fatal(err)
	}
	if values, err = db.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	page := int(binary.NativeEndian.Uint32(whole[pageHeader+8:])) // as the file says itself
	for at := 2 * page; at+page <= len(whole); at += page {
		for bit := range 16 {
			file := append([]byte{}, whole...)
			file[at+10+bit/8] ^= 1 << (bit % 8)
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := Open(path)
			if err != nil {
				if sihe.CodeOf(err) != sihe.CodeStoreCorrupt {
					t.Fatal(err)
				}
				continue
			}
			if n, err := db.Check(t.Context()); err != nil || n != values { // else the page is free
				t.Errorf("page %d, bit %d: %d values, %v", at/page, bit, n, err)
			}
			_ = db.Close()
		}
	}
}
