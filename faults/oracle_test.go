//go:build faults

package faults

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A verdict is what the oracle found wrong, by kind.
type verdict map[string][]string

// Kinds of wrong.
const (
	lost     = "LOST"         // acknowledged, and no effect
	twice    = "TWICE"        // more than one effect
	disorder = "OUT OF ORDER" // an older step behind a newer one of its key
	strange  = "FROM NOWHERE" // an effect that nobody asked for
	stuck    = "STUCK"        // it waits for a person, or for ever
	wrong    = "WRONG"        // an effect with other content than was sent
	unclosed = "BALANCE"      // the hub's books do not close
)

func (v verdict) add(kind, format string, args ...any) {
	v[kind] = append(v[kind], fmt.Sprintf(format, args...))
}

func (v verdict) String() string {
	var b strings.Builder
	for kind, list := range v {
		fmt.Fprintf(&b, "%s: %d, e.g.\n  %s\n", kind, len(list), strings.Join(list[:min(5, len(list))], "\n  "))
	}
	return b.String()
}

// settle heals the targets, lets the hub that lives bring everything to its end, and judges. limit is how long nothing at
// all may happen.
func (h *hub) settle(limit time.Duration, shops ...*shop) verdict {
	h.t.Helper()
	for _, s := range shops {
		s.close()
	}
	for _, x := range h.targets() {
		x.event.Store(nil)
		x.mood.Store(quiet)
		x.pace.Store(0)
	}
	want := h.expected(shops...)
	steps := 0
	for _, n := range want {
		steps += n
	}
	v := verdict{}
	began, last, calm := time.Now(), -1, 0
	for calm < 2 {
		moving, waits, err := h.underWay()
		has := h.depot.count() + h.ledger.count()
		if err == nil && moving == 0 {
			calm++
		} else {
			calm = 0
		}
		if has != last {
			last, began = has, time.Now()
		}
		if time.Since(began) > limit {
			_, out := h.sihe("status", "-o", "wide")
			v.add(stuck, "faults are over, but after %s: %d under way, %d wait for a person, %d of %d effects (%v)\n%s", limit, moving, waits, has, 2*steps, err, out)
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	h.tally.add("acknowledged", steps)
	h.tally.add("effects", h.depot.count()+h.ledger.count())
	h.judge(want, v)
	return v
}

func (h *hub) targets() []*target { return []*target{h.depot, h.ledger} }

// judge looks at the targets and at the hub's own books.
func (h *hub) judge(want map[string]int, v verdict) {
	for _, x := range h.targets() {
		x.judge(want, v)
	}
	if _, waits, err := h.underWay(); err != nil || waits > 0 {
		_, out := h.sihe("parked", "list")
		v.add(stuck, "%d wait for a person (%v)\n%s", waits, err, out)
	}
	if code, out := h.sihe("balance"); code != 0 {
		v.add(unclosed, "exit %d\n%s", code, out)
	}
}

// judge compares the effects with what was acknowledged: the number of steps of each key.
func (x *target) judge(acked map[string]int, v verdict) {
	done := x.steps()
	for no, n := range acked {
		got := done[no]
		count := map[int]int{}
		for _, s := range got {
			count[s]++
		}
		for s := 1; s <= n; s++ {
			switch c := count[s]; {
			case c == 0:
				v.add(lost, "%s: %s step %d", x.name, no, s)
			case c > 1:
				v.add(twice, "%s: %s step %d has %d effects", x.name, no, s, c)
			}
		}
		x.amounts(no, v)
		if !slices.IsSorted(got) {
			v.add(disorder, "%s: %s has the steps %v", x.name, no, got)
		}
	}
	for no, got := range done {
		if most := slices.Max(got); most > acked[no] {
			v.add(strange, "%s: %s step %d was never acknowledged", x.name, no, most)
		}
	}
}

// amounts wants every effect of a key to carry what was sent.
func (x *target) amounts(no string, v verdict) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.effects {
		want := fmt.Sprintf("%d.%02d", 100+e.Seq, e.Seq%100)
		if strings.HasPrefix(no, "F") {
			want = "7.00"
		}
		if got := strings.Trim(string(e.Amount), `"`); e.No == no && got != want {
			v.add(wrong, "%s: %s step %d carries %s, not %s", x.name, no, e.Seq, got, want)
		}
	}
}

// holds fails the test for everything that is wrong.
func (v verdict) holds(h *hub) bool {
	h.t.Helper()
	for kind, list := range v {
		h.tally.add(kind, len(list))
	}
	if len(v) > 0 {
		h.t.Errorf("%s", v)
	}
	return len(v) == 0
}
