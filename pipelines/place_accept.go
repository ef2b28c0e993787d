package pipelines

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sihehub/sihe/pipelines/store"
)

// resume moves the group, which has no consumers while its street stands.
func (h *Hub) resume(ctx context.Context, r subscription, all []Break) error {
	offsets, err := h.o.Bus.Committed(ctx, r.group, r.topic)
	if err != nil {
		return err
	}
	for _, b := range all {
		offsets[b.Partition] = b.Resume
	}
	return h.o.Bus.ResetGroup(ctx, r.group, r.topic, offsets)
}

// Accept lets a street (or the view) that stands because of a break go on with what the bus holds now. It returns the
// breaks; none when there is nothing to accept.
func (h *Hub) Accept(ctx context.Context, name string, by By) ([]Break, error) {
	if err := by.check("accept", name); err != nil {
		return nil, err
	}
	subscribed, err := h.subscriptions(name)
	if err != nil {
		return nil, err
	}
	var accepted []Break
	for _, r := range subscribed {
		all, err := h.breaks(ctx, r)
		if err != nil {
			return accepted, err
		}
		if len(all) == 0 {
			continue
		}
		if err := h.resume(ctx, r, all); err != nil {
			return accepted, err
		}
		if err := h.keepAccepted(ctx, r, all, by); err != nil {
			return accepted, err
		}
		accepted = append(accepted, all...)
	}
	h.rouse(name)
	return accepted, nil
}

func (h *Hub) keepAccepted(ctx context.Context, r subscription, all []Break, by By) error {
	_, err := h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		var texts []string
		for _, b := range all {
			texts = append(texts, fmt.Sprintf("%s/%d: %s; it goes on at %d", b.Topic, b.Partition, b.Text, b.Resume))
			if part := r.part(b.Partition); part != nil {
				if err := tx.SetPlace(*part, store.Place{Topic: r.topic, Next: b.Resume}); err != nil {
					return nil, err
				}
			}
		}
		return nil, by.auditChange(tx, "accept", r.name, "", strings.Join(texts, "\n"))
	})
	return err
}

// rest waits, unless the name is woken; true when it was.
func (h *Hub) rest(ctx context.Context, name string, d time.Duration) bool {
	woken := make(chan struct{})
	h.mu.Lock()
	h.resting[name] = woken
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.resting[name] == woken {
			delete(h.resting, name)
		}
	}()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-woken:
		return true
	case <-t.C:
	case <-ctx.Done():
	}
	return false
}

// rouse lets what rests after a failure try again now.
func (h *Hub) rouse(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if woken, ok := h.resting[name]; ok {
		close(woken)
		delete(h.resting, name)
	}
}
