package pipelines

import (
	"context"
	"sync"

	"github.com/sihehub/sihe"
)

// A space bounds what a street holds in memory, in events and bytes, over all partitions.
type space struct {
	mu     sync.Mutex
	events int
	bytes  int64
	total  int64
	freed  chan struct{} // closed and replaced when something leaves
}

func newSpace(events int, bytes int64) *space {
	return &space{events: events, bytes: bytes, total: bytes, freed: make(chan struct{})}
}

// enter waits until there is room. What is larger than the whole space enters alone.
func (s *space) enter(ctx context.Context, size int64) error {
	size = min(size, s.total)
	for {
		s.mu.Lock()
		if s.events > 0 && s.bytes >= size {
			s.events--
			s.bytes -= size
			s.mu.Unlock()
			return nil
		}
		freed := s.freed
		s.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *space) leave(size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events++
	s.bytes += min(size, s.total)
	close(s.freed)
	s.freed = make(chan struct{})
}

// A window holds the messages of one partition that are being worked on, in their order on the bus. The offset that may
// be committed is that of the first one that is not done: never of a later one that happened to end earlier.
type window struct {
	mu      sync.Mutex
	open    []*slot
	last    *slot // of the done prefix; nil while there is none. What follows it may be committed
	proof   sihe.Token
	changed chan struct{} // holds one signal: last has moved
}

// A slot is one message's place.
type slot struct {
	offset int64
	event  string // its id
	done   bool
}

func newWindow() *window { return &window{changed: make(chan struct{}, 1)} }

func (w *window) enter(offset int64, event string) *slot {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &slot{offset: offset, event: event}
	w.open = append(w.open, s)
	return s
}

// done closes a slot; proof says that the message's end, or its being kept, is durable.
func (w *window) done(s *slot, proof sihe.Token) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !proof.Valid() {
		return // an open slot holds the offset back: the message comes again
	}
	s.done = true
	moved := false
	for len(w.open) > 0 && w.open[0].done {
		w.last, moved = w.open[0], true
		w.open = w.open[1:]
	}
	if !moved {
		return
	}
	w.proof = proof
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// ready returns the last message of the done prefix, nil while there is none, and the proof for it.
func (w *window) ready() (*slot, sihe.Token) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last, w.proof
}
