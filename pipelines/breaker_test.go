package pipelines

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A patient is a system that can be down: then it answers nobody, also not when it is asked whether it is there.
type patient struct {
	exact
	mu     sync.Mutex
	down   error
	asked  int
	tricks bool // says that it is well when it is not
}

func (p *patient) set(down error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
	p.twin.set(func(sihe.Write, int) fault { return fault{before: down} })
}

func (p *patient) Check(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.tricks {
		return nil
	}
	return p.down
}

func (p *patient) counts() (calls, asked int) {
	p.twin.mu.Lock()
	defer p.twin.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls, p.asked
}

var errDown = sihe.Errorf(sihe.CodeRestUnreachable, "dial: connection refused")

func breakerHouse(t *testing.T) (h *testHouse, crm *twin, erp *patient) {
	crm = newTwin("crm", "crm", "D")
	erp = &patient{exact: exact{newTwin("erp", "erp", "J")}}
	h = newTestHouse(t, dealToJob)
	h.plan.Pipelines[0].Retry = Retry{Attempts: 8, Longest: 5 * time.Minute}
	h.tune = func(o *Options) { o.Tuning = Tuning{Events: 20}; o.Rand = func(n int64) int64 { return n / 2 } }
	h.systems = []System{crm.as(sayer{crm}), erp.as(erp)}
	return h, crm, erp
}

// stateEvents lists the changes of state that the feed tells of.
func (h *testHouse) stateEvents() (names []string) {
	h.t.Helper()
	lines, err := h.hub.Activity(0, 10_000)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, a := range lines {
		if a.Kind == store.KindState {
			names = append(names, a.Name)
		}
	}
	return names
}

// An outage of hours costs a handful of calls and no document its attempts; what waits goes on by itself, in order.
func TestBreakerLeavesASystemAloneAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, crm, erp := breakerHouse(t)
		erp.set(errDown)
		const deals = 60
		for v := 1; v <= 2; v++ {
			for d := range deals {
				no := fmt.Sprintf("D%02d", d)
				crm.say("crm.deal", no, "updated", int64(v), deal(no, v))
			}
		}
		began := time.Now()
		h.start()
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		calls, asked := erp.counts()
		if calls > 13 || asked < 30 || asked > 60 {
			t.Errorf("%d calls, asked %d times", calls, asked)
		}
		s, err := h.hub.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b := s.Systems[1].Breaker
		if b == nil || b.State != "open" || b.Since.Sub(began) > time.Minute || b.Code != sihe.CodeRestUnreachable || !b.Next.After(time.Now()) || time.Until(b.Next) > 5*time.Minute {
			t.Errorf("breaker: %+v", b)
		}
		if x := h.hub.healthOf("breaker:erp"); x == nil || x.OK || x.Code != sihe.CodeRestUnreachable || x.Since.Sub(began) > time.Minute || s.OK {
			t.Errorf("health: %+v", x)
		}
		x := h.street("deal-to-job")
		if held := x.States[store.Waiting] + x.States[store.Retrying]; held == 0 || held > 60 || x.Lag == 0 || x.States[store.Parked] != 0 {
			t.Errorf("held %d of %d, lag %d, %v", held, 2*deals, x.Lag, x.States)
		}
		waiting, err := h.hub.Open(store.Waiting, Selection{Code: sihe.CodeBreakerOpen})
		if err != nil || len(waiting) == 0 {
			t.Fatalf("none waits: %v", err)
		}
		for _, d := range waiting {
			if d.Attempts > 2 {
				t.Errorf("%s has used %d attempts", d.Subject, d.Attempts)
			}
		}
		erp.set(nil)
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		if n := h.count("deal-to-job", store.Delivered); n != 2*deals {
			t.Errorf("%d delivered", n)
		}
		inOrder(t, erp.twin, 2)
		h.balanced()
		if x := h.hub.healthOf("breaker:erp"); x == nil || !x.OK {
			t.Errorf("health: %+v", x)
		}
		if got := h.stateEvents(); !slices.Equal(got, []string{"breaker_open", "breaker_half_open", "breaker_closed"}) {
			t.Errorf("feed: %v", got)
		}
		h.halt()
	})
}

// Where asking tells nothing, exactly one write at a time is the probe, and the pauses grow all the same.
func TestHalfOpenLetsOneCallThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, crm, erp := breakerHouse(t)
		erp.tricks = true
		erp.set(errDown)
		for d := range 40 {
			no := fmt.Sprintf("D%02d", d)
			crm.say("crm.deal", no, "updated", 1, deal(no, 1))
		}
		h.start()
		time.Sleep(10 * time.Second) // it is open
		synctest.Wait()
		before, _ := erp.counts()
		erp.twin.set(func(sihe.Write, int) fault { return fault{slow: 30 * time.Second, before: errDown} })
		erp.twin.mu.Lock()
		erp.most = 0
		erp.twin.mu.Unlock()
		time.Sleep(time.Hour)
		synctest.Wait()
		after, _ := erp.counts()
		if erp.most != 1 || after-before < 8 || after-before > 20 {
			t.Errorf("%d at once, %d calls in an hour", erp.most, after-before)
		}
		if n := h.count("deal-to-job", store.Parked); n != 0 {
			t.Errorf("%d parked", n)
		}
		erp.set(nil)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := h.count("deal-to-job", store.Delivered); n != 40 {
			t.Errorf("%d delivered", n)
		}
		h.balanced()
		h.halt()
	})
}

// What waits for a breaker is not forgotten by a restart, which begins with closed breakers.
func TestWaitingForABreakerOutlivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, crm, erp := breakerHouse(t)
		erp.set(errDown)
		for d := range 12 {
			no := fmt.Sprintf("D%02d", d)
			crm.say("crm.deal", no, "updated", 1, deal(no, 1))
		}
		h.start()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if w, err := h.hub.Open(store.Waiting, Selection{Code: sihe.CodeBreakerOpen}); err != nil || len(w) == 0 {
			t.Errorf("%d wait, %v", len(w), err)
		}
		h.cut()
		erp.set(nil)
		h.start()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := h.count("deal-to-job", store.Delivered); n != 12 {
			t.Errorf("%d delivered", n)
		}
		h.balanced()
		h.halt()
	})
}

// While a target is left alone, webhooks are taken and stored as ever.
func TestIntakeGoesOnWhileABreakerIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, crm, erp := breakerHouse(t)
		seller := newTwin("shop", "crm", "O")
		h.systems = append(h.systems, System{Name: "shop", Module: "crm", Kind: "shop", Connector: shop{seller}})
		erp.set(errDown)
		for d := range 10 {
			no := fmt.Sprintf("D%02d", d)
			crm.say("crm.deal", no, "updated", 1, deal(no, 1))
		}
		h.start()
		time.Sleep(time.Minute)
		synctest.Wait()
		q := httptest.NewRequest(http.MethodPost, "/in/shop", strings.NewReader(`[{"id":"1","number":"O1","version":1,"data":{}}]`))
		q.Header.Set("Signature", "good")
		w := httptest.NewRecorder()
		h.hub.Intake().ServeHTTP(w, q)
		if w.Code != http.StatusOK || h.hub.Ready(t.Context()) != nil {
			t.Errorf("HTTP %d, ready: %v", w.Code, h.hub.Ready(t.Context()))
		}
		h.halt()
	})
}

func TestWhatTripsABreaker(t *testing.T) {
	t.Parallel()
	busy := sihe.RetryAfter(time.Second, errors.New("429"))
	no := sihe.Rejected("NO", "no")
	lost := sihe.Unknown(errors.New("cut"))
	for name, x := range map[string]struct {
		answers []error // of the documents 0, 1, 2 … in turn
		of      int     // so many documents
		open    bool
	}{
		"failures in a row":        {[]error{errDown, errDown, lost, errDown, context.DeadlineExceeded}, 5, true},
		"one fewer":                {[]error{errDown, errDown, errDown, errDown}, 5, false},
		"an answer between":        {[]error{errDown, errDown, no, errDown, errDown, errDown}, 5, false},
		"one document":             {slices.Repeat([]error{errDown}, 50), 1, false},
		"two documents":            {slices.Repeat([]error{errDown}, 50), 2, false},
		"business refusals":        {slices.Repeat([]error{no}, 50), 50, false},
		"requests to wait":         {slices.Repeat([]error{busy}, 50), 50, false},
		"requests to wait between": {[]error{errDown, busy, errDown, busy, errDown, errDown, errDown}, 7, true},
		"three of four":            {slices.Repeat([]error{errDown, errDown, errDown, nil}, 5), 20, true},
		"half of them":             {slices.Repeat([]error{errDown, nil}, 50), 20, false},
		"what we cut off":          {nil, 1, false},
	} {
		h := &Hub{o: Options{Now: time.Now, Tuning: Tuning{}.withDefaults()}}
		b := h.newBreaker(System{Name: "erp"})
		b.tell = func(context.Context, breakerChange) {}
		for i, err := range x.answers {
			if ok, trial := b.pass(); ok {
				b.leave(t.Context(), fmt.Sprint(i%x.of), trial, verdictOf(t.Context(), err), err)
			}
		}
		if open := b.status() != nil; open != x.open {
			t.Errorf("%s: open is %v", name, open)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if v := verdictOf(ended, context.Canceled); v != silent {
		t.Errorf("a call that the hub cut off counts: %d", v)
	}
}

func TestPausesGrowAndAreCapped(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	h := &Hub{o: Options{Now: func() time.Time { return now }, Tuning: Tuning{}.withDefaults()}}
	b := h.newBreaker(System{Name: "erp", Limits: Limits{Breaker: Breaking{Pause: 5 * time.Second, Longest: time.Minute}}})
	var waits []time.Duration
	for range 6 {
		b.failed(errDown)
		waits = append(waits, b.wait/time.Second)
	}
	b.halfOpen()
	b.rest()
	now = now.Add(30 * time.Second) // it falls ill again at once
	b.failed(errDown)
	waits = append(waits, b.wait/time.Second)
	b.halfOpen()
	b.rest()
	now = now.Add(time.Hour)
	b.failed(errDown)
	waits = append(waits, b.wait/time.Second)
	if want := []time.Duration{5, 10, 20, 40, 60, 60, 60, 5}; !slices.Equal(waits, want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
}

// Checks, replays and whatever else calls a system goes through the same budget and breaker.
func TestCallIsGuarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _, erp := breakerHouse(t)
		h.start()
		var last error
		for i := range 8 {
			last = h.hub.Call(t.Context(), "erp", LaneCheck, func(context.Context) error { return errDown })
			if i < 4 && sihe.CodeOf(last) != sihe.CodeRestUnreachable {
				t.Errorf("call %d: %v", i, last)
			}
		}
		if sihe.CodeOf(last) == sihe.CodeBreakerOpen {
			t.Error("one caller that fails is no ill system")
		}
		if err := h.hub.Call(t.Context(), "nobody", LaneLive, nil); sihe.CodeOf(err) != sihe.CodeSystemUnknown {
			t.Error(err)
		}
		if err := h.hub.Call(t.Context(), "erp", LaneLive, func(context.Context) error { panic("a bug") }); sihe.CodeOf(err) != sihe.CodePanic {
			t.Error(err)
		}
		s, _ := h.hub.system("erp")
		erp.set(errDown)
		s.breaker.tell(t.Context(), *s.breaker.failed(errDown))
		err := h.hub.Call(t.Context(), "erp", LaneCheck, func(context.Context) error { t.Error("called"); return nil })
		if sihe.CodeOf(err) != sihe.CodeBreakerOpen || afterOf(err) < time.Second {
			t.Errorf("%v, after %s", err, afterOf(err))
		}
		h.halt()
	})
}
