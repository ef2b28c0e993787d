//go:build faults

package faults

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// An effect is one thing that a target was made to do.
type effect struct {
	ID     string          `json:"id"`
	Ref    string          `json:"ref"` // the write's id
	No     string          `json:"no"`
	Seq    int             `json:"seq"`
	Amount json.RawMessage `json:"amount"`

	at time.Time
}

// A target is a system outside, over real HTTP, that counts its effects.
type target struct {
	name      string
	remembers bool // it recognises a write's id; else a second request is a second effect
	addr      string

	mu      sync.Mutex
	effects []effect
	byRef   map[string][]int
	posts   map[string]int // how often each write's id came
	turn    chan struct{}  // holds the one place of a create
	pace    atomic.Int64   // nanoseconds that a create takes
	forgets atomic.Bool    // for a control: its look-up finds nothing
	mood    atomic.Pointer[mood]

	// event is called in the middle of a create: "half" when half of the body has come, "done" when the effect is there and
	// the answer is not given.
	event atomic.Pointer[func(what string)]
}

// A mood is how often, of a thousand, a target misbehaves.
type mood struct {
	broken int // 500 and nothing done
	lost   int // done, then 500 or 504
	cut    int // done, then the connection is cut
	late   int // 504, and done a little later
	busy   int // 429 or 503 with Retry-After
	slow   int // up to half a second more
}

// restless is a target on a bad day, quiet one on a good day.
var (
	restless = &mood{broken: 30, lost: 30, cut: 30, late: 20, busy: 20, slow: 50}
	quiet    = &mood{}
)

func newTarget(t *testing.T, name string, remembers bool) *target {
	t.Helper()
	x := &target{name: name, remembers: remembers, byRef: map[string][]int{}, posts: map[string]int{}, turn: make(chan struct{}, 1)}
	x.mood.Store(quiet)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x.addr = l.Addr().String()
	s := &http.Server{Handler: x}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return x
}

func (x *target) url() string { return "http://" + x.addr }

func (x *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/ping":
	case r.Method == http.MethodGet && r.URL.Query().Has("ref"):
		x.search(w, r.URL.Query().Get("ref"))
	case r.Method == http.MethodPost:
		x.create(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (x *target) search(w http.ResponseWriter, ref string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	items := []effect{}
	if !x.forgets.Load() {
		for _, i := range x.byRef[ref] {
			items = append(items, x.effects[i])
		}
	}
	say(w, http.StatusOK, map[string]any{"items": items})
}

func say(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (x *target) tell(what string) {
	if f := x.event.Load(); f != nil {
		(*f)(what)
	}
}

func (x *target) create(w http.ResponseWriter, r *http.Request) {
	half := make([]byte, max(r.ContentLength/2, 0))
	if _, err := io.ReadFull(r.Body, half); err != nil {
		return
	}
	x.tell("half")
	rest, err := io.ReadAll(r.Body)
	var e effect
	if err != nil || json.Unmarshal(append(half, rest...), &e) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	x.mu.Lock()
	x.posts[e.Ref]++
	x.mu.Unlock()
	m := x.mood.Load()
	d := rand.IntN(1000)
	falls := func(share int) bool { d -= share; return d < 0 }
	switch {
	case falls(m.broken):
		w.WriteHeader(http.StatusInternalServerError)
	case falls(m.busy):
		w.Header().Set("Retry-After", "1")
		w.WriteHeader([]int{http.StatusTooManyRequests, http.StatusServiceUnavailable}[rand.IntN(2)])
	case falls(m.lost):
		x.perform(r, e)
		w.WriteHeader([]int{http.StatusInternalServerError, http.StatusGatewayTimeout}[rand.IntN(2)])
	case falls(m.cut):
		x.perform(r, e)
		hangUp(w)
	case falls(m.late):
		go func() { time.Sleep(time.Duration(rand.IntN(800)) * time.Millisecond); x.add(e) }()
		w.WriteHeader(http.StatusGatewayTimeout)
	default:
		if falls(m.slow) {
			time.Sleep(time.Duration(rand.IntN(500)) * time.Millisecond)
		}
		done, ok := x.perform(r, e)
		if !ok {
			return
		}
		x.tell("done")
		say(w, http.StatusCreated, done)
	}
}

// perform takes the time of a create and does it. A caller who has hung up by then is not served.
func (x *target) perform(r *http.Request, e effect) (effect, bool) {
	select {
	case x.turn <- struct{}{}:
		defer func() { <-x.turn }()
	case <-r.Context().Done():
		return e, false
	}
	if p := time.Duration(x.pace.Load()); p > 0 {
		t := time.NewTimer(p)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
			return e, false
		}
	}
	return x.add(e), true
}

func (x *target) add(e effect) effect {
	x.mu.Lock()
	defer x.mu.Unlock()
	if made := x.byRef[e.Ref]; len(made) > 0 && x.remembers {
		return x.effects[made[0]]
	}
	e.ID, e.at = fmt.Sprintf("%s-%d", x.name, len(x.effects)+1), time.Now()
	x.byRef[e.Ref] = append(x.byRef[e.Ref], len(x.effects))
	x.effects = append(x.effects, e)
	return e
}

// rewind forgets what was done after a moment, in seconds.
func (x *target) rewind(at float64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	old := x.effects
	x.effects, x.byRef = nil, map[string][]int{}
	for _, e := range old {
		if float64(e.at.UnixMicro())/1e6 < at {
			x.byRef[e.Ref] = append(x.byRef[e.Ref], len(x.effects))
			x.effects = append(x.effects, e)
		}
	}
}

func hangUp(w http.ResponseWriter) {
	if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = c.Close()
	}
}

func (x *target) count() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.effects)
}

// steps returns the steps of each key, in the order in which they were done.
func (x *target) steps() map[string][]int {
	x.mu.Lock()
	defer x.mu.Unlock()
	all := map[string][]int{}
	for _, e := range x.effects {
		all[e.No] = append(all[e.No], e.Seq)
	}
	return all
}
