//go:build bench

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// finished is an old order as the hub leaves it: view, trace and its delivery.
func finished(tx *store.Tx, d *store.Delivery, seen bool) error {
	if seen {
		e := order(d)
		step := store.Step{
			ID: e.ID, Entity: d.Entity, Key: d.Subject, Name: d.Name, Version: 1, System: "shop", Time: d.Time, Chain: d.Chain, Amount: d.Amount,
			Currency: d.Currency, Topic: d.Topic, Offset: d.Offset,
		}
		if _, err := tx.Observed(step, []store.Ref{{Entity: "crm.party", Key: "C001"}}); err != nil {
			return err
		}
		_, err := tx.Observe(store.Document{
			Entity: d.Entity, Key: d.Subject, System: "shop", Event: e.ID, Name: d.Name, State: "placed", Version: 1, Time: d.Time, Chain: d.Chain, Data: e.Data,
		})
		if err != nil {
			return err
		}
	}
	d.Target.Key = "SO-" + d.Subject
	d.Receipt = &sihe.Receipt{Key: d.Target.Key}
	if err := tx.LinkTarget(d); err != nil {
		return err
	}
	return tx.Deliver(d)
}

// traced measures how long the chain of a document takes in a store of many.
func traced(ctx context.Context, s settings, folder string, r *report) error {
	folder = filepath.Join(folder, "hub")
	if err := layHub(folder, "127.0.0.1:1"); err != nil {
		return err
	}
	if err := fill(ctx, folder, s.traced, func(tx *store.Tx, i int) error { return finished(tx, old(i), true) }); err != nil {
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
	var took []time.Duration
	for range 300 {
		key := old(rand.IntN(s.traced)).Subject //nolint:gosec // any will do
		began := time.Now()
		if _, err := h.ask(ctx, folder, http.MethodGet, "/hub/trace/"+key, ""); err != nil {
			return err
		}
		took = append(took, time.Since(began))
	}
	r.check("trace", fmt.Sprintf("p99 of 300, %d documents", s.traced), ms(percentile(took, 99)), 50, " ms", true)
	r.note("trace", "median", number(ms(percentile(took, 50)))+" ms")
	return nil
}
