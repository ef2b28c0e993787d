package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/config"
	"github.com/sihehub/sihe/durable"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/store"
)

// A hub keeps the prefix of its topics for life; one from before there was a choice has "sihe".
func TestKeepPrefix(t *testing.T) {
	t.Parallel()
	on := func(prefix string) *config.Config {
		return &config.Config{Data: t.TempDir(), Bus: config.Bus{Brokers: []string{"k:9092"}, Prefix: prefix}}
	}
	for name, c := range map[string]struct {
		used, embedded bool
		prefixes       []string // one start each
		refused        string   // what the last one is told
	}{
		"new":                    {prefixes: []string{"sihe.north", "sihe.north"}},
		"renamed":                {prefixes: []string{"sihe.north", "sihe.south"}, refused: "prefix: sihe.north"},
		"from before":            {used: true, prefixes: []string{"sihe.north"}, refused: "prefix: sihe,"},
		"from before, kept":      {used: true, prefixes: []string{"sihe", "sihe"}},
		"embedded until now":     {used: true, embedded: true, prefixes: []string{"sihe.north"}},
		"embedded, then renamed": {used: true, embedded: true, prefixes: []string{"sihe.north", "x"}, refused: "prefix: sihe.north"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := durable.Open(filepath.Join(t.TempDir(), "hub.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			s := store.Embed(file, store.Options{Now: time.Now})
			if c.used {
				if _, err := s.Update(t.Context(), func(tx *store.Tx) error {
					return tx.Hold(&store.Delivery{Part: store.Part{Pipeline: "p"}, ID: "e1", Subject: "D1"}, sihe.Message{}, store.Parked, store.Why{}, time.Time{})
				}); err != nil {
					t.Fatal(err)
				}
			}
			if c.embedded {
				b, err := bus.Embed(file, time.Now)
				if err != nil {
					t.Fatal(err)
				}
				if err := b.EnsureTopics(t.Context(), sihe.Topic{Name: "sihe.crm.deal", Partitions: 1}); err != nil {
					t.Fatal(err)
				}
				_ = b.Close()
			}
			for _, p := range c.prefixes {
				err = keepPrefix(on(p), s)
			}
			if (c.refused == "") != (err == nil) || (err != nil && (sihe.CodeOf(err) != sihe.CodeBusPrefixChanged || !strings.Contains(err.Error(), c.refused))) {
				t.Errorf("%v, want %q", err, c.refused)
			}
		})
	}
}

// The topics and groups of a hub on a cluster begin with its prefix, "sihe." and its name unless hub.yaml says another.
func TestTopicsBearThePrefix(t *testing.T) {
	t.Setenv("SHOP_WEBHOOK_SECRET", shopSecret)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	address := cluster.ListenAddrs()[0]
	for prefix, line := range map[string]string{
		"sihe.shop-example": "{kafka: {brokers: [\"" + address + "\"]}, partitions: 1}",
		"north":             "{kafka: {brokers: [\"" + address + "\"], prefix: north}, partitions: 1}",
	} {
		r := startHub(t, kafkaShop(t, line))
		r.enterMasters()
		r.settle()
		k, err := bus.OpenKafka(bus.KafkaConfig{Brokers: []string{address}, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		spans, err := k.Offsets(context.Background(), prefix+".crm.party")
		if err != nil || spans[0].Next == 0 {
			t.Errorf("%s: %v, %v", prefix, spans, err)
		}
		at, err := k.Committed(context.Background(), prefix+".party-to-erp", prefix+".crm.party")
		if err != nil || at[0] != spans[0].Next {
			t.Errorf("%s: committed %v of %v, %v", prefix, at, spans, err)
		}
		_ = k.Close()
		r.stop()
	}
}
