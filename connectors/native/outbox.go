package native

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// Bounds of reading.
const (
	readChunk = 256   // events read from one consistent state
	trimChunk = 5_000 // events removed in one transaction
)

// entry is the head of an event in the outbox: one line of JSON, behind which the canonical record follows as it is.
type entry struct {
	ID          string    `json:"id"`
	Entity      string    `json:"entity"`
	Key         string    `json:"key"`
	Name        string    `json:"name"`
	Version     int64     `json:"version"`
	Time        time.Time `json:"time"`
	Correlation string    `json:"correlation"`
	Causation   string    `json:"causation,omitempty"`
	Hops        int       `json:"hops,omitempty"`
}

// readEntry reads an event out of the outbox.
func readEntry(value []byte) (sihe.Record, error) {
	head, data, ok := bytes.Cut(value, []byte{'\n'})
	var e entry
	if err := json.Unmarshal(head, &e); err != nil || !ok {
		return sihe.Record{}, sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "read an event: %.60q", head))
	}
	return sihe.Record{
		ID: e.ID, Entity: e.Entity, Key: e.Key, Name: e.Name, Version: e.Version, Time: e.Time, Canonical: true,
		CorrelationID: e.Correlation, CausationID: e.Causation, Hops: e.Hops, Data: bytes.Clone(data),
	}, nil
}

// putEvents appends the transaction's events to the outbox, in the order in which they came about.
func (t *Tx) putEvents(records map[*Doc][]byte) error {
	bucket := t.d.Bucket(bucketOutbox).AppendOnly()
	for _, e := range t.events {
		d := e.doc
		x := entry{
			ID: t.m.eventID(d.kind, d.key, e.version, e.name), Entity: d.kind.entity.FullName(), Key: d.key, Name: e.name,
			Version: e.version, Time: t.Now().UTC(), Correlation: d.Text(fieldCorrelation),
			Causation: t.call.causation, Hops: t.call.hops,
		}
		head, err := json.Marshal(x)
		if err != nil {
			return sihe.Permanent(sihe.Errorf(sihe.CodeInternal, "write the event of %s: %w", d.name(), err))
		}
		data := append(append(head, '\n'), e.encoded(records[d])...)
		n, err := bucket.NextSequence()
		if err != nil {
			return err
		}
		if err := bucket.Put(sequenceKey(n), data); err != nil {
			return err
		}
	}
	return nil
}

// eventID is the same whenever the same version of the same document says the same (invariant 2).
func (m *Module) eventID(k *kind, key string, version int64, name string) string {
	return sihe.EventID(m.options.System, k.entity.FullName(), key, decimal(version), name)
}

func sequenceKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// Read emits the events of the outbox behind the cursor in the order in which their transactions were kept. What lies
// before the cursor has been taken and may be removed. A cursor that the outbox cannot serve is CodeOutboxGap: events
// would be lost silently.
func (m *Module) Read(ctx context.Context, after sihe.Cursor, emit func(sihe.Record, sihe.Cursor) error) error {
	return m.chunks(ctx, after, func(events []sihe.Record, keys [][]byte) error {
		for i, e := range events {
			if err := emit(e, sihe.Cursor(keys[i])); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReadBatch is Read for many events at once, so that one sync of the hub serves them all.
func (m *Module) ReadBatch(ctx context.Context, after sihe.Cursor, emit func([]sihe.Record, sihe.Cursor) error) error {
	return m.chunks(ctx, after, func(events []sihe.Record, keys [][]byte) error {
		return emit(events, sihe.Cursor(keys[len(keys)-1]))
	})
}

// chunks hands over what lies behind the cursor, each chunk from one consistent state.
func (m *Module) chunks(ctx context.Context, after sihe.Cursor, take func(events []sihe.Record, keys [][]byte) error) error {
	last, err := m.position(after)
	if err != nil {
		return err
	}
	if err := m.trim(ctx, last); err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		events, keys, err := m.next(last, readChunk)
		if err != nil || len(events) == 0 {
			return err
		}
		if err := take(events, keys); err != nil {
			return err
		}
		last = binary.BigEndian.Uint64(keys[len(keys)-1])
	}
}

// position reads a cursor and checks that everything behind it is there.
func (m *Module) position(after sihe.Cursor) (uint64, error) {
	var at uint64
	switch len(after) {
	case 0:
	case 8:
		at = binary.BigEndian.Uint64(after)
	default:
		return 0, sihe.Permanent(sihe.Errorf(sihe.CodeOutboxGap, "read %s: the cursor is not one of ours", m.options.System))
	}
	err := m.view(func(t *durable.Tx) error {
		bucket := t.Bucket(bucketOutbox)
		var first, last uint64
		edge := func(to *uint64) func(key, _ []byte) (bool, error) {
			return func(key, _ []byte) (bool, error) { *to = binary.BigEndian.Uint64(key); return false, nil }
		}
		if err := bucket.Each(nil, false, edge(&first)); err != nil {
			return err
		}
		if err := bucket.Each(nil, true, edge(&last)); err != nil {
			return err
		}
		if at > last || (first > 0 && at+1 < first) {
			return sihe.Permanent(sihe.Errorf(sihe.CodeOutboxGap, "read %s after event %d: the outbox has %d to %d", m.options.System, at, first, last))
		}
		return nil
	})
	return at, err
}

// next returns up to n events behind one.
func (m *Module) next(after uint64, n int) (events []sihe.Record, keys [][]byte, err error) {
	err = m.view(func(t *durable.Tx) error {
		return t.Bucket(bucketOutbox).Each(sequenceKey(after+1), false, func(key, value []byte) (bool, error) {
			e, err := readEntry(value)
			if err != nil {
				return false, err
			}
			events = append(events, e)
			keys = append(keys, append([]byte(nil), key...))
			return len(events) < n, nil
		})
	})
	return events, keys, err
}

// trim removes events that were read long ago, once enough of them have gathered to be worth a transaction.
func (m *Module) trim(ctx context.Context, read uint64) error {
	keep := uint64(m.options.KeepEvents) //nolint:gosec // above zero
	if read <= keep+keep/10 {
		return nil
	}
	upTo := read - keep
	old := func(t *durable.Tx) (keys [][]byte, err error) {
		err = t.Bucket(bucketOutbox).Each(nil, false, func(key, _ []byte) (bool, error) {
			if binary.BigEndian.Uint64(key) > upTo || len(keys) == trimChunk {
				return false, nil
			}
			keys = append(keys, append([]byte(nil), key...))
			return true, nil
		})
		return keys, err
	}
	var waiting int
	if err := m.view(func(t *durable.Tx) error {
		keys, err := old(t)
		waiting = len(keys)
		return err
	}); err != nil || waiting <= m.options.KeepEvents/10 {
		return err
	}
	return m.update(ctx, func(t *durable.Tx) error {
		keys, err := old(t)
		for _, key := range keys {
			if err == nil {
				err = t.Bucket(bucketOutbox).Delete(key)
			}
		}
		return err
	})
}
