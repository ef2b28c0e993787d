package rest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/rest"
)

// A ledger is a product whose records become visible late, bear stamps of clocks that differ, and often the same stamp
// as another one.
type ledger struct {
	now  time.Time
	jobs []entry
}

type entry struct {
	id      string
	stamp   time.Time
	visible time.Time
}

func newLedger(r *rand.Rand, start time.Time) *ledger {
	l := &ledger{now: start}
	for i := range 1500 {
		committed := start.Add(time.Duration(r.Int64N(int64(10 * time.Hour))))
		stamp := committed.Add(-time.Duration(r.Int64N(int64(30 * time.Minute)))) // as of the begin of its transaction
		stamp = stamp.Add(time.Duration(r.Int64N(int64(20*time.Minute))) - 10*time.Minute).Truncate(time.Second)
		if r.IntN(100) < 30 && i > 0 {
			if late := committed.Sub(l.jobs[i-1].stamp); late > -10*time.Minute && late < 40*time.Minute { // the same bounds
				stamp = l.jobs[i-1].stamp
			}
		}
		l.jobs = append(l.jobs, entry{fmt.Sprint("A", i), stamp, committed})
	}
	return l
}

func (l *ledger) list(w http.ResponseWriter, r *http.Request) bool {
	since, err := time.Parse(time.RFC3339Nano, r.URL.Query().Get("since"))
	if err != nil {
		return false
	}
	items := []map[string]any{}
	for _, j := range l.jobs {
		if !j.visible.After(l.now) && j.stamp.After(since) && r.URL.Query().Get("page") == "1" {
			items = append(items, map[string]any{"id": j.id, "changed_at": j.stamp.Format(time.RFC3339), "rev": 1})
		}
	}
	answer(w, http.StatusOK, map[string]any{"data": map[string]any{"items": items}})
	return true
}

// What commits late, by clocks that differ, with equal stamps, is found as long as it is within the overlap; without one it
// is not, so this test can tell (RELIABILITY B3).
func TestLateCommitsAreFound(t *testing.T) {
	t.Parallel()
	for overlap, complete := range map[string]bool{"51m": true, "0s": false} {
		seed := uint64(time.Now().UnixNano())
		l := newLedger(rand.New(rand.NewPCG(seed, 1)), time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
		p := newProduct(t)
		p.set(l.list)
		o := options(t, p.URL, "overlap: 0s", "overlap: "+overlap)
		o.Now = func() time.Time { return l.now }
		r, err := rest.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		var cursor sihe.Cursor
		ids := map[string]string{}
		for l.now.Before(l.jobs[0].visible.Add(12 * time.Hour)) {
			err := r.Read(t.Context(), cursor, func(x sihe.Record, c sihe.Cursor) error {
				if was, seen := ids[x.Key]; seen && was != x.ID {
					t.Errorf("%s comes under two ids", x.Key)
				}
				ids[x.Key], cursor = x.ID, c
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			l.now = l.now.Add(7 * time.Minute)
		}
		if got := len(ids) == len(l.jobs); got != complete {
			t.Errorf("overlap %s, seed %d: %d of %d", overlap, seed, len(ids), len(l.jobs))
		}
		_ = r.Close()
	}
}

// A stamp from the future does not hide what is stamped rightly.
func TestStampFromTheFuture(t *testing.T) {
	t.Parallel()
	l := &ledger{now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	l.jobs = []entry{{"A1", l.now.AddDate(10, 0, 0), l.now}, {"A2", l.now.Add(30 * time.Minute), l.now.Add(time.Hour)}}
	p := newProduct(t)
	p.set(l.list)
	o := options(t, p.URL, "overlap: 0s", "overlap: 1h")
	o.Now = func() time.Time { return l.now }
	r, err := rest.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	keys, cursor, err := everything(t, r, nil)
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	l.now = l.now.Add(2 * time.Hour)
	if keys, _, err := everything(t, r, cursor); err != nil || len(keys) != 2 {
		t.Errorf("%v, %v", keys, err)
	}
}
