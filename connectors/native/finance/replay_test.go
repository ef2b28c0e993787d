package finance_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

func (s *tale) toTheEnd() {
	s.upToApril()
	s.step35()
	for _, day := range []string{"2026-04-20", "2026-04-22", "2026-04-27"} {
		s.at(day + " 06:30")
		s.job("daily")
	}
	s.at("2026-04-28 10:00")
	s.receipt("BK20260428001", "2395.40", "2026-04-28", "INV-2026-0001")
}

// ACC-10, ACC-11: the story told again into empty books, with every event delivered twice, gives the same hash.
func TestStoryToldTwice(t *testing.T) {
	once, twice := story(open(t)), story(open(t))
	twice.twice = true
	once.toTheEnd()
	twice.toTheEnd()
	for _, path := range []string{"/reports/verify", "/reports/trial_balance?date=2026-04-30&from=2026-03-01", "/reports/ageing?date=2026-04-30"} {
		if diff := cmp.Diff(once.get(path), twice.get(path)); diff != "" {
			t.Errorf("%s (-once +twice):\n%s", path, diff)
		}
	}
}

// ACC-11: events of different documents may overtake each other; what is told about the order is the same in the end.
func TestEventsOvertakeEachOther(t *testing.T) {
	s := story(open(t))
	s.step4()
	s.step25()
	s.step11()
	s.step27()
	s.step8()
	s.salesOrder("completed")
	s.settled("disorder", "113322.00", "33996.60", "79325.40", "partially_paid", "false", "0.00", "full")
	s.exposure("disorder", "79325.40")
	s.is("/invoice/INV-2026-0001", map[string]string{"outstanding": "52395.40"})
}

// H1: the same write from many at once is applied once and answered alike.
func TestSameWriteInParallel(t *testing.T) {
	h := open(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	answers := map[sihe.Receipt]int{}
	for range 30 {
		wg.Go(func() {
			r, err := h.m.Write(t.Context(), sihe.Write{
				ID: "one", Entity: "finance.journal_entry", Do: sihe.DoCreate, Writer: "erp", Time: h.clock(),
				Data: []byte(`{"event": "e", "source_entity": "erp.stock_count", "lines": [{"account": "1901", "debit": "1.00"}, {"account": "1403", "credit": "1.00"}]}`),
			})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			answers[r]++
		})
	}
	wg.Wait()
	if len(answers) != 1 {
		t.Errorf("answers %v", answers)
	}
	h.is("/ledger/2026-03", map[string]string{"entries": "1"})
	h.sound()
}
