package pipelines

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// chaos makes a share of all calls fail: before the effect, or after it with the answer lost.
func chaos(seed uint64, failing, lost int) func(sihe.Write, int) fault {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, 2))
	return func(w sihe.Write, _ int) fault {
		mu.Lock()
		defer mu.Unlock()
		switch n := r.IntN(100); {
		case n < failing/2:
			return fault{before: errFlaky}
		case n < failing:
			return fault{before: sihe.RetryAfter(time.Millisecond, errFlaky)}
		case n < failing+lost:
			return fault{after: sihe.Unknown(sihe.Errorf(sihe.CodeTargetTimeout, "write %s: no answer", w.Key))}
		}
		return fault{}
	}
}

func TestOrderHoldsThroughRandomFailures(t *testing.T) {
	for name, as := range map[string]func(*twin) sihe.Connector{
		"idempotent": func(s *twin) sihe.Connector { return exact{s} },
		"finder":     func(s *twin) sihe.Connector { return found{s} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
			erp.set(chaos(seed, 30, 20))
			h := newTestHouse(t, dealToJob)
			h.systems = []System{crm.as(sayer{crm}), erp.as(as(erp))}
			const deals, versions = 10, 8
			for v := 1; v <= versions; v++ {
				for d := range deals {
					no := fmt.Sprintf("D%d", d)
					crm.say("crm.deal", no, "updated", int64(v), deal(no, v))
				}
			}
			h.start()
			h.eventually("all are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == deals*versions })
			inOrder(t, erp, versions)
			h.balanced()
			if erp.calls <= deals*versions {
				t.Error("nothing ever failed")
			}
		})
	}
}

func TestRetryingHoldsOnlyItsSubject(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	stuck := func(w sihe.Write) bool { return dealOf(w) == "D0" }
	erp.set(func(w sihe.Write, _ int) fault {
		if stuck(w) {
			return fault{before: errFlaky}
		}
		return fault{}
	})
	h := newTestHouse(t, dealToJob)
	h.tune = func(o *Options) { o.Topics.Partitions = 1 }
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	for v := 1; v <= 5; v++ {
		for d := range 5 {
			no := fmt.Sprintf("D%d", d)
			crm.say("crm.deal", no, "updated", int64(v), deal(no, v))
		}
	}
	h.start()
	h.eventually("the others are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 20 })
	h.eventually("the offset moves past the one that is kept", func() bool { return h.street("deal-to-job").Lag == 0 })
	for _, w := range erp.written() {
		if stuck(w) {
			t.Fatalf("written: %s", w.Data)
		}
	}
	erp.set(nil)
	h.eventually("it follows", func() bool { return h.count("deal-to-job", store.Delivered) == 25 })
	inOrder(t, erp, 5)
	h.balanced()
}

func TestRetriesEndInParking(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	erp.set(func(sihe.Write, int) fault { return fault{before: errFlaky} })
	h := newTestHouse(t, dealToJob)
	h.plan.Pipelines[0].Retry.Attempts = 3
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	crm.say("crm.deal", "D1", "won", 1, deal("D1", 1))
	h.start()
	h.eventually("it is parked", func() bool { return h.count("deal-to-job", store.Parked) == 1 })
	parked, err := h.hub.Parked(Selection{})
	if err != nil || len(parked) != 1 || parked[0].Code != sihe.CodeRetryExhausted || parked[0].Attempts != 3 {
		t.Fatalf("parked: %+v, %v", parked, err)
	}
	if erp.calls != 3 {
		t.Errorf("%d calls", erp.calls)
	}
	h.balanced()
}

func TestRateAndConcurrencyAreShared(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	erp.set(func(sihe.Write, int) fault { return fault{slow: 3 * time.Millisecond} })
	h := newTestHouse(t, dealToJob, partyToERP)
	system := erp.as(exact{erp})
	system.Limits = Limits{Concurrent: 2}
	h.systems = []System{crm.as(sayer{crm}), system}
	for d := range 15 {
		no := fmt.Sprintf("D%d", d)
		crm.say("crm.deal", no, "won", 1, deal(no, 1))
		crm.say("crm.party", "P"+no, "created", 1, map[string]any{"party_no": "P" + no, "name": "Lin"})
	}
	h.start()
	h.eventually("all are delivered", func() bool {
		return h.count("deal-to-job", store.Delivered) == 15 && h.count("party-to-erp", store.Delivered) == 15
	})
	if erp.most != 2 {
		t.Errorf("%d calls at once, not 2", erp.most)
	}
	b := newBudget(Limits{Rate: 10, Per: time.Second, Concurrent: 1}, func() time.Time { return time.Unix(100, 0) })
	for i := range 11 {
		if wait := b.take(); (wait > 0) != (i == 10) {
			t.Errorf("call %d waits %s", i, wait)
		}
	}
	b.sleep(100 * time.Hour)
	if _, until := b.inUse(); until.Sub(time.Unix(100, 0)) != time.Hour {
		t.Errorf("asleep until %s", until)
	}
}
