package durable

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"go.etcd.io/bbolt"

	"github.com/sihehub/sihe"
)

// Sizes and flags of bbolt's file format, version 2.
const (
	pageHeader    = 16 // id 8, flags 2, count 2, overflow 4
	branchElement = 16 // pos 4, ksize 4, page 8
	leafElement   = 16 // flags 4, pos 4, ksize 4, vsize 4
	bucketHeader  = 16 // root page 8, sequence 8
	branchPage    = 0x01
	leafPage      = 0x02
	bucketEntry   = 0x01
)

// A walker checks what bbolt takes for granted, and would crash or go in circles over: that pages are where they are said
// to be, each is used once, nothing points outside, and keys are in order. bbolt checks much of it too on opening a file
// for writing, but in a goroutine of its own that cannot be recovered from.
type walker struct {
	file  io.ReaderAt
	page  int64 // bytes
	pages int64 // in use
	seen  []uint64
	name  string
}

func walk(path string, tx *bbolt.Tx, pageSize int) error {
	return walkFrom(path, tx, pageSize, func(r io.ReaderAt) io.ReaderAt { return r })
}

// walkFrom is walk through a reader around the file.
func walkFrom(path string, tx *bbolt.Tx, pageSize int, around func(io.ReaderAt) io.ReaderAt) error {
	f, err := os.Open(path) //nolint:gosec // the owner's path
	if err != nil {
		return unusable("open "+path, err)
	}
	defer func() { _ = f.Close() }() // only read
	w := &walker{file: around(f), page: int64(pageSize), pages: tx.Size() / int64(pageSize), name: path}
	if info, err := f.Stat(); err != nil || info.Size() < tx.Size() {
		return w.damaged(w.pages-1, "the file is cut off")
	}
	w.seen = make([]uint64, w.pages/64+1)
	_, err = w.visit(int64(tx.Cursor().Bucket().Root()), nil, nil) //nolint:gosec // checked by visit
	if err == nil {
		err = w.free()
	}
	return err
}

func (w *walker) damaged(page int64, format string, args ...any) error {
	return sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "open %s: page %d: %s", w.name, page, fmt.Sprintf(format, args...)))
}

// visit checks a page and all below it: keys from min on, and below max. It returns the last key.
func (w *walker) visit(id int64, minKey, maxKey []byte) ([]byte, error) {
	if id < 2 || id >= w.pages {
		return nil, w.damaged(id, "outside the %d pages", w.pages)
	}
	if w.seen[id/64]&(1<<(id%64)) != 0 {
		return nil, w.damaged(id, "used twice")
	}
	data := make([]byte, w.page)
	if _, err := w.file.ReadAt(data, id*w.page); err != nil {
		return nil, w.damaged(id, "%v", err)
	}
	if got := int64(binary.NativeEndian.Uint64(data)); got != id { //nolint:gosec // compared
		return nil, w.damaged(id, "says it is page %d", got)
	}
	overflow := int64(binary.NativeEndian.Uint32(data[12:]))
	if id+overflow >= w.pages {
		return nil, w.damaged(id, "goes beyond the end")
	}
	for i := id; i <= id+overflow; i++ {
		if w.seen[i/64]&(1<<(i%64)) != 0 {
			return nil, w.damaged(i, "used twice")
		}
		w.seen[i/64] |= 1 << (i % 64)
	}
	if overflow > 0 {
		data = make([]byte, w.page*(overflow+1))
		if _, err := w.file.ReadAt(data, id*w.page); err != nil {
			return nil, w.damaged(id, "%v", err)
		}
	}
	return w.content(id, data, minKey, maxKey)
}

// content checks the elements of a page, or of a small bucket that lies within one.
func (w *walker) content(id int64, data, last, maxKey []byte) ([]byte, error) {
	if len(data) < pageHeader {
		return nil, w.damaged(id, "a bucket within it is too short")
	}
	flags := binary.NativeEndian.Uint16(data[8:])
	count := int(binary.NativeEndian.Uint16(data[10:]))
	if flags != branchPage && flags != leafPage {
		return nil, w.damaged(id, "neither branch nor leaf")
	}
	if pageHeader+count*leafElement > len(data) || flags == branchPage && count == 0 {
		return nil, w.damaged(id, "%d elements", count)
	}
	if err := w.dense(id, data, count, flags); err != nil {
		return nil, err
	}
	for i := range count {
		key, ok := elementKey(data, i, flags)
		if !ok {
			return nil, w.damaged(id, "a key goes beyond it")
		}
		if c := bytes.Compare(key, last); last != nil && (c < 0 || c == 0 && i > 0) || maxKey != nil && bytes.Compare(key, maxKey) >= 0 {
			return nil, w.damaged(id, "keys out of order")
		}
		last = key
		var err error
		if flags == leafPage {
			err = w.leaf(id, data, i)
		} else {
			next := maxKey
			if i+1 < count {
				if next, ok = elementKey(data, i+1, flags); !ok {
					return nil, w.damaged(id, "a key goes beyond it")
				}
			}
			child := int64(binary.NativeEndian.Uint64(data[pageHeader+i*branchElement+8:])) //nolint:gosec // checked by visit
			last, err = w.visit(child, key, next)
		}
		if err != nil {
			return nil, err
		}
	}
	return last, nil
}

// dense checks that keys and values lie one behind the other from the end of the elements on, as bbolt writes them: a
// damaged number of elements would hide some of them without a trace.
func (w *walker) dense(id int64, data []byte, count int, flags uint16) error {
	next := int64(pageHeader + count*leafElement)
	for i := range count {
		at := pageHeader + i*leafElement
		e, value := data[at:], int64(0)
		if flags == leafPage {
			value = int64(binary.NativeEndian.Uint32(e[12:]))
			e = e[4:] // a leaf's element has flags first
		}
		if int64(at)+int64(binary.NativeEndian.Uint32(e)) != next {
			return w.damaged(id, "element %d of %d is not where it should be", i, count)
		}
		next += int64(binary.NativeEndian.Uint32(e[4:])) + value
	}
	if count == 0 && len(data) >= pageHeader+leafElement && !bytes.Equal(data[pageHeader:pageHeader+leafElement], make([]byte, leafElement)) {
		return w.damaged(id, "it has no elements, but something stands there")
	}
	return nil
}

// leaf checks the value of an element.
func (w *walker) leaf(id int64, data []byte, i int) error {
	at := pageHeader + i*leafElement
	e := data[at:]
	pos, ksize, vsize := binary.NativeEndian.Uint32(e[4:]), binary.NativeEndian.Uint32(e[8:]), binary.NativeEndian.Uint32(e[12:])
	value, ok := part(data, int64(at)+int64(pos)+int64(ksize), vsize)
	if !ok {
		return w.damaged(id, "a value goes beyond it")
	}
	switch flags := binary.NativeEndian.Uint32(e); {
	case flags == 0:
		return nil
	case flags != bucketEntry || len(value) < bucketHeader:
		return w.damaged(id, "an entry is neither value nor bucket")
	}
	name, ok := elementKey(data, i, leafPage)
	if s := binary.NativeEndian.Uint64(value[8:]); !ok || s != 0 && s != seal(name) {
		return w.damaged(id, "the name of the bucket %q is damaged", name)
	}
	root := int64(binary.NativeEndian.Uint64(value)) //nolint:gosec // checked by visit
	if root != 0 {
		_, err := w.visit(root, nil, nil)
		return err
	}
	within := value[bucketHeader:]
	if len(within) >= pageHeader && binary.NativeEndian.Uint16(within[8:]) != leafPage {
		return w.damaged(id, "a bucket within it is no leaf")
	}
	_, err := w.content(id, within, nil, nil)
	return err
}

func elementKey(data []byte, i int, flags uint16) ([]byte, bool) {
	at := pageHeader + i*leafElement
	e := data[at:]
	if flags == leafPage {
		e = e[4:] // a leaf's element has flags first
	}
	return part(data, int64(at)+int64(binary.NativeEndian.Uint32(e)), binary.NativeEndian.Uint32(e[4:]))
}

// part cuts n bytes out.
func part(data []byte, from int64, n uint32) ([]byte, bool) {
	if to := from + int64(n); to <= int64(len(data)) {
		return data[from:to], true
	}
	return nil, false
}
