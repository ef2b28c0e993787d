package pipelines

import (
	"fmt"
	"testing"

	"github.com/sihehub/sihe/pipelines/store"
)

// BenchmarkStreet measures events from a source's outbox to a target that answers at once: poll, bus, filter, map,
// gate, intent, write, receipt, offset, all of them synced.
func BenchmarkStreet(b *testing.B) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(b, dealToJob)
	system := erp.as(exact{erp})
	system.Limits.Concurrent = 128
	h.systems = []System{crm.as(batcher{sayer{crm}}), system}
	h.tune = func(o *Options) { o.Tuning = Tuning{} }
	for i := range b.N {
		no := fmt.Sprintf("D%d", i)
		crm.say("crm.deal", no, "updated", 1, deal(no, 1))
	}
	b.ResetTimer()
	h.start()
	h.eventually("all are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == int64(b.N) })
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
