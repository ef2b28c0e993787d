package pipelines

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines/store"
)

// A siding is the street of one pipeline while its file may change. What carries an event is looked up once, when the
// event begins: it has one version of the files from there to the record of it (RELIABILITY F2).
type siding struct{ now atomic.Pointer[deliverer] }

func newSiding(d *deliverer) *siding {
	s := &siding{}
	s.now.Store(d)
	return s
}

func (s *siding) name() string   { return s.now.Load().name() }
func (s *siding) topic() string  { return s.now.Load().topic() }
func (s *siding) memory() *space { return s.now.Load().memory() }

func (s *siding) open(part store.Part, m sihe.Message) *parcel { return s.now.Load().open(part, m) }

func (s *siding) carry(ctx context.Context, p *parcel) (sihe.Token, error) {
	return s.now.Load().carry(ctx, p)
}

// A Swapped says what a swap did to the pipelines that were there: their names, sorted.
type Swapped struct {
	Begun []string `json:"begun"` // were not there before, or listen to another entity now
	Kept  []string `json:"kept"`  // go on with their new version
	Ended []string `json:"ended"`
}

// Swap goes on with another plan, and with other mappings of what systems send (by system, then by the product's name of
// the kind). Both must have been compiled against Options.Catalog. Every event that has begun ends by the old files, every
// one that begins after it goes by the new ones; nothing is lost in between. Pipelines that are no longer there, or listen
// to another entity, are stopped as [Hub.Run] stops them; what the store keeps for them stays there. Topics that are
// missing are made first; when that fails, nothing has changed.
func (h *Hub) Swap(ctx context.Context, p *Plan, normalise map[string]map[string]*mappings.Mapping) (s Swapped, err error) {
	h.swapping.Lock()
	defer h.swapping.Unlock()
	if err := h.o.Bus.EnsureTopics(ctx, h.topics(p)...); err != nil {
		return s, err
	}
	fresh := map[string]*Pipeline{}
	for _, x := range p.Pipelines {
		if len(h.playing(x.To.Module)) > 0 {
			fresh[x.Name] = x
		}
	}
	for _, old := range h.allStreets() {
		d, ok := old.(*siding)
		if !ok {
			continue
		}
		next, there := fresh[d.name()]
		if there && next.From.FullName() == d.now.Load().p.From.FullName() {
			continue
		}
		h.end(d)
		if !there {
			s.Ended = append(s.Ended, d.name())
		}
	}
	for name, m := range normalise {
		if x, ok := h.system(name); ok {
			x.normalise.Store(&m)
		}
	}
	h.plan.Store(p)
	for _, x := range h.allStreets() {
		if d, ok := x.(*siding); ok {
			d.now.Store(d.now.Load().with(fresh[d.name()]))
			s.Kept = append(s.Kept, d.name())
			delete(fresh, d.name())
		}
	}
	for name, x := range fresh {
		h.begin(newSiding(newDeliverer(h, x)))
		s.Begun = append(s.Begun, name)
	}
	for _, names := range []*[]string{&s.Begun, &s.Kept, &s.Ended} {
		slices.Sort(*names)
	}
	return s, nil
}

// with is the same street under another version of its pipeline.
func (d *deliverer) with(p *Pipeline) *deliverer {
	return &deliverer{h: d.h, p: p, room: d.room, tally: d.tally}
}

// Plan returns the plan by which events that begin now go.
func (h *Hub) Plan() *Plan { return h.plan.Load() }

// allStreets returns the streets as they are now: normalisers in the order of the systems, then pipelines by name.
func (h *Hub) allStreets() []street {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.streets)
}

// begin adds a street and, while the hub runs, lets it work.
func (h *Hub) begin(s *siding) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.streets = append(h.streets, s)
	slices.SortStableFunc(h.streets[len(h.systems):], func(a, b street) int { return cmp.Compare(a.name(), b.name()) })
	if h.work != nil {
		h.work(s)
	}
}

// end stops a street and waits until its calls under way are done.
func (h *Hub) end(s *siding) {
	h.mu.Lock()
	h.streets = slices.DeleteFunc(h.streets, func(x street) bool { return x == street(s) })
	stop, working := h.stops[s.name()]
	delete(h.stops, s.name())
	h.mu.Unlock()
	if working {
		stop()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.health, s.name())
}
