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

// fillTraces enters n documents: a deal and its job each, one event and one delivery of every deal, each job with a number of
// another system's and one that it bears.
func (h *testHouse) fillTraces(n int) {
	h.t.Helper()
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	amount, _ := sihe.ParseDecimal("100.00")
	one := func(tx *store.Tx, entity, key, chain string, offset int, data string) error {
		s := store.Step{
			ID: sihe.EventID(entity, key), Entity: entity, Key: key, Name: "created", Version: 1, System: entity[:3], Time: at, Chain: chain,
			Amount: &amount, Currency: "CNY", Topic: CanonicalTopic(entity), Offset: int64(offset),
		}
		if _, err := tx.Observed(s, []store.Ref{{Entity: "crm.party", Key: "P" + strconv.Itoa(offset%1000)}}); err != nil {
			return err
		}
		_, err := tx.Observe(store.Document{Entity: entity, Key: key, System: s.System, Event: s.ID, Name: s.Name, Version: 1, Time: at, Chain: chain, Offset: s.Offset, Data: []byte(data)})
		return err
	}
	for from := 0; from < n/2; from += 2000 {
		_, err := h.store.Update(context.Background(), func(tx *store.Tx) error {
			for i := from; i < min(n/2, from+2000); i++ {
				deal, job := fmt.Sprintf("D%07d", i), fmt.Sprintf("J%07d", i)
				if err := one(tx, "crm.deal", deal, deal, i, fmt.Sprintf(`{"deal_no":%q,"currency":"CNY","amount":"100.00","rank":1}`, deal)); err != nil {
					return err
				}
				if err := one(tx, "erp.job", job, deal, i, fmt.Sprintf(`{"job_no":%q,"deal_no":%q,"currency":"CNY","amount":"100.00"}`, job, deal)); err != nil {
					return err
				}
				if err := tx.Link("shop", "erp.job", job, fmt.Sprintf("X-%07d", i)); err != nil {
					return err
				}
				if err := tx.NameBy(fmt.Sprintf("WB-%07d", i), "erp.job", job); err != nil {
					return err
				}
				d := &store.Delivery{
					Part: store.Part{Pipeline: "deal-to-job"}, ID: sihe.EventID("crm.deal", deal), System: "crm", Entity: "crm.deal", Subject: deal, Name: "created",
					Version: 1, Time: at, Day: "2026-03-02", Amount: &amount, Currency: "CNY", Target: &store.Target{System: "erp", Module: "erp", Entity: "erp.job", Do: "create", Key: job},
				}
				if err := tx.Move(d, store.Writing, store.Why{}); err != nil {
					return err
				}
				if err := tx.LinkTarget(d); err != nil {
					return err
				}
				if err := tx.Finish(d, store.Delivered, store.Why{}); err != nil {
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

// BenchmarkTrace finds one document of a million (SIHE_BENCH_TRACE sets another number) by its own key, by that of its
// chain, by another system's and by a number that it bears.
func BenchmarkTrace(b *testing.B) {
	n := 1_000_000
	if s := os.Getenv("SIHE_BENCH_TRACE"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(b, dealWonToJob)
	if dir := os.Getenv("SIHE_BENCH_DIR"); dir != "" {
		h.dir = dir
	}
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp}), {Name: "shop", Module: "oa", Connector: sayer{erp}}}
	h.start()
	h.fillTraces(n)
	for name, format := range map[string]string{"key": "J%07d", "chain": "D%07d", "other-system": "X-%07d", "number": "WB-%07d"} {
		b.Run(name, func(b *testing.B) {
			i := 0
			for b.Loop() {
				i = (i + 7919) % (n / 2)
				t, err := h.hub.Trace(fmt.Sprintf(format, i))
				if err != nil || len(t.Documents) != 2 {
					b.Fatalf("%+v, %v", t, err)
				}
			}
		})
	}
}
