package durable

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sihehub/sihe"
)

// A disk that fills and empties: the reserve is given back once, nothing is taken in meanwhile, and it is set aside anew.
func TestReserve(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	const mb = 1 << 20
	free := int64(100 * mb)
	r := &Reserve{path: filepath.Join(folder, reserveName), size: 8 * mb}
	r.space = func(string) (int64, int64, error) { return free, 1000 * mb, nil }
	look := func(left int64, short, held bool) {
		t.Helper()
		free = left
		r.Look()
		info, err := os.Stat(r.path)
		if code := sihe.CodeOf(r.Short()); (code == sihe.CodeDiskFull) != short || (err == nil) != held {
			t.Errorf("%d bytes free: short %v, file %v", left, r.Short(), err)
		}
		if err == nil && info.Size() != 8*mb {
			t.Errorf("the reserve has %d bytes", info.Size())
		}
	}
	look(100*mb, false, true)
	look(3*mb, false, true)   // still more than a quarter
	look(1*mb, true, false)   // given back
	look(9*mb, true, false)   // that is the reserve itself
	look(12*mb, true, false)  // not yet
	look(13*mb, false, true)  // set aside anew
	look(2*mb-1, true, false) // and given back
}

func TestReserveOfASmallDisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	r, err := OpenReserve(folder, 1<<60)
	if err != nil {
		t.Fatal(err)
	}
	_, total, err := space(folder)
	if err != nil {
		t.Skip(err)
	}
	if r.size != total/8 {
		t.Errorf("%d of %d bytes", r.size, total)
	}
	if err := r.release(); err != nil {
		t.Error(err)
	}
	if r, err = OpenReserve(folder, 0); err != nil || r.Short() != nil {
		t.Errorf("without a reserve: %v %v", err, r.Short())
	}
}
