package pipelines

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/sihehub/sihe/pipelines/store"
)

// BenchmarkCheck is one full and one small run over many documents on each side, which meet by an index; peak-MB is the most
// that was on the heap during the full one.
func BenchmarkCheck(b *testing.B) {
	const documents = 20_000
	h := newTestHouse(b, dealHasJob, dealWonToJobNever)
	h.systems = []System{newTwin("crm", "crm", "D").as(exact{newTwin("crm", "crm", "D")}), newTwin("erp", "erp", "J").as(exact{newTwin("erp", "erp", "J")})}
	h.tune = func(o *Options) { o.Checks = Checks{Every: time.Hour} }
	h.plan.Checks[0].Within = time.Nanosecond
	h.start()
	observe := func(from, to, version int) {
		_, err := h.store.Update(context.Background(), func(tx *store.Tx) error {
			for i := from; i < to; i++ {
				no := fmt.Sprintf("%06d", i)
				for entity, data := range map[string]string{
					"crm.deal": `{"deal_no":"D` + no + `","currency":"CNY","amount":"1.00","rank":1,"state":"won","note":"` + fmt.Sprintf("%0500d", i) + `"}`,
					"erp.job":  `{"job_no":"J` + no + `","deal_no":"D` + no + `","currency":"CNY","amount":"1.00","rank":1,"state":"running"}`,
				} {
					d := store.Document{Entity: entity, Key: entity[4:5] + no, System: "x", Event: fmt.Sprint(entity, i, version), Name: "won", Version: int64(version), Data: []byte(data)}
					if entity == "crm.deal" {
						d.Key = "D" + no
					}
					if _, err := tx.Observed(store.Step{ID: d.Event, Entity: entity, Key: d.Key, Name: "won", Version: d.Version}, nil); err != nil {
						return err
					}
					if _, err := tx.Observe(d); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for i := 0; i < documents; i += 1000 {
		observe(i, i+1000, 1)
	}
	run := func(o CheckOrder) CheckRun {
		runs, err := h.hub.RunChecks(context.Background(), o)
		if err != nil || len(runs) != 1 || runs[0].Standing.Total() != 0 {
			b.Fatal(runs, err)
		}
		return runs[0]
	}
	runtime.GC()
	peak, done := make(chan uint64), make(chan struct{})
	go func() {
		var most uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			select {
			case <-done:
				peak <- most
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	began := time.Now()
	run(CheckOrder{})
	full := time.Since(began)
	close(done)
	most := <-peak
	time.Sleep(2 * followOverlap)
	run(CheckOrder{}) // takes the changes from before it
	version := 1
	b.ResetTimer()
	for b.Loop() {
		b.StopTimer()
		version++
		observe(0, 10, version)
		time.Sleep(time.Microsecond)
		b.StartTimer()
		run(CheckOrder{})
	}
	b.ReportMetric(float64(most)/1e6, "peak-MB")
	b.ReportMetric(float64(full.Microseconds())/(2*documents), "µs/doc")
}
