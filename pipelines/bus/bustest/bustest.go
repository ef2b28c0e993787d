// Package bustest is the suite that every body of [sihe.Bus] passes. Its tests are named for the rule that they check:
//
//  1. Partition = murmur2(key) mod N by Java's rule; a key is required; N is fixed for a topic's life.
//  2. Order per key for messages published one after the other; one call of work at a time per partition.
//  3. An error of Publish means that the outcome is unknown, or, when it is permanent, that nothing was sent.
//  4. At least once: what was not committed comes again.
//  5. One owner per partition in a group; commits of a lost owner are refused; new groups start at the first offset.
//  6. Offsets rise and are never used twice, also after closing and retention.
//  7. Reading below the first offset is sihe.ErrTrimmed, never a silent skip; a future time gives the end.
//  8. A message comes back as it was: nil is not empty, headers keep order and repetitions; 1 MiB at most.
//  9. Nothing else is offered; what cannot be done is refused with a code.
package bustest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sihehub/sihe"
)

// patience is how long a test waits for what must happen.
const patience = 60 * time.Second

// A Body is one implementation under test.
type Body struct {
	// Open returns a bus on the same data each time within one test; the caller closes it.
	Open func(t *testing.T) sihe.Bus
	// Trim removes all that the partition holds.
	Trim func(t *testing.T, b sihe.Bus, topic string, partition int)
	// Reopens says that closing and opening keeps everything; false for a broker that lives in the test's memory.
	Reopens bool
	// Now is the clock by which the body stamps messages.
	Now func() time.Time
	// Prefix keeps the topics of one run apart from others on the same cluster.
	Prefix string
}

// Run runs the suite.
func Run(t *testing.T, b Body) {
	tests := []struct {
		name string
		do   func(s *suite)
	}{
		{"1 partition follows from the key", partitions},
		{"1 the number of partitions is fixed", fixedPartitions},
		{"2 order per key under concurrent publishers", order},
		{"2 one call of work at a time per partition", oneAtATime},
		{"3 refused messages leave nothing", refused},
		{"3 a publish that was given up", givenUp},
		{"4 an error redelivers", redelivery},
		{"5 two consumers share and hand over", handOver},
		{"5 a commit of a lost owner is refused", revoked},
		{"5 commits never move back", commits},
		{"5 a group is moved when it is idle", reset},
		{"6 closing keeps everything", reopen},
		{"6 offsets are not used again after retention", neverReused},
		{"7 trimmed messages are not skipped", trimmed},
		{"7 offsets by time", byTime},
		{"8 messages come back as they were", roundTrip},
		{"8 one MiB at most", limit},
		{"8 waiting consumers are woken", woken},
		{"9 unknown names are refused", unknown},
		{"9 a closed bus refuses", closed},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			s := &suite{T: t, Body: b, name: strings.Map(letters, x.name)}
			s.open()
			t.Cleanup(func() { _ = s.bus.Close() })
			x.do(s)
		})
	}
}

func letters(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}

type suite struct {
	*testing.T
	Body
	name string
	bus  sihe.Bus
}

func (s *suite) open() { s.bus = s.Open(s.T) }

func (s *suite) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// wants fails unless the error has the code.
func (s *suite) wants(code sihe.Code, err error) {
	s.Helper()
	if err == nil || sihe.CodeOf(err) != code {
		s.Fatalf("got %v, want code %s", err, code)
	}
}

// topic declares one of this test's own.
func (s *suite) topic(suffix string, partitions int) string {
	s.Helper()
	name := s.Prefix + s.name + suffix
	s.must(s.bus.EnsureTopics(s.Context(), sihe.Topic{Name: name, Partitions: partitions, Retention: time.Hour}))
	return name
}

// group names one of this test's own.
func (s *suite) group(name string) string { return s.Prefix + s.name + "-" + name }

func (s *suite) publish(ms ...sihe.Message) []sihe.Position {
	s.Helper()
	token, err := s.bus.Publish(s.Context(), ms...)
	s.must(err)
	if !token.Valid() || len(token.Positions()) != len(ms) {
		s.Fatalf("token: valid %t, %d positions for %d messages", token.Valid(), len(token.Positions()), len(ms))
	}
	return token.Positions()
}

func message(topic, key, value string) sihe.Message {
	return sihe.Message{Topic: topic, Key: []byte(key), Value: []byte(value)}
}

// numbered makes n messages with values 0 to n-1, one key each.
func numbered(topic string, n int) []sihe.Message {
	ms := make([]sihe.Message, n)
	for i := range ms {
		ms[i] = message(topic, fmt.Sprintf("key-%d", i), fmt.Sprint(i))
	}
	return ms
}

// all reads a partition from its first offset to its end.
func (s *suite) all(topic string, partition int) []sihe.Message {
	s.Helper()
	spans, err := s.bus.Offsets(s.Context(), topic)
	s.must(err)
	var all []sihe.Message
	for at := spans[partition].First; ; {
		ms, err := s.bus.Read(s.Context(), sihe.Position{Topic: topic, Partition: partition, Offset: at}, 100)
		s.must(err)
		if len(ms) == 0 {
			return all
		}
		all = append(all, ms...)
		at = ms[len(ms)-1].Offset + 1
	}
}

// A running call of Consume.
type running struct {
	s      *suite
	cancel context.CancelFunc
	done   chan error
}

func (s *suite) consume(group string, topics []string, work func(ctx context.Context, c sihe.Claim) error) *running {
	ctx, cancel := context.WithCancel(s.Context())
	r := &running{s: s, cancel: cancel, done: make(chan error, 1)}
	go func() { r.done <- s.bus.Consume(ctx, group, topics, work) }()
	return r
}

// stop ends the consumer and waits for it.
func (r *running) stop() {
	r.s.Helper()
	r.cancel()
	r.s.must(r.result())
}

func (r *running) result() error {
	r.s.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(patience):
		r.s.Fatal("Consume does not return")
		return nil
	}
}

// each calls f for every message, one after the other, and commits behind it.
func each(f func(m sihe.Message) error) func(ctx context.Context, c sihe.Claim) error {
	return func(ctx context.Context, c sihe.Claim) error {
		for {
			ms, err := c.Next(ctx, 10)
			if err != nil {
				return over(err)
			}
			for _, m := range ms {
				if err := f(m); err != nil {
					return err
				}
			}
			if err := c.Commit(ctx, ms[len(ms)-1].Offset+1); err != nil {
				return over(err)
			}
		}
	}
}

// over turns the normal ends of a claim into nil.
func over(err error) error {
	if errors.Is(err, context.Canceled) || errors.As(err, &sihe.ErrRevoked{}) {
		return nil
	}
	return err
}

// eventually waits until f says yes.
func (s *suite) eventually(what string, f func() bool) {
	s.Helper()
	end := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-end:
			s.Fatalf("in vain: %s", what)
		case <-tick.C:
		}
	}
}

// receive returns the next of a channel.
func receive[T any](s *suite, what string, c <-chan T) T {
	s.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		s.Fatalf("in vain: %s", what)
		panic("unreachable")
	}
}

// A counter that a test waits for.
type counter struct{ atomic.Int64 }

func (c *counter) reaches(n int) func() bool {
	return func() bool { return c.Load() >= int64(n) }
}
