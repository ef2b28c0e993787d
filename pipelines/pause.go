package pipelines

import (
	"context"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// loadPauses takes over what was paused before the restart.
func (h *Hub) loadPauses() error {
	return h.o.Store.View(func(tx *store.Tx) error {
		paused, err := tx.Pauses()
		for _, p := range paused {
			h.pauses[p.Name] = make(chan struct{})
			if p.Brake != nil {
				h.health[brakeHealth+p.Name] = &Health{Name: brakeHealth + p.Name, At: h.started, Since: p.Since, Code: sihe.CodeBrake, Message: tripError(p.Name, p.Brake).Error()}
			}
		}
		return err
	})
}

// resumed waits while a street is paused.
func (h *Hub) resumed(ctx context.Context, name string) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		h.mu.Lock()
		paused, yes := h.pauses[name]
		h.mu.Unlock()
		if !yes {
			return nil
		}
		select {
		case <-paused:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Pause lets a street (a pipeline, or normalise:<system>) stand after the events it has begun, until Resume, also over
// restarts.
func (h *Hub) Pause(ctx context.Context, name string, by By) error {
	if err := h.knownStreet(name); err != nil {
		return err
	}
	_, err := h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		if err := by.audit(tx, "pause", name); err != nil {
			return nil, err
		}
		before, _, err := tx.Pause(name)
		if err != nil {
			return nil, err
		}
		return nil, tx.SetPause(name, &store.Pause{Name: name, Who: by.Who, Why: by.Why, Brake: before.Brake})
	})
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, paused := h.pauses[name]; !paused {
		h.pauses[name] = make(chan struct{})
	}
	return nil
}

// Resume lets a paused street go on. When the brake stopped it, that lifts the brake for one window, after which its limits
// hold again and count from zero.
func (h *Hub) Resume(ctx context.Context, name string, by By) error {
	if err := h.knownStreet(name); err != nil {
		return err
	}
	braked, until := false, time.Time{}
	_, err := h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		p, _, err := tx.Pause(name)
		if err != nil {
			return nil, err
		}
		if braked = p.Brake != nil; braked {
			until, err = h.lift(tx, p, by)
		} else {
			err = by.audit(tx, "resume", name)
		}
		if err != nil {
			return nil, err
		}
		return nil, tx.SetPause(name, nil)
	})
	if err != nil {
		return err
	}
	if braked {
		h.lifted(name, until)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if paused, yes := h.pauses[name]; yes {
		close(paused)
		delete(h.pauses, name)
	}
	return nil
}
