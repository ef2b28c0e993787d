package bus_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/bus"
)

func BenchmarkEmbedded(b *testing.B) {
	e, err := bus.OpenEmbedded(filepath.Join(b.TempDir(), "bus.db"), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	benchmark(b, e)
}

// benchmark measures messages of 1 KB from Publish to the end of work, which commits every batch.
func benchmark(b *testing.B, s sihe.Bus) {
	b.Run("64 callers one by one", func(b *testing.B) { throughput(b, s, 64, 1) })
	b.Run("4 callers 100 each", func(b *testing.B) { throughput(b, s, 4, 100) })
	b.Run("latency", func(b *testing.B) { latency(b, s) })
}

func throughput(b *testing.B, s sihe.Bus, callers, each int) {
	topic, done, stop := consuming(b, s)
	defer stop()
	value := bytes.Repeat([]byte{'x'}, 1000)
	var taken atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for c := range callers {
		wg.Go(func() {
			for {
				first := int(taken.Add(int64(each))) - each
				n := min(each, b.N-first)
				if n <= 0 {
					return
				}
				ms := make([]sihe.Message, n)
				for i := range ms {
					ms[i] = sihe.Message{Topic: topic, Key: fmt.Appendf(nil, "%d-%d", c, first+i), Value: value}
				}
				if _, err := s.Publish(b.Context(), ms...); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for range b.N {
		<-done
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

func latency(b *testing.B, s sihe.Bus) {
	topic, done, stop := consuming(b, s)
	defer stop()
	took := make([]time.Duration, b.N)
	for i := range took {
		start := time.Now()
		if _, err := s.Publish(b.Context(), sihe.Message{Topic: topic, Key: []byte("k"), Value: make([]byte, 1000)}); err != nil {
			b.Fatal(err)
		}
		<-done
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// consuming runs a group over a topic of 8 partitions; done gets one value for each message.
func consuming(b *testing.B, s sihe.Bus) (topic string, done chan struct{}, stop func()) {
	b.Helper()
	topic = fmt.Sprintf("bench-%d", time.Now().UnixNano())
	if err := s.EnsureTopics(b.Context(), sihe.Topic{Name: topic, Partitions: 8}); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done = make(chan struct{}, 1<<16)
	ended := make(chan error, 1)
	go func() {
		ended <- s.Consume(ctx, topic, []string{topic}, func(ctx context.Context, c sihe.Claim) error {
			for {
				ms, err := c.Next(ctx, 500)
				if err != nil {
					return err
				}
				for range ms {
					done <- struct{}{}
				}
				if err := c.Commit(ctx, ms[len(ms)-1].Offset+1); err != nil {
					return err
				}
			}
		})
	}()
	return topic, done, func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}
}
