//go:build bench

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/sihehub/sihe/pipelines/store"
)

// delivered measures a hub whose store holds many delivered records: how long it takes to start again, its memory, and how
// fast it is beside one with an empty store.
func delivered(ctx context.Context, s settings, folder string, r *report) error {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return err
	}
	y := &yard{s: s, zone: zone, next: 1}
	if y.target, err = self(ctx, "target"); err != nil {
		return err
	}
	defer y.target.stop()
	full := filepath.Join(folder, "full")
	if err := layHub(full, y.target.address); err != nil {
		return err
	}
	if err := fill(ctx, full, s.delivered, func(tx *store.Tx, i int) error { return finished(tx, old(i), false) }); err != nil {
		return err
	}
	many := fmt.Sprintf(", %d delivered", s.delivered)
	a, err := y.contestant(ctx, "empty store", func() (*process, error) { return hub(ctx, s.program, filepath.Join(folder, "empty"), y.target.address) })
	if err != nil {
		return err
	}
	defer a.stop()
	b, err := y.contestant(ctx, "full store", func() (*process, error) { return startHub(ctx, s.program, full) })
	if err != nil {
		return err
	}
	speed := map[string][]float64{}
	cpu := map[string][]float64{}
	for n := range s.rounds + 1 {
		for i := range 2 {
			x, err := y.run(ctx, []*contestant{a, b}[(n+i)%2], n, s.documents/2, 0)
			if err != nil {
				b.stop()
				return err
			}
			if n == 0 {
				continue // connections, caches
			}
			speed[x.Who], cpu[x.Who] = append(speed[x.Who], x.PerSecond), append(cpu[x.Who], x.CPU)
			r.add("delivered"+many, x)
		}
	}
	now, anon, _, err := b.memory()
	b.stop()
	if err != nil {
		return err
	}
	began := time.Now()
	again, err := startHub(ctx, s.program, full)
	if err != nil {
		return err
	}
	defer again.stop()
	if err := again.ready(ctx); err != nil {
		return err
	}
	r.check("delivered", "from start to ready"+many, time.Since(began).Seconds(), 3, " s", true)
	started, _, _, err := again.memory()
	if err != nil {
		return err
	}
	r.check("delivered", "memory when ready"+many, float64(started>>20), 300, " MB", true)
	r.check("delivered", "memory after the load"+many, float64(anon>>20), 300, " MB", true)
	r.note("delivered", "with the pages of the file that the system keeps in memory", fmt.Sprintf("%d MB", now>>20))
	r.check("delivered", "throughput, full ÷ empty", median(ratios(speed[b.name], speed[a.name])), 0.9, "", false)
	r.note("delivered", "CPU time, full ÷ empty", number(median(ratios(cpu[b.name], cpu[a.name]))))
	return nil
}

// contestant starts one and gives it a sender.
func (y *yard) contestant(ctx context.Context, name string, start func() (*process, error)) (*contestant, error) {
	p, err := start()
	if err != nil {
		return nil, err
	}
	if err := p.ready(ctx); err != nil {
		p.stop()
		return nil, err
	}
	return &contestant{name: name, process: p, sender: newSender(p.address, y.s.inFlight)}, nil
}
