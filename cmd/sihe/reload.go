package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/console"
)

// loaded are the files by which a hub works, and since when.
type loaded struct {
	*compiled
	at time.Time
}

// shown is what the admin API tells about it.
func (h *house) shown() console.Config {
	l := h.loaded.Load()
	return console.Config{Loaded: l.at, Files: l.files.files}
}

// reload lets the running hub go on with other mappings and pipelines. Findings has what is wrong with them; then, and
// after any error, it goes on with the files it has.
func (h *house) reload(ctx context.Context, s snapshot, f *sihe.Findings) (done pipelines.Swapped, err error) {
	now := h.loaded.Load()
	fixed := slices.DeleteFunc(s.changed(now.files), now.files.swappable)
	if len(fixed) > 0 {
		return done, sihe.Permanent(sihe.Errorf(sihe.CodeRestartNeeded, "take over %s: only mappings and pipelines change while the hub runs", strings.Join(fixed, ", ")))
	}
	next := &compiled{files: s, config: now.config, catalog: now.catalog}
	if next.folder, err = s.fs(); err != nil {
		return done, err
	}
	next.flows(f)
	if f.Failed() {
		return done, nil
	}
	normalise, uses := map[string]map[string]*mappings.Mapping{}, []func(){}
	for name, o := range h.opened {
		if o.Remap == nil {
			continue
		}
		m, use, err := o.Remap(next.mappings)
		if err != nil {
			return done, err
		}
		normalise[name] = m
		uses = append(uses, use)
	}
	if done, err = h.hub.Swap(ctx, next.plan, normalise); err != nil {
		return done, err
	}
	for _, use := range uses {
		use()
	}
	h.loaded.Store(&loaded{compiled: next, at: time.Now()})
	return done, nil
}
