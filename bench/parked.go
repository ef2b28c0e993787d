//go:build bench

package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// parked measures how long it takes to list what is parked, and to replay it to the target.
func parked(ctx context.Context, s settings, folder string, r *report) error {
	target, err := self(ctx, "target")
	if err != nil {
		return err
	}
	defer target.stop()
	folder = filepath.Join(folder, "hub")
	if err := layHub(folder, target.address); err != nil {
		return err
	}
	err = fill(ctx, folder, s.parked, func(tx *store.Tx, i int) error {
		d := old(i)
		d.Target = nil
		return tx.Hold(d, order(d).Message(d.Topic), store.Parked, store.Why{Code: sihe.CodeValueRequired, Path: "lines[0].item", Text: "it was missing"}, time.Time{})
	})
	if err != nil {
		return err
	}
	h, err := startHub(ctx, s.program, folder)
	if err != nil {
		return err
	}
	defer h.stop()
	if err := h.ready(ctx); err != nil {
		return err
	}
	for name, path := range map[string]string{"list of groups": "/hub/parked/groups", "list of 500 documents": "/hub/parked?limit=500"} {
		var took []float64
		for range 9 {
			began := time.Now()
			if _, err := h.ask(ctx, folder, http.MethodGet, path, ""); err != nil {
				return err
			}
			took = append(took, ms(time.Since(began)))
		}
		r.check("parked", fmt.Sprintf("%s, %d parked", name, s.parked), median(took), 200, " ms", true)
	}
	began := time.Now()
	if _, err := h.ask(ctx, folder, http.MethodPost, "/hub/parked/replay", `{"pipeline":"order-to-works","who":"bench","reason":"measure"}`); err != nil {
		return err
	}
	r.note("parked", "the command to replay answers after", time.Since(began).Round(time.Millisecond).String())
	c := collection{target.address}
	if err := c.await(ctx, s.parked); err != nil {
		return err
	}
	took := time.Since(began)
	arrived, err := c.take(ctx)
	if err != nil {
		return err
	}
	if len(arrived) != s.parked {
		return fmt.Errorf("%d documents were parked, %d arrived", s.parked, len(arrived))
	}
	r.check("parked", "replayed, arrived at the target", float64(s.parked)/took.Seconds(), 1000, "/s", false)
	return nil
}
