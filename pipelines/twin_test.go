package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// A twin is a system in memory. It keeps what outlives a power cut of the hub: its own records, and its effects.
type twin struct {
	name   string
	module string
	number string // prefix of the keys that it gives

	mu      sync.Mutex
	outbox  []sihe.Record
	changed chan struct{}
	effects []sihe.Write // in the order in which they happened
	done    map[string]sihe.Receipt
	calls   int
	finds   int
	fault   func(w sihe.Write, call int) fault
	busy    int // calls under way, and the most there were
	most    int
}

// A fault is what goes wrong with one call.
type fault struct {
	before error         // nothing is done
	after  error         // it is done, and the answer is this
	slow   time.Duration // takes that long
	gate   chan struct{} // waits for this
	panics bool
}

func newTwin(name, module, number string) *twin {
	return &twin{name: name, module: module, number: number, changed: make(chan struct{}, 1), done: map[string]sihe.Receipt{}}
}

func (s *twin) Check(context.Context) error { return nil }
func (s *twin) Close() error                { return nil }

// say puts a record of the module's own into the outbox.
func (s *twin) say(entity, key, name string, version int64, fields map[string]any) {
	data, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	s.outbox = append(s.outbox, sihe.Record{
		ID: sihe.EventID(s.name, entity, key, fmt.Sprint(version), name), Entity: entity, Key: key, Name: name, Version: version,
		Time: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), Canonical: true, CorrelationID: key, Data: data,
	})
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

func (s *twin) Changed() <-chan struct{} { return s.changed }

func (s *twin) Read(_ context.Context, after sihe.Cursor, emit func(sihe.Record, sihe.Cursor) error) error {
	from := 0
	if len(after) > 0 {
		from, _ = strconv.Atoi(string(after))
	}
	s.mu.Lock()
	waiting := append([]sihe.Record{}, s.outbox[from:]...)
	s.mu.Unlock()
	for i, r := range waiting {
		if err := emit(r, sihe.Cursor(strconv.Itoa(from+i+1))); err != nil {
			return err
		}
	}
	return nil
}

func (s *twin) write(ctx context.Context, w sihe.Write, recognises bool) (sihe.Receipt, error) {
	s.mu.Lock()
	s.calls++
	s.busy++
	s.most = max(s.most, s.busy)
	var f fault
	if s.fault != nil {
		f = s.fault(w, s.calls)
	}
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.busy--; s.mu.Unlock() }()
	if f.gate != nil {
		select {
		case <-f.gate:
		case <-ctx.Done():
			return sihe.Receipt{}, ctx.Err()
		}
	}
	if f.slow > 0 {
		pause(ctx, f.slow)
	}
	if f.before != nil {
		return sihe.Receipt{}, f.before
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, known := s.done[w.ID]
	if !known || !recognises {
		s.effects = append(s.effects, w)
		r = sihe.Receipt{Key: w.Key, Version: w.Version}
		if r.Key == "" {
			r.Key = s.number + strconv.Itoa(len(s.effects))
		}
		s.done[w.ID] = r
	}
	if f.panics {
		panic("the connector stumbles")
	}
	return r, f.after
}

func (s *twin) find(w sihe.Write) (sihe.Receipt, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finds++
	r, found := s.done[w.ID]
	return r, found, nil
}

// written returns the effects in order.
func (s *twin) written() []sihe.Write {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sihe.Write{}, s.effects...)
}

func (s *twin) set(f func(w sihe.Write, call int) fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// What a twin can do depends on what it is wrapped in.
type (
	sayer struct{ *twin } // only states facts
	exact struct{ *twin } // recognises ids
	found struct{ *twin } // repeats blindly, but can be looked into
	blind struct{ *twin } // neither
)

func (s exact) Write(ctx context.Context, w sihe.Write) (sihe.Receipt, error) {
	return s.write(ctx, w, true)
}
func (s exact) IdempotentByID() {}
func (s found) Write(ctx context.Context, w sihe.Write) (sihe.Receipt, error) {
	return s.write(ctx, w, false)
}

func (s found) Find(context.Context, string, string) (sihe.Record, bool, error) {
	return sihe.Record{}, false, nil
}

func (s found) FindWrite(_ context.Context, w sihe.Write) (sihe.Receipt, bool, error) {
	return s.find(w)
}

func (s blind) Write(ctx context.Context, w sihe.Write) (sihe.Receipt, error) {
	return s.write(ctx, w, false)
}

// A batcher hands over up to 100 records at once.
type batcher struct{ sayer }

func (s batcher) ReadBatch(ctx context.Context, after sihe.Cursor, emit func([]sihe.Record, sihe.Cursor) error) error {
	var batch []sihe.Record
	var last sihe.Cursor
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		defer func() { batch = nil }()
		return emit(batch, last)
	}
	err := s.Read(ctx, after, func(r sihe.Record, c sihe.Cursor) error {
		if batch, last = append(batch, r), c; len(batch) == 100 {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// as makes a native system of the twin.
func (s *twin) as(c sihe.Connector) System {
	return System{Name: s.name, Module: s.module, Kind: "twin", Native: true, Connector: c}
}

// A shop is a product that sends webhooks: a signed JSON list of orders.
type shop struct{ *twin }

func (s shop) Receive(r *http.Request, body []byte) ([]sihe.Record, sihe.Reply, error) {
	if r.Header.Get("Signature") != "good" {
		return nil, sihe.Reply{}, sihe.Permanent(sihe.Errorf(sihe.CodeUnauthenticated, "read the webhook: no signature"))
	}
	if r.Header.Get("Panic") != "" {
		panic("a bug in the connector")
	}
	var orders []struct {
		ID      string          `json:"id"`
		Number  string          `json:"number"`
		Version int64           `json:"version"`
		Data    json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &orders); err != nil {
		return nil, sihe.Reply{}, sihe.Permanent(sihe.Errorf(sihe.CodeBadRequest, "read the webhook: %w", err))
	}
	var records []sihe.Record
	for _, o := range orders {
		records = append(records, sihe.Record{ID: o.ID, Entity: "shop/order", Key: o.Number, Version: o.Version, Time: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), Data: o.Data})
	}
	return records, sihe.Reply{Status: http.StatusOK, ContentType: "text/plain", Body: []byte("ok")}, nil
}

// A shopSink is a shop that can be written to as well.
type shopSink struct{ *twin }

func (s shopSink) Receive(r *http.Request, body []byte) ([]sihe.Record, sihe.Reply, error) {
	return shop(s).Receive(r, body)
}

func (s shopSink) Write(ctx context.Context, w sihe.Write) (sihe.Receipt, error) {
	return s.write(ctx, w, true)
}
func (s shopSink) IdempotentByID() {}

var errFlaky = errors.New("connection refused")

// testShapes knows the records of the shop.
type testShapes struct{}

func (testShapes) Shape(name string) (*expr.Type, bool) {
	if name != "shop/order" {
		return nil, false
	}
	text := &expr.Type{Kind: expr.KindText, Nullable: true}
	money := expr.MoneyType(2, "")
	money.Nullable = true
	whole := &expr.Type{Kind: expr.KindInt, Nullable: true}
	return expr.RecordType(
		expr.Field{Name: "no", Type: &expr.Type{Kind: expr.KindText}}, expr.Field{Name: "total", Type: money},
		expr.Field{Name: "rank", Type: whole}, expr.Field{Name: "status", Type: text},
	), true
}
