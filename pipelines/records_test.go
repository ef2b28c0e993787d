package pipelines

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// Stored records are told page by page, in the order of each document, with what became of them.
func TestRecordsTellWhatBecameOfThem(t *testing.T) {
	h, _ := shopHouse(t)
	h.start()
	h.eventually("it is up", func() bool { return h.street("normalise:shop").Held == 4 })
	h.send(
		order("a", "1", 0, `,"rank":1`), order("b", "1", 0, `,"rank":1`), // the second says nothing new
		order("a", "1", 0, `,"rank":1`), order("a", "1", 0, `,"rank":7`), // the same again, and another one under its id
		order("e", "2", 0, `,"rank":"first"`),
		`[{"id":"f","number":"S3","data":{"no":"3"}}]`,
	)
	const street = "normalise:shop"
	h.eventually("all have their outcome", func() bool {
		return h.count(street, store.Delivered) == 2 && h.count(street, store.Unchanged) == 1 && h.count(street, store.Parked) == 2
	})
	for _, limit := range []int{0, 1, 2} {
		got := map[string][]string{}
		q := RecordQuery{System: "shop", Limit: limit}
		for pages := 0; ; pages++ {
			p, err := h.hub.Records(t.Context(), q)
			if err != nil || pages > 20 || (limit > 0 && len(p.Records) > limit) {
				t.Fatalf("page %d: %+v, %v", pages, p, err)
			}
			for _, r := range p.Records {
				got[r.Key] = append(got[r.Key], fmt.Sprintf("%s %s %s %v", r.ID, r.State, r.Code, r.Duplicate))
			}
			if q.After = p.Next; q.After == "" {
				break
			}
		}
		want := map[string][]string{
			"S1": {"a delivered  false", "b unchanged " + string(sihe.CodeAlreadySo) + " false", "a delivered  true", "a parked " + string(sihe.CodeIDReused) + " false"},
			"S2": {"e parked " + string(sihe.CodeJSONType) + " false"},
			"S3": {"f delivered  false"},
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("limit %d: %s", limit, d)
		}
	}
	if p, err := h.hub.Records(t.Context(), RecordQuery{System: "shop", Since: time.Now().Add(time.Hour)}); err != nil || len(p.Records) != 0 {
		t.Errorf("records of the future: %+v, %v", p, err)
	}
	if _, err := h.hub.Records(t.Context(), RecordQuery{System: "nobody"}); sihe.CodeOf(err) != sihe.CodeDocumentUnknown {
		t.Errorf("of nobody: %v", err)
	}
	if _, err := h.hub.Records(t.Context(), RecordQuery{System: "shop", After: "x"}); sihe.CodeOf(err) != sihe.CodeBadRequest {
		t.Errorf("after nothing: %v", err)
	}
}
