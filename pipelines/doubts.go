package pipelines

import (
	"sync"
	"time"

	"github.com/sihehub/sihe/pipelines/store"
)

// doubts remember since when this run of the hub has looked for writes of unknown outcome. A write may still be on its
// way for Tuning.Settle after that; the time is that of a clock which nobody sets, as no time in the store can be.
type doubts struct {
	mu    sync.Mutex
	since map[doubt]time.Time
}

type doubt struct {
	part store.Part
	id   string
}

// age returns how long the write has been looked for.
func (d *doubts) age(rec *store.Delivery, now time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := doubt{rec.Part, rec.ID}
	began, known := d.since[k]
	if !known {
		if d.since == nil {
			d.since = map[doubt]time.Time{}
		}
		d.since[k], began = now, now
	}
	return now.Sub(began)
}

// over forgets a write whose outcome is known.
func (d *doubts) over(rec *store.Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.since, doubt{rec.Part, rec.ID})
}
