//go:build bench

package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/bus"
)

// embedded measures acknowledged, synced appends of 1 KB by 64 callers, each waiting for its own.
func embedded(ctx context.Context, s settings, folder string, r *report) error {
	e, err := bus.OpenEmbedded(filepath.Join(folder, "bus.db"), time.Now)
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	if err := e.EnsureTopics(ctx, sihe.Topic{Name: "bench", Partitions: 8}); err != nil {
		return err
	}
	value := bytes.Repeat([]byte{'x'}, 1000)
	var speeds []float64
	for range s.rounds {
		var n atomic.Int64
		var failed atomic.Pointer[error]
		var all sync.WaitGroup
		began := time.Now()
		for c := range 64 {
			all.Go(func() {
				for i := 0; time.Since(began) < 2*time.Second; i++ {
					if _, err := e.Publish(ctx, sihe.Message{Topic: "bench", Key: fmt.Appendf(nil, "%d-%d", c, i), Value: value}); err != nil {
						failed.Store(&err)
						return
					}
					n.Add(1)
				}
			})
		}
		all.Wait()
		if err := failed.Load(); err != nil {
			return *err
		}
		speeds = append(speeds, float64(n.Load())/time.Since(began).Seconds())
	}
	r.check("bus", "acknowledged appends, 64 callers", median(speeds), 6000, "/s", false)
	return nil
}
