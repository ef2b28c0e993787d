package durable_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

func TestLostFile(t *testing.T) {
	for name, lose := range map[string]func(path string) error{
		"deleted": os.Remove,
		"replaced": func(path string) error {
			return errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "d.db")
			db := open(t, path)
			if err := lose(path); err != nil {
				t.Fatal(err)
			}
			token, err := db.Update(t.Context(), func(tx *durable.Tx) error { return put(tx, "k", "v") })
			if sihe.CodeOf(err) != sihe.CodeStoreLost || token.Valid() {
				t.Errorf("%v, token %t", err, token.Valid())
			}
		})
	}
}

// sample fills a file and returns what is in it.
func sample(t testing.TB, path string) map[string]string {
	db := open(t, path)
	r := rand.New(rand.NewPCG(1, 2))
	_, err := db.Update(t.Context(), func(tx *durable.Tx) error {
		for i := range 400 {
			if err := put(tx, fmt.Sprintf("key-%04d", i), strings.Repeat(string(rune('a'+i%26)), r.IntN(600))); err != nil {
				return err
			}
			if err := tx.Bucket("nested", fmt.Sprint(i%7)).Put([]byte{byte(i >> 8), byte(i)}, []byte("nested value")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := contents(t, db)
	if n, err := db.Check(t.Context()); err != nil || n != 800 {
		t.Fatalf("check of an unharmed file: %d values, %v", n, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return want
}

// A single flipped bit anywhere is either harmless, found by Open, or found when the value is read; and Check finds whatever
// a reader would miss. No value comes back wrong.
func TestFlippedBits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d.db")
	want := sample(t, path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	atOpen, atRead, harmless := 0, 0, 0
	for range 150 {
		bit := r.IntN(len(whole) * 8)
		harmed := bytes.Clone(whole)
		harmed[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, harmed, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := durable.Open(path)
		if err != nil {
			if sihe.CodeOf(err) != sihe.CodeStoreCorrupt || !strings.Contains(err.Error(), path) {
				t.Fatalf("bit %d: %v", bit, err)
			}
			atOpen++
			continue
		}
		_, checked := db.Check(t.Context())
		wrong := false
		for k, v := range want {
			err := db.View(func(tx *durable.Tx) error {
				got, ok, err := tx.Bucket("b").Get([]byte(k))
				if err == nil && ok && string(got) != v {
					t.Errorf("bit %d: %s reads %q", bit, k, got)
				}
				if err == nil && !ok {
					err = sihe.Errorf(sihe.CodeStoreCorrupt, "gone")
				}
				return err
			})
			wrong = wrong || err != nil
			if err != nil && sihe.CodeOf(err) != sihe.CodeStoreCorrupt {
				t.Errorf("bit %d: %v", bit, err)
			}
		}
		if wrong && checked == nil {
			t.Errorf("bit %d: a value is damaged or gone, and Check finds nothing", bit)
		}
		if checked != nil {
			atRead++
		} else {
			harmless++
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("of 150 flips: found by Open %d, by reading %d, harmless %d", atOpen, atRead, harmless)
	if atOpen == 0 || atRead < 15 {
		t.Error("the test does not hit what it should")
	}
}

func TestTruncatedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d.db")
	sample(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := info.Size() - 4096; size >= 0; size -= 4096 * 3 {
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		db, err := durable.Open(path)
		if err == nil {
			_, err = db.Check(t.Context())
			_ = db.Close()
			if err != nil {
				t.Fatalf("cut to %d: opened, then %v", size, err)
			}
			continue // what was cut off was free
		}
		if sihe.CodeOf(err) != sihe.CodeStoreCorrupt {
			t.Fatalf("cut to %d: %v", size, err)
		}
		if now, err := os.Stat(path); err != nil || now.Size() != size {
			t.Fatalf("cut to %d: the file was touched", size)
		}
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := durable.Open(path); sihe.CodeOf(err) != sihe.CodeStoreInit {
		t.Errorf("an empty file: %v", err)
	}
}
