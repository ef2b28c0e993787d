package bus_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/bus"
)

// Of a schedule.
const (
	schedulePartitions = 3
	schedulePublishers = 4
	scheduleEach       = 15 // messages of a publisher
	scheduleFaults     = 8
	schedulesAtOnce    = 10
)

// TestKafkaSchedules lets publishers and two consumers of a group work while a cluster goes through a schedule of faults, which
// its seed decides: leaders and coordinators move, nodes come and go, requests are cut off before or after they were done,
// records are deleted. Nothing acknowledged is lost or moved, a partition is consumed in order without a gap save those of
// deleted records, which are announced, and everything ends once the faults are over. SIHE_KAFKA_SCHEDULES says how many
// seeds (50), SIHE_KAFKA_SEED names one.
func TestKafkaSchedules(t *testing.T) {
	count, first := 50, uint64(1)
	if s, err := strconv.Atoi(os.Getenv("SIHE_KAFKA_SCHEDULES")); err == nil {
		count = s
	}
	if s, err := strconv.ParseUint(os.Getenv("SIHE_KAFKA_SEED"), 10, 64); err == nil {
		count, first = 1, s
	}
	seeds := make(chan uint64)
	var met sync.Map // what happened at all, over all schedules
	var workers sync.WaitGroup
	for range schedulesAtOnce {
		workers.Go(func() {
			for seed := range seeds {
				s := newSchedule(t, seed, &met)
				if err := s.play(t.Context()); err != nil {
					t.Errorf("seed %d: %v", seed, err)
				}
			}
		})
	}
	for i := range count {
		seeds <- first + uint64(i)
	}
	close(seeds)
	workers.Wait()
	report := ""
	for _, what := range []string{"leaders", "coordinators", "partition", "node added", "node removed", "cut before", "cut after", "deleted", "gap", "again", "second generation"} {
		n, ok := met.Load(what)
		if !ok && count >= 50 {
			t.Errorf("in %d schedules it never came to: %s", count, what)
		}
		if ok {
			report += fmt.Sprintf(" %s %d,", what, n.(*atomic.Int64).Load())
		}
	}
	t.Logf("%d schedules:%s", count, report)
}

// A schedule is one run.
type schedule struct {
	seed    uint64
	met     *sync.Map
	r       *rand.Rand // of the faults
	cluster *kfake.Cluster
	nodes   []int32
	cut     atomic.Int64 // requests to cut off: negative before, positive after they were done

	mu    sync.Mutex
	acked map[sihe.Position]string
	steps [schedulePartitions][]step // of consumption
}

// A step is a message that was consumed, or records below offset that were announced to be gone.
type step struct {
	offset int64
	text   string
	gap    bool
}

func newSchedule(t *testing.T, seed uint64, met *sync.Map) *schedule {
	s := &schedule{seed: seed, met: met, r: rand.New(rand.NewPCG(seed, 1)), acked: map[sihe.Position]string{}}
	c, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		t.Fatal(err)
	}
	s.cluster, s.nodes = c, []int32{0, 1, 2}
	return s
}

func (s *schedule) note(what string) {
	n, _ := s.met.LoadOrStore(what, &atomic.Int64{})
	n.(*atomic.Int64).Add(1)
}

func (s *schedule) open() (*bus.Kafka, error) {
	return bus.OpenKafka(bus.KafkaConfig{Brokers: s.cluster.ListenAddrs(), Now: time.Now})
}

func (s *schedule) play(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	defer s.cluster.Close()
	k, err := s.open()
	if err != nil {
		return err
	}
	defer k.Close()
	if err := k.EnsureTopics(ctx, sihe.Topic{Name: "t", Partitions: schedulePartitions}); err != nil {
		return err
	}
	if err := k.ResetGroup(ctx, "g", "t", make([]int64, schedulePartitions)); err != nil { // a new group would begin behind what is deleted
		return err
	}
	groups, leave := context.WithCancel(ctx)
	defer leave()
	consumed := make(chan error, 2)
	for i := range uint64(2) {
		go func() { consumed <- s.consume(groups, i) }()
	}
	published := make(chan error, schedulePublishers)
	for p := range uint64(schedulePublishers) {
		go func() { published <- s.publish(ctx, k, p) }()
	}
	s.disturb(ctx)
	var all error
	for range schedulePublishers {
		all = errors.Join(all, <-published)
	}
	all = errors.Join(all, s.await(ctx))
	leave()
	for range 2 {
		all = errors.Join(all, <-consumed)
	}
	return errors.Join(all, s.verify(ctx, k))
}

// publish sends a key's numbers and repeats each until it is acknowledged.
func (s *schedule) publish(ctx context.Context, k sihe.Bus, publisher uint64) error {
	r := rand.New(rand.NewPCG(s.seed, 100+publisher))
	for n := range scheduleEach {
		m := sihe.Message{Topic: "t", Key: fmt.Appendf(nil, "k%d", publisher), Value: fmt.Append(nil, n)}
		for {
			token, err := k.Publish(ctx, m)
			if err == nil {
				s.mu.Lock()
				s.acked[token.Positions()[0]] = text(m)
				s.mu.Unlock()
				break
			}
			if ctx.Err() != nil || sihe.ClassOf(err) != sihe.Transient {
				return fmt.Errorf("publish %s: %w", text(m), err)
			}
		}
		sleep(ctx, time.Duration(r.IntN(20))*time.Millisecond)
	}
	return nil
}

// consume is one member of the group, with a client of its own.
func (s *schedule) consume(ctx context.Context, member uint64) error {
	k, err := s.open()
	if err != nil {
		return err
	}
	defer k.Close()
	var claims atomic.Int64
	return k.Consume(ctx, "g", []string{"t"}, func(ctx context.Context, c sihe.Claim) error {
		if claims.Add(1) > schedulePartitions {
			s.note("second generation")
		}
		r := rand.New(rand.NewPCG(s.seed, 200+10*member+uint64(c.Partition())))
		for {
			ms, err := c.Next(ctx, 1+r.IntN(8))
			var gap sihe.ErrTrimmed
			switch {
			case errors.As(err, &gap):
				s.note("gap")
				s.step(c.Partition(), step{offset: gap.First, gap: true})
				err = c.Commit(ctx, gap.First)
			case err == nil:
				for _, m := range ms {
					s.step(m.Partition, step{offset: m.Offset, text: text(m)})
				}
				sleep(ctx, time.Duration(r.IntN(15))*time.Millisecond)
				err = c.Commit(ctx, ms[len(ms)-1].Offset+1)
			}
			var revoked sihe.ErrRevoked
			switch {
			case ctx.Err() != nil || errors.As(err, &revoked):
				<-ctx.Done()
				return nil
			case err != nil && sihe.ClassOf(err) != sihe.Transient:
				return err
			}
		}
	})
}

func (s *schedule) step(partition int, x step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps[partition] = append(s.steps[partition], x)
}

// await waits until every acknowledged message has been consumed, or announced to be gone.
func (s *schedule) await(ctx context.Context) error {
	for {
		missing := s.missing()
		if len(missing) == 0 {
			return nil
		}
		if !sleep(ctx, 10*time.Millisecond) {
			return fmt.Errorf("%d acknowledged messages were not consumed, e.g. %v", len(missing), missing[0])
		}
	}
}

func (s *schedule) missing() (all []sihe.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := range s.acked {
		found := false
		for _, x := range s.steps[at.Partition] {
			found = found || (x.gap && at.Offset < x.offset) || (!x.gap && at.Offset == x.offset)
		}
		if !found {
			all = append(all, at)
		}
	}
	return all
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// disturb plays the faults.
func (s *schedule) disturb(ctx context.Context) {
	s.cutRequests()
	for range scheduleFaults {
		sleep(ctx, time.Duration(10+s.r.IntN(60))*time.Millisecond)
		s.fault(ctx)
	}
}

// cutRequests lets the fault "cut" drop the connection of produce, fetch, commit and heartbeat requests.
func (s *schedule) cutRequests() {
	for _, key := range []kmsg.Key{kmsg.Produce, kmsg.Fetch, kmsg.OffsetCommit, kmsg.Heartbeat} {
		s.cluster.ControlKey(key.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
			s.cluster.KeepControl()
			if s.cut.Load() <= 0 {
				return nil, nil, false
			}
			s.cut.Add(-1)
			return nil, errors.New("cut"), true
		})
	}
}

func (s *schedule) fault(ctx context.Context) {
	switch s.r.IntN(8) {
	case 0:
		s.note("leaders")
		s.cluster.ShufflePartitionLeaders()
	case 1:
		s.note("coordinators")
		s.cluster.RehashCoordinators()
	case 2:
		s.note("partition")
		_ = s.cluster.MoveTopicPartition("t", s.r.Int32N(schedulePartitions), s.nodes[s.r.IntN(len(s.nodes))]) // it may be gone
	case 3:
		if id, _, err := s.cluster.AddNode(-1, 0); err == nil {
			s.note("node added")
			s.nodes = append(s.nodes, id)
		}
	case 4:
		if i := s.r.IntN(len(s.nodes)); len(s.nodes) > 2 && s.cluster.RemoveNode(s.nodes[i]) == nil {
			s.note("node removed")
			s.nodes = append(s.nodes[:i:i], s.nodes[i+1:]...)
		}
	case 5:
		s.note("cut before")
		s.cut.Add(1 + s.r.Int64N(3))
	case 6:
		s.note("cut after")
		s.cut.Add(3)
	case 7:
		if s.deleteRecords(ctx) == nil {
			s.note("deleted")
		}
	}
}

// deleteRecords removes some of what a partition holds, whether it was consumed or not.
func (s *schedule) deleteRecords(ctx context.Context) error {
	c, err := kgo.NewClient(kgo.SeedBrokers(s.cluster.ListenAddrs()...))
	if err != nil {
		return err
	}
	defer c.Close()
	p := kmsg.NewDeleteRecordsRequestTopicPartition()
	p.Partition, p.Offset = s.r.Int32N(schedulePartitions), s.r.Int64N(12)
	q := kmsg.NewPtrDeleteRecordsRequest()
	q.TimeoutMillis = 1000
	q.Topics = append(q.Topics, kmsg.DeleteRecordsRequestTopic{Topic: "t", Partitions: []kmsg.DeleteRecordsRequestTopicPartition{p}})
	_, err = q.RequestWith(ctx, c)
	return err
}

// verify compares what was consumed with the log.
func (s *schedule) verify(ctx context.Context, k sihe.Bus) error {
	var all error
	for p := range schedulePartitions {
		all = errors.Join(all, s.verifyPartition(ctx, k, p))
	}
	return all
}

func (s *schedule) verifyPartition(ctx context.Context, k sihe.Bus, p int) error {
	spans, err := k.Offsets(ctx, "t")
	if err != nil {
		return err
	}
	log := map[int64]string{}
	for at := spans[p].First; ; {
		ms, err := k.Read(ctx, sihe.Position{Topic: "t", Partition: p, Offset: at}, 100)
		if err != nil {
			return err
		}
		if len(ms) == 0 {
			break
		}
		for _, m := range ms {
			log[m.Offset] = text(m)
		}
		at = ms[len(ms)-1].Offset + 1
	}
	for at, want := range s.acked {
		if got, kept := log[at.Offset]; at.Partition == p && at.Offset >= spans[p].First && (!kept || got != want) {
			return fmt.Errorf("partition %d at %d: %q was acknowledged, %q is there", p, at.Offset, want, got)
		}
	}
	next, again := int64(0), false
	for _, x := range s.steps[p] {
		switch {
		case x.gap:
			next = max(next, x.offset)
		case x.offset > next:
			return fmt.Errorf("partition %d: offset %d is consumed where %d should be", p, x.offset, next)
		case x.offset == next:
			next++
		default:
			again = true
		}
		if got, kept := log[x.offset]; !x.gap && kept && got != x.text {
			return fmt.Errorf("partition %d at %d: consumed %q, %q is there", p, x.offset, x.text, got)
		}
	}
	if again {
		s.note("again")
	}
	return nil
}
