package pipelines

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

func TestWindowCommitsOnlyTheDonePrefix(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 50 {
		w := newWindow()
		offset, slots := int64(0), []*slot{}
		for range 30 {
			offset += 1 + r.Int64N(3) // offsets may have gaps
			slots = append(slots, w.enter(offset, ""))
		}
		done := map[int64]bool{}
		for _, i := range r.Perm(len(slots)) {
			done[slots[i].offset] = true
			w.done(slots[i], sihe.Synced())
			want := int64(-1)
			for _, s := range slots {
				if !done[s.offset] {
					break
				}
				want = s.offset + 1
			}
			last, proof := w.ready()
			next := int64(-1)
			if last != nil {
				next = last.offset + 1
			}
			if next != want || (next >= 0) != proof.Valid() {
				t.Fatalf("may commit %d, want %d", next, want)
			}
		}
	}
	w := newWindow()
	w.done(w.enter(1, ""), sihe.Token{})
	if last, _ := w.ready(); last != nil {
		t.Error("done without a proof")
	}
}

func TestSpaceIsBounded(t *testing.T) {
	s := newSpace(2, 100)
	ctx := t.Context()
	if err := errors.Join(s.enter(ctx, 60), s.enter(ctx, 40)); err != nil {
		t.Fatal(err)
	}
	full, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if err := s.enter(full, 1); err == nil {
		t.Error("a third one came in")
	}
	s.leave(60)
	s.leave(40)
	if err := s.enter(ctx, 5000); err != nil {
		t.Error("what is larger than the space must enter alone")
	}
	late := make(chan error)
	go func() { late <- s.enter(ctx, 1) }()
	s.leave(5000)
	if err := <-late; err != nil {
		t.Error(err)
	}
}

// The offset of an event that is still under way holds back the commit, however much came after it.
func TestOffsetWaitsForTheFirstUnfinished(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	gate := make(chan struct{})
	erp.set(func(w sihe.Write, _ int) fault {
		if dealOf(w) == "D0" {
			return fault{gate: gate}
		}
		return fault{}
	})
	h := newTestHouse(t, dealToJob)
	h.tune = func(o *Options) { o.Topics.Partitions = 1 }
	h.systems = []System{crm.as(sayer{crm}), erp.as(found{erp})}
	for _, no := range []string{"D0", "D1", "D2", "D3"} {
		crm.say("crm.deal", no, "updated", 1, deal(no, 1))
	}
	h.start()
	h.eventually("the others are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 3 })
	time.Sleep(20 * time.Millisecond) // long enough for any commit
	if lag := h.street("deal-to-job").Lag; lag != 4 {
		t.Errorf("lag %d: the offset moved past an event under way", lag)
	}
	h.hub.Abandon()
	close(gate)
	h.cut()
	h.start()
	h.eventually("the first one is delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 4 })
	inOrder(t, erp, 1)
	h.balanced()
}
