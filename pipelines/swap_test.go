package pipelines

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines/store"
)

// versioned compiles a plan whose mapping writes its version into two fields, with the given pipelines.
func (h *testHouse) versioned(version int, files ...string) *Plan {
	h.t.Helper()
	var f sihe.Findings
	set := mappings.Load(&f, h.catalog, nil, fstest.MapFS{"v.yaml": {Data: fmt.Appendf(nil, `
mapping: deal-to-job
from: crm.deal
to: erp.job
fields:
  deal_no:  deal_no
  rank:     rank
  customer: "v%d"
  progress: "v%d"
`, version, version)}})
	flows := fstest.MapFS{}
	for i, file := range files {
		flows[fmt.Sprintf("p%d.yaml", i)] = &fstest.MapFile{Data: []byte(file)}
	}
	p := Compile(&f, h.catalog, set, flows)
	if err := f.Err(); err != nil {
		h.t.Fatal(err)
	}
	return p
}

// versionOf fails the test unless both fields are of one version, and returns it.
func versionOf(t *testing.T, w sihe.Write) string {
	t.Helper()
	var job struct{ Customer, Progress string }
	if err := json.Unmarshal(w.Data, &job); err != nil || job.Customer != job.Progress {
		t.Errorf("mapped by two versions: %s", w.Data)
	}
	return job.Customer
}

// The files change many times while events flow: every event is mapped wholly by one version, none is lost, the order of
// each subject holds, and what comes after a swap goes by the new files.
func TestSwapUnderLoad(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	h.plan = h.versioned(0, dealToJob)
	h.start()
	const deals, versions, swaps = 10, 40, 30
	var said sync.WaitGroup
	said.Go(func() {
		for v := 1; v <= versions; v++ {
			for d := range deals {
				no := fmt.Sprintf("D%d", d)
				crm.say("crm.deal", no, "updated", int64(v), deal(no, v))
			}
			if v%4 == 0 { // what was said is on its way when the next swap comes
				h.eventually("it goes on", func() bool { return len(erp.written()) >= deals*(v-2) })
			}
		}
	})
	for i := 1; i <= swaps; i++ {
		h.eventually("events flow", func() bool { return len(erp.written()) >= (i-1)*deals*versions/(swaps+1) })
		s, err := h.hub.Swap(t.Context(), h.versioned(i, dealToJob), nil)
		if err != nil || len(s.Kept) != 1 || len(s.Begun)+len(s.Ended) != 0 {
			t.Fatalf("swap %d: %+v %v", i, s, err)
		}
	}
	said.Wait()
	h.eventually("all are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == deals*versions })
	inOrder(t, erp, versions)
	h.balanced()
	crm.say("crm.deal", "Dlast", "updated", 1, deal("Dlast", 1))
	h.eventually("the first after it is delivered", func() bool { return h.count("deal-to-job", store.Delivered) == deals*versions+1 })
	seen := map[string]int{}
	for _, w := range erp.written() {
		v := versionOf(t, w)
		seen[v]++
		if dealOf(w) == "Dlast" && v != fmt.Sprintf("v%d", swaps) {
			t.Errorf("the first event after the swaps went by %s", v)
		}
	}
	if len(seen) < swaps/2 {
		t.Errorf("the swaps did not come while events flowed: %v", seen)
	}
}

// A swap begins pipelines that are new and ends those that are gone; a pipeline that listens to another entity is begun
// anew.
func TestSwapBeginsAndEnds(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
	h.plan = h.versioned(1, dealToJob)
	h.start()
	crm.say("crm.deal", "D1", "updated", 1, deal("D1", 1))
	h.eventually("the first is delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 1 })

	second := strings.Replace(dealToJob, "deal-to-job\n", "deal-to-other\n", 1)
	s, err := h.hub.Swap(t.Context(), h.versioned(2, second), nil)
	if err != nil || fmt.Sprint(s) != "{[deal-to-other] [] [deal-to-job]}" {
		t.Fatalf("%+v %v", s, err)
	}
	crm.say("crm.deal", "D1", "updated", 2, deal("D1", 2))
	h.eventually("the new pipeline has carried both", func() bool { return h.count("deal-to-other", store.Delivered) == 2 })
	for _, w := range erp.written()[1:] {
		if v := versionOf(t, w); v != "v2" {
			t.Errorf("the ended pipeline still writes: %s", w.Data)
		}
	}
	if _, err := h.hub.Status(t.Context()); err != nil {
		t.Error(err)
	}
	if err := h.hub.Pause(t.Context(), "deal-to-job", By{"a", "b"}); sihe.CodeOf(err) != sihe.CodeDocumentUnknown {
		t.Errorf("the ended pipeline is still known: %v", err)
	}

	s, err = h.hub.Swap(t.Context(), h.versioned(3, dealToJob), nil) // it goes on where it was
	if err != nil || fmt.Sprint(s) != "{[deal-to-job] [] [deal-to-other]}" {
		t.Fatalf("%+v %v", s, err)
	}
	h.eventually("it catches up", func() bool { return h.count("deal-to-job", store.Delivered) == 2 })
	if n := len(erp.written()); n != 4 {
		t.Errorf("want four writes, got %d", n)
	}
}
