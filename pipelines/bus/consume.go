package bus

import (
	"context"
	"errors"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// Consume shares the partitions with the group's other consumers in this process. When work returns before its
// context ends, Consume ends the others, leaves the group and returns that result.
func (e *Embedded) Consume(ctx context.Context, name string, topics []string, w func(ctx context.Context, c sihe.Claim) error) error {
	if err := checkGroup(name); err != nil {
		return err
	}
	m := &member{work: w}
	for _, t := range sortedTopics(topics) {
		known, err := e.topic(t)
		if err != nil {
			return err
		}
		m.topics = append(m.topics, known)
	}
	if !e.begin() {
		return e.open()
	}
	defer e.running.Done()
	claims, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	m.done, m.fail = claims.Done(), func(err error) { cancel(ended{err}) }
	m.derive = func() (context.Context, context.CancelFunc) { return context.WithCancel(claims) }
	g := e.group(name)
	g.join(m)
	select {
	case <-claims.Done():
	case <-e.closing:
		cancel(ended{e.open()})
	}
	g.leave(m)
	m.working.Wait()
	var early ended
	if errors.As(context.Cause(claims), &early) {
		return early.result
	}
	return nil
}

// ended is why a call of Consume ends before its context does.
type ended struct{ result error }

func (ended) Error() string { return "the consumer ended" }

// begin counts a call of Consume; false once the bus closes.
func (e *Embedded) begin() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open() != nil {
		return false
	}
	e.running.Add(1)
	return true
}

func (e *Embedded) group(name string) *group {
	e.mu.Lock()
	defer e.mu.Unlock()
	g, ok := e.groups[name]
	if !ok {
		g = &group{bus: e, name: name, seats: map[*partition]*seat{}}
		e.groups[name] = g
	}
	return g
}

// Committed returns the group's next offsets, -1 where it has none.
func (e *Embedded) Committed(_ context.Context, group, name string) ([]int64, error) {
	t, err := e.topic(name)
	if err != nil {
		return nil, err
	}
	offsets := make([]int64, len(t.partitions))
	err = e.db.View(func(tx *durable.Tx) error {
		for i, p := range t.partitions {
			n, ok, err := committed(tx, group, p)
			if err != nil {
				return err
			}
			if !ok {
				n = -1
			}
			offsets[i] = n
		}
		return nil
	})
	return offsets, err
}

// ResetGroup moves a group that has no consumers. An offset of -1 forgets where the group stood.
func (e *Embedded) ResetGroup(ctx context.Context, group, name string, offsets []int64) error {
	if err := checkGroup(group); err != nil {
		return err
	}
	t, err := e.topic(name)
	if err != nil {
		return err
	}
	if len(offsets) != len(t.partitions) {
		return permanent(sihe.CodeBusOffsetInvalid, "reset group %s: %d offsets for the %d partitions of %s", group, len(offsets), len(t.partitions), name)
	}
	if e.group(group).active() {
		return permanent(sihe.CodeBusGroupActive, "reset group %s on %s: it has consumers", group, name)
	}
	_, err = e.db.Update(ctx, func(tx *durable.Tx) error {
		for i, p := range t.partitions {
			if err := resetPartition(tx, group, p, offsets[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

func resetPartition(tx *durable.Tx, group string, p *partition, offset int64) error {
	s, err := loadState(tx, p)
	if err != nil {
		return err
	}
	if offset < -1 || offset > s.next {
		return permanent(sihe.CodeBusOffsetInvalid, "reset group %s on %s to %d: the partition ends at %d", group, p.name, offset, s.next)
	}
	if offset == -1 {
		return tx.Bucket(bucketGroups).Delete(groupKey(group, p))
	}
	return tx.Bucket(bucketGroups).Put(groupKey(group, p), encodeInt(offset))
}
