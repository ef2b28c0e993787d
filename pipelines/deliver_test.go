package pipelines

import (
	"fmt"
	"testing"

	"github.com/sihehub/sihe/pipelines/store"
)

func deal(no string, rank int, more ...any) map[string]any {
	d := map[string]any{"deal_no": no, "currency": "CNY", "amount": "100.00", "rank": rank}
	for i := 0; i+1 < len(more); i += 2 {
		d[more[i].(string)] = more[i+1]
	}
	return d
}

func TestOneDealComesThrough(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealWonToJob, jobToDeal)
	h.systems = []System{crm.as(exact{crm}), erp.as(exact{erp})}
	h.start()
	crm.say("crm.deal", "D1", "won", 1, deal("D1", 1))
	h.eventually("the job is made", func() bool { return h.count("deal-to-job", store.Delivered) == 1 })
	w := erp.written()
	if len(w) != 1 || w[0].Entity != "erp.job" || w[0].Do != "create" || w[0].Writer != "crm" || w[0].Hops != 1 || w[0].CorrelationID != "D1" {
		t.Fatalf("written: %+v", w)
	}
	if got := string(w[0].Data); got != `{"deal_no":"D1","customer":null,"currency":"CNY","amount":"100.00","rank":1}` {
		t.Errorf("data: %s", got)
	}
	erp.say("erp.job", "J1", "running", 1, map[string]any{"job_no": "J1", "deal_no": "D1", "progress": "half", "state": "running", "version": 1})
	h.eventually("the progress is written back", func() bool { return h.count("job-to-deal", store.Delivered) == 1 })
	if w := crm.written(); len(w) != 1 || w[0].Key != "D1" || string(w[0].Data) != `{"erp_status":"half"}` {
		t.Fatalf("written back: %+v", w)
	}
	trace, err := h.hub.Trace("J1")
	if err != nil {
		t.Fatal(err)
	}
	if trace.Chain != "J1" && trace.Chain != "D1" || len(trace.Lines) < 3 {
		t.Errorf("trace: %+v", trace)
	}
	h.balanced()
}

func TestOrderWithinASubjectAndParallelBetweenThem(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(exact{crm}), erp.as(exact{erp})}
	for v := 1; v <= 10; v++ {
		for d := range 20 {
			no := fmt.Sprintf("D%d", d)
			crm.say("crm.deal", no, "updated", int64(v), deal(no, v))
		}
	}
	h.start()
	h.eventually("all are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 200 })
	inOrder(t, erp, 10)
	h.balanced()
}
