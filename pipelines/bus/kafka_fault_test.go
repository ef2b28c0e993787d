package bus_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/bus"
)

func BenchmarkKafka(b *testing.B) {
	k := openKafka(b, fakeBrokers(b).ListenAddrs())
	defer k.Close()
	benchmark(b, k)
}

func declare(t *testing.T, b sihe.Bus, name string, partitions int) {
	t.Helper()
	if err := b.EnsureTopics(t.Context(), sihe.Topic{Name: name, Partitions: partitions}); err != nil {
		t.Fatal(err)
	}
}

// Leaders and coordinators move and every tenth produce request is cut off after it was done, so that it is repeated: nothing
// acknowledged is lost, and the first appearances of a key's messages are in order.
func TestKafkaUnderFaults(t *testing.T) {
	c := fakeBrokers(t)
	k := openKafka(t, c.ListenAddrs())
	defer k.Close()
	declare(t, k, "t", 3)
	var mu sync.Mutex
	requests := 0
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		mu.Lock()
		defer mu.Unlock()
		if requests++; requests%10 == 0 {
			return nil, errors.New("cut"), true
		}
		return nil, nil, false
	})
	ctx, stop := context.WithCancel(t.Context())
	var faults sync.WaitGroup
	faults.Go(func() {
		for ctx.Err() == nil {
			c.ShufflePartitionLeaders()
			c.RehashCoordinators()
			select {
			case <-ctx.Done():
			case <-time.After(300 * time.Millisecond):
			}
		}
	})
	var got sync.Map
	consumed := make(chan error, 1)
	groups, leave := context.WithCancel(t.Context())
	go func() {
		consumed <- k.Consume(groups, "g", []string{"t"}, func(ctx context.Context, c sihe.Claim) error {
			for {
				ms, err := c.Next(ctx, 20)
				if err != nil {
					return nil
				}
				for _, m := range ms {
					got.Store(string(m.Key)+" "+string(m.Value), true)
				}
				_ = c.Commit(ctx, ms[len(ms)-1].Offset+1) // refused commits come again
			}
		})
	}()
	const publishers, each = 6, 40
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for n := range each {
				m := sihe.Message{Topic: "t", Key: fmt.Appendf(nil, "k%d", p), Value: fmt.Append(nil, n)}
				for {
					if _, err := k.Publish(t.Context(), m); err == nil {
						break
					}
				}
			}
		})
	}
	wg.Wait()
	end := time.After(60 * time.Second)
	for n := 0; n < publishers*each; {
		select {
		case <-end:
			t.Fatalf("consumed %d of %d", n, publishers*each)
		case <-time.After(50 * time.Millisecond):
		}
		n = 0
		got.Range(func(any, any) bool { n++; return true })
	}
	stop()
	faults.Wait()
	leave()
	if err := <-consumed; err != nil {
		t.Error(err)
	}
	next := map[string]int{}
	for p := range 3 {
		for at := int64(0); ; {
			ms, err := k.Read(t.Context(), sihe.Position{Topic: "t", Partition: p, Offset: at}, 100)
			if err != nil {
				t.Fatal(err)
			}
			if len(ms) == 0 {
				break
			}
			for _, m := range ms {
				n := 0
				if _, err := fmt.Sscan(string(m.Value), &n); err != nil || n > next[string(m.Key)] {
					t.Fatalf("%s: %d comes where %d should (%v)", m.Key, n, next[string(m.Key)], err)
				}
				next[string(m.Key)] = max(next[string(m.Key)], n+1)
			}
			at = ms[len(ms)-1].Offset + 1
		}
	}
	for k, n := range next {
		if n != each {
			t.Errorf("%s: %d of %d", k, n, each)
		}
	}
	if len(next) != publishers {
		t.Errorf("messages of %d publishers", len(next))
	}
}

func TestKafkaSecurity(t *testing.T) {
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			c := fakeBrokers(t, kfake.EnableSASL(), kfake.Superuser(mechanism, "hub", "right-secret"))
			try := func(password string) error {
				k, err := bus.OpenKafka(bus.KafkaConfig{
					Brokers: c.ListenAddrs(), Now: time.Now, SASL: &bus.SASL{Mechanism: mechanism, User: "hub", Password: password},
				})
				if err != nil {
					t.Fatal(err)
				}
				defer k.Close()
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				return k.Ping(ctx)
			}
			if err := try("right-secret"); err != nil {
				t.Error(err)
			}
			if err := try("wrong-secret"); err == nil || strings.Contains(err.Error(), "wrong-secret") {
				t.Errorf("wrong password: %v", err)
			}
		})
	}
	s := bus.SASL{Mechanism: "PLAIN", User: "hub", Password: "right-secret"}
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%+v %#v", s, &s), fmt.Sprintf("%+v", bus.KafkaConfig{SASL: &s})} {
		if strings.Contains(text, "right-secret") {
			t.Errorf("a password is printed: %s", text)
		}
	}
	if _, err := bus.OpenKafka(bus.KafkaConfig{Brokers: []string{"a:1"}, SASL: &bus.SASL{Mechanism: "OAUTHBEARER"}}); sihe.CodeOf(err) != sihe.CodeConfigInvalid {
		t.Errorf("unknown mechanism: %v", err)
	}
	if _, err := bus.OpenKafka(bus.KafkaConfig{Brokers: []string{"no-port"}, TLS: &tls.Config{}}); sihe.CodeOf(err) != sihe.CodeConfigInvalid {
		t.Errorf("broker without port: %v", err)
	}
}

// A topic that is deleted and made anew ends before where the group stands: the claim says so instead of waiting for ever.
func TestKafkaTopicMadeAnew(t *testing.T) {
	c := fakeBrokers(t)
	k := openKafka(t, c.ListenAddrs())
	defer k.Close()
	declare(t, k, "t", 1)
	publish := func(n int) {
		for i := range n {
			if _, err := k.Publish(t.Context(), sihe.Message{Topic: "t", Key: []byte("k"), Value: fmt.Append(nil, i)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	publish(5)
	err := k.Consume(t.Context(), "g", []string{"t"}, func(ctx context.Context, claim sihe.Claim) error {
		for read := int64(0); read < 5; {
			ms, err := claim.Next(ctx, 10)
			if err != nil {
				return err
			}
			read = ms[len(ms)-1].Offset + 1
			if err := claim.Commit(ctx, read); err != nil {
				return err
			}
		}
		deleteTopic(t, c.ListenAddrs(), "t")
		if err := c.CreateTopic("t", 1, nil); err != nil {
			return err
		}
		publish(2)
		_, err := claim.Next(ctx, 10)
		return err
	})
	if sihe.CodeOf(err) != sihe.CodeBusOffsetInvalid || sihe.ClassOf(err) != sihe.ClassPermanent {
		t.Errorf("%v, want %s", err, sihe.CodeBusOffsetInvalid)
	}
}

func deleteTopic(t *testing.T, brokers []string, topic string) {
	t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	q := kmsg.NewPtrDeleteTopicsRequest()
	q.TimeoutMillis = 5000
	q.TopicNames = []string{topic}
	q.Topics = []kmsg.DeleteTopicsRequestTopic{{Topic: &topic}}
	if _, err := q.RequestWith(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}
