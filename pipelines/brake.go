package pipelines

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A Brake bounds what one pipeline may change within a window, so that a wrong mapping, an empty full scan or a mass
// change in a source stops before it has gone through the house (RELIABILITY F4). A write is counted before it is made: the one that would
// exceed a limit is not. Then the pipeline stands, its inputs are kept, and a person decides ([Hub.Resume]).
//
// Zero fields leave it to the hub's own brake; [NoLimit] and an empty Amount take a limit of the hub away.
type Brake struct {
	Window  time.Duration
	Records int                     // documents written
	Share   int                     // percent of the target's documents changed, from leastShare documents on
	Cancels int                     // documents cancelled, reversed, recalled or deleted
	Amount  map[string]sihe.Decimal // in total, by currency, without its sign
}

// NoLimit takes a limit away.
const NoLimit = -1

// leastShare is how many documents must be changed before their share counts: half of three documents is no mass.
const leastShare = 50

// brakeSlices is in how many pieces a window slides: what counts is never less than what the window has.
const brakeSlices = 12

// over puts a pipeline's own limits over the hub's.
func (b Brake) over(hub Brake) Brake {
	def(&b.Window, hub.Window)
	def(&b.Window, time.Hour)
	def(&b.Records, hub.Records)
	def(&b.Share, hub.Share)
	def(&b.Cancels, hub.Cancels)
	if b.Amount == nil {
		b.Amount = hub.Amount
	}
	return b
}

func (b Brake) limits() bool {
	return b.Records > 0 || b.Share > 0 || b.Cancels > 0 || len(b.Amount) > 0
}

// A braked is one document that was written.
type braked struct {
	slice    int64
	changed  bool // it was there before
	cancels  bool
	amount   sihe.Decimal
	currency string
}

// A tally is what one pipeline has written within its window.
type tally struct {
	mu      sync.Mutex
	loaded  bool
	lifted  time.Time // limits do not hold until then
	slice   int64
	written map[string]braked       // by document
	pending int                     // writes that were under way when the hub died, not looked at yet: they count as made
	owed    map[string]sihe.Decimal // their amounts
	changed int
	cancels int
	amounts map[string]sihe.Decimal
	all     int   // the target's documents, as counted last
	counted int64 // in which slice
}

// count adds a document, or takes the first limit that this would exceed. undo takes it back. Called with the lock held.
func (t *tally) count(b Brake, document string, x braked) (trip *store.Trip, undo func()) {
	old, known := t.written[document]
	next := tallied{len(t.written) + t.pending, t.changed, t.cancels, t.amounts[x.currency].Add(t.owed[x.currency])}
	if x.changed {
		next.changed += t.pending
	}
	if x.cancels {
		next.cancels += t.pending
	}
	if known {
		next = next.less(old, x.currency)
	}
	next = next.plus(x)
	if trip := t.exceeds(b, next, x); trip != nil {
		return trip, nil
	}
	t.put(document, x)
	return nil, func() {
		if known {
			t.put(document, old)
		} else {
			t.drop(document)
		}
	}
}

// tallied is what a limit looks at.
type tallied struct {
	records, changed, cancels int
	amount                    sihe.Decimal
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func (t tallied) plus(x braked) tallied {
	return tallied{t.records + 1, t.changed + one(x.changed), t.cancels + one(x.cancels), t.amount.Add(x.amount)}
}

func (t tallied) less(x braked, currency string) tallied {
	n := tallied{t.records - 1, t.changed - one(x.changed), t.cancels - one(x.cancels), t.amount}
	if x.currency == currency {
		n.amount = n.amount.Sub(x.amount)
	}
	return n
}

func (t *tally) exceeds(b Brake, n tallied, x braked) *store.Trip {
	trip := func(limit, text string, args ...any) *store.Trip {
		return &store.Trip{Limit: limit, Window: b.Window, Text: fmt.Sprintf(text, args...) + " within " + short(b.Window)}
	}
	switch {
	case b.Records > 0 && n.records > b.Records:
		return trip("records", "it was about to write document %d, more than the %d allowed", n.records, b.Records)
	case x.cancels && b.Cancels > 0 && n.cancels > b.Cancels:
		return trip("cancels", "it was about to cancel document %d, more than the %d allowed", n.cancels, b.Cancels)
	case x.changed && b.Share > 0 && n.changed >= leastShare && t.all > 0 && n.changed*100 > b.Share*t.all:
		return trip("share", "it was about to change %d of %d documents, more than the %d %% allowed", n.changed, t.all, b.Share)
	}
	if most, ok := b.Amount[x.currency]; ok && n.amount.Cmp(most) > 0 {
		return trip("amount", "it was about to bring the amounts to %s %s, more than the %s allowed", x.currency, n.amount, most)
	}
	return nil
}

func (t *tally) put(document string, x braked) {
	t.drop(document)
	t.written[document] = x
	t.changed += one(x.changed)
	t.cancels += one(x.cancels)
	t.amounts[x.currency] = t.amounts[x.currency].Add(x.amount)
}

func (t *tally) drop(document string) {
	old, known := t.written[document]
	if !known {
		return
	}
	delete(t.written, document)
	t.changed -= one(old.changed)
	t.cancels -= one(old.cancels)
	t.amounts[old.currency] = t.amounts[old.currency].Sub(old.amount)
}

// slide lets go of what has left the window. A clock that was set back keeps everything.
func (t *tally) slide(slice int64) {
	if slice == t.slice {
		return
	}
	t.slice = slice
	for document, x := range t.written {
		if slice-x.slice > brakeSlices {
			t.drop(document)
		}
	}
}

func (t *tally) clear() {
	t.written, t.amounts, t.changed, t.cancels = map[string]braked{}, map[string]sihe.Decimal{}, 0, 0
	t.pending, t.owed = 0, map[string]sihe.Decimal{}
}

// slice is the piece of time that a moment lies in.
func (b Brake) slice(at time.Time) int64 { return at.UnixNano() / int64(b.Window/brakeSlices) }

// cancelling says whether a name is that of an action or state that takes a document back.
func cancelling(name string) bool {
	for _, stem := range []string{"cancel", "revers", "recall", "withdraw", "void", "delet", "remov", "terminat", "stop"} {
		if strings.HasPrefix(name, stem) {
			return true
		}
	}
	return false
}
