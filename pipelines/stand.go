package pipelines

import (
	"context"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// standing lists the streets that a name means: that of a pipeline, or for a system those that read it and those that
// write to the module that it plays.
func (h *Hub) standing(name string) ([]string, error) {
	s, isSystem := h.system(name)
	if !isSystem || h.knownStreet(name) == nil {
		return []string{name}, h.knownStreet(name)
	}
	names := []string{normaliserPrefix + s.Name}
	for _, x := range h.allStreets() {
		if d, ok := x.(*siding); ok && d.now.Load().p.To.Module == s.Module {
			names = append(names, d.name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// PauseAll pauses a pipeline; or a system: nothing is read from it, and the pipelines that write to its module stand. It
// returns what was paused by it: what stands already is left to whoever paused it.
func (h *Hub) PauseAll(ctx context.Context, name string, by By) ([]string, error) {
	return h.each(ctx, name, by, false, h.Pause)
}

// ResumeAll lets it go on.
func (h *Hub) ResumeAll(ctx context.Context, name string, by By) ([]string, error) {
	return h.each(ctx, name, by, true, h.Resume)
}

func (h *Hub) each(ctx context.Context, name string, by By, paused bool, do func(context.Context, string, By) error) (done []string, err error) {
	names, err := h.standing(name)
	if err != nil {
		return nil, err
	}
	if err := by.check("pause or resume", name); err != nil {
		return nil, err
	}
	now, err := h.Pauses()
	if err != nil {
		return nil, err
	}
	for _, street := range names {
		i := slices.IndexFunc(now, func(p store.Pause) bool { return p.Name == street })
		if is := i >= 0; is != paused || is && now[i].Brake != nil && street != name {
			continue // what the brake has stopped is let go by its own name only
		}
		if err := do(ctx, street, by); err != nil {
			return done, err
		}
		done = append(done, street)
	}
	return done, nil
}

// Pauses lists what stands, since when and why.
func (h *Hub) Pauses() (all []store.Pause, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		all, err = tx.Pauses()
		return err
	})
	return all, err
}

func (b By) check(action, object string) error {
	if b.Who == "" || b.Why == "" {
		return sihe.Permanent(sihe.Errorf(sihe.CodeReasonMissing, "%s %s: a name and a reason are required", action, object))
	}
	return nil
}
