package pipelines

import (
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

func lostReply(w sihe.Write, call int) fault {
	if call == 1 {
		return fault{after: sihe.Unknown(sihe.Errorf(sihe.CodeTargetTimeout, "write %s: no answer", w.Entity))}
	}
	return fault{}
}

func TestLostReply(t *testing.T) {
	for name, c := range map[string]struct {
		as           func(*twin) sihe.Connector
		calls, finds int
		state        store.State
	}{
		"an idempotent sink is asked again": {func(s *twin) sihe.Connector { return exact{s} }, 2, 0, store.Delivered},
		"a finder is asked":                 {func(s *twin) sihe.Connector { return found{s} }, 1, 1, store.Delivered},
		"a blind one stays unknown":         {func(s *twin) sihe.Connector { return blind{s} }, 1, 0, store.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
			erp.set(lostReply)
			h := newTestHouse(t, dealToJob)
			h.systems = []System{crm.as(sayer{crm}), erp.as(c.as(erp))}
			crm.say("crm.deal", "D1", "won", 1, deal("D1", 1))
			h.start()
			h.eventually("it ends", func() bool { return h.count("deal-to-job", c.state) == 1 })
			if n := len(erp.written()); n != 1 {
				t.Errorf("%d effects", n)
			}
			if erp.calls != c.calls || erp.finds != c.finds {
				t.Errorf("%d calls and %d look-ups, want %d and %d", erp.calls, erp.finds, c.calls, c.finds)
			}
			h.balanced()
		})
	}
}

// A write that never arrived is found missing only after it cannot be on its way any more; then it is repeated.
func TestLostWriteIsRepeatedAfterTheLookUp(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	erp.set(func(_ sihe.Write, call int) fault {
		if call == 1 {
			return fault{before: sihe.Unknown(errFlaky)}
		}
		return fault{}
	})
	h := newTestHouse(t, dealToJob)
	h.tune = func(o *Options) { o.Tuning.Settle = 100 * time.Millisecond }
	h.systems = []System{crm.as(sayer{crm}), erp.as(found{erp})}
	crm.say("crm.deal", "D1", "won", 1, deal("D1", 1))
	h.start()
	began := time.Now()
	h.eventually("it is delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 1 })
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("repeated after %s", took)
	}
	if len(erp.written()) != 1 || erp.calls != 2 || erp.finds < 1 {
		t.Errorf("%d effects, %d calls, %d look-ups", len(erp.written()), erp.calls, erp.finds)
	}
}

// A call that is cut off by time, or panics, may have been done.
func TestTimeoutAndPanicAreUnknown(t *testing.T) {
	for name, f := range map[string]fault{
		"timeout": {slow: time.Hour, before: errFlaky},
		"panic":   {panics: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
			erp.set(func(sihe.Write, int) fault { return f })
			h := newTestHouse(t, dealToJob)
			h.tune = func(o *Options) { o.Tuning.WriteTimeout = 30 * time.Millisecond }
			h.systems = []System{crm.as(sayer{crm}), erp.as(blind{erp})}
			crm.say("crm.deal", "D1", "won", 1, deal("D1", 1))
			h.start()
			h.eventually("nobody knows", func() bool { return h.count("deal-to-job", store.Unknown) == 1 })
			if erp.calls != 1 {
				t.Errorf("%d calls", erp.calls)
			}
			h.balanced()
		})
	}
}
