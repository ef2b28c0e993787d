package bus

import (
	"context"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// A share is what one Publish appends to one partition.
type share struct {
	partition *partition
	index     []int // of the messages in the call
	records   [][]byte
}

// Publish appends all messages in one transaction, or none. A permanent error means that nothing was written.
func (e *Embedded) Publish(ctx context.Context, ms ...sihe.Message) (sihe.Token, error) {
	shares, err := e.divide(ms)
	if err != nil {
		return sihe.Token{}, err
	}
	positions := make([]sihe.Position, len(ms))
	_, err = e.db.Update(ctx, func(tx *durable.Tx) error {
		at := e.now().UnixMilli()
		for _, s := range shares {
			if err := s.append(tx, at, positions); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return sihe.Token{}, err
	}
	for _, s := range shares {
		s.partition.signal()
	}
	return sihe.Synced(positions...), nil
}

// LiesIn says whether the bus is part of that file.
func (e *Embedded) LiesIn(db *durable.DB) bool { return e.db == db }

// Append is Publish as a part of a transaction of the bus's own file: the messages are there if what else it changes is. Call
// announce once the transaction is kept. A permanent error means that nothing was written.
func (e *Embedded) Append(tx *durable.Tx, ms ...sihe.Message) (positions []sihe.Position, announce func(), err error) {
	shares, err := e.divide(ms)
	if err != nil {
		return nil, nil, err
	}
	positions = make([]sihe.Position, len(ms))
	for _, s := range shares {
		if err := s.append(tx, e.now().UnixMilli(), positions); err != nil {
			return nil, nil, err
		}
	}
	return positions, func() {
		for _, s := range shares {
			s.partition.signal()
		}
	}, nil
}

// divide checks the messages and encodes them here, so that the committer has little to do.
func (e *Embedded) divide(ms []sihe.Message) ([]*share, error) {
	if err := e.open(); err != nil {
		return nil, err
	}
	var shares []*share
	found := make(map[*partition]*share, 1)
	for i := range ms {
		m := &ms[i]
		if err := checkMessage(m); err != nil {
			return nil, err
		}
		t, err := e.topic(m.Topic)
		if err != nil {
			return nil, err
		}
		p := t.partitions[PartitionOf(m.Key, len(t.partitions))]
		s, ok := found[p]
		if !ok {
			s = &share{partition: p}
			found[p] = s
			shares = append(shares, s)
		}
		s.index = append(s.index, i)
		s.records = append(s.records, encodeRecord(m))
	}
	return shares, nil
}

// append may run again when its transaction was rolled back for somebody else's error, so it sets everything anew.
func (s *share) append(tx *durable.Tx, at int64, positions []sihe.Position) error {
	p := s.partition
	st, err := loadState(tx, p)
	if err != nil {
		return err
	}
	var log *durable.Bucket
	for i, record := range s.records {
		if st.full() {
			if err := closeSegment(tx, p, &st); err != nil {
				return err
			}
			log = nil
		}
		if log == nil {
			if log, err = openSegment(tx, p, &st, at); err != nil {
				return err
			}
		}
		stampRecord(record, at)
		if err := log.Put(offsetKey(st.next), record); err != nil {
			return err
		}
		positions[s.index[i]] = sihe.Position{Topic: p.topic, Partition: p.number, Offset: st.next}
		st.next++
		st.count++
		st.size += int64(len(record))
		st.newest = max(st.newest, at)
	}
	return saveState(tx, p, &st)
}

func (s *state) full() bool { return s.count >= segmentRecords || s.size >= segmentBytes }

// openSegment returns the bucket of the open segment, which it begins if there is nothing in it yet.
func openSegment(tx *durable.Tx, p *partition, s *state, at int64) (*durable.Bucket, error) {
	name := segmentName(p, s.base)
	if s.count == 0 {
		s.began, s.newest = at, at
		if err := tx.Bucket(bucketSegments).Put([]byte(name), encodeInt(at)); err != nil {
			return nil, err
		}
	}
	return tx.Bucket(bucketLog, name).AppendOnly(), nil
}

// closeSegment notes the newest append time of the open segment and lets the next one begin.
func closeSegment(tx *durable.Tx, p *partition, s *state) error {
	err := tx.Bucket(bucketSegments).Put([]byte(segmentName(p, s.base)), encodeInt(s.newest))
	s.base, s.count, s.size = s.next, 0, 0
	return err
}
