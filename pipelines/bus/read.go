package bus

import (
	"context"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// maxRead bounds what one read copies out, so that transactions stay short and memory small.
const maxRead = 8 << 20

// Read copies up to limit messages, and up to 8 MiB, out of a short transaction.
func (e *Embedded) Read(ctx context.Context, from sihe.Position, limit int) ([]sihe.Message, error) {
	t, p, err := e.partition(from.Topic, from.Partition)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ms, _, err := e.read(t, p, from.Offset, limit)
	return ms, err
}

// read returns the messages from an offset on, and the partition's state as they were read.
func (e *Embedded) read(t *topic, p *partition, from int64, limit int) (ms []sihe.Message, s state, err error) {
	err = e.db.View(func(tx *durable.Tx) error {
		if s, err = loadState(tx, p); err != nil {
			return err
		}
		if from < s.first {
			return sihe.ErrTrimmed{Topic: p.topic, Partition: p.number, First: s.first}
		}
		if from >= s.next {
			return nil
		}
		c := collector{partition: p, compact: t.Compact, want: from, limit: max(limit, 1)}
		if err := segmentsFrom(tx, p, &s, from, func(g segment) (bool, error) { return c.segment(tx, g) }); err != nil {
			return err
		}
		ms = c.messages
		if !c.full && !t.Compact && c.want < s.next {
			return c.missing()
		}
		return nil
	})
	return ms, s, err
}

// A collector gathers messages over segments. Offsets have no gaps here unless the topic is compacted, so a gap is
// damage (invariant 9).
type collector struct {
	partition *partition
	compact   bool
	want      int64 // next offset
	limit     int
	bytes     int
	full      bool
	messages  []sihe.Message
}

func (c *collector) segment(tx *durable.Tx, g segment) (bool, error) {
	log := tx.Bucket(bucketLog, segmentName(c.partition, g.base))
	err := log.Each(offsetKey(c.want), false, func(key, record []byte) (bool, error) {
		offset := keyOffset(key)
		if offset != c.want && !c.compact {
			return false, c.missing()
		}
		m, ok := decodeRecord(record)
		if !ok {
			return false, permanent(sihe.CodeStoreCorrupt, "read %s at %d: not a record", c.partition.name, offset)
		}
		m.Topic, m.Partition, m.Offset = c.partition.topic, c.partition.number, offset
		c.messages = append(c.messages, m)
		c.want = offset + 1
		c.bytes += len(record)
		c.full = len(c.messages) >= c.limit || c.bytes >= maxRead
		return !c.full, nil
	})
	return !c.full, err
}

func (c *collector) missing() error {
	return permanent(sihe.CodeStoreCorrupt, "read %s at %d: the record is missing", c.partition.name, c.want)
}

// Offsets returns what each partition holds.
func (e *Embedded) Offsets(_ context.Context, name string) ([]sihe.Span, error) {
	t, err := e.topic(name)
	if err != nil {
		return nil, err
	}
	spans := make([]sihe.Span, len(t.partitions))
	err = e.db.View(func(tx *durable.Tx) error {
		for i, p := range t.partitions {
			s, err := loadState(tx, p)
			if err != nil {
				return err
			}
			spans[i] = sihe.Span{First: s.first, Next: s.next}
		}
		return nil
	})
	return spans, err
}

// OffsetsAt looks the time up by segment, then within one.
func (e *Embedded) OffsetsAt(ctx context.Context, name string, at time.Time) ([]int64, error) {
	t, err := e.topic(name)
	if err != nil {
		return nil, err
	}
	offsets := make([]int64, len(t.partitions))
	for i, p := range t.partitions {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if offsets[i], err = e.offsetAt(p, ceilMilli(at)); err != nil {
			return nil, err
		}
	}
	return offsets, nil
}

// ceilMilli rounds up, because append times are whole milliseconds.
func ceilMilli(t time.Time) int64 {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	return ms
}

func (e *Embedded) offsetAt(p *partition, milli int64) (found int64, err error) {
	err = e.db.View(func(tx *durable.Tx) error {
		s, err := loadState(tx, p)
		if err != nil {
			return err
		}
		found = s.next
		return segmentsFrom(tx, p, &s, s.first, func(g segment) (bool, error) {
			if g.newest < milli {
				return true, nil
			}
			log := tx.Bucket(bucketLog, segmentName(p, g.base))
			err := log.Each(nil, false, func(key, record []byte) (bool, error) {
				if recordMilli(record) < milli {
					return true, nil
				}
				found = keyOffset(key)
				return false, nil
			})
			return found == s.next, err
		})
	})
	return found, err
}
