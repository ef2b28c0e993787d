package bustest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

// The partitions are those that Kafka's Java client chooses: murmur2 of "21" is -973932308, of "foobar" -790332482, of
// "abc" 479470107.
func partitions(s *suite) {
	topic := s.topic("", 7)
	for key, hash := range map[string]int32{"21": -973932308, "foobar": -790332482, "abc": 479470107} {
		p := s.publish(message(topic, key, "x"))[0]
		want := sihe.Position{Topic: topic, Partition: int(hash&0x7fffffff) % 7, Offset: p.Offset}
		if p != want {
			s.Errorf("key %s: %+v, want %+v", key, p, want)
		}
	}
	_, err := s.bus.Publish(s.Context(), sihe.Message{Topic: topic, Value: []byte("x")})
	s.wants(sihe.CodeBusKeyMissing, err)
}

func fixedPartitions(s *suite) {
	topic := s.topic("", 3)
	again := sihe.Topic{Name: topic, Partitions: 3, Retention: 2 * time.Hour}
	s.must(s.bus.EnsureTopics(s.Context(), again))
	again.Partitions = 4
	s.wants(sihe.CodeBusPartitionsDiffer, s.bus.EnsureTopics(s.Context(), again))
	spans, err := s.bus.Offsets(s.Context(), topic)
	s.must(err)
	if len(spans) != 3 {
		s.Errorf("%d partitions, want 3", len(spans))
	}
}

// order: each publisher has its own key and publishes one after the other, in calls of different sizes.
func order(s *suite) {
	const publishers, each = 8, 60
	topic := s.topic("", 3)
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for n := 0; n < each; {
				var ms []sihe.Message
				for range 1 + n%5 {
					ms = append(ms, message(topic, fmt.Sprint("publisher ", p), fmt.Sprint(n)))
					n++
				}
				if _, err := s.bus.Publish(s.Context(), ms...); err != nil {
					s.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	next := map[string]int{}
	for p := range 3 {
		last := int64(-1)
		for _, m := range s.all(topic, p) {
			if m.Offset <= last {
				s.Fatalf("offset %d after %d", m.Offset, last)
			}
			last = m.Offset
			if want := fmt.Sprint(next[string(m.Key)]); string(m.Value) != want {
				s.Fatalf("%s: %s comes where %s should", m.Key, m.Value, want)
			}
			next[string(m.Key)]++
		}
	}
	if len(next) != publishers {
		s.Errorf("messages of %d publishers", len(next))
	}
}

// refused: one bad message keeps the whole call out.
func refused(s *suite) {
	topic := s.topic("", 2)
	good := message(topic, "good", "x")
	for name, bad := range map[string]sihe.Message{
		"no key":    {Topic: topic, Value: []byte("x")},
		"too large": {Topic: topic, Key: []byte("k"), Value: make([]byte, sihe.MaxMessage)},
		"no topic":  message(s.Prefix+"nowhere", "k", "x"),
	} {
		token, err := s.bus.Publish(s.Context(), good, bad)
		if err == nil || token.Valid() || sihe.ClassOf(err) != sihe.ClassPermanent {
			s.Errorf("%s: %v, token valid %t", name, err, token.Valid())
		}
	}
	spans, err := s.bus.Offsets(s.Context(), topic)
	s.must(err)
	if diff := cmp.Diff([]sihe.Span{{}, {}}, spans); diff != "" {
		s.Error(diff)
	}
}

// givenUp: a call whose context is over proves nothing, and the bus still works.
func givenUp(s *suite) {
	topic := s.topic("", 1)
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	token, err := s.bus.Publish(ctx, message(topic, "k", "maybe"))
	if err == nil && !token.Valid() || err != nil && token.Valid() {
		s.Errorf("error %v with token valid %t", err, token.Valid())
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		s.Error(err)
	}
	s.publish(message(topic, "k", "surely"))
	ms := s.all(topic, 0)
	if len(ms) == 0 || string(ms[len(ms)-1].Value) != "surely" {
		s.Errorf("last of %d messages is not the one published last", len(ms))
	}
}

func roundTrip(s *suite) {
	topic := s.topic("", 1)
	before := s.Now().Add(-5 * time.Second)
	headers := []sihe.Header{
		{Key: "b", Value: []byte("2")},
		{Key: "a", Value: []byte("1")},
		{Key: "b", Value: []byte("3")},
		{Key: "empty", Value: []byte{}},
		{Key: "absent"},
		{Key: "", Value: []byte("no name")},
		{Key: "单据", Value: []byte("采购订单")},
	}
	sent := []sihe.Message{
		{Topic: topic, Key: []byte("k"), Value: []byte("value")},
		{Topic: topic, Key: []byte("tombstone")},
		{Topic: topic, Key: []byte("empty"), Value: []byte{}},
		{Topic: topic, Key: []byte{0, 255, 0}, Value: []byte{0}, Headers: headers},
	}
	positions := s.publish(sent...)
	got := s.all(topic, 0)
	if len(got) != len(sent) {
		s.Fatalf("%d messages, want %d", len(got), len(sent))
	}
	for i, m := range got {
		if m.Appended.Before(before) || m.Appended.After(s.Now().Add(5*time.Second)) {
			s.Errorf("message %d was appended at %s", i, m.Appended)
		}
		if at := (sihe.Position{Topic: m.Topic, Partition: m.Partition, Offset: m.Offset}); at != positions[i] {
			s.Errorf("message %d is at %+v, its token says %+v", i, at, positions[i])
		}
		want := sent[i]
		want.Offset, want.Appended = positions[i].Offset, m.Appended
		if diff := cmp.Diff(want, m); diff != "" { // cmp tells nil from empty
			s.Errorf("message %d: %s", i, diff)
		}
	}
	if v := got[3].Header("b"); string(v) != "2" {
		s.Errorf("first header b is %q", v)
	}
}

func limit(s *suite) {
	topic := s.topic("", 1)
	largest := sihe.Message{Topic: topic, Key: []byte("key"), Value: bytes.Repeat([]byte{'x'}, sihe.MaxMessage-3-6), Headers: []sihe.Header{{Key: "abc", Value: []byte("def")}}}
	s.publish(largest, message(topic, "key", "small"), largest)
	ms := s.all(topic, 0)
	if len(ms) != 3 || !bytes.Equal(ms[2].Value, largest.Value) || string(ms[1].Value) != "small" {
		s.Fatalf("%d messages, or not the same", len(ms))
	}
	largest.Value = append(largest.Value, 'x')
	_, err := s.bus.Publish(s.Context(), largest)
	s.wants(sihe.CodeBusMessageTooLarge, err)
}

func byTime(s *suite) {
	topic := s.topic("", 2)
	empty := s.topic("-empty", 1)
	pause := func() time.Time {
		<-time.After(30 * time.Millisecond)
		now := s.Now()
		<-time.After(30 * time.Millisecond)
		return now
	}
	start := pause()
	first := s.publish(message(topic, "k", "0"), message(topic, "k", "1"))
	middle := pause()
	second := s.publish(message(topic, "k", "2"))
	p := first[0].Partition
	for at, want := range map[time.Time]int64{
		start: first[0].Offset, middle: second[0].Offset, s.Now().Add(time.Hour): second[0].Offset + 1, time.Unix(0, 0): first[0].Offset,
	} {
		got, err := s.bus.OffsetsAt(s.Context(), topic, at)
		s.must(err)
		if len(got) != 2 || got[p] != want || got[1-p] != 0 {
			s.Errorf("at %s: %v, want %d in partition %d", at, got, want, p)
		}
	}
	got, err := s.bus.OffsetsAt(s.Context(), empty, start)
	s.must(err)
	if diff := cmp.Diff([]int64{0}, got); diff != "" {
		s.Error(diff)
	}
}
