package pipelines

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A moody source reads as its mood says.
type moody struct {
	sayer
	mu   sync.Mutex
	mood string // "", fails, hangs, works long
}

func (s *moody) set(mood string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood = mood
}

func (s *moody) Changed() <-chan struct{} { return nil }

func (s *moody) Read(ctx context.Context, after sihe.Cursor, emit func(sihe.Record, sihe.Cursor) error) error {
	s.mu.Lock()
	mood := s.mood
	s.mu.Unlock()
	switch mood {
	case "fails":
		return sihe.Errorf(sihe.CodeRestFailed, "HTTP 500")
	case "hangs":
		<-ctx.Done()
		return ctx.Err()
	case "works long":
		for i := range 20 {
			s.say("crm.deal", fmt.Sprint("L", i), "lost", 1, deal("L", 1))
			if err := s.sayer.Read(ctx, after, emit); err != nil {
				return err
			}
			pause(ctx, time.Minute)
		}
	}
	return s.sayer.Read(ctx, after, emit)
}

func healthNow(t *testing.T, h *testHouse, name string) Health {
	t.Helper()
	synctest.Wait()
	x := h.hub.healthOf(name)
	if x == nil {
		t.Fatalf("nothing is known of %s", name)
	}
	return *x
}

// An error is a bad moment; three expected runs without a success are a failing state, whatever the reason.
func TestAPollThatDoesNotSucceedIsFailing(t *testing.T) {
	for _, mood := range []string{"fails", "hangs"} {
		t.Run(mood, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				crm := newTwin("crm", "crm", "D")
				source := &moody{sayer: sayer{crm}}
				h := newTestHouse(t)
				h.tune = func(o *Options) { o.Tuning = Tuning{} }
				h.systems = []System{{Name: "crm", Module: "crm", Native: true, Connector: source, Every: 5 * time.Minute}}
				h.start()
				time.Sleep(11 * time.Minute)
				if x := healthNow(t, h, "poll:crm"); !x.OK {
					t.Errorf("%+v", x)
				}
				source.set(mood)
				broken := time.Now()
				time.Sleep(10 * time.Minute)
				if x := healthNow(t, h, "poll:crm"); x.Failing || x.OK != (mood == "hangs") {
					t.Errorf("after ten minutes: %+v", x)
				}
				time.Sleep(10 * time.Minute)
				x := healthNow(t, h, "poll:crm")
				if x.OK || !x.Failing || x.Code != sihe.CodeNoProgress || x.Since.After(broken) || broken.Sub(x.Since) > 5*time.Minute {
					t.Errorf("after twenty minutes: %+v", x)
				}
				if mood == "fails" && !strings.Contains(x.Message, "TARGET_FAILED") {
					t.Errorf("it does not say why: %s", x.Message)
				}
				if h.hub.Ready(t.Context()) != nil {
					t.Error("ready is about taking in")
				}
				source.set("")
				if mood == "fails" {
					time.Sleep(5 * time.Minute)
					if x := healthNow(t, h, "poll:crm"); !x.OK || x.Failing {
						t.Errorf("at last: %+v", x)
					}
					if got := h.stateEvents(); !slices.Equal(got, []string{"degraded", "failing", "recovered"}) {
						t.Errorf("feed: %v", got)
					}
				}
				h.halt()
			})
		})
	}
}

// A long first read makes progress, and a source that somebody has paused is not failing.
func TestWhatIsNotFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &moody{sayer: sayer{newTwin("crm", "crm", "D")}, mood: "works long"}
		h := newTestHouse(t)
		h.tune = func(o *Options) { o.Tuning = Tuning{} }
		h.systems = []System{{Name: "crm", Module: "crm", Native: true, Connector: source, Every: 30 * time.Second}}
		h.start()
		for range 18 {
			time.Sleep(time.Minute)
			synctest.Wait()
			if x := h.hub.healthOf("poll:crm"); x != nil && !x.OK {
				t.Fatalf("%+v", x)
			}
		}
		source.set("")
		time.Sleep(20 * time.Minute)
		if err := h.hub.Pause(t.Context(), "normalise:crm", By{"li", "maintenance"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Hour)
		if x := healthNow(t, h, "poll:crm"); !x.OK {
			t.Errorf("%+v", x)
		}
		h.halt()
	})
}

func TestAJobThatDoesNotSucceedIsFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newTestHouse(t)
		h.tune = func(o *Options) {
			o.Jobs = []Job{
				{Name: "good", Schedule: "0 6 * * *", Do: func(context.Context) error { return nil }},
				{Name: "bad", Schedule: "0 6 * * *", Do: func(context.Context) error { return sihe.Errorf(sihe.CodeRestFailed, "HTTP 500") }},
			}
		}
		h.start() // at midnight
		time.Sleep(31 * time.Hour)
		if x := healthNow(t, h, "job:bad"); x.OK || x.Failing {
			t.Errorf("on the second day: %+v", x)
		}
		time.Sleep(48 * time.Hour)
		if x := healthNow(t, h, "job:bad"); !x.Failing || x.Since != time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Local() && x.Since.UTC() != time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) {
			t.Errorf("on the fourth day: %+v", x)
		}
		if x := healthNow(t, h, "job:good"); !x.OK {
			t.Errorf("%+v", x)
		}
		h.halt()
	})
}

// A street that has work and ends none of it is failing; it is not while its target asked for silence.
func TestAStreetThatEndsNothingIsFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
		gate := make(chan struct{})
		erp.set(func(sihe.Write, int) fault { return fault{gate: gate} })
		h := newTestHouse(t, dealToJob)
		h.tune = func(o *Options) { o.Tuning = Tuning{WriteTimeout: time.Hour} }
		h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
		crm.say("crm.deal", "D1", "won", 1, deal("D1", 1))
		h.start()
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		if x := h.hub.healthOf("street:deal-to-job"); x != nil {
			t.Errorf("%+v", x)
		}
		time.Sleep(4 * time.Minute)
		if x := healthNow(t, h, "street:deal-to-job"); x.Code != sihe.CodeNoProgress || !x.Failing {
			t.Errorf("%+v", x)
		}
		s, _ := h.hub.system("erp")
		s.lane.sleep(30 * time.Minute)
		time.Sleep(20 * time.Minute)
		if x := healthNow(t, h, "street:deal-to-job"); !x.OK {
			t.Errorf("asleep: %+v", x)
		}
		close(gate)
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := h.count("deal-to-job", store.Delivered); n != 1 {
			t.Errorf("%d delivered", n)
		}
		h.halt()
	})
}

// A shop that sells by day is missed within the working hour in which it falls silent, and never at night.
func TestASourceThatFallsSilent(t *testing.T) {
	t.Parallel()
	var b habit
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday
	open := func(at time.Time) bool { return at.Hour() >= 8 && at.Hour() < 18 && !weekend(at.Weekday()) }
	step := func(sends bool) {
		b.minute(at, sends && open(at) && at.Minute()%3 == 0)
		at = at.Add(time.Minute)
	}
	worst := int64(0)
	for range 14 * 24 * 60 {
		step(true)
		worst = max(worst, b.silence)
	}
	if worst >= quietAfter*million {
		t.Errorf("%d missed while it sent as ever", worst/million)
	}
	for at.Hour() != 9 {
		step(true)
	}
	minutes := 0
	for b.silence < quietAfter*million {
		step(false)
		minutes++
	}
	if minutes < 25 || minutes > 40 {
		t.Errorf("noticed after %d minutes", minutes)
	}
	step(true)
	for at.Minute()%3 != 1 {
		step(true)
	}
	if b.silence >= million {
		t.Errorf("%d after it spoke again", b.silence)
	}
}

// What is learned of a source is kept, and shown with its code when the source falls silent.
func TestQuietSourceOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		twin := newTwin("crm", "crm", "D")
		source := &moody{sayer: sayer{twin}}
		h := newTestHouse(t)
		h.tune = func(o *Options) { o.Tuning = Tuning{} }
		h.systems = []System{{Name: "crm", Module: "crm", Connector: source, Every: time.Minute}}
		h.start()
		for i := range 30 * 60 / 5 { // every five minutes, for 30 hours
			twin.say("crm.deal", fmt.Sprint("D", i), "lost", 1, deal("D", 1))
			time.Sleep(5 * time.Minute)
		}
		synctest.Wait()
		if x := h.hub.healthOf("source:crm"); x != nil {
			t.Errorf("while it sends: %+v", x)
		}
		h.halt()
		h.start()
		time.Sleep(40 * time.Minute)
		synctest.Wait()
		if x := h.hub.healthOf("source:crm"); x != nil {
			t.Errorf("too early: %+v", x)
		}
		time.Sleep(30 * time.Minute)
		if x := healthNow(t, h, "source:crm"); x.OK || x.Code != sihe.CodeSourceQuiet {
			t.Errorf("%+v", x)
		}
		twin.say("crm.deal", "X", "lost", 1, deal("D", 1))
		time.Sleep(2 * time.Minute)
		if x := healthNow(t, h, "source:crm"); !x.OK {
			t.Errorf("%+v", x)
		}
		h.halt()
	})
}
