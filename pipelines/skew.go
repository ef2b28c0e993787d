package pipelines

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sihehub/sihe"
)

// What the stamps of signed requests tell about clocks. A request may be late, never early: so of the last ones of a sender
// the smallest difference counts.
const (
	skewSamples = 20
	skewFresh   = time.Hour
	skewTells   = time.Minute // what is less may be the network
	clockHealth = "clock"
)

// skews measures by how much the hub's clock is ahead of its senders'.
type skews struct {
	mu      sync.Mutex
	senders map[string][]skew // the last ones, the newest at the end
}

type skew struct {
	at time.Time
	by time.Duration // ours less the sender's
}

// stamped measures a request whose signature held, whether it was taken or refused because of its stamp. The tolerance is
// the connector's and never changes: a clock that is wrong is put right, not got used to (RELIABILITY B2).
func (h *Hub) stamped(s *system, r *http.Request, err error) {
	w, ok := s.webhook.(sihe.Stamped)
	if !ok || err != nil && !sihe.HasCode(err, sihe.CodeClockSkew) {
		return
	}
	at, ok := w.Stamp(r)
	if !ok {
		return
	}
	now := h.o.Now()
	h.skews.note(s.Name, now, now.Sub(at))
	h.tellSkew(h.skews.measured(now))
}

func (k *skews) note(sender string, now time.Time, by time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.senders == nil {
		k.senders = map[string][]skew{}
	}
	all := append(k.senders[sender], skew{now, by})
	k.senders[sender] = all[max(0, len(all)-skewSamples):]
}

// measured returns the difference to each sender of which something was heard within the hour.
func (k *skews) measured(now time.Time) map[string]time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := map[string]time.Duration{}
	for sender, samples := range k.senders {
		for _, x := range samples {
			if age := now.Sub(x.at); age > skewFresh || age < -skewFresh {
				continue
			}
			if best, any := all[sender]; !any || x.by.Abs() < best.Abs() {
				all[sender] = x.by
			}
		}
	}
	return all
}

// tellSkew reports whose clock is wrong. When all senders agree that it is ours, and there are several, it is ours.
func (h *Hub) tellSkew(all map[string]time.Duration) {
	ours, own := oursIsWrong(all)
	if own {
		names := slices.Sorted(maps.Keys(all))
		h.report(clockHealth, sihe.Errorf(sihe.CodeClockSkew, "keep the time: this machine's clock is %s, as %s agree", wrongBy(ours), strings.Join(names, ", ")))
	} else if x := h.healthOf(clockHealth); x != nil && !x.OK {
		h.report(clockHealth, nil)
	}
	for sender, by := range all {
		name := clockHealth + ":" + sender
		switch x := h.healthOf(name); {
		case !own && by.Abs() >= skewTells:
			what := "its clock"
			if len(all) == 1 {
				what = "its clock or this machine's" // nobody else tells
			}
			h.report(name, sihe.Errorf(sihe.CodeClockSkew, "believe the stamps of %s: %s is wrong: seen from there this machine's is %s", sender, what, wrongBy(by)))
		case x != nil && !x.OK:
			h.report(name, nil)
		}
	}
}

// oursIsWrong says by how much the hub's clock is ahead, when two senders or more say so and nobody says otherwise.
func oursIsWrong(all map[string]time.Duration) (by time.Duration, yes bool) {
	if len(all) < 2 {
		return 0, false
	}
	low, high := time.Duration(1<<62), time.Duration(-1<<62)
	for _, x := range all {
		low, high = min(low, x), max(high, x)
	}
	apart := high - low
	if low < 0 && high > 0 || apart > 2*skewTells {
		return 0, false
	}
	by = low
	if high.Abs() < low.Abs() {
		by = high
	}
	return by, by.Abs() >= skewTells
}

func wrongBy(by time.Duration) string {
	if by < 0 {
		return fmt.Sprintf("%s behind", by.Abs().Round(time.Second))
	}
	return fmt.Sprintf("%s ahead", by.Round(time.Second))
}
