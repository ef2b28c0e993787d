package pipelines

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// maxRerunning bounds what one rerun has under way, so that it never stands in the way of live documents.
const maxRerunning = 200

// rerunPause is how often a rerun looks whether there is room for more.
const rerunPause = 50 * time.Millisecond

// keepReruns lets replays and backfills go on, also those that were begun before a restart.
func (h *Hub) keepReruns(ctx context.Context) {
	for ctx.Err() == nil {
		running, err := h.running()
		if err != nil {
			h.report("reruns", err)
		}
		if len(running) == 0 && err == nil {
			select {
			case <-h.rerun:
			case <-ctx.Done():
			}
			continue
		}
		moved := false
		for _, r := range running {
			m, err := h.advance(ctx, r)
			if ctx.Err() != nil {
				return
			}
			h.report(fmt.Sprintf("%s:%d", r.Kind, r.ID), err)
			moved = moved || m
		}
		if !moved {
			pause(ctx, rerunPause)
		}
	}
}

func (h *Hub) running() (all []store.Rerun, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		all = nil
		return tx.Reruns(func(r store.Rerun) (bool, error) {
			if r.State == store.RerunRunning {
				all = append(all, r)
			}
			return true, nil
		})
	})
	return all, err
}

// advance takes the next events of a rerun up, if there is room; false when there was nothing to do.
func (h *Hub) advance(ctx context.Context, r store.Rerun) (bool, error) {
	d, ok := h.deliverer(r.Pipeline)
	if !ok {
		return true, h.endRerun(ctx, r.ID, store.RerunStopped, "there is no pipeline "+r.Pipeline+" any more")
	}
	s, err := h.Rerun(r.ID)
	if err != nil || s.InFlight >= maxRerunning {
		return false, err
	}
	if s.Walked {
		if s.InFlight > 0 {
			return false, nil
		}
		return true, h.endRerun(ctx, r.ID, store.RerunDone, "")
	}
	next := s.Rerun
	batch, err := h.nextOf(ctx, d, &next)
	if err != nil {
		return false, err
	}
	_, err = h.update(ctx, func(tx *store.Tx) (woken []store.Part, err error) {
		now, found, err := tx.Rerun(r.ID)
		if err != nil || !found || now.State != store.RerunRunning || now.Read != s.Read {
			return nil, err // it was stopped
		}
		now.Next, now.After, now.Walked, now.Read = next.Next, next.After, next.Walked, next.Read
		for _, j := range batch {
			parts, err := d.takeUp(tx, &now, j)
			if err != nil {
				return nil, err
			}
			woken = append(woken, parts...)
		}
		return woken, tx.PutRerun(now)
	})
	return err == nil, err
}

func (h *Hub) endRerun(ctx context.Context, id uint64, state, why string) error {
	_, err := h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		r, found, err := tx.Rerun(id)
		if err != nil || !found || r.State != store.RerunRunning {
			return nil, err
		}
		r.State, r.Ended, r.Error = state, tx.Now(), why
		return nil, tx.PutRerun(r)
	})
	return err
}

// maxLooked is after how many events of other documents a rerun of one document keeps its place.
const maxLooked = 5000

// nextEvents reads on the bus, one partition after the other.
func (h *Hub) nextEvents(ctx context.Context, d *deliverer, r *store.Rerun) (all []ruling, err error) {
	committed, err := d.committedBy(ctx, len(r.End))
	if err != nil {
		return nil, err
	}
	next, looked := slices.Clone(r.Next), 0
	r.Next = next
	for i := range next {
		for next[i] < r.End[i] {
			messages, err := h.o.Bus.Read(ctx, sihe.Position{Topic: d.topic(), Partition: i, Offset: next[i]}, rerunBatch)
			var trimmed sihe.ErrTrimmed
			if errors.As(err, &trimmed) { // by retention, meanwhile
				next[i] = min(trimmed.First, r.End[i])
				continue
			}
			if err != nil {
				return nil, err
			}
			if len(messages) == 0 {
				next[i] = r.End[i]
				break
			}
			for _, m := range messages {
				if m.Offset >= r.End[i] {
					next[i] = r.End[i]
					break
				}
				next[i] = m.Offset + 1
				r.Read++
				looked++
				if r.Key != "" && string(m.Key) != r.Key {
					continue
				}
				j, err := d.rule(m, committed[i], r.Again)
				if err != nil {
					return nil, err
				}
				all = append(all, j)
			}
			if len(all) > 0 || looked >= maxLooked {
				return all, nil
			}
		}
	}
	r.Walked = true
	return all, nil
}

// nextDocuments goes through the latest states, by key.
func (h *Hub) nextDocuments(ctx context.Context, d *deliverer, r *store.Rerun) (all []ruling, err error) {
	spans, err := h.o.Bus.Offsets(ctx, d.topic())
	if err != nil {
		return nil, err
	}
	committed, err := d.committedBy(ctx, len(spans))
	if err != nil {
		return nil, err
	}
	var docs []store.Document
	err = h.o.Store.View(func(tx *store.Tx) error {
		docs = docs[:0]
		if r.Key != "" {
			doc, found, err := tx.Document(r.Entity, r.Key)
			if found {
				docs = append(docs, doc)
			}
			return err
		}
		return tx.Documents(r.Entity, r.After, func(doc store.Document) (bool, error) {
			if doc.Key != r.After || r.After == "" {
				docs = append(docs, doc)
			}
			return len(docs) < rerunBatch, nil
		})
	})
	if err != nil {
		return nil, err
	}
	r.Walked = len(docs) < rerunBatch || r.Key != ""
	for _, doc := range docs {
		r.After = doc.Key
		r.Read++
		if !changedSince(doc.Time, r.Since) {
			continue
		}
		m := h.eventOf(doc, len(spans))
		j, err := d.rule(m, max(committed[m.Partition], spans[m.Partition].First), r.Again)
		if err != nil {
			return nil, err
		}
		all = append(all, j)
	}
	return all, nil
}
