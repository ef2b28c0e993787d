package bus_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
	"github.com/sihehub/sihe/pipelines/bus"
)

// setClock is a clock that moves only by hand.
type setClock struct{ at time.Time }

func (c *setClock) now() time.Time { return c.at }

func embedded(t *testing.T, now func() time.Time, topics ...sihe.Topic) *bus.Embedded {
	t.Helper()
	e, err := bus.OpenEmbedded(filepath.Join(t.TempDir(), "bus.db"), now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	if err := e.EnsureTopics(t.Context(), topics...); err != nil {
		t.Fatal(err)
	}
	return e
}

// publish appends n messages of topic t, in calls of a thousand, with keys and values from first on.
func publish(t *testing.T, e *bus.Embedded, first, n int) {
	t.Helper()
	for i := first; i < first+n; i += 1000 {
		var ms []sihe.Message
		for j := i; j < min(i+1000, first+n); j++ {
			ms = append(ms, sihe.Message{Topic: "t", Key: fmt.Appendf(nil, "k%d", j%100), Value: fmt.Append(nil, j)})
		}
		if _, err := e.Publish(t.Context(), ms...); err != nil {
			t.Fatal(err)
		}
	}
}

func span(t *testing.T, e *bus.Embedded) sihe.Span {
	t.Helper()
	spans, err := e.Offsets(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	return spans[0]
}

// values reads the partition from an offset to its end.
func values(t *testing.T, e *bus.Embedded, from int64) (offsets []int64, values []string) {
	t.Helper()
	for {
		ms, err := e.Read(t.Context(), sihe.Position{Topic: "t", Offset: from}, 700)
		if err != nil {
			t.Fatal(err)
		}
		if len(ms) == 0 {
			return offsets, values
		}
		for _, m := range ms {
			offsets, values = append(offsets, m.Offset), append(values, string(m.Value))
			from = m.Offset + 1
		}
	}
}

// Retention removes whole segments of 10,000; reading goes over their borders; times are found in each.
func TestSegments(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := &setClock{start}
	e := embedded(t, c.now, sihe.Topic{Name: "t", Partitions: 1, Retention: 24 * time.Hour})
	for day := range 5 {
		c.at = start.Add(time.Duration(day) * time.Hour)
		publish(t, e, day*6000, 6000)
	}
	got, _ := values(t, e, 0)
	if len(got) != 30_000 || got[0] != 0 || got[29_999] != 29_999 {
		t.Fatalf("%d messages", len(got))
	}
	for hour := range 5 {
		at, err := e.OffsetsAt(t.Context(), "t", start.Add(time.Duration(hour)*time.Hour))
		if err != nil || at[0] != int64(hour*6000) {
			t.Errorf("hour %d: %v, %v", hour, at, err)
		}
	}
	c.at = start.Add(25*time.Hour + time.Minute) // messages below 12,000 are too old: one segment as a whole
	if err := e.Trim(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sihe.Span{First: 10_000, Next: 30_000}, span(t, e)); diff != "" {
		t.Error(diff)
	}
	if got, _ := values(t, e, 10_000); len(got) != 20_000 {
		t.Errorf("%d messages are left", len(got))
	}
	if at, err := e.OffsetsAt(t.Context(), "t", start); err != nil || at[0] != 10_000 {
		t.Errorf("the first kept: %v, %v", at, err)
	}
}

// A quiet topic is trimmed too: its open segment is closed by its age.
func TestQuietTopicIsTrimmed(t *testing.T) {
	c := &setClock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	e := embedded(t, c.now, sihe.Topic{Name: "t", Partitions: 1, Retention: 4 * 24 * time.Hour})
	for day := range 20 {
		publish(t, e, day, 1)
		if err := e.Trim(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := span(t, e)
		if s.Next != int64(day)+1 || s.Next-s.First > 7 || day < 4 && s.First != 0 {
			t.Fatalf("day %d: %+v", day, s)
		}
		if got, _ := values(t, e, s.First); int64(len(got)) != s.Next-s.First {
			t.Fatalf("day %d: %d messages in %+v", day, len(got), s)
		}
		c.at = c.at.Add(24 * time.Hour)
	}
}

// A clock that goes back must not hide messages from a look-up by time, nor from retention.
func TestClockGoesBack(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := &setClock{start.Add(time.Hour)}
	e := embedded(t, c.now, sihe.Topic{Name: "t", Partitions: 1, Retention: 24 * time.Hour})
	publish(t, e, 0, 1)
	c.at = start
	publish(t, e, 1, 1)
	at, err := e.OffsetsAt(t.Context(), "t", start.Add(time.Minute))
	if err != nil || at[0] != 0 {
		t.Errorf("%v, %v", at, err)
	}
	c.at = start.Add(24*time.Hour + time.Minute) // the first message is not yet old
	if err := e.Trim(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, _ := values(t, e, 0); len(got) != 2 {
		t.Errorf("%d messages are left", len(got))
	}
}

// Of each key the newest stays, tombstones for a day, offsets as they were.
func TestCompaction(t *testing.T) {
	c := &setClock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	e := embedded(t, c.now, sihe.Topic{Name: "t", Partitions: 1, Compact: true})
	publish(t, e, 0, 12_000)
	if _, err := e.Publish(t.Context(), sihe.Message{Topic: "t", Key: []byte("k7")}); err != nil {
		t.Fatal(err)
	}
	trim := func(later time.Duration) []int64 {
		t.Helper()
		c.at = c.at.Add(later)
		if err := e.Trim(t.Context()); err != nil {
			t.Fatal(err)
		}
		offsets, _ := values(t, e, 0)
		return offsets
	}
	got := trim(2 * time.Hour)
	want := []int64{}
	for o := int64(11_900); o <= 12_000; o++ {
		if o != 11_907 { // superseded by the tombstone
			want = append(want, o)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	publish(t, e, 12_001, 1) // k1 again
	got = trim(30 * time.Hour)
	if len(got) != 99 || got[0] != 11_900 || got[98] != 12_001 {
		t.Errorf("%d messages from %d to %d: the tombstone, and what k1 had, should be gone", len(got), got[0], got[len(got)-1])
	}
	if diff := cmp.Diff(sihe.Span{First: 0, Next: 12_002}, span(t, e)); diff != "" {
		t.Error(diff)
	}
}

// Bus and store may share a file: Close of the bus leaves it open.
func TestSharedFile(t *testing.T) {
	db, err := durable.Open(filepath.Join(t.TempDir(), "hub.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	e, err := bus.Embed(db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.Ping(t.Context()), e.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Update(t.Context(), func(tx *durable.Tx) error { return tx.Bucket("own").Put([]byte("k"), nil) }); err != nil {
		t.Error(err)
	}
}

// Work that hangs loses its partition after fifteen seconds, and can no longer commit.
func TestHungWorkIsFenced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus.db")
	synctest.Test(t, func(t *testing.T) {
		e, err := bus.OpenEmbedded(path, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.EnsureTopics(t.Context(), sihe.Topic{Name: "t", Partitions: 1}); err != nil {
			t.Fatal(err)
		}
		publish(t, e, 0, 10)
		release, held := make(chan int), make(chan sihe.Claim, 1)
		hung, leave := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() {
			done <- e.Consume(hung, "g", []string{"t"}, func(_ context.Context, c sihe.Claim) error {
				held <- c
				<-release
				return nil
			})
		}()
		old := <-held
		start := time.Now()
		next, stop := context.WithCancel(t.Context())
		took := make(chan time.Duration, 1)
		go func() {
			done <- e.Consume(next, "g", []string{"t"}, func(ctx context.Context, _ sihe.Claim) error {
				took <- time.Since(start)
				<-ctx.Done()
				return nil
			})
		}()
		leave()
		if err := old.Commit(t.Context(), 3); err != nil {
			t.Errorf("commit before the hand-over: %v", err)
		}
		if d := <-took; d != 15*time.Second {
			t.Errorf("handed over after %s", d)
		}
		if err := old.Commit(t.Context(), 5); !errors.As(err, &sihe.ErrRevoked{}) {
			t.Errorf("commit after the hand-over: %v", err)
		}
		if at, err := e.Committed(t.Context(), "g", "t"); err != nil || at[0] != 3 {
			t.Errorf("%v, %v", at, err)
		}
		close(release)
		stop()
		if err := errors.Join(<-done, <-done, e.Close()); err != nil {
			t.Error(err)
		}
	})
}
