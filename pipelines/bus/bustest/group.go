package bustest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

func oneAtATime(s *suite) {
	topic := s.topic("", 3)
	s.publish(numbered(topic, 60)...)
	var busy [3]atomic.Int32
	var done counter
	c := s.consume(s.group("g"), []string{topic}, func(ctx context.Context, c sihe.Claim) error {
		if busy[c.Partition()].Add(1) != 1 {
			s.Errorf("two calls of work have partition %d", c.Partition())
		}
		defer busy[c.Partition()].Add(-1)
		last := int64(-1)
		return each(func(m sihe.Message) error {
			if m.Topic != c.Topic() || m.Partition != c.Partition() || m.Offset != last+1 {
				s.Errorf("claim of %s/%d gives %s/%d at %d after %d", c.Topic(), c.Partition(), m.Topic, m.Partition, m.Offset, last)
			}
			last = m.Offset
			done.Add(1)
			return nil
		})(ctx, c)
	})
	s.eventually("60 messages", done.reaches(60))
	c.stop()
}

// redelivery: work that fails ends Consume with its error; what it had not committed comes again.
func redelivery(s *suite) {
	topic := s.topic("", 1)
	s.publish(numbered(topic, 10)...)
	broken := errors.New("the target is away")
	c := s.consume(s.group("g"), []string{topic}, func(ctx context.Context, c sihe.Claim) error {
		ms, err := c.Next(ctx, 4)
		if err != nil {
			return over(err)
		}
		if err := c.Commit(ctx, ms[1].Offset+1); err != nil {
			return err
		}
		return broken
	})
	if err := c.result(); !errors.Is(err, broken) {
		s.Fatalf("Consume returns %v, want work's error", err)
	}
	var got []string
	var mu sync.Mutex
	c = s.consume(s.group("g"), []string{topic}, each(func(m sihe.Message) error {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, string(m.Value))
		return nil
	}))
	s.eventually("the rest", func() bool { mu.Lock(); defer mu.Unlock(); return len(got) >= 8 })
	c.stop()
	if diff := cmp.Diff([]string{"2", "3", "4", "5", "6", "7", "8", "9"}, got); diff != "" {
		s.Error(diff)
	}
}

// A ledger notes who works on which partition, and what was done.
type ledger struct {
	mu     sync.Mutex
	owners map[int]string
	done   map[string]int
	last   map[string]int
	wrong  []string
}

func newLedger() *ledger {
	return &ledger{owners: map[int]string{}, done: map[string]int{}, last: map[string]int{}}
}

func (l *ledger) work(name string) func(ctx context.Context, c sihe.Claim) error {
	return func(ctx context.Context, c sihe.Claim) error {
		l.mu.Lock()
		if other, ok := l.owners[c.Partition()]; ok {
			l.wrong = append(l.wrong, fmt.Sprintf("%s and %s have partition %d", name, other, c.Partition()))
		}
		l.owners[c.Partition()] = name
		l.mu.Unlock()
		defer func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			delete(l.owners, c.Partition())
		}()
		return each(func(m sihe.Message) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.done[string(m.Key)+" "+string(m.Value)]++
			return nil
		})(ctx, c)
	}
}

// share returns how many partitions each owner has.
func (l *ledger) share() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := map[string]int{}
	for _, o := range l.owners {
		n[o]++
	}
	return n
}

func (l *ledger) different() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.done)
}

func handOver(s *suite) {
	topic := s.topic("", 4)
	l := newLedger()
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	var published counter
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			if _, err := s.bus.Publish(s.Context(), message(topic, fmt.Sprint("key ", i%16), fmt.Sprint(i))); err != nil {
				s.Error(err)
				return
			}
			published.Add(1)
		}
	})
	a := s.consume(s.group("g"), []string{topic}, l.work("a"))
	s.eventually("a has all", func() bool { return l.share()["a"] == 4 })
	b := s.consume(s.group("g"), []string{topic}, l.work("b"))
	s.eventually("a and b share", func() bool { n := l.share(); return n["a"] == 2 && n["b"] == 2 })
	a.stop()
	s.eventually("b has all", func() bool { return l.share()["b"] == 4 })
	s.eventually("some messages", published.reaches(20))
	cancel()
	wg.Wait()
	s.eventually("every message is done", func() bool { return l.different() == int(published.Load()) })
	b.stop()
	for _, w := range l.wrong {
		s.Error(w)
	}
}

// revoked: an owner that has lost its partition cannot commit; what it had not committed goes to the next.
func revoked(s *suite) {
	topic := s.topic("", 1)
	s.publish(numbered(topic, 10)...)
	held := make(chan sihe.Claim, 1)
	a := s.consume(s.group("g"), []string{topic}, func(ctx context.Context, c sihe.Claim) error {
		ms, err := c.Next(ctx, 3)
		if err != nil {
			return over(err)
		}
		if err := c.Commit(ctx, ms[0].Offset+1); err != nil {
			return err
		}
		held <- c
		<-ctx.Done()
		return nil
	})
	old := receive(s, "a's claim", held)
	a.stop()
	var first atomic.Int64
	first.Store(-1)
	b := s.consume(s.group("g"), []string{topic}, each(func(m sihe.Message) error { first.CompareAndSwap(-1, m.Offset); return nil }))
	s.eventually("b works", func() bool { return first.Load() >= 0 })
	err := old.Commit(s.Context(), 9)
	if want := (sihe.ErrRevoked{Topic: topic, Partition: 0}); !errors.Is(err, want) {
		s.Errorf("commit of the lost owner: %v, want %v", err, want)
	}
	if _, err := old.Next(s.Context(), 1); !errors.As(err, &sihe.ErrRevoked{}) {
		s.Errorf("next of the lost owner: %v", err)
	}
	if n := first.Load(); n != 1 {
		s.Errorf("b begins at %d, want 1: the first that was not committed", n)
	}
	b.stop()
}

func commits(s *suite) {
	topic := s.topic("", 1)
	s.publish(numbered(topic, 10)...)
	result := make(chan error, 1)
	c := s.consume(s.group("g"), []string{topic}, func(ctx context.Context, c sihe.Claim) error {
		if _, err := c.Next(ctx, 10); err != nil {
			return over(err)
		}
		err := c.Commit(ctx, 8)
		if err == nil {
			err = c.Commit(ctx, 3)
		}
		result <- err
		result <- c.Commit(ctx, 1000)
		<-ctx.Done()
		return nil
	})
	s.must(receive(s, "commits", result))
	s.wants(sihe.CodeBusOffsetInvalid, receive(s, "a commit beyond the end", result))
	if diff := cmp.Diff([]int64{8}, s.committed(s.group("g"), topic)); diff != "" {
		s.Error(diff)
	}
	c.stop()
	if diff := cmp.Diff([]int64{-1}, s.committed(s.group("nobody"), topic)); diff != "" {
		s.Error(diff)
	}
}

func reset(s *suite) {
	topic := s.topic("", 2)
	s.publish(numbered(topic, 10)...)
	n := s.spans(topic)[1].Next
	s.must(s.bus.ResetGroup(s.Context(), s.group("g"), topic, []int64{1, n}))
	if diff := cmp.Diff([]int64{1, n}, s.committed(s.group("g"), topic)); diff != "" {
		s.Error(diff)
	}
	s.wants(sihe.CodeBusOffsetInvalid, s.bus.ResetGroup(s.Context(), s.group("g"), topic, []int64{0, n + 1}))
	s.wants(sihe.CodeBusOffsetInvalid, s.bus.ResetGroup(s.Context(), s.group("g"), topic, []int64{0}))
	claimed := make(chan int, 2)
	c := s.consume(s.group("g"), []string{topic}, func(ctx context.Context, c sihe.Claim) error {
		if c.Partition() == 0 {
			ms, err := c.Next(ctx, 1)
			if err != nil {
				return over(err)
			}
			claimed <- int(ms[0].Offset)
		}
		<-ctx.Done()
		return nil
	})
	if got := receive(s, "a message", claimed); got != 1 {
		s.Errorf("the group begins at %d, want 1", got)
	}
	s.wants(sihe.CodeBusGroupActive, s.bus.ResetGroup(s.Context(), s.group("g"), topic, []int64{0, 0}))
	c.stop()
	s.must(s.bus.ResetGroup(s.Context(), s.group("g"), topic, []int64{-1, 0}))
	if diff := cmp.Diff([]int64{-1, 0}, s.committed(s.group("g"), topic)); diff != "" {
		s.Error(diff)
	}
}

func woken(s *suite) {
	topic := s.topic("", 1)
	got := make(chan time.Time, 1)
	c := s.consume(s.group("g"), []string{topic}, each(func(sihe.Message) error { got <- s.Now(); return nil }))
	for range 3 {
		sent := s.Now()
		s.publish(message(topic, "k", "x"))
		if d := receive(s, "a message", got).Sub(sent); d > 10*time.Second {
			s.Errorf("a waiting consumer gets a message after %s", d)
		}
	}
	c.stop()
}

func unknown(s *suite) {
	nowhere := s.Prefix + "never-declared"
	_, err := s.bus.Offsets(s.Context(), nowhere)
	s.wants(sihe.CodeBusTopicUnknown, err)
	_, err = s.bus.Read(s.Context(), sihe.Position{Topic: nowhere}, 1)
	s.wants(sihe.CodeBusTopicUnknown, err)
	s.wants(sihe.CodeBusTopicUnknown, s.bus.Consume(s.Context(), "g", []string{nowhere}, nil))
	s.wants(sihe.CodeBusTopicInvalid, s.bus.EnsureTopics(s.Context(), sihe.Topic{Name: "a/b", Partitions: 1}))
	s.wants(sihe.CodeBusTopicInvalid, s.bus.EnsureTopics(s.Context(), sihe.Topic{Name: s.Prefix + "none", Partitions: 0}))
	topic := s.topic("", 1)
	s.wants(sihe.CodeBusGroupInvalid, s.bus.Consume(s.Context(), "", []string{topic}, nil))
	_, err = s.bus.Read(s.Context(), sihe.Position{Topic: topic, Partition: 1}, 1)
	s.wants(sihe.CodeBusOffsetInvalid, err)
	s.must(s.bus.Ping(s.Context()))
}

func closed(s *suite) {
	topic := s.topic("", 1)
	started := make(chan int, 1)
	c := s.consume(s.group("g"), []string{topic}, func(ctx context.Context, _ sihe.Claim) error {
		started <- 1
		<-ctx.Done()
		return nil
	})
	receive(s, "a claim", started)
	s.must(s.bus.Close())
	s.wants(sihe.CodeBusClosed, c.result())
	_, err := s.bus.Publish(s.Context(), message(topic, "k", "x"))
	s.wants(sihe.CodeBusClosed, err)
	s.wants(sihe.CodeBusClosed, s.bus.Ping(s.Context()))
	s.wants(sihe.CodeBusClosed, s.bus.Consume(s.Context(), "g", []string{topic}, nil))
	_, err = s.bus.Offsets(s.Context(), topic)
	s.wants(sihe.CodeBusClosed, err)
	s.must(s.bus.Close())
}
