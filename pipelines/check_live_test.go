package pipelines

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A keeper is a system that can be asked what it has.
type keeper struct {
	exact
	asked *int
	lost  map[string]bool
	down  *bool
}

func (k keeper) Find(_ context.Context, entity, key string) (sihe.Record, bool, error) {
	*k.asked++
	if *k.down {
		return sihe.Record{}, false, errors.New("no answer")
	}
	return sihe.Record{Entity: entity, Key: key}, !k.lost[key], nil
}

func (k keeper) FindWrite(context.Context, sihe.Write) (sihe.Receipt, bool, error) {
	return sihe.Receipt{}, false, nil
}

// A system that was restored from an old backup says nothing about what it has lost: only asking it shows that, and only a
// person lets it be sent again.
func TestLiveCheckFindsWhatASystemHasLost(t *testing.T) {
	h := newCheckHouse(t, dealHasJob, dealWonToJob)
	h.tune = func(o *Options) { o.Checks = Checks{Calls: 2} }
	k := keeper{exact: exact{h.erp}, asked: new(int), lost: map[string]bool{}, down: new(bool)}
	h.systems[1] = h.erp.as(k)
	for _, no := range []string{"1", "2", "3"} {
		h.deal("D"+no, "won", "100.00", 1)
	}
	h.start()
	h.eventually("they are delivered", func() bool { return h.count("deal-to-job", store.Delivered) == 3 })
	for _, no := range []string{"1", "2", "3"} {
		h.job("J"+no, "D"+no, "100.00", 1)
	}
	h.known("erp.job", 3)
	k.lost["J2"] = true
	h.erp.mu.Lock()
	h.erp.done = map[string]sihe.Receipt{}
	h.erp.mu.Unlock()
	if r := h.run(CheckOrder{}); r.Standing.Total() != 0 || *k.asked != 0 {
		t.Fatalf("%+v, %d calls", r, *k.asked)
	}
	if r := h.run(CheckOrder{Live: true, DryRun: true}); r.Called != 2 || r.Standing.Gone != 1 || len(h.found()) != 0 {
		t.Errorf("%+v", r)
	}
	r := h.run(CheckOrder{Live: true})
	if diff := cmp.Diff([]string{"gone D2 J2 100.00 CNY"}, h.found()); diff != "" || r.Called != 2 || r.Opened != 1 {
		t.Errorf("%+v %s", r, diff)
	}
	if diff := cmp.Diff([]string{"D2 on_command"}, actions(r)); diff != "" {
		t.Error(diff)
	}
	if r := h.run(CheckOrder{Live: true}); r.Called != 1 || r.Standing.Gone != 1 {
		t.Errorf("the next run does not go on from there: %+v", r)
	}
	if r := h.run(CheckOrder{}); r.Standing.Gone != 1 || r.Closed != 0 {
		t.Errorf("nobody has asked, and yet it holds: %+v", r)
	}
	if diff := cmp.Diff([]string{"D2 replayed"}, actions(h.run(CheckOrder{Repair: true, By: By{"li", "restored"}}))); diff != "" {
		t.Fatal(diff)
	}
	h.eventually("it was made again", func() bool { return len(h.erp.written()) == 4 })
	delete(k.lost, "J2")
	*k.down = true
	if r := h.run(CheckOrder{Live: true, All: true}); r.Standing.Gone != 1 || r.Called != 3 || r.Unasked != 3 {
		t.Errorf("no answer is taken for one: %+v", r)
	}
	*k.down = false
	if r := h.run(CheckOrder{Live: true, All: true}); r.Standing.Total() != 0 || r.Called != 3 || r.Closed != 1 {
		t.Errorf("%+v", r)
	}
	h.balanced()
}
