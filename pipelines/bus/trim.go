package bus

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/sihehub/sihe/durable"
)

// Trim removes what is older than the retention of its topic, a segment at a time, and the superseded messages of compacted
// topics. The owner calls it on a schedule; messages are published and read meanwhile. Groups that have not read what
// is removed get sihe.ErrTrimmed.
func (e *Embedded) Trim(ctx context.Context) error {
	if err := e.open(); err != nil {
		return err
	}
	e.mu.Lock()
	topics := slices.Collect(maps.Values(e.topics))
	e.mu.Unlock()
	var errs []error
	for _, t := range topics {
		for _, p := range t.partitions {
			errs = append(errs, e.trim(ctx, t, p))
		}
	}
	return errors.Join(errs...)
}

func (e *Embedded) trim(ctx context.Context, t *topic, p *partition) error {
	for more := t.Retention > 0; more; {
		_, err := e.db.Update(ctx, func(tx *durable.Tx) (err error) {
			more, err = trimSegment(tx, p, e.now(), t.Retention)
			return err
		})
		if err != nil {
			return err
		}
	}
	if t.Compact {
		return e.compact(ctx, p)
	}
	return nil
}

// trimSegment removes the partition's first segment if it is old as a whole. The open one is closed once it is a quarter
// of the retention old, so that a quiet topic is trimmed too.
func trimSegment(tx *durable.Tx, p *partition, now time.Time, retention time.Duration) (more bool, err error) {
	s, err := loadState(tx, p)
	if err != nil || s.first == s.next {
		return false, err
	}
	if s.count > 0 && s.began < now.Add(-retention/4).UnixMilli() {
		if err := closeSegment(tx, p, &s); err != nil {
			return false, err
		}
		if err := saveState(tx, p, &s); err != nil {
			return false, err
		}
	}
	var segments []segment
	err = segmentsFrom(tx, p, &s, s.first, func(g segment) (bool, error) {
		segments = append(segments, g)
		return len(segments) < 2, nil
	})
	if err != nil || len(segments) == 0 || segments[0].newest >= now.Add(-retention).UnixMilli() {
		return false, err
	}
	s.first = s.base
	if len(segments) > 1 {
		s.first = segments[1].base
	}
	if err := dropSegment(tx, p, segments[0].base); err != nil {
		return false, err
	}
	return true, saveState(tx, p, &s)
}

func dropSegment(tx *durable.Tx, p *partition, base int64) error {
	name := segmentName(p, base)
	if err := tx.Bucket(bucketSegments).Delete([]byte(name)); err != nil {
		return err
	}
	return tx.Bucket(bucketLog).DeleteBucket(name)
}
