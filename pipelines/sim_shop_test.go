package pipelines

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sihehub/sihe"
)

// A simShop is a product: it sends slips by webhook and can be polled by (time, id), where some slips show late.
type simShop struct {
	w *simWorld

	mu    sync.Mutex
	slips []simSlip
	acked map[string]bool // ids of records that the hub has acknowledged
	open  int             // webhooks that are not acknowledged yet
}

// A simSlip is one version of a slip.
type simSlip struct {
	ID      string
	No      string
	Version int64
	Time    time.Time // by the shop's clock
	shown   time.Time // to pollers, by the true clock
	Data    json.RawMessage
}

// overlap is how far back every poll reads again: late slips show within it.
const overlap = 20 * time.Second

// simBad is a slip that no mapping can read.
const simBad = "Sbad"

// slip lets the shop have a new version of a slip, and sends it off when webhooks are on.
func (s *simShop) slip(no string, version int64, late time.Duration, send bool) {
	data := `{"no":"` + simBad + `","total":"ten","rank":{}}`
	if no != simBad {
		data = fmt.Sprintf(`{"no":%q,"total":"%d.10","rank":%d}`, no, 100*version, version)
	}
	x := simSlip{
		ID: no + "-" + strconv.FormatInt(version, 10), No: no, Version: version, Time: time.Now().Add(s.w.shopSkew).Truncate(time.Second),
		shown: time.Now().Add(late), Data: json.RawMessage(data),
	}
	s.mu.Lock()
	s.slips = append(s.slips, x)
	if send {
		s.open++
	}
	s.mu.Unlock()
	if send {
		go s.send(x)
	}
}

// send posts a slip until the shop hears that it was taken; then the shop forgets it, save for replays.
func (s *simShop) send(x simSlip) {
	dice := s.w.dice
	for wait := 200 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		rate := s.w.rates()
		if dice.hits(rate.hookSlow, "hook slow", x.ID) {
			time.Sleep(dice.span(time.Second, 10*time.Second, "hook", x.ID))
		}
		if s.post(x) && !dice.hits(rate.hookLost, "hook lost", x.ID) {
			break
		}
		time.Sleep(wait)
	}
	s.mu.Lock()
	s.open--
	s.mu.Unlock()
	for dice.hits(s.w.rates().hookTwice, "hook twice", x.ID) {
		time.Sleep(dice.span(time.Millisecond, 15*time.Second, "hook again", x.ID))
		if s.post(x) {
			s.w.some("webhook replayed")
		}
	}
}

// post sends one request to the hub as it is now; true when it was answered with 2xx.
func (s *simShop) post(x simSlip) bool {
	l := s.w.now1.Load()
	if l == nil || l.dead.Load() {
		return false
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if s.w.dice.hits(s.w.rates().hookAbort, "hook abort", x.ID) {
		stop := time.AfterFunc(s.w.dice.span(0, 10*time.Millisecond, "abort", x.ID), cancel)
		defer stop.Stop()
	}
	body := fmt.Sprintf(`[{"id":%q,"number":%q,"version":%d,"time":%q,"data":%s}]`, x.ID, x.No, x.Version, x.Time.UTC().Format(time.RFC3339Nano), x.Data)
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/in/shop", strings.NewReader(body))
	r.Header.Set("Signature", "good")
	answer := httptest.NewRecorder()
	l.hub.Load().Intake().ServeHTTP(answer, r)
	if answer.Code/100 != 2 || l.dead.Load() || ctx.Err() != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acked[x.ID] = true
	return true
}

// A simCounter is the shop as one life of the hub reaches it.
type simCounter struct {
	*simShop
	life *simLife
}

func (c simCounter) Check(context.Context) error { return nil }
func (c simCounter) Close() error                { return nil }

func (c simCounter) Can() sihe.Abilities {
	return sihe.Abilities{Webhook: true, Source: c.w.shopPolled}
}

func (c simCounter) Receive(r *http.Request, body []byte) ([]sihe.Record, sihe.Reply, error) {
	if r.Header.Get("Signature") != "good" {
		return nil, sihe.Reply{}, sihe.Permanent(sihe.Errorf(sihe.CodeUnauthenticated, "read the webhook: no signature"))
	}
	var all []struct {
		ID, Number string
		Version    int64
		Time       time.Time
		Data       json.RawMessage
	}
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, sihe.Reply{}, sihe.Permanent(sihe.Errorf(sihe.CodeBadRequest, "read the webhook: %w", err))
	}
	var records []sihe.Record
	for _, o := range all {
		records = append(records, sihe.Record{ID: o.ID, Entity: "shop/slip", Key: o.Number, Version: o.Version, Time: o.Time, Data: o.Data})
	}
	return records, sihe.Reply{Status: http.StatusOK}, nil
}

// Read is not called: the shop hands over batches.
func (c simCounter) Read(context.Context, sihe.Cursor, func(sihe.Record, sihe.Cursor) error) error {
	return errRefused
}

// ReadBatch hands over what shows since the cursor less the overlap, a few at once.
func (c simCounter) ReadBatch(ctx context.Context, after sihe.Cursor, emit func([]sihe.Record, sihe.Cursor) error) error {
	var at time.Time
	if len(after) > 0 {
		at, _ = time.Parse(time.RFC3339Nano, string(after))
	}
	c.mu.Lock()
	var due []simSlip
	for _, x := range c.slips {
		if !x.shown.After(time.Now()) && (at.IsZero() || x.Time.After(at.Add(-overlap))) {
			due = append(due, x)
		}
	}
	c.mu.Unlock()
	slices.SortFunc(due, func(a, b simSlip) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID)) })
	for part := range slices.Chunk(due, 3) {
		if c.life.dead.Load() {
			return errPower
		}
		if c.w.dice.hits(c.w.rates().readFails, "shop read", "") {
			return errRefused
		}
		var records []sihe.Record
		for _, x := range part {
			records = append(records, sihe.Record{ID: x.ID, Entity: "shop/slip", Key: x.No, Version: x.Version, Time: x.Time, Data: x.Data})
			if x.Time.After(at) {
				at = x.Time
			}
		}
		if err := emit(records, sihe.Cursor(at.Format(time.RFC3339Nano))); err != nil {
			return err
		}
	}
	return ctx.Err()
}
