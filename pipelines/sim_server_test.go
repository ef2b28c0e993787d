package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/sihehub/sihe"
)

// What a simulated target promises.
const (
	kindExact = "exact" // recognises a write that it has applied
	kindFound = "found" // repeats blindly, but can be looked into
	kindBlind = "blind" // neither: a person has to look
)

// A simServer is a system outside of the hub: it outlives every power cut. Its rules are as naive as they may be, so that
// whatever is done twice or in the wrong order can be seen.
type simServer struct {
	w    *simWorld
	name string
	kind string

	mu       sync.Mutex
	outbox   []sihe.Record // of a native module
	versions map[string]int64
	docs     map[string]map[string]any // native documents by entity and key
	changed  chan struct{}
	effects  []sihe.Write
	done     map[string]sihe.Receipt // by id of the write
	last     map[string]int64        // version last applied, by what is written
	busy     int
}

func newSimServer(w *simWorld, name, kind string) *simServer {
	return &simServer{
		w: w, name: name, kind: kind, versions: map[string]int64{}, docs: map[string]map[string]any{},
		changed: make(chan struct{}, 1), done: map[string]sihe.Receipt{}, last: map[string]int64{},
	}
}

// say lets a native module state a fact about a document, whose version rises by it.
func (s *simServer) say(entity, key, name string, cause sihe.Write, set map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saying(entity, key, name, cause, set)
}

// swapped lets the module state two facts of which the later one comes first.
func (s *simServer) swapped(entity, key string, first, second map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saying(entity, key, "updated", sihe.Write{}, first)
	s.saying(entity, key, "updated", sihe.Write{}, second)
	n := len(s.outbox)
	s.outbox[n-1], s.outbox[n-2] = s.outbox[n-2], s.outbox[n-1]
}

func (s *simServer) saying(entity, key, name string, cause sihe.Write, set map[string]any) {
	at := entity + "/" + key
	s.versions[at]++
	doc := s.docs[at]
	if doc == nil {
		doc = map[string]any{}
		s.docs[at] = doc
	}
	for k, v := range set {
		doc[k] = v
	}
	data, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	v := s.versions[at]
	chain := cause.CorrelationID
	def(&chain, key)
	r := sihe.Record{
		ID: sihe.EventID(s.name, at, strconv.FormatInt(v, 10)), Entity: entity, Key: key, Name: name, Version: v, Time: s.w.now(),
		Canonical: true, CorrelationID: chain, CausationID: cause.CausationID, Hops: cause.Hops, Data: data,
	}
	s.outbox = append(s.outbox, r)
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// apply is what a request does when it arrives.
func (s *simServer) apply(w sihe.Write) (sihe.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, known := s.done[w.ID]
	if known && s.kind == kindExact {
		return r, nil
	}
	if err := s.refuses(w); err != nil {
		return sihe.Receipt{}, err
	}
	s.effects = append(s.effects, w)
	s.brake(w)
	if known {
		s.w.wrong("%s: %s %s of event %s was done twice", s.name, w.Do, w.Entity, w.CausationID)
	}
	r = sihe.Receipt{Key: w.Key, Version: w.Version}
	at := w.Entity + "/" + w.Key
	switch {
	case w.Do == sihe.DoCopy:
		at = "crm.party/" + w.Key
	case w.Entity == "finance.entry":
		var entry struct {
			Slip string `json:"slip_no"`
		}
		_ = json.Unmarshal(w.Data, &entry)
		at = w.Entity + "/" + entry.Slip
		r.Key = "E" + strconv.Itoa(len(s.effects))
	case w.Do == sihe.DoCreate:
		r.Key = s.create(w)
		at = w.Entity + "/" + r.Key
	case w.Do == "stop":
		s.stop(w)
	case w.Do == sihe.DoWriteBack:
		s.writeBack(w)
	}
	if v := w.Version; v != 0 && v <= s.last[w.Do+at] && !known {
		s.w.wrong("%s: %s %s version %d came after version %d", s.name, w.Do, at, v, s.last[w.Do+at])
	}
	s.last[w.Do+at] = w.Version
	s.done[w.ID] = r
	return r, nil
}

// brake counts what one pipeline has written in the first window, as long as nobody has lifted it.
func (s *simServer) brake(w sihe.Write) {
	name, n := simPipeline(s.name, w), 0
	if _, lifted := s.w.lifted.Load(name); lifted || !s.w.braking || s.w.skewed || time.Since(s.w.born0) > time.Hour {
		return
	}
	documents := map[string]bool{}
	for _, x := range s.effects {
		if simPipeline(s.name, x) == name {
			if at := x.Do + x.Key; x.Do == sihe.DoCreate || !documents[at] {
				documents[at] = true
				n++
			}
		}
	}
	if n > simBrake {
		s.w.wrong("%s wrote document %d, more than the %d allowed", name, n, simBrake)
	}
}

// refuses says no for the business, for good or for now.
func (s *simServer) refuses(w sihe.Write) error {
	switch {
	case s.w.poisoned(w):
		return sihe.Permanent(sihe.Errorf(sihe.CodeBadRequest, "write %s: it does not like the record", w.Entity))
	case s.w.barred(w):
		return sihe.Rejected(sihe.CodeBadRequest, "write %s: the business says no", w.Entity)
	case w.Do == "stop" && s.docs["erp.job/"+w.Key] == nil:
		return sihe.RetryAfter(time.Second, sihe.Errorf(sihe.CodeBadRequest, "stop %s: there is no such job yet", w.Key))
	}
	return nil
}

func (s *simServer) create(w sihe.Write) string {
	var job map[string]any
	_ = json.Unmarshal(w.Data, &job)
	if job["by"] != job["again"] {
		s.w.wrong("%s: mapped by two versions: %s", s.name, w.Data)
	}
	key, _ := job["deal_no"].(string)
	job["job_no"], job["state"] = key, "running"
	s.saying("erp.job", key, "running", w, job)
	return key
}

func (s *simServer) stop(w sihe.Write) {
	set := map[string]any{"state": "stopped"}
	if w.Key == simLoop { // it answers every stop with news, and CRM answers those with another
		set["progress"] = "after " + strconv.Itoa(w.Hops)
	}
	s.saying("erp.job", w.Key, "stopped", w, set)
}

func (s *simServer) writeBack(w sihe.Write) {
	var set map[string]any
	_ = json.Unmarshal(w.Data, &set)
	name := "updated"
	if w.Key == simLoop && s.docs["crm.deal/"+w.Key]["state"] == "lost" {
		name = "lost"
	}
	s.saying("crm.deal", w.Key, name, w, set)
}

func (s *simServer) find(w sihe.Write) (sihe.Receipt, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, found := s.done[w.ID]
	return r, found
}

// read returns the records of the outbox from an index on.
func (s *simServer) read(from int) []sihe.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.outbox[min(from, len(s.outbox)):])
}

// A simLink is a native module or target as one life of the hub reaches it: over a network that fails.
type simLink struct {
	*simServer
	life *simLife
}

var (
	errRefused = errors.New("connection refused")
	errNoReply = sihe.Unknown(sihe.Errorf(sihe.CodeTargetTimeout, "call: the connection was lost"))
)

func (l simLink) Check(context.Context) error { return nil }
func (l simLink) Close() error                { return nil }

func (l simLink) Can() sihe.Abilities {
	native := l.name == "crm" || l.name == "erp"
	return sihe.Abilities{Source: native, Sink: true, Finder: l.kind == kindFound, Idempotent: l.kind == kindExact}
}

func (l simLink) IdempotentByID() {}

func (l simLink) Changed() <-chan struct{} { return l.changed }

func (l simLink) Find(context.Context, string, string) (sihe.Record, bool, error) {
	return sihe.Record{}, false, errRefused
}

// Write sends a request. When and whether it arrives has nothing to do with how long the hub waits for the answer.
func (l simLink) Write(ctx context.Context, w sihe.Write) (sihe.Receipt, error) {
	rate, dice := l.life.w.rates(), l.life.w.dice
	if l.life.dead.Load() {
		return sihe.Receipt{}, errPower
	}
	l.life.intended(l.name, w)
	throw := func(permille int, what string) bool { return dice.hits(permille, l.name+what, w.ID) }
	if l.life.w.down(l.name) || throw(rate.refused, "refused") {
		return sihe.Receipt{}, errRefused
	}
	if throw(rate.throttle, "throttle") {
		d := dice.span(time.Second, time.Minute, "throttle", w.ID)
		if l.life.w.absurd {
			d = 1e9 * time.Second
		}
		l.life.w.some("throttled")
		return sihe.Receipt{}, sihe.RetryAfter(d, sihe.Errorf(sihe.CodeBusy, "write: 429"))
	}
	way, back := dice.span(0, 20*time.Millisecond, l.name+"way", w.ID), dice.span(0, 20*time.Millisecond, l.name+"back", w.ID)
	if throw(rate.slow, "slow") {
		back += dice.span(time.Second, 4*time.Second, "slow", w.ID)
	}
	hang, late := throw(rate.hang, "hang"), throw(rate.late, "late")
	if late { // the hub gives up long before
		way = dice.span(100*time.Millisecond, 1500*time.Millisecond, "late", w.ID)
	}
	type answer struct {
		r   sihe.Receipt
		err error
	}
	answered := make(chan answer, 1)
	if hang && dice.hits(500, l.name+"black hole", w.ID) {
		l.life.w.some("call got lost")
		<-ctx.Done()
		return sihe.Receipt{}, ctx.Err()
	}
	l.mu.Lock()
	l.busy++
	l.mu.Unlock()
	go func() {
		time.Sleep(way)
		r, err := l.apply(w)
		time.Sleep(back)
		l.mu.Lock()
		l.busy--
		l.mu.Unlock()
		answered <- answer{r, err}
	}()
	if late {
		l.life.w.some("late arrival")
		pause(ctx, way/4)
		return sihe.Receipt{}, errNoReply
	}
	select {
	case a := <-answered:
		if a.err == nil && throw(rate.panics, "panic") {
			l.life.w.some("connector panicked")
			panic("the connector stumbles")
		}
		if a.err == nil && throw(rate.lost, "lost") {
			return sihe.Receipt{}, errNoReply
		}
		if hang {
			<-ctx.Done()
			l.life.w.some("call timed out")
			return sihe.Receipt{}, ctx.Err()
		}
		return a.r, a.err
	case <-ctx.Done():
		return sihe.Receipt{}, ctx.Err()
	}
}

func (l simLink) FindWrite(ctx context.Context, w sihe.Write) (sihe.Receipt, bool, error) {
	rate, dice := l.life.w.rates(), l.life.w.dice
	if l.life.dead.Load() {
		return sihe.Receipt{}, false, errPower
	}
	if l.life.w.down(l.name) || dice.hits(rate.findFails, l.name+"find", w.ID) {
		return sihe.Receipt{}, false, errRefused
	}
	pause(ctx, dice.span(0, 20*time.Millisecond, "find", w.ID))
	r, found := l.find(w)
	pause(ctx, dice.span(0, 20*time.Millisecond, "found", w.ID))
	return r, found, ctx.Err()
}

// Read hands over the outbox from a cursor on, now and then something again, now and then not all of it.
func (l simLink) Read(ctx context.Context, after sihe.Cursor, emit func(sihe.Record, sihe.Cursor) error) error {
	rate, dice := l.life.w.rates(), l.life.w.dice
	from, _ := strconv.Atoi(string(after))
	if dice.hits(rate.rereads, l.name+"reread", "") {
		from = max(0, from-dice.pick(5, "reread", ""))
	}
	for i, r := range l.read(from) {
		if l.life.dead.Load() {
			return errPower
		}
		if dice.hits(rate.readFails, l.name+"read", "") {
			return errRefused
		}
		if err := emit(r, sihe.Cursor(strconv.Itoa(from+i+1))); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (s *simServer) String() string { return fmt.Sprintf("%s (%s)", s.name, s.kind) }
