package pipelines

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// Topics say how the hub's topics are made where they are missing.
type Topics struct {
	Partitions  int           // default 8; never changes in a topic's life
	Replication int           // Kafka only; default 1
	Retention   time.Duration // of canonical events; default: everything is kept
	Raw         time.Duration // of raw records; default: everything is kept
}

func (t Topics) withDefaults() Topics {
	def(&t.Partitions, 8)
	def(&t.Replication, 1)
	return t
}

const (
	topicPrefix    = "sihe."
	rawTopicPrefix = "sihe.raw."
)

// RawTopic returns the topic of what a system sent, as it sent it.
func RawTopic(system string) string { return rawTopicPrefix + system }

// CanonicalTopic returns the topic of the facts about an entity ("erp.purchase_order").
func CanonicalTopic(entity string) string { return topicPrefix + entity }

// entityOf returns the entity of a canonical topic.
func entityOf(topic string) string { return strings.TrimPrefix(topic, topicPrefix) }

// canonicalTopics are the topics of all entities whose module is played by a system, and of those that the plan asks for.
func (h *Hub) canonicalTopics(plan *Plan) []string {
	var all []string
	for _, e := range h.o.Catalog.Entities() {
		if len(h.playing(e.Module)) > 0 {
			all = append(all, CanonicalTopic(e.FullName()))
		}
	}
	for _, p := range plan.Pipelines { // of a module that nobody plays yet
		all = append(all, CanonicalTopic(p.From.FullName()))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// busHoldings tells what the bus keeps, as far as it answers.
func (h *Hub) busHoldings(ctx context.Context) []store.Holding {
	raw := store.Holding{What: "raw records", Keep: h.o.Topics.Raw}
	events := store.Holding{What: "events", Keep: h.o.Topics.Retention}
	if h.awaited() != nil {
		raw.Count, events.Count = -1, -1
		return []store.Holding{raw, events}
	}
	for _, t := range h.topics(h.Plan()) {
		x := &events
		if strings.HasPrefix(t.Name, rawTopicPrefix) {
			x = &raw
		}
		spans, err := h.o.Bus.Offsets(ctx, t.Name)
		if err != nil || x.Count < 0 {
			x.Count = -1
			continue
		}
		for _, span := range spans {
			x.Count += span.Next - span.First
		}
	}
	return []store.Holding{raw, events}
}

func (h *Hub) topics(plan *Plan) []sihe.Topic {
	var all []sihe.Topic
	add := func(name string, keep time.Duration) {
		all = append(all, sihe.Topic{Name: name, Partitions: h.o.Topics.Partitions, Replication: h.o.Topics.Replication, Retention: keep})
	}
	for _, n := range h.canonicalTopics(plan) {
		add(n, h.o.Topics.Retention)
	}
	for _, s := range h.systems {
		add(RawTopic(s.Name), h.o.Topics.Raw)
	}
	slices.SortFunc(all, func(a, b sihe.Topic) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
