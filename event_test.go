package sihe_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

func TestEventRoundTrip(t *testing.T) {
	e := sihe.Event{
		ID: sihe.EventID("erp", "sales_order", "SO-1"), Source: "/erp", Type: "erp.sales_order.released", Subject: "SO-1",
		Time: time.Date(2026, 3, 5, 2, 0, 0, 123, time.UTC), Version: 7, CorrelationID: "CO-1", CausationID: "x", Hops: 3,
		Data: []byte(`{"order_no":"SO-1"}`),
	}
	got, err := sihe.ReadEvent(e.Message("sihe.erp.sales_order"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(e, got); d != "" {
		t.Error(d)
	}
	if e.Entity() != "erp.sales_order" || e.Name() != "released" {
		t.Errorf("entity %q, name %q", e.Entity(), e.Name())
	}
}

func TestReadEventRefusesStrangers(t *testing.T) {
	good := sihe.Event{ID: "1", Source: "/erp", Type: "erp.sales_order.released", Subject: "SO-1"}
	for _, missing := range []string{"ce_id", "ce_source", "ce_type", "ce_subject", "ce_specversion", "ce_time", "ce_entityversion", "ce_hops"} {
		m := good.Message("t")
		for i, h := range m.Headers {
			if h.Key == missing {
				m.Headers = append(m.Headers[:i:i], m.Headers[i+1:]...)
				break
			}
		}
		if _, err := sihe.ReadEvent(m); sihe.CodeOf(err) != sihe.CodeEventMalformed || sihe.ClassOf(err) != sihe.ClassPermanent {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}

func TestEventIDKeepsPartsApart(t *testing.T) {
	if sihe.EventID("ab", "c") == sihe.EventID("a", "bc") || sihe.EventID("a") == sihe.EventID("a", "") {
		t.Error("different parts give the same id")
	}
	const computed = "facdde7abf1eac5b301273ab2e282f79" // by every run and every hub
	if got := sihe.EventID("a", "b"); got != computed {
		t.Errorf("the id of a and b is %s, was %s", got, computed)
	}
}
