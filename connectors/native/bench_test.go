package native_test

import (
	"fmt"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// BenchmarkCreate64 makes orders of two lines from 64 callers at once; every one is on disk before it is answered.
func BenchmarkCreate64(b *testing.B) {
	m := started(b)
	var n atomic.Int64
	b.SetParallelism(32) // times GOMAXPROCS
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w := sihe.Write{ID: fmt.Sprint("b", n.Add(1)), Entity: "erp.purchase_order", Do: sihe.DoCreate, Writer: "crm", Data: []byte(order), Time: today}
			if _, err := m.Write(b.Context(), w); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
}

// BenchmarkList reads a page of 50 of 5,000 orders by two indexed fields.
func BenchmarkList(b *testing.B) {
	m := fill(b, 5_000)
	b.ResetTimer()
	for b.Loop() {
		w := httptest.NewRecorder()
		m.ServeHTTP(w, httptest.NewRequest("GET", "/purchase_order?state=draft&supplier=S001&sort=-key", nil))
		if w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

// BenchmarkGet reads one document.
func BenchmarkGet(b *testing.B) {
	m := started(b)
	for b.Loop() {
		if _, ok, err := m.Find(b.Context(), "erp.purchase_order", "PO-2026-0001"); !ok || err != nil {
			b.Fatal(err)
		}
	}
}

// fill makes n orders in one transaction.
func fill(b *testing.B, n int) *native.Module {
	b.Helper()
	o := fixture(b)
	o.Jobs = append(o.Jobs, native.Job{Name: "fill", Do: func(tx *native.Tx) error {
		if _, err := tx.Create("supplier", native.Fields{"name": "Acme"}); err != nil {
			return err
		}
		for range n {
			f := native.Fields{"supplier": "S001", "lines": []native.Fields{{"item": "A", "quantity": 2, "unit_price": "10.50"}}}
			if _, err := tx.Create("purchase_order", f); err != nil {
				return err
			}
		}
		return nil
	}})
	m := open(b, o)
	if err := m.RunJob(b.Context(), "fill"); err != nil {
		b.Fatal(err)
	}
	return m
}
