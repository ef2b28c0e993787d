package bustest

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

func reopen(s *suite) {
	if !s.Reopens {
		s.Skip("this body's data live in the test's memory")
	}
	topic := s.topic("", 2)
	s.publish(numbered(topic, 40)...)
	var done counter
	c := s.consume(s.group("g"), []string{topic}, each(func(sihe.Message) error { done.Add(1); return nil }))
	s.eventually("40 messages", done.reaches(40))
	s.eventually("commits", func() bool { return s.lag(s.group("g"), topic) == 0 })
	c.stop()
	s.publish(numbered(topic, 3)...)
	before, spans, committed := [][]sihe.Message{s.all(topic, 0), s.all(topic, 1)}, s.spans(topic), s.committed(s.group("g"), topic)
	s.must(s.bus.Close())
	s.open()
	after := [][]sihe.Message{s.all(topic, 0), s.all(topic, 1)}
	if diff := cmp.Diff(before, after); diff != "" {
		s.Error(diff)
	}
	if diff := cmp.Diff(spans, s.spans(topic)); diff != "" {
		s.Error(diff)
	}
	if diff := cmp.Diff(committed, s.committed(s.group("g"), topic)); diff != "" {
		s.Error(diff)
	}
	s.wants(sihe.CodeBusPartitionsDiffer, s.bus.EnsureTopics(s.Context(), sihe.Topic{Name: topic, Partitions: 5}))
	p := s.publish(message(topic, "key-0", "x"))[0]
	if want := spans[p.Partition].Next; p.Offset < want {
		s.Errorf("offset %d after reopening, want at least %d", p.Offset, want)
	}
	done.Store(0)
	c = s.consume(s.group("g"), []string{topic}, each(func(sihe.Message) error { done.Add(1); return nil }))
	s.eventually("the 4 messages after the commits", done.reaches(4))
	c.stop()
	if n := done.Load(); n != 4 {
		s.Errorf("%d messages, want 4", n)
	}
}

func (s *suite) spans(topic string) []sihe.Span {
	s.Helper()
	spans, err := s.bus.Offsets(s.Context(), topic)
	s.must(err)
	return spans
}

func (s *suite) committed(group, topic string) []int64 {
	s.Helper()
	offsets, err := s.bus.Committed(s.Context(), group, topic)
	s.must(err)
	return offsets
}

// lag is how many offsets the group has not committed.
func (s *suite) lag(group, topic string) (n int64) {
	s.Helper()
	committed := s.committed(group, topic)
	for p, span := range s.spans(topic) {
		n += span.Next - max(committed[p], span.First)
	}
	return n
}

func neverReused(s *suite) {
	topic := s.topic("", 1)
	last := s.publish(numbered(topic, 10)...)[9].Offset
	s.Trim(s.T, s.bus, topic, 0)
	span := s.spans(topic)[0]
	if span.First != last+1 || span.Next != last+1 {
		s.Fatalf("%+v after all was trimmed, want %d", span, last+1)
	}
	if s.Reopens {
		s.must(s.bus.Close())
		s.open()
	}
	if p := s.publish(message(topic, "k", "after"))[0]; p.Offset != last+1 {
		s.Errorf("offset %d, want %d", p.Offset, last+1)
	}
	if ms := s.all(topic, 0); len(ms) != 1 || string(ms[0].Value) != "after" {
		s.Errorf("%d messages after retention", len(ms))
	}
}

// trimmed: a read, a group that stands below, and a group that is being served learn of what is gone.
func trimmed(s *suite) {
	topic := s.topic("", 1)
	last := s.publish(numbered(topic, 20)...)[19].Offset
	first := last + 1
	s.must(s.bus.ResetGroup(s.Context(), s.group("behind"), topic, []int64{5}))
	s.Trim(s.T, s.bus, topic, 0)
	s.publish(message(topic, "k", "kept"))

	want := sihe.ErrTrimmed{Topic: topic, Partition: 0, First: first}
	for _, offset := range []int64{-1, 0, last} {
		_, err := s.bus.Read(s.Context(), sihe.Position{Topic: topic, Offset: offset}, 10)
		var got sihe.ErrTrimmed
		if !errors.As(err, &got) || got != want {
			s.Errorf("read at %d: %v, want %v", offset, err, want)
		}
	}
	for _, offset := range []int64{first + 1, first + 100} {
		ms, err := s.bus.Read(s.Context(), sihe.Position{Topic: topic, Offset: offset}, 10)
		if err != nil || len(ms) != 0 {
			s.Errorf("read at %d, the end or beyond: %d messages, %v", offset, len(ms), err)
		}
	}
	news := make(chan error, 1)
	c := s.consume(s.group("behind"), []string{topic}, func(ctx context.Context, c sihe.Claim) error {
		_, err := c.Next(ctx, 10)
		if over(err) == nil {
			return nil
		}
		news <- err
		var gap sihe.ErrTrimmed
		if errors.As(err, &gap) { // as an operator decides
			if err := c.Commit(ctx, gap.First); err != nil {
				return err
			}
		}
		ms, err := c.Next(ctx, 10)
		if err == nil && (len(ms) != 1 || string(ms[0].Value) != "kept") {
			err = fmt.Errorf("%d other messages", len(ms))
		}
		news <- err
		<-ctx.Done()
		return nil
	})
	var got sihe.ErrTrimmed
	if err := receive(s, "the gap", news); !errors.As(err, &got) || got != want {
		s.Errorf("next: %v, want %v", err, want)
	}
	s.must(receive(s, "the message after the gap", news))
	c.stop()

	var fresh counter
	c = s.consume(s.group("fresh"), []string{topic}, each(func(sihe.Message) error { fresh.Add(1); return nil }))
	s.eventually("a new group begins at the first offset that is kept", fresh.reaches(1))
	c.stop()
}
