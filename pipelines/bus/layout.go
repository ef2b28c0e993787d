package bus

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// Buckets of the file. They begin with bus. because a store may share the file.
const (
	bucketTopics   = "bus.topics"   // topic → declaration
	bucketState    = "bus.state"    // partition → state
	bucketSegments = "bus.segments" // segment → the newest append time in it, known once it is closed
	bucketLog      = "bus.log"      // a bucket per segment: offset → record
	bucketGroups   = "bus.groups"   // group NUL partition → next offset
	bucketPing     = "bus.ping"
)

// A segment is closed, and the next one begun, at whichever comes first.
const (
	segmentRecords = 10_000
	segmentBytes   = 64 << 20
)

// A state is what a partition needs at hand. next is kept by itself so that no offset is used twice, whatever
// retention removes.
type state struct {
	first, next int64 // first ≤ offset < next
	base        int64 // first offset of the open segment
	count, size int64 // of the open segment
	began       int64 // append time of its first record, in milliseconds
	newest      int64 // newest append time in it
}

func (s *state) fields() []*int64 {
	return []*int64{&s.first, &s.next, &s.base, &s.count, &s.size, &s.began, &s.newest}
}

func (s *state) encode() []byte {
	b := make([]byte, 0, 56)
	for _, f := range s.fields() {
		b = binary.BigEndian.AppendUint64(b, uint64(*f)) //nolint:gosec // round trip of the same bits
	}
	return b
}

func decodeState(b []byte) (state, bool) {
	var s state
	for _, f := range s.fields() {
		if len(b) < 8 {
			return s, false
		}
		*f = int64(binary.BigEndian.Uint64(b)) //nolint:gosec // round trip of the same bits
		b = b[8:]
	}
	return s, s.first <= s.base && s.base <= s.next
}

// loadState returns a partition's state; a partition without one is new.
func loadState(tx *durable.Tx, p *partition) (state, error) {
	v, ok, err := tx.Bucket(bucketState).Get([]byte(p.name))
	if err != nil || !ok {
		return state{}, err
	}
	s, ok := decodeState(v)
	if !ok {
		return state{}, permanent(sihe.CodeStoreCorrupt, "read the state of %s", p.name)
	}
	return s, nil
}

func saveState(tx *durable.Tx, p *partition, s *state) error {
	return tx.Bucket(bucketState).Put([]byte(p.name), s.encode())
}

func partitionName(topic string, number int) string { return fmt.Sprintf("%s/%04d", topic, number) }

// segmentName sorts by partition and base. No topic has a slash in its name.
func segmentName(p *partition, base int64) string { return fmt.Sprintf("%s/%020d", p.name, base) }

// segmentBase returns false when the name is not one of the partition's.
func segmentBase(p *partition, name []byte) (int64, bool) {
	rest, ok := strings.CutPrefix(string(name), p.name+"/")
	if !ok {
		return 0, false
	}
	base, err := strconv.ParseInt(rest, 10, 64)
	return base, err == nil
}

func offsetKey(offset int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(offset)) //nolint:gosec // offsets are never negative
}

func keyOffset(key []byte) int64 {
	if len(key) != 8 {
		return -1
	}
	return int64(binary.BigEndian.Uint64(key)) //nolint:gosec // round trip of the same bits
}

func encodeInt(n int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(n)) //nolint:gosec // round trip of the same bits
}

func groupKey(group string, p *partition) []byte { return []byte(group + "\x00" + p.name) }

// A segment as the index knows it.
type segment struct {
	base   int64
	newest int64
	open   bool
}

// segmentsFrom calls f for the partition's segments in order, beginning with the one that may hold the offset.
func segmentsFrom(tx *durable.Tx, p *partition, s *state, offset int64, f func(segment) (bool, error)) error {
	index := tx.Bucket(bucketSegments)
	from := []byte(segmentName(p, s.first))
	err := index.Each([]byte(segmentName(p, offset)), true, func(name, _ []byte) (bool, error) {
		if _, ok := segmentBase(p, name); ok {
			from = append(from[:0], name...)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	return index.Each(from, false, func(name, newest []byte) (bool, error) {
		base, ok := segmentBase(p, name)
		if !ok {
			return false, nil
		}
		g := segment{base: base, newest: keyOffset(newest), open: base == s.base}
		if g.open {
			g.newest = s.newest
		}
		return f(g)
	})
}
