package native_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// What several callers do at once stands in the outbox in the order in which it was kept: a receipt that names an order
// never comes before the order's own event, and versions only rise.
func TestOutboxOrderIsCommitOrder(t *testing.T) {
	m := started(t)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for k := range 5 {
				ask(t, m, "PATCH", "/purchase_order/PO-2026-0001", fmt.Sprintf(`{"note":"%d-%d"}`, i, k))
				ask(t, m, "POST", "/receipt", fmt.Sprintf(`{"purchase_order":"PO-2026-0001","item":"A","quantity":"%d"}`, k+1))
			}
		})
	}
	wg.Wait()
	all, _ := drain(t, m, nil)
	last := map[string]int64{}
	for _, r := range all {
		if r.Version != last[r.Key]+1 {
			t.Fatalf("%s v%d after v%d", r.Key, r.Version, last[r.Key])
		}
		last[r.Key] = r.Version
	}
	if last["PO-2026-0001"] != 81 || last["A@main"] != 80 {
		t.Errorf("versions %v", last)
	}
	if d := want(t, 200, m, "GET", "/stock/A@main", ""); d.text("quantity") != "240" {
		t.Error(d.raw)
	}
}

func TestReadStopsAndResumes(t *testing.T) {
	m := started(t)
	var kept sihe.Cursor
	err := m.Read(t.Context(), nil, func(_ sihe.Record, c sihe.Cursor) error {
		if kept != nil {
			return errStop
		}
		kept = c
		return nil
	})
	if !errors.Is(err, errStop) {
		t.Fatal(err)
	}
	if rest, _ := drain(t, m, kept); len(rest) != 1 || rest[0].Key != "PO-2026-0001" {
		t.Error(names(rest))
	}
}

func TestChangedTells(t *testing.T) {
	m := open(t, fixture(t))
	<-m.Changed() // a new run always looks once
	want(t, 422, m, "POST", "/supplier", `{}`)
	select {
	case <-m.Changed():
		t.Error("nothing has changed")
	default:
	}
	want(t, 201, m, "POST", "/supplier", `{"name":"a"}`)
	select {
	case <-m.Changed():
	default:
		t.Error("nobody told")
	}
}

// Read events go after a while; a cursor that the outbox cannot serve is an error, never silence.
func TestRetention(t *testing.T) {
	o := fixture(t)
	o.KeepEvents = 20
	m := open(t, o)
	for i := range 60 {
		want(t, 201, m, "POST", "/supplier", fmt.Sprintf(`{"name":"s%d"}`, i))
	}
	all, last := drain(t, m, nil)
	if len(all) != 60 {
		t.Fatal(len(all))
	}
	if again, _ := drain(t, m, nil); len(again) != 60 {
		t.Fatal("removed before it was taken", len(again))
	}
	if rest, _ := drain(t, m, last); len(rest) != 0 {
		t.Fatal(names(rest))
	}
	emit := func(sihe.Record, sihe.Cursor) error { return nil }
	mustCode(t, m.Read(t.Context(), nil, emit), sihe.CodeOutboxGap, sihe.ClassPermanent)
	mustCode(t, m.Read(t.Context(), sihe.Cursor{0, 0, 0, 0, 0, 0, 0, 61}, emit), sihe.CodeOutboxGap, sihe.ClassPermanent)
	mustCode(t, m.Read(t.Context(), sihe.Cursor("x"), emit), sihe.CodeOutboxGap, sihe.ClassPermanent)
	if kept, _ := drain(t, m, sihe.Cursor{0, 0, 0, 0, 0, 0, 0, 40}); len(kept) != 20 {
		t.Error(len(kept))
	}
}

// A backup opens as a module of its own with everything in it.
func TestBackup(t *testing.T) {
	m := started(t)
	o := fixture(t)
	o.Path = filepath.Join(t.TempDir(), "copy.db")
	writeFile(t, o.Path, m)
	c, err := native.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Check(t.Context()); err != nil {
		t.Error(err)
	}
	want(t, 200, c, "GET", "/purchase_order/PO-2026-0001", "")
}

// A batch is the same events in the same order, and its cursor stands behind the last of them.
func TestReadBatchIsRead(t *testing.T) {
	m := started(t)
	for i := range 600 { // more than one chunk
		want(t, 200, m, "PATCH", "/purchase_order/PO-2026-0001", fmt.Sprintf(`{"note":"%d"}`, i))
	}
	single, _ := drain(t, m, nil)
	var batched []sihe.Record
	var last sihe.Cursor
	batches := 0
	err := m.ReadBatch(t.Context(), nil, func(records []sihe.Record, c sihe.Cursor) error {
		batched, last = append(batched, records...), c
		batches++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(single, batched); d != "" {
		t.Error(d)
	}
	if batches < 2 {
		t.Errorf("%d batch", batches)
	}
	if rest, _ := drain(t, m, last); len(rest) != 0 {
		t.Error(names(rest))
	}
}
