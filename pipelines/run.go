package pipelines

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// Run makes the topics where they are missing and works until ctx ends; then it lets calls under way finish (at most
// Tuning.Drain) and returns nil. It waits for a bus that does not answer yet, and returns an error at once when the topics
// cannot be made for another reason; what fails later is tried again. All of it is shown in [Hub.Status].
func (h *Hub) Run(ctx context.Context) error {
	defer h.stopping.Store(true) // however it ends, nothing is taken in any more
	if err := h.awaitTopics(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	h.begun.Store(true)
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	h.mu.Lock()
	h.cut = cut
	h.mu.Unlock()
	if h.dead.Load() {
		return errAbandoned
	}
	stop := context.AfterFunc(ctx, func() { h.stopping.Store(true) })
	defer stop()

	var all sync.WaitGroup
	h.start(ctx, &all)
	all.Wait()
	if h.dead.Load() {
		return errAbandoned
	}
	return nil
}

// start begins everything that works, a goroutine each.
func (h *Hub) start(ctx context.Context, all *sync.WaitGroup) {
	all.Go(func() {
		h.keep(ctx, viewName, func(ctx context.Context) error {
			return h.o.Bus.Consume(ctx, h.viewGroup(), h.canonicalTopics(h.Plan()), h.watch)
		})
	})
	for _, s := range h.startStreets(ctx, all) {
		if n, ok := s.(*normaliser); ok {
			all.Go(func() {
				h.keep(ctx, s.name()+":direct", func(ctx context.Context) error {
					return h.newClaim(s, store.Direct, nil).run(ctx)
				})
			})
			if n.system.source != nil {
				all.Go(func() { h.poll(ctx, n) })
			}
		}
	}
	for _, j := range h.jobs {
		if j.table != nil {
			all.Go(func() { h.keepJob(ctx, j) })
		}
	}
	for _, s := range h.systems {
		all.Go(func() { h.keepProbing(ctx, s) })
	}
	all.Go(func() { h.keepTrimming(ctx) })
	all.Go(func() { h.keepReruns(ctx) })
	all.Go(func() { h.keepChecks(ctx) })
	all.Go(func() { h.keepWatching(ctx) })
	all.Go(func() { h.keepTelling(ctx) })
}

// startStreets lets every street work, and those that a Swap adds, until ctx ends. It returns the ones that are there.
func (h *Hub) startStreets(ctx context.Context, all *sync.WaitGroup) []street {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.work = func(s street) {
		ctx, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		h.stops[s.name()] = func() {
			stop()
			<-done
		}
		all.Go(func() {
			defer close(done)
			h.keep(ctx, s.name(), func(ctx context.Context) error {
				if err := h.examine(ctx, h.subscriptionOf(s)); err != nil {
					return err
				}
				return h.o.Bus.Consume(ctx, groupOf(s), []string{s.topic()}, func(ctx context.Context, c sihe.Claim) error {
					return h.newClaim(s, c.Partition(), c).run(ctx)
				})
			})
		})
	}
	for _, s := range h.streets {
		h.work(s)
	}
	all.Go(func() { // as long as it is here, a street may be added
		<-ctx.Done()
		h.mu.Lock()
		defer h.mu.Unlock()
		h.work = nil
	})
	return slices.Clone(h.streets)
}

// keep does something until ctx ends, again after a growing pause when it fails.
func (h *Hub) keep(ctx context.Context, name string, do func(context.Context) error) {
	wait := h.o.Tuning.FirstRetry
	for ctx.Err() == nil {
		began := h.o.Now()
		steady := time.AfterFunc(2*wait, func() { h.report(name, nil) })
		err := do(ctx)
		steady.Stop()
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = sihe.Errorf(sihe.CodeInternal, "work on %s: it ended by itself", name)
		}
		h.report(name, err)
		if h.o.Now().Sub(began) > wait {
			wait = h.o.Tuning.FirstRetry
		}
		if h.rest(ctx, name, h.jitter(wait)) {
			wait = h.o.Tuning.FirstRetry
			continue
		}
		wait = min(2*wait, 30*time.Second)
	}
}

// A trimmer is a bus that keeps its retention only when it is told to. Kafka does it by itself.
type trimmer interface {
	Trim(ctx context.Context) error
}

func (h *Hub) keepTrimming(ctx context.Context) {
	if _, err := h.steady(ctx, true); err != nil {
		h.report("trim", err)
	}
	for pause(ctx, h.o.Tuning.TrimEvery) {
		steady, err := h.steady(ctx, false)
		if steady {
			_, err = h.o.Store.Trim(ctx)
			if t, ok := h.o.Bus.(trimmer); ok {
				err = errors.Join(err, t.Trim(ctx))
			}
		}
		if ctx.Err() == nil {
			h.report("trim", err)
		}
	}
}

// steady says whether the clock can be believed when it says that something is old.
func (h *Hub) steady(ctx context.Context, first bool) (steady bool, err error) {
	_, err = h.update(ctx, func(tx *store.Tx) (_ []store.Part, err error) {
		steady, err = tx.Look(h.o.Tuning.TrimEvery, first)
		return nil, err
	})
	return steady && err == nil, err
}

// Health is how something that the hub keeps doing went last.
type Health struct {
	Name    string    `json:"name"`
	OK      bool      `json:"ok"`
	At      time.Time `json:"at"`
	Since   time.Time `json:"since"` // of this being so
	Code    sihe.Code `json:"code,omitempty"`
	Message string    `json:"message,omitempty"`
	Failing bool      `json:"failing,omitempty"` // so often expected and not succeeded that it is no bad moment any more
}

// report notes how it went, and logs when that changes.
func (h *Hub) report(name string, err error) {
	if errors.Is(err, context.Canceled) && h.stopping.Load() {
		return
	}
	now := h.o.Now()
	h.mu.Lock()
	was, known := h.health[name]
	since, err := h.judge(name, err, now)
	is := &Health{Name: name, OK: err == nil, At: now, Since: since}
	if err != nil {
		is.Code, is.Message = sihe.CodeOf(err), err.Error()
		is.Failing = is.Code == sihe.CodeNoProgress
	}
	same := known && was.OK == is.OK && was.Code == is.Code
	if same {
		is.Since = was.Since
	}
	h.health[name] = is
	h.mu.Unlock()
	if same {
		return
	}
	h.changedTo(is, known)
	if err != nil {
		h.o.Log.Warn("it does not go on", "name", name, "code", string(is.Code), "error", is.Message)
	} else if known {
		h.o.Log.Info("it goes on", "name", name)
	}
}
