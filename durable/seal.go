package durable

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"go.etcd.io/bbolt"

	"github.com/sihehub/sihe"
)

// A file of this size or more is not walked on opening when it was closed in peace: that would take seconds for each few
// gigabytes. Instead, Close writes the list of free pages, which bbolt would otherwise find by a walk of its own, and seals it
// together with the head pages; the walk is made after opening, beside the work.
const sealedFrom = 256 << 20

func sealFile(path string) string { return path + ".sealed" }

// seal is called when nobody writes any more. Without a seal the next Open takes longer, so its errors do not count.
func (db *DB) seal() {
	if db.failed.Load() != nil || db.Size() < sealedFrom {
		return
	}
	db.bolt.NoFreelistSync = false
	if err := db.bolt.Update(func(*bbolt.Tx) error { return nil }); err != nil {
		return
	}
	if s, err := sealOf(db.path, db.bolt.Info().PageSize); err == nil {
		_ = os.WriteFile(sealFile(db.path), []byte(s), 0o600)
	}
}

// sealed says whether the file is as it was when it was closed in peace, as far as its heads and free pages tell.
func sealed(path string, pageSize int) bool {
	was, err := os.ReadFile(sealFile(path))
	if err != nil {
		return false
	}
	is, err := sealOf(path, pageSize)
	return err == nil && is == string(was)
}

// sealOf sums up the head pages, which count the transactions, and the list of free pages.
func sealOf(path string, pageSize int) (string, error) {
	f, err := os.Open(path) //nolint:gosec // the owner's path
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	heads := make([]byte, headPages*pageSize)
	if _, err := f.ReadAt(heads, 0); err != nil {
		return "", err
	}
	free, err := freePages(f, heads, pageSize, info.Size())
	if err != nil {
		return "", err
	}
	sum := crc32.MakeTable(crc32.Castagnoli)
	return fmt.Sprintf("1 %d %08x\n", info.Size(), crc32.Update(crc32.Checksum(heads, sum), sum, free)), nil
}

// Places in a head page, after the page's own header.
const (
	headFree = pageHeader + 32
	headTx   = pageHeader + 48
	noFree   = ^uint64(0) // the list was not written
)

// freePages returns the pages that the newer head names as the list of free ones.
func freePages(f io.ReaderAt, heads []byte, pageSize int, size int64) ([]byte, error) {
	head := heads[:pageSize]
	if other := heads[pageSize:]; binary.NativeEndian.Uint64(other[headTx:]) > binary.NativeEndian.Uint64(head[headTx:]) {
		head = other
	}
	at := binary.NativeEndian.Uint64(head[headFree:])
	if at == noFree || at >= uint64(size)/uint64(pageSize) { //nolint:gosec // both are positive
		return nil, sihe.Errorf(sihe.CodeStoreCorrupt, "the list of free pages is not in the file")
	}
	list := make([]byte, pageSize)
	if _, err := f.ReadAt(list, int64(at)*int64(pageSize)); err != nil { //nolint:gosec // less than the size
		return nil, err
	}
	overflow := int64(binary.NativeEndian.Uint32(list[12:]))
	if (int64(at)+1+overflow)*int64(pageSize) > size { //nolint:gosec // less than the size
		return nil, sihe.Errorf(sihe.CodeStoreCorrupt, "the list of free pages goes beyond the file")
	}
	list = make([]byte, (1+overflow)*int64(pageSize))
	_, err := f.ReadAt(list, int64(at)*int64(pageSize)) //nolint:gosec // less than the size
	return list, err
}

// walkBeside walks a sealed file while it is in use. What it finds ends all writing.
func (db *DB) walkBeside() {
	err := db.View(func(t *Tx) error {
		return walkFrom(db.path, t.bolt, db.bolt.Info().PageSize, func(r io.ReaderAt) io.ReaderAt { return &beside{r, db.closed} })
	})
	select {
	case <-db.closed:
		return
	default:
	}
	if sihe.CodeOf(err) == sihe.CodeStoreCorrupt {
		db.failed.CompareAndSwap(nil, &err)
	}
}

// A beside reader ends the walk when the file is closed.
type beside struct {
	io.ReaderAt
	closed <-chan struct{}
}

func (b *beside) ReadAt(p []byte, at int64) (int, error) {
	select {
	case <-b.closed:
		return 0, os.ErrClosed
	default:
		return b.ReaderAt.ReadAt(p, at)
	}
}

// free checks the list of free pages, when it was written, against what the walk has met: bbolt would write over pages that
// are in both.
func (w *walker) free() error {
	heads := make([]byte, headPages*w.page)
	if _, err := w.file.ReadAt(heads, 0); err != nil {
		return w.damaged(0, "%v", err)
	}
	head := heads[:w.page]
	if other := heads[w.page:]; binary.NativeEndian.Uint64(other[headTx:]) > binary.NativeEndian.Uint64(head[headTx:]) {
		head = other
	}
	at := binary.NativeEndian.Uint64(head[headFree:])
	if at == noFree {
		return nil
	}
	list, err := freePages(w.file, heads, int(w.page), w.pages*w.page)
	if err != nil {
		return w.damaged(int64(at), "%v", err) //nolint:gosec // only named
	}
	count, ids := int(binary.NativeEndian.Uint16(list[10:])), list[pageHeader:]
	if count == 0xffff {
		count, ids = int(binary.NativeEndian.Uint64(ids)), ids[8:] //nolint:gosec // compared
	}
	if count < 0 || count > len(ids)/8 {
		return w.damaged(int64(at), "%d free pages", count) //nolint:gosec // only named
	}
	for i := range count {
		id := binary.NativeEndian.Uint64(ids[i*8:])
		if id < headPages || id >= uint64(w.pages) || w.seen[id/64]&(1<<(id%64)) != 0 { //nolint:gosec // positive
			return w.damaged(int64(at), "page %d is not free", id) //nolint:gosec // only named
		}
	}
	return nil
}
