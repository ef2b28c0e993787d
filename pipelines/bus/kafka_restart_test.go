package bus_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sihehub/sihe"
)

// restarts is how often the broker is killed.
const restarts = 3

// control runs SIHE_KAFKA_CONTROL (scripts/kafka-up.sh) with "kill" or "start".
func control(t *testing.T, do string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), os.Getenv("SIHE_KAFKA_CONTROL"), do).CombinedOutput(); err != nil {
		t.Fatalf("%s the broker: %v\n%s", do, err, out)
	}
}

// A course is what publishers and consumers of the restart test come to.
type course struct {
	mu        sync.Mutex
	published map[string]int           // acknowledged, by key
	places    map[sihe.Position]string // of what was acknowledged
	consumed  map[string]int           // by key: the next number
	again     int                      // messages consumed twice, which is legal
	wrong     []string
}

func (c *course) acknowledged(ms []sihe.Message, at []sihe.Position) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, m := range ms {
		c.published[string(m.Key)]++
		c.places[at[i]] = text(m)
	}
}

// received checks that a key's messages first appear in order, without a gap.
func (c *course) received(m sihe.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := strconv.Atoi(string(m.Value))
	next := c.consumed[string(m.Key)]
	switch {
	case err != nil || n > next:
		c.wrong = append(c.wrong, fmt.Sprintf("%s where %d should come", text(m), next))
	case n < next:
		c.again++
	default:
		c.consumed[string(m.Key)]++
	}
}

func text(m sihe.Message) string { return string(m.Key) + " " + string(m.Value) }

// totals returns how much was acknowledged and how much of everything was consumed.
func (c *course) totals() (published, consumed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.published {
		published += n
	}
	for _, n := range c.consumed {
		consumed += n
	}
	return published, consumed
}

// TestKafkaRestart kills the broker with SIGKILL under load and starts it on the same data, several times: publishers and
// both consumers of a group go on, nothing acknowledged is lost or moved, and a key's messages first appear in order.
func TestKafkaRestart(t *testing.T) {
	brokers := os.Getenv("SIHE_KAFKA_BROKERS")
	if brokers == "" || os.Getenv("SIHE_KAFKA_CONTROL") == "" {
		t.Skip("SIHE_KAFKA_BROKERS and SIHE_KAFKA_CONTROL name no broker that may be killed")
	}
	const partitions = 4
	topic := fmt.Sprintf("sihe-restart-%d", time.Now().UnixNano())
	group := topic + "-group"
	k := openKafka(t, strings.Split(brokers, ","))
	defer k.Close()
	declare(t, k, topic, partitions)
	c := &course{published: map[string]int{}, places: map[sihe.Position]string{}, consumed: map[string]int{}}
	publishing, stop := context.WithCancel(t.Context())
	defer stop()
	var publishers sync.WaitGroup
	for p := range 6 {
		publishers.Go(func() { c.publish(publishing, t, k, topic, fmt.Sprint("key ", p)) })
	}
	groups, leave := context.WithCancel(t.Context())
	defer leave()
	consumed := make(chan error, 2)
	for range 2 {
		go func() {
			own := openKafka(t, strings.Split(brokers, ","))
			defer own.Close()
			consumed <- own.Consume(groups, group, []string{topic}, c.work)
		}()
	}
	for range restarts {
		c.progress(t, 200)
		control(t, "kill")
		rest(t, 1500*time.Millisecond)
		control(t, "start")
		since := time.Now()
		c.progress(t, 1)
		t.Logf("the first message is acknowledged and consumed %s after the start", time.Since(since).Round(time.Millisecond))
	}
	c.progress(t, 200)
	stop()
	publishers.Wait()
	c.await(t, "everything is consumed", func(published, consumed int) bool { return consumed >= published })
	leave()
	for range 2 {
		if err := <-consumed; err != nil {
			t.Error(err)
		}
	}
	c.compare(t, k, topic, partitions)
}

// publish sends a key's numbers, in calls of one to four messages, and repeats a call until it is acknowledged.
func (c *course) publish(ctx context.Context, t *testing.T, k sihe.Bus, topic, key string) {
	for n := 0; ctx.Err() == nil; {
		var ms []sihe.Message
		for range 1 + n%4 {
			ms = append(ms, sihe.Message{Topic: topic, Key: []byte(key), Value: fmt.Append(nil, n)})
			n++
		}
		for {
			token, err := k.Publish(t.Context(), ms...)
			if err == nil {
				c.acknowledged(ms, token.Positions())
				break
			}
			if sihe.ClassOf(err) != sihe.Transient {
				t.Errorf("a broker that is away is no reason for good: %v", err)
				return
			}
		}
		rest(t, 20*time.Millisecond)
	}
}

func (c *course) work(ctx context.Context, claim sihe.Claim) error {
	for {
		ms, err := claim.Next(ctx, 200)
		if err != nil {
			return nil //nolint:nilerr // the claim is over: what is missing shows in the totals
		}
		for _, m := range ms {
			c.received(m)
		}
		_ = claim.Commit(ctx, ms[len(ms)-1].Offset+1) // a refused commit comes again
	}
}

// progress waits until so many more messages are acknowledged, and then consumed.
func (c *course) progress(t *testing.T, n int) {
	t.Helper()
	before, _ := c.totals()
	c.await(t, "messages are acknowledged", func(published, _ int) bool { return published >= before+n })
	c.await(t, "messages are consumed", func(_, consumed int) bool { return consumed >= before+n })
}

func (c *course) await(t *testing.T, what string, done func(published, consumed int) bool) {
	t.Helper()
	for end := time.Now().Add(90 * time.Second); ; rest(t, 20*time.Millisecond) {
		published, consumed := c.totals()
		if done(published, consumed) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("in vain: %s (%d acknowledged, %d consumed)", what, published, consumed)
		}
	}
}

// compare reads the log: every acknowledged message is where its token says, and the log has each key's numbers in order.
func (c *course) compare(t *testing.T, k sihe.Bus, topic string, partitions int) {
	t.Helper()
	logged, found := &course{consumed: map[string]int{}}, 0
	for p := range partitions {
		for at := int64(0); ; {
			ms, err := k.Read(t.Context(), sihe.Position{Topic: topic, Partition: p, Offset: at}, 500)
			if err != nil {
				t.Fatal(err)
			}
			if len(ms) == 0 {
				break
			}
			for _, m := range ms {
				logged.received(m)
				if want, ok := c.places[sihe.Position{Topic: topic, Partition: p, Offset: m.Offset}]; ok {
					found++
					if want != text(m) {
						t.Errorf("%s/%d at %d: %s was acknowledged there, %s is there", topic, p, m.Offset, want, text(m))
					}
				}
			}
			at = ms[len(ms)-1].Offset + 1
		}
	}
	if found != len(c.places) {
		t.Errorf("%d of %d acknowledged messages are where they were", found, len(c.places))
	}
	for _, w := range append(c.wrong, logged.wrong...) {
		t.Error(w)
	}
	for key, n := range c.published {
		if c.consumed[key] < n || logged.consumed[key] < n {
			t.Errorf("%s: %d acknowledged, %d in the log, %d consumed", key, n, logged.consumed[key], c.consumed[key])
		}
	}
	published, _ := c.totals()
	t.Logf("%d restarts, %d messages acknowledged, %d twice in the log, %d consumed twice", restarts, published, logged.again, c.again-logged.again)
}

func rest(t *testing.T, d time.Duration) {
	select {
	case <-t.Context().Done():
	case <-time.After(d):
	}
}
