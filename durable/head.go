package durable

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io/fs"
	"os"

	"github.com/sihehub/sihe"
)

// A head page of bbolt's file format: a page header, then 56 bytes and their FNV-64a.
const (
	headPages = 2
	headBytes = 56
)

// heads checks both of bbolt's head pages. bbolt takes the older one when the newer is damaged, which would lose the last
// transaction without a word. After a crash that is right, because the newer may have been half written when nobody had
// been told yet; a file that was closed in peace has two whole ones.
func heads(path string, pageSize int) error {
	if _, err := os.Stat(holderFile(path)); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	f, err := os.Open(path) //nolint:gosec // the owner's path
	if err != nil {
		return unusable("open "+path, err)
	}
	defer func() { _ = f.Close() }() // only read
	for i := range int64(headPages) {
		b := make([]byte, headBytes+8)
		if _, err := f.ReadAt(b, i*int64(pageSize)+pageHeader); err != nil {
			return sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "open %s: page %d: %w", path, i, err))
		}
		sum := fnv.New64a()
		_, _ = sum.Write(b[:headBytes])
		if binary.NativeEndian.Uint64(b[headBytes:]) != sum.Sum64() {
			return sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "open %s: page %d, by which everything is found, is damaged", path, i))
		}
	}
	return nil
}
