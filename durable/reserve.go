package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/sihehub/sihe"
)

// DefaultReserve is what a Reserve sets aside when it is told nothing else, in bytes.
const DefaultReserve = 64 << 20

// reserveName is the reserve's file in the data folder.
const reserveName = "reserve"

// A Reserve is disk space set aside for what must go on when the disk is full: outcomes of what was taken in already. When
// the free space runs out it is given back to the disk, and whoever takes new things in must stop until there is room again
// (RELIABILITY A8). Its methods may be called concurrently.
type Reserve struct {
	path  string
	size  int64 // bytes to set aside
	space func(folder string) (free, total int64, err error)

	mu    sync.Mutex
	held  bool
	short error // why nothing may be taken in
}

// OpenReserve sets size bytes aside in the folder, but at most an eighth of its disk; 0 sets nothing aside and watches
// nothing. When there is no room the hub starts all the same, and takes nothing in.
func OpenReserve(folder string, size int64) (*Reserve, error) {
	r := &Reserve{path: filepath.Join(folder, reserveName), size: size, space: space}
	if size == 0 {
		return r, r.release()
	}
	_, total, err := r.space(folder)
	if errors.Is(err, errors.ErrUnsupported) {
		r.size = 0
		return r, nil
	}
	if err != nil {
		return nil, unusable("look at the disk of "+folder, err)
	}
	r.size = min(size, total/8)
	info, err := os.Stat(r.path)
	r.held = err == nil && info.Size() == r.size
	r.Look()
	return r, nil
}

// Short says why nothing may be taken in now (CodeDiskFull), nil when there is room. It only repeats what Look saw.
func (r *Reserve) Short() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.short
}

// Look compares the free space with what is needed: below a quarter of the reserve it is given back to the disk; only when
// half as much again is free is it set aside anew, so that a disk at the edge does not make the hub flutter. Call it
// about twice a second.
func (r *Reserve) Look() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.size == 0 {
		return
	}
	free, _, err := r.space(filepath.Dir(r.path))
	if err != nil {
		return // a folder that is gone is noticed by whoever writes there
	}
	switch {
	case r.held && free < r.size/4:
		if r.release() == nil {
			r.held = false
		}
		r.short = noRoom(r.path, free)
	case !r.held && free > r.size+r.size/2:
		if err := allocate(r.path, r.size); err != nil {
			r.short = noRoom(r.path, free)
			return
		}
		r.held, r.short = true, nil
	case !r.held:
		r.short = noRoom(r.path, free)
	}
}

func noRoom(path string, free int64) error {
	return sihe.Errorf(sihe.CodeDiskFull, "take something in: %d MB are free on the disk of %s", free>>20, filepath.Dir(path))
}

func (r *Reserve) release() error {
	if err := os.Remove(r.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unusable("give the reserve back", err)
	}
	return nil
}
