package pipelines

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/store"
)

// When the power goes right after the transaction in which a person acted, both the effect and its row in the audit trail
// are there; when it goes before, neither is.
func TestAuditAndEffectAreOne(t *testing.T) {
	for _, allowed := range []int{0, 1} {
		crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
		erp.set(func(sihe.Write, int) fault { return fault{before: sihe.Permanent(errFlaky)} })
		h := newTestHouse(t, dealToJob)
		h.systems = []System{crm.as(sayer{crm}), erp.as(exact{erp})}
		crm.say("crm.deal", "D1", "won", 1, deal("D1", 1))
		h.start()
		h.eventually("it is parked", func() bool { return h.count("deal-to-job", store.Parked) == 1 })
		h.halt()

		db, err := durable.Open(filepath.Join(h.dir, "hub.db"))
		if err != nil {
			t.Fatal(err)
		}
		left := 1000
		db.Around(func(commit func(error) error) error {
			if left--; left < 0 {
				return errPower
			}
			return commit(nil)
		})
		s := store.Embed(db, store.Options{Now: time.Now})
		b, err := bus.OpenEmbedded(filepath.Join(h.dir, "bus.db"), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		hub, err := New(Options{
			Name: "test", Plan: h.plan, Catalog: h.catalog, Bus: b, Store: s, Systems: h.systems, Now: time.Now, Zone: time.UTC,
			Log: slog.New(slog.DiscardHandler), Topics: Topics{Partitions: 4},
		})
		if err != nil {
			t.Fatal(err)
		}
		left = allowed
		_, _ = hub.Discard(t.Context(), Selection{Pipeline: "deal-to-job"}, By{"li", "not wanted"})
		time.Sleep(20 * time.Millisecond) // whatever was begun comes to its end
		rows := 0
		err = s.View(func(tx *store.Tx) error {
			return tx.Audits(0, func(a store.Audit) (bool, error) {
				if a.Action == "discard" {
					rows++
				}
				return true, nil
			})
		})
		parked, errParked := hub.Parked(Selection{})
		if err != nil || errParked != nil || rows != allowed || len(parked) != 1-allowed {
			t.Errorf("after %d transactions: %d rows, %d parked, %v %v", allowed, rows, len(parked), err, errParked)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
