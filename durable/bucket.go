package durable

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/sihehub/sihe"
)

const sumSize = 4

// A Tx is one transaction.
type Tx struct {
	bolt     *bbolt.Tx
	file     string
	writable bool
	dirty    bool
}

// A Bucket is a sorted map of bytes inside a Tx. A Bucket that does not exist reads as empty.
type Bucket struct {
	tx   *Tx
	b    *bbolt.Bucket
	name string
}

// Bucket returns the nested bucket of that path, made where a writable Tx lacks it.
func (t *Tx) Bucket(path ...string) *Bucket {
	b := &Bucket{tx: t, name: strings.Join(path, "/")}
	for i, p := range path {
		var next *bbolt.Bucket
		if i == 0 {
			next = t.bolt.Bucket([]byte(p))
		} else {
			next = b.b.Bucket([]byte(p))
		}
		if next == nil && !t.writable {
			b.b = nil
			return b
		}
		if next == nil {
			next = t.create(b.b, p, i == 0)
		}
		b.b = next
	}
	return b
}

func (t *Tx) create(parent *bbolt.Bucket, name string, root bool) *bbolt.Bucket {
	t.dirty = true
	var b *bbolt.Bucket
	var err error
	if root {
		b, err = t.bolt.CreateBucket([]byte(name))
	} else {
		b, err = parent.CreateBucket([]byte(name))
	}
	if err != nil {
		panic(sihe.Errorf(sihe.CodeStoreUnusable, "make bucket %s in %s: %w", name, t.file, err))
	}
	if err := b.SetSequence(seal([]byte(name))); err != nil {
		panic(sihe.Errorf(sihe.CodeStoreUnusable, "seal bucket %s in %s: %w", name, t.file, err))
	}
	return b
}

// seal is the checksum of a bucket's name, kept where bbolt has a counter that we do not use: a bucket under a damaged name
// would be one that nobody asks for. It is never 0, which buckets have that were made without.
func seal(name []byte) uint64 { return 1<<32 | uint64(sum(name, nil)) }

// AppendOnly packs pages full, for buckets whose keys only rise.
func (b *Bucket) AppendOnly() *Bucket {
	if b.b != nil {
		b.b.FillPercent = 1
	}
	return b
}

// Get returns a copy of the value; false when the key is absent.
func (b *Bucket) Get(key []byte) ([]byte, bool, error) {
	if b.b == nil {
		return nil, false, nil
	}
	v := b.b.Get(key)
	if v == nil {
		return nil, false, nil
	}
	v, err := b.open(key, v)
	return bytes.Clone(v), err == nil, err
}

// Put keeps a copy of the value with its checksum.
func (b *Bucket) Put(key, value []byte) error {
	return b.PutOwned(key, append(make([]byte, 0, len(value)+sumSize), value...))
}

// PutOwned is Put without the copy: the value belongs to the file from then on, with the room behind it.
func (b *Bucket) PutOwned(key, value []byte) error {
	if err := b.writable(); err != nil {
		return err
	}
	sealed := binary.BigEndian.AppendUint32(value, sum(key, value))
	if err := b.b.Put(key, sealed); err != nil {
		return sihe.Errorf(sihe.CodeStoreUnusable, "write %s %q in %s: %w", b.name, key, b.tx.file, err)
	}
	return nil
}

// Delete removes the key if it is there.
func (b *Bucket) Delete(key []byte) error {
	if err := b.writable(); err != nil {
		return err
	}
	if err := b.b.Delete(key); err != nil {
		return sihe.Errorf(sihe.CodeStoreUnusable, "delete %s %q in %s: %w", b.name, key, b.tx.file, err)
	}
	return nil
}

// writable marks the transaction as one that has something to sync.
func (b *Bucket) writable() error {
	if !b.tx.writable {
		return sihe.Errorf(sihe.CodeInternal, "write %s in %s: the transaction only reads", b.name, b.tx.file)
	}
	b.tx.dirty = true
	return nil
}

// DeleteBucket removes the nested bucket with all that is in it, at once.
func (b *Bucket) DeleteBucket(name string) error {
	if err := b.writable(); err != nil {
		return err
	}
	if b.b.Bucket([]byte(name)) == nil {
		return nil
	}
	if err := b.b.DeleteBucket([]byte(name)); err != nil {
		return sihe.Errorf(sihe.CodeStoreUnusable, "delete bucket %s/%s in %s: %w", b.name, name, b.tx.file, err)
	}
	return nil
}

// Buckets returns the names of the nested buckets, sorted.
func (b *Bucket) Buckets() []string {
	var names []string
	if b.b != nil {
		_ = b.b.ForEachBucket(func(k []byte) error { names = append(names, string(k)); return nil })
	}
	return names
}

// sequences is the bucket of all counters: bbolt's own have no checksum.
const sequences = ".sequences"

// NextSequence returns 1, 2, 3 …; a number given out in a transaction that is not kept is given again. The counter
// outlives its bucket, so that no number is used twice.
func (b *Bucket) NextSequence() (uint64, error) {
	if err := b.writable(); err != nil {
		return 0, err
	}
	counters := b.tx.Bucket(sequences)
	v, ok, err := counters.Get([]byte(b.name))
	if err != nil {
		return 0, err
	}
	n := uint64(1)
	if ok {
		n = binary.BigEndian.Uint64(v) + 1
	}
	return n, counters.Put([]byte(b.name), binary.BigEndian.AppendUint64(nil, n))
}

// Each calls f for the keys from `from` on, in order (in falling order when reverse, from the last key ≤ from; a nil
// from starts at the end). f must not keep the slices; it returns false to stop.
func (b *Bucket) Each(from []byte, reverse bool, f func(key, value []byte) (bool, error)) error {
	if b.b == nil {
		return nil
	}
	c := b.b.Cursor()
	step := c.Next
	k, v := c.Seek(from)
	if reverse {
		step = c.Prev
		if from == nil {
			k, v = c.Last()
		} else if k == nil {
			k, v = c.Last()
		} else if bytes.Compare(k, from) > 0 {
			k, v = c.Prev()
		}
	}
	for ; k != nil; k, v = step() {
		if v == nil {
			continue // a nested bucket
		}
		value, err := b.open(k, v)
		if err != nil {
			return err
		}
		if more, err := f(k, value); err != nil || !more {
			return err
		}
	}
	return nil
}

// EachPrefix calls f for the keys that begin with the prefix, in order.
func (b *Bucket) EachPrefix(prefix []byte, f func(key, value []byte) (bool, error)) error {
	return b.Each(prefix, false, func(k, v []byte) (bool, error) {
		if !bytes.HasPrefix(k, prefix) {
			return false, nil
		}
		return f(k, v)
	})
}

// open checks and removes the checksum, which covers the key too: a value under a wrong key is noticed (invariant 9).
func (b *Bucket) open(key, sealed []byte) ([]byte, error) {
	if n := len(sealed) - sumSize; n >= 0 && binary.BigEndian.Uint32(sealed[n:]) == sum(key, sealed[:n]) {
		return sealed[:n:n], nil
	}
	return nil, sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "read %s %q in %s: the checksum differs", b.name, key, b.tx.file))
}

func sum(key, value []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(key, table), table, value)
}
