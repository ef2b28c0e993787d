package bus_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/bus/bustest"
)

// A bus whose names are translated keeps every promise of a bus.
func TestPrefixed(t *testing.T) {
	var open sync.Map // by test
	ahead := &clock{}
	bustest.Run(t, bustest.Body{
		Now: time.Now, Prefix: "sihe.test-",
		Open: func(t *testing.T) sihe.Bus {
			b, err := bus.OpenEmbedded(filepath.Join(t.TempDir(), "bus.db"), ahead.now)
			if err != nil {
				t.Fatal(err)
			}
			open.Store(t.Name(), b)
			return bus.WithPrefix(b, "other")
		},
		Trim: func(t *testing.T, _ sihe.Bus, _ string, _ int) {
			ahead.ahead.Store(int64(2 * time.Hour))
			defer ahead.ahead.Store(0)
			b, _ := open.Load(t.Name())
			if err := b.(*bus.Embedded).Trim(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
	})
}

// Two hubs with the same topics and groups share a cluster: each has its own messages and its own place in them.
func TestTwoPrefixesOnOneCluster(t *testing.T) {
	k := openKafka(t, fakeBrokers(t).ListenAddrs())
	defer k.Close()
	const topic, group = "sihe.crm.deal", "sihe.deal-to-job"
	for _, prefix := range []string{"sihe", "sihe.north", "south"} {
		b := bus.WithPrefix(k, prefix)
		declare(t, b, topic, 1)
		token, err := b.Publish(t.Context(), sihe.Message{Topic: topic, Key: []byte("D1"), Value: []byte(prefix)})
		if err != nil {
			t.Fatal(err)
		}
		if want := (sihe.Position{Topic: topic}); token.Positions()[0] != want {
			t.Errorf("%s: published at %v, want %v", prefix, token.Positions()[0], want)
		}
	}
	for _, prefix := range []string{"south", "sihe.north", "sihe"} {
		b := bus.WithPrefix(k, prefix)
		ctx, done := context.WithCancel(t.Context())
		err := b.Consume(ctx, group, []string{topic}, func(ctx context.Context, c sihe.Claim) error {
			ms, err := c.Next(ctx, 10)
			if err != nil {
				return err
			}
			if len(ms) != 1 || string(ms[0].Value) != prefix || ms[0].Topic != topic || c.Topic() != topic {
				t.Errorf("%s: %v of %s", prefix, ms, c.Topic())
			}
			err = c.Commit(ctx, 1)
			done()
			return err
		})
		if err != nil {
			t.Error(err)
		}
		at, err := b.Committed(t.Context(), group, topic)
		if err != nil || at[0] != 1 {
			t.Errorf("%s: committed %v, %v", prefix, at, err)
		}
	}
	if _, err := k.Offsets(t.Context(), "sihe.north.crm.deal"); err != nil {
		t.Error(err)
	}
}
