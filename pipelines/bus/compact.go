package bus

import (
	"context"
	"time"

	"github.com/sihehub/sihe/durable"
)

const (
	compactAge     = time.Hour      // of an open segment that is closed to be compacted
	tombstoneAge   = 24 * time.Hour // before it is removed like Kafka's delete.retention.ms
	compactRecords = 1_000          // per transaction
)

// compact removes from the closed segments what a later message of the same key supersedes, and old tombstones. It keeps
// all keys of the partition in memory.
func (e *Embedded) compact(ctx context.Context, p *partition) error {
	var s state
	_, err := e.db.Update(ctx, func(tx *durable.Tx) (err error) {
		if s, err = loadState(tx, p); err != nil {
			return err
		}
		if s.count == 0 || s.began >= e.now().Add(-compactAge).UnixMilli() {
			return nil
		}
		if err := closeSegment(tx, p, &s); err != nil {
			return err
		}
		return saveState(tx, p, &s)
	})
	if err != nil || s.base == p.compacted.Load() {
		return err
	}
	newest, err := e.newest(ctx, p, &s)
	if err != nil {
		return err
	}
	var closed []int64
	err = e.db.View(func(tx *durable.Tx) error {
		return segmentsFrom(tx, p, &s, s.first, func(g segment) (bool, error) {
			if !g.open {
				closed = append(closed, g.base)
			}
			return true, nil
		})
	})
	if err != nil {
		return err
	}
	for _, base := range closed {
		if err := e.compactSegment(ctx, p, base, newest); err != nil {
			return err
		}
	}
	p.compacted.Store(s.base)
	return nil
}

// newest returns the last offset of every key.
func (e *Embedded) newest(ctx context.Context, p *partition, s *state) (map[string]int64, error) {
	newest := map[string]int64{}
	for from := s.first; from < s.next; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := 0
		err := e.db.View(func(tx *durable.Tx) error {
			return segmentsFrom(tx, p, s, from, func(g segment) (bool, error) {
				err := tx.Bucket(bucketLog, segmentName(p, g.base)).Each(offsetKey(from), false, func(k, record []byte) (bool, error) {
					key, _ := recordKey(record)
					newest[string(key)] = keyOffset(k)
					from = keyOffset(k) + 1
					n++
					return n < compactRecords, nil
				})
				return n < compactRecords, err
			})
		})
		if err != nil {
			return nil, err
		}
		if n == 0 {
			break
		}
	}
	return newest, nil
}

// compactSegment deletes a part at a time, so that nobody waits long.
func (e *Embedded) compactSegment(ctx context.Context, p *partition, base int64, newest map[string]int64) error {
	old := e.now().Add(-tombstoneAge).UnixMilli()
	name := segmentName(p, base)
	for from := base; ; {
		var next int64
		_, err := e.db.Update(ctx, func(tx *durable.Tx) error {
			log := tx.Bucket(bucketLog, name)
			var remove [][]byte
			seen := 0
			next = -1
			err := log.Each(offsetKey(from), false, func(k, record []byte) (bool, error) {
				if seen++; seen > compactRecords {
					next = keyOffset(k)
					return false, nil
				}
				key, tombstone := recordKey(record)
				if keyOffset(k) < newest[string(key)] || tombstone && recordMilli(record) < old {
					remove = append(remove, offsetKey(keyOffset(k)))
				}
				return true, nil
			})
			if err != nil {
				return err
			}
			for _, k := range remove {
				if err := log.Delete(k); err != nil {
					return err
				}
			}
			if next >= 0 || holdsAny(log) {
				return nil
			}
			return dropSegment(tx, p, base)
		})
		if err != nil || next < 0 {
			return err
		}
		from = next
	}
}

func holdsAny(b *durable.Bucket) bool {
	found := false
	err := b.Each(nil, false, func(_, _ []byte) (bool, error) {
		found = true
		return false, nil
	})
	return found || err != nil // a damaged record is something
}
