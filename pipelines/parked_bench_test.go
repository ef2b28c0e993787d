package pipelines

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// parkMany parks n deals of the CRM's without a bus, a thousand in a transaction.
func (h *testHouse) parkMany(n int) {
	h.t.Helper()
	for from := 0; from < n; from += 1000 {
		_, err := h.store.Update(context.Background(), func(tx *store.Tx) error {
			for i := from; i < min(n, from+1000); i++ {
				no := "D" + strconv.Itoa(i)
				e := sihe.Event{
					ID: sihe.EventID("bench", no), Source: "/crm", Type: "crm.deal.won", Subject: no, Time: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC),
					Version: 1, CorrelationID: no, Data: fmt.Appendf(nil, `{"deal_no":%q,"currency":"CNY","amount":"100.00","rank":%d}`, no, i),
				}
				amount, _ := sihe.ParseDecimal("100.00")
				m := e.Message("sihe.crm.deal")
				m.Partition = partitionOf(no, 4)
				d := &store.Delivery{
					Part: store.Part{Pipeline: "deal-to-job", Partition: m.Partition}, ID: e.ID, Topic: m.Topic, System: "crm", Entity: "crm.deal", Subject: no,
					Name: "won", Version: 1, Time: e.Time, Day: "2026-03-02", Amount: &amount, Currency: "CNY",
				}
				why := store.Why{Code: "LOOKUP_MISSING", Path: fmt.Sprintf("lines[%d].tax_code", i%7), Text: "no entry"}
				if err := tx.Hold(d, m, store.Parked, why, noDue); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			h.t.Fatal(err)
		}
	}
}

// BenchmarkParked measures what an operator waits for with 100,000 parked documents (SIHE_BENCH_PARKED sets another
// number): the list by cause, a filtered list, a dry run of a thousand, and the replay until everything is delivered.
func BenchmarkParked(b *testing.B) {
	n := 100_000
	if s := os.Getenv("SIHE_BENCH_PARKED"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(b, dealWonToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	h.tune = func(o *Options) { o.Tuning.CommitEvery, o.Tuning.Poll = 0, time.Second }
	h.start()
	h.parkMany(n)
	b.Run("list", func(b *testing.B) {
		for b.Loop() {
			groups, err := h.hub.ParkedGroups()
			if err != nil || len(groups) != 1 || groups[0].Count != int64(n) {
				b.Fatal(groups, err)
			}
		}
	})
	b.Run("documents", func(b *testing.B) {
		for b.Loop() {
			if all, err := h.hub.Parked(Selection{Code: "LOOKUP_MISSING", Limit: 500}); err != nil || len(all) != min(n, 500) {
				b.Fatal(len(all), err)
			}
		}
	})
	b.Run("dry-run-1000", func(b *testing.B) {
		for b.Loop() {
			if r, err := h.hub.RehearseReplay(Selection{Code: "LOOKUP_MISSING", Limit: 1000}); err != nil || r.Selected != min(n, 1000) {
				b.Fatal(r.Selected, err)
			}
		}
	})
	began := time.Now()
	if done, err := h.hub.Replay(b.Context(), Selection{Code: "LOOKUP_MISSING"}, operator); err != nil || done != n {
		b.Fatal(done, err)
	}
	released := time.Since(began)
	h.eventually("all are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == int64(n) })
	took := time.Since(began)
	b.Logf("%d replayed: released in %s, delivered in %s, %.0f/s", n, released.Round(time.Millisecond), took.Round(time.Millisecond), float64(n)/took.Seconds())
}
