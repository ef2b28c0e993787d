package pipelines

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A rewindable source tells a cursor from a time: its records are a minute apart.
type rewindable struct{ sayer }

func (s rewindable) CursorAt(t time.Time) (sihe.Cursor, bool) {
	n := t.Sub(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)).Minutes()
	return sihe.Cursor(strconv.Itoa(int(n))), n >= 0
}

// A slow source is in the middle of a read when its cursor is set back.
type slowSource struct {
	rewindable
	reads chan sihe.Cursor
	gate  chan struct{}
}

func (s slowSource) Read(ctx context.Context, after sihe.Cursor, emit func(sihe.Record, sihe.Cursor) error) error {
	select {
	case s.reads <- append(sihe.Cursor{}, after...):
	default:
	}
	return s.rewindable.Read(ctx, after, func(r sihe.Record, c sihe.Cursor) error {
		if err := emit(r, c); err != nil {
			return err
		}
		select {
		case <-s.gate:
		case <-ctx.Done():
		}
		return nil
	})
}

func TestSourceIsReadAgain(t *testing.T) {
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealWonToJob)
	source := slowSource{rewindable{sayer{crm}}, make(chan sihe.Cursor, 1000), make(chan struct{})}
	h.systems = []System{{Name: "crm", Module: "crm", Kind: "twin", Connector: source, Every: 5 * time.Millisecond}, erp.as(exact{erp})}
	for i, no := range []string{"D1", "D2", "D3"} {
		crm.say("crm.deal", no, "won", 1, deal(no, i))
	}
	h.start()
	if first := <-source.reads; len(first) != 0 {
		t.Errorf("first read from %q", first)
	}
	h.eventually("one is taken over", func() bool { return len(erp.written()) == 1 })
	by := By{"li", "permission was missing"}
	for _, bad := range []struct {
		r    Rewinding
		code sihe.Code
	}{
		{Rewinding{System: "none"}, sihe.CodeSystemUnknown},
		{Rewinding{System: "erp"}, sihe.CodeNoRewind},
		{Rewinding{System: "crm", Since: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}, sihe.CodeNoRewind},
	} {
		if err := h.hub.Rewind(t.Context(), bad.r, by); sihe.CodeOf(err) != bad.code {
			t.Errorf("%+v: %v", bad.r, err)
		}
	}
	if err := h.hub.Rewind(t.Context(), Rewinding{System: "crm", Since: time.Date(2026, 3, 2, 8, 1, 0, 0, time.UTC)}, by); err != nil {
		t.Fatal(err)
	}
	close(source.gate) // the read that was under way ends, and must not set the cursor forward again
	if next := <-source.reads; string(next) != "1" {
		t.Errorf("read again from %q, not from 1", next)
	}
	h.eventually("all are taken over", func() bool { return h.count("deal-to-job", store.Delivered) == 3 })
	if err := h.hub.Rewind(t.Context(), Rewinding{System: "crm"}, by); err != nil {
		t.Fatal(err)
	}
	h.eventually("it is read from its beginning", func() bool {
		select {
		case c := <-source.reads:
			return len(c) == 0
		default:
			return false
		}
	})
	h.eventually("nothing is left to do", func() bool { return h.street("deal-to-job").Lag == 0 })
	if n := len(erp.written()); n != 3 {
		t.Errorf("%d effects for 3 deals", n)
	}
	h.balanced()
}
