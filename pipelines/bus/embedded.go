package bus

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// Embedded is a bus in one file of this process. Its methods may be called concurrently.
type Embedded struct {
	db    *durable.DB
	owned bool
	now   func() time.Time

	closing chan struct{}
	once    sync.Once
	running sync.WaitGroup // calls of Consume

	declaring chan struct{} // holds the one permission to declare topics

	mu     sync.Mutex
	topics map[string]*topic
	groups map[string]*group
}

var _ sihe.Bus = (*Embedded)(nil)

// A topic as it is declared, with its partitions.
type topic struct {
	sihe.Topic
	partitions []*partition
}

// A partition wakes whoever waits for its next message.
type partition struct {
	topic  string
	number int
	name   string // topic/number

	compacted atomic.Int64 // base of the open segment when it was last compacted

	mu       sync.Mutex
	appended chan struct{} // closed by the next append
}

// signal wakes all who wait.
func (p *partition) signal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.appended)
	p.appended = make(chan struct{})
}

// next returns the channel that the next append closes. Take it before looking for messages.
func (p *partition) next() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.appended
}

// OpenEmbedded opens or creates the file for this process alone. now gives the append times. Errors are those of
// durable.Open. The owner calls [Embedded.Trim] on a schedule.
func OpenEmbedded(path string, now func() time.Time) (*Embedded, error) {
	db, err := durable.Open(path)
	if err != nil {
		return nil, err
	}
	e, err := Embed(db, now)
	if err != nil {
		_ = db.Close() // the first error counts
		return nil, err
	}
	e.owned = true
	return e, nil
}

// Embed puts the bus into a file that is open already, so that one sync serves the bus and whoever else writes there.
// Close leaves that file open.
func Embed(db *durable.DB, now func() time.Time) (*Embedded, error) {
	e := &Embedded{
		db: db, now: now, closing: make(chan struct{}), declaring: make(chan struct{}, 1),
		topics: map[string]*topic{}, groups: map[string]*group{},
	}
	err := db.View(func(tx *durable.Tx) error {
		return tx.Bucket(bucketTopics).Each(nil, false, func(name, v []byte) (bool, error) {
			var t sihe.Topic
			if err := json.Unmarshal(v, &t); err != nil {
				return false, permanent(sihe.CodeStoreCorrupt, "read topic %s in %s: %w", name, db.Path(), err)
			}
			e.topics[t.Name] = newTopic(t)
			return true, nil
		})
	})
	return e, err
}

func newTopic(t sihe.Topic) *topic {
	n := &topic{Topic: t}
	for i := range t.Partitions {
		n.partitions = append(n.partitions, &partition{topic: t.Name, number: i, name: partitionName(t.Name, i), appended: make(chan struct{})})
	}
	return n
}

// EnsureTopics creates the missing topics and takes over a changed retention or compaction. Everybody else goes on meanwhile.
func (e *Embedded) EnsureTopics(ctx context.Context, topics ...sihe.Topic) error {
	select {
	case e.declaring <- struct{}{}:
		defer func() { <-e.declaring }()
	case <-ctx.Done():
		return ctx.Err()
	}
	changed, err := e.changed(topics)
	if err != nil {
		return err
	}
	if len(changed) == 0 {
		return e.open()
	}
	_, err = e.db.Update(ctx, func(tx *durable.Tx) error {
		for _, t := range changed {
			v, err := json.Marshal(t)
			if err != nil {
				return err
			}
			if err := tx.Bucket(bucketTopics).Put([]byte(t.Name), v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range changed {
		n := newTopic(t)
		if old, ok := e.topics[t.Name]; ok {
			n.partitions = old.partitions // somebody may wait at them
		}
		e.topics[t.Name] = n
	}
	return nil
}

// changed returns the topics that are not declared so.
func (e *Embedded) changed(topics []sihe.Topic) (changed []sihe.Topic, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range topics {
		if err := checkTopic(t); err != nil {
			return nil, err
		}
		t.Replication = 0
		old, ok := e.topics[t.Name]
		if ok && old.Partitions != t.Partitions {
			return nil, permanent(sihe.CodeBusPartitionsDiffer, "declare topic %s: it has %d partitions, not %d", t.Name, old.Partitions, t.Partitions)
		}
		if !ok || old.Topic != t {
			changed = append(changed, t)
		}
	}
	return changed, nil
}

// topic returns a snapshot of the declaration.
func (e *Embedded) topic(name string) (*topic, error) {
	if err := e.open(); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if t, ok := e.topics[name]; ok {
		return t, nil
	}
	return nil, permanent(sihe.CodeBusTopicUnknown, "use topic %s: it is not declared", name)
}

// partition returns the partition of a position.
func (e *Embedded) partition(name string, number int) (*topic, *partition, error) {
	t, err := e.topic(name)
	if err != nil {
		return nil, nil, err
	}
	if number < 0 || number >= len(t.partitions) {
		return nil, nil, permanent(sihe.CodeBusOffsetInvalid, "use %s/%d: the topic has %d partitions", name, number, len(t.partitions))
	}
	return t, t.partitions[number], nil
}

// open returns an error once Close has begun.
func (e *Embedded) open() error {
	select {
	case <-e.closing:
		return sihe.Errorf(sihe.CodeBusClosed, "use the bus in %s: it is closed", e.db.Path())
	default:
		return nil
	}
}

// Ping writes and syncs one small value.
func (e *Embedded) Ping(ctx context.Context) error {
	if err := e.open(); err != nil {
		return err
	}
	_, err := e.db.Update(ctx, func(tx *durable.Tx) error {
		return tx.Bucket(bucketPing).Put([]byte("at"), encodeInt(e.now().UnixMilli()))
	})
	return err
}

func (e *Embedded) close() {
	e.mu.Lock() // no call of Consume begins any more
	defer e.mu.Unlock()
	e.once.Do(func() { close(e.closing) })
}

// Close ends all claims, gives their work [handOver] to return, and closes the file.
func (e *Embedded) Close() error {
	e.close()
	idle := make(chan struct{})
	go func() {
		e.running.Wait()
		close(idle)
	}()
	select {
	case <-idle:
	case <-time.After(handOver):
	}
	if !e.owned {
		return nil
	}
	return e.db.Close()
}
