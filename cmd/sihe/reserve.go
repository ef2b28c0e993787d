package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/sihehub/sihe/durable"
)

// lookEvery is how often the free space of the data folder's disk is looked at.
const lookEvery = 500 * time.Millisecond

// watchDisk gives the reserve back when the disk runs full and takes it again when there is room, until ctx ends.
func watchDisk(ctx context.Context, r *durable.Reserve, log *slog.Logger) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	was := r.Short()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		r.Look()
		switch now := r.Short(); {
		case now != nil && was == nil:
			log.WarnContext(ctx, "the disk is full: nothing is taken in, what was taken in goes on", "error", now.Error())
			was = now
		case now == nil && was != nil:
			log.InfoContext(ctx, "there is room on the disk again")
			was = nil
		}
	}
}
