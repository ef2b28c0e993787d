package pipelines

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A habit is when a source usually brings something, learned by the hour of the week: people do not work at night, and
// not every product sends on Sundays. Silence counts by what would usually have come in it (RELIABILITY C7).
type habit struct {
	arrived atomic.Int64 // batches since the start, by webhook or by reading

	mu      sync.Mutex
	seen    int64
	hours   [7 * 24]hourHabit
	pending map[int]int64 // minutes of the silence by hour: learned when it is over, so that it is not weighed by itself
	silence int64         // what has usually come in the time since the last arrival, in millionths of an active minute
	last    time.Time
	loaded  bool
	looks   int
}

// An hourHabit counts the minutes of one hour of the week.
type hourHabit struct {
	Minutes int64 `json:"m"` // that were looked at
	Active  int64 `json:"a"` // in which something came
}

// quietAfter is for how many usual arrivals nothing must have come; an hour must have been looked at for steadyMinutes
// before it says anything, and after eight weeks the older half of what is known counts half.
const (
	quietAfter    = 10
	steadyMinutes = 30
	habitMinutes  = 8 * 60
	keepHabit     = 15 // minutes between two writes of it
	million       = 1_000_000
)

// look is called once a minute.
func (b *habit) look(ctx context.Context, h *Hub, s *system) {
	if s.Native || s.source == nil && s.webhook == nil {
		return // people's pauses are no failure of Sihe's own module
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	name := "source:" + s.Name
	if !b.loaded {
		b.load(h, name)
	}
	now := h.o.Now()
	came := b.arrived.Load() != b.seen
	b.seen = b.arrived.Load()
	h.mu.Lock()
	_, paused := h.pauses[normaliserPrefix+s.Name]
	h.mu.Unlock()
	if paused && s.webhook == nil {
		return
	}
	b.minute(now.In(h.o.Zone), came)
	if b.silence >= quietAfter*million {
		h.report(name, sihe.Errorf(sihe.CodeSourceQuiet, "hear of %s: nothing since %s, in which it usually brings something %d times", s.Name, b.last.UTC().Format(time.RFC3339), b.silence/million))
	} else if x := h.healthOf(name); came && x != nil && !x.OK {
		h.report(name, nil)
	}
	if b.looks++; b.looks%keepHabit == 0 {
		if raw, err := json.Marshal(b.hours); err == nil {
			h.remember(ctx, name, func(r *store.Run) { r.Habit, r.Success = raw, b.last })
		}
	}
}

// minute learns one minute and weighs it.
func (b *habit) minute(now time.Time, came bool) {
	hour := int(now.Weekday())*24 + now.Hour()
	if !came {
		if b.pending == nil {
			b.pending = map[int]int64{}
		}
		b.pending[hour]++
		b.silence += b.usual(now)
		return
	}
	for i, n := range b.pending {
		b.hours[i].Minutes += n
	}
	b.hours[hour].Minutes++
	b.hours[hour].Active++
	b.pending, b.silence, b.last = nil, 0, now
	if x := &b.hours[hour]; x.Minutes > habitMinutes {
		x.Minutes, x.Active = x.Minutes/2, x.Active/2
	}
}

// usual is how often something comes in such a minute. An hour that is new goes by the same hour of other days like it.
func (b *habit) usual(now time.Time) int64 {
	x := b.hours[int(now.Weekday())*24+now.Hour()]
	if x.Minutes < steadyMinutes {
		x = hourHabit{}
		for day := time.Sunday; day <= time.Saturday; day++ {
			if weekend(day) == weekend(now.Weekday()) {
				y := b.hours[int(day)*24+now.Hour()]
				x.Minutes, x.Active = x.Minutes+y.Minutes, x.Active+y.Active
			}
		}
	}
	if x.Minutes < steadyMinutes {
		return 0
	}
	return million * x.Active / x.Minutes
}

func weekend(d time.Weekday) bool { return d == time.Saturday || d == time.Sunday }

func (b *habit) load(h *Hub, name string) {
	b.loaded = true
	b.last = h.o.Now()
	_ = h.o.Store.View(func(tx *store.Tx) error { // what cannot be read is learned again
		r, err := tx.Run(name)
		if err == nil && len(r.Habit) > 0 {
			err = json.Unmarshal(r.Habit, &b.hours)
			b.last = r.Success
		}
		return err
	})
}
