// Package store is the hub's memory: what it has read, tried, written, parked and learned, in one durable file.
//
// # Basics
//
// Everything that the runtime must still know after a power cut is changed in [Store.Update], in one transaction with
// whatever belongs to it: the outcome of a delivery, the counters of the balance, the cross-reference that the receipt
// told, and the waiters that it wakes. The [sihe.Token] that Update returns is what an offset, a cursor or a 2xx asks
// for (invariant 1).
//
// # What belongs to a subject
//
// The deliveries, the kept events and the order of one subject live below "part/<pipeline>/<partition>", so that the
// state of one partition can be ranged over, restored and dropped as a whole when the partition moves to another hub
// ([Store.Partitions], [Tx.DropPartition]). Cross-references, digests, the canonical view and the trace are global.
//
// # Caveats
//
// A function given to Update may run more than once (package durable says when): it assigns its results anew each time
// and touches nothing outside its Tx.
package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// Options say where the file is and how long it remembers. The zero value of a limit is its default.
type Options struct {
	Path      string           // of the file; made if it is not there. [Embed] does not need it
	Now       func() time.Time // stamps what is stored; required
	Retention Retention
}

// A Store is one open file. Its methods may be called concurrently.
type Store struct {
	db        *durable.DB
	owned     bool
	now       func() time.Time
	retention Retention
}

// Open opens or creates the file, for this process alone (errors as in [durable.Open]).
func Open(o Options) (*Store, error) {
	db, err := durable.Open(o.Path)
	if err != nil {
		return nil, err
	}
	s := Embed(db, o)
	s.owned = true
	return s, nil
}

// Embed puts the store into a file that is open already, e.g. that of the embedded bus, so that one sync serves both.
// Close leaves that file open. Buckets of others must not bear the names used here; the bus's begin with "bus.".
func Embed(db *durable.DB, o Options) *Store {
	return &Store{db: db, now: o.Now, retention: o.Retention.withDefaults()}
}

// An Outbox is a bus that lies in the store's own file. What it appends in a transaction is published if the rest of the
// transaction is kept; announce tells its readers and must be called then.
type Outbox interface {
	LiesIn(db *durable.DB) bool
	Append(tx *durable.Tx, m ...sihe.Message) (p []sihe.Position, announce func(), err error)
}

// Outbox returns the bus as one in the store's own file, nil when it lies elsewhere.
func (s *Store) Outbox(b sihe.Bus) Outbox {
	if o, ok := b.(Outbox); ok && o.LiesIn(s.db) {
		return o
	}
	return nil
}

// Close waits for the updates under way; later ones are refused with CodeStoreClosed.
func (s *Store) Close() error {
	if !s.owned {
		return nil
	}
	return s.db.Close()
}

// Path returns the file's name.
func (s *Store) Path() string { return s.db.Path() }

// Size returns the file's length in bytes.
func (s *Store) Size() int64 { return s.db.Size() }

// WriteTo copies a consistent state of the whole file, e.g. for a backup.
func (s *Store) WriteTo(w interface{ Write([]byte) (int, error) }) (int64, error) {
	return s.db.WriteTo(w)
}

// Usable says why nothing may be written any more (errors as in [durable.DB.Update]), nil when it may.
func (s *Store) Usable() error { return s.db.Usable() }

// A Tx is one transaction: all of it is kept, or nothing.
type Tx struct {
	*durable.Tx
	now       time.Time
	retention Retention
}

// Now returns the time with which the transaction stamps what it stores.
func (t *Tx) Now() time.Time { return t.now }

// Update runs f and returns once its changes are synced; f's error keeps nothing of it.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) (sihe.Token, error) {
	return s.db.Update(ctx, func(tx *durable.Tx) error {
		return f(&Tx{Tx: tx, now: s.now(), retention: s.retention})
	})
}

// View runs f on a consistent state; f must be short.
func (s *Store) View(f func(*Tx) error) error {
	return s.db.View(func(tx *durable.Tx) error {
		return f(&Tx{Tx: tx, now: s.now(), retention: s.retention})
	})
}

func get[T any](b *durable.Bucket, key []byte) (value T, found bool, err error) {
	raw, found, err := b.Get(key)
	if err != nil || !found {
		return value, false, err
	}
	return value, true, decode(raw, &value)
}

func put(b *durable.Bucket, key []byte, value any) error { return b.PutOwned(key, encode(value)) }

func decode(raw []byte, value any) error {
	var err error
	if len(raw) > 0 && raw[0] == binaryForm {
		err = decodeBinary(raw, value)
	} else {
		err = json.Unmarshal(raw, value)
	}
	if err != nil {
		return sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "read a record: %w", err))
	}
	return nil
}
