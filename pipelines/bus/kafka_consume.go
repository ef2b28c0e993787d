package bus

import (
	"context"
	"errors"
	"sync"

	"github.com/segmentio/kafka-go"

	"github.com/sihehub/sihe"
)

// Consume joins the group anew after every trouble that may pass, and reports it. When work returns before its context
// ends, Consume ends the others, leaves the group and returns that result.
func (k *Kafka) Consume(ctx context.Context, group string, topics []string, w func(ctx context.Context, c sihe.Claim) error) error {
	if err := checkGroup(group); err != nil {
		return err
	}
	topics = sortedTopics(topics)
	for _, t := range topics {
		if _, err := k.partitionsOf(ctx, t); err != nil {
			return err
		}
	}
	if !k.begin() {
		return k.open()
	}
	defer k.running.Done()
	cg, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: group, Brokers: k.config.Brokers, Dialer: k.dialer, Topics: topics,
		GroupBalancers:    []kafka.GroupBalancer{kafka.RoundRobinGroupBalancer{}, kafka.RangeGroupBalancer{}},
		StartOffset:       kafka.FirstOffset,
		SessionTimeout:    sessionTimeout,
		HeartbeatInterval: heartbeat,
		RebalanceTimeout:  rebalanceTimeout,
		JoinGroupBackoff:  joinBackoff,
		Timeout:           callTimeout,
	})
	if err != nil {
		return permanent(sihe.CodeConfigInvalid, "join group %s: %w", group, err)
	}
	claims, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &consumer{bus: k, group: group, work: w, fail: func(err error) { cancel(ended{err}) }}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-k.closing:
			cancel(ended{k.open()})
		case <-claims.Done():
		}
	}()
	c.run(claims, cg)
	cancel(nil)
	_ = cg.Close() // waits for the work and leaves the group; never an error
	c.working.Wait()
	<-stopped
	var early ended
	if errors.As(context.Cause(claims), &early) {
		return early.result
	}
	return nil
}

// A consumer is one call of Consume.
type consumer struct {
	bus     *Kafka
	group   string
	work    work
	fail    func(error) // ends the call with this result
	working sync.WaitGroup
}

// run works one generation after the other.
func (c *consumer) run(ctx context.Context, cg *kafka.ConsumerGroup) {
	for ctx.Err() == nil {
		g, err := cg.Next(ctx)
		if err == nil {
			c.start(ctx, g)
			continue
		}
		if ctx.Err() != nil {
			return
		}
		err = kafkaError(err, "join group "+c.group)
		if !passing(err) {
			c.fail(err)
			return
		}
		c.bus.config.Report(err)
	}
}

// start runs work for every partition of the generation. The generation ends when any function given to Start returns,
// and the group waits for them before it joins again: so no partition has two owners here.
func (c *consumer) start(ctx context.Context, g *kafka.Generation) {
	commits := &commits{bus: c.bus, generation: g, broken: make(chan struct{}), pending: map[sihe.Position]*commit{}}
	g.Start(func(generation context.Context) {
		select {
		case <-generation.Done():
		case <-commits.broken: // join again, with a new connection
		}
	})
	g.Start(func(generation context.Context) {
		<-generation.Done()
		c.awaitCoordinator(ctx)
	})
	f := newFetcher(c.bus)
	g.Start(func(generation context.Context) {
		fetching, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(generation, cancel)()
		f.run(fetching)
	})
	for topic, assigned := range g.Assignments {
		for _, a := range assigned {
			c.working.Add(1)
			g.Start(func(generation context.Context) {
				defer c.working.Done()
				work, cancel := context.WithCancel(ctx)
				defer cancel()
				defer context.AfterFunc(generation, cancel)()
				k := &kafkaClaim{bus: c.bus, commits: commits, fetcher: f, topic: topic, partition: a.ID, fresh: a.Offset < 0, done: work.Done()}
				k.move(max(a.Offset, 0))
				k.want = want{at: k.at(0), answer: make(chan fetched, 1)}
				k.committed.Store(max(a.Offset, -1)) // FirstOffset is below
				err := c.work(work, k)
				if work.Err() == nil {
					c.fail(err)
				}
				k.lost.Store(true)
			})
		}
	}
}

// awaitCoordinator holds a generation that is over until its group can be joined again. To a coordinator that is away or
// still loading, kafka-go would give up its membership in vain; the coordinator, back again, would then let the whole
// group wait until the session of that member is over.
func (c *consumer) awaitCoordinator(ctx context.Context) {
	reported := false
	for backoff := firstBackoff; ; backoff = min(2*backoff, longBackoff) {
		_, err := c.bus.describe(ctx, c.group)
		if err == nil || !passing(err) {
			return
		}
		if !reported && ctx.Err() == nil {
			c.bus.config.Report(err)
			reported = true
		}
		if !c.bus.pause(ctx, backoff) {
			return
		}
	}
}

// Committed asks the group's coordinator.
func (k *Kafka) Committed(ctx context.Context, group, topic string) ([]int64, error) {
	n, err := k.partitionsOf(ctx, topic)
	if err != nil {
		return nil, err
	}
	offsets := make([]int64, n)
	all := make([]int, n)
	for p := range n {
		offsets[p], all[p] = -1, p
	}
	err = k.retry(ctx, groupAttempts, func(ctx context.Context) error {
		r, err := k.client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: all}})
		if err == nil {
			err = r.Error
		}
		if errors.Is(err, kafka.GroupIdNotFound) {
			return nil
		}
		if err != nil {
			return kafkaError(err, "ask where group "+group+" stands")
		}
		for _, p := range r.Topics[topic] {
			if p.Error != nil {
				return kafkaError(p.Error, "ask where group "+group+" stands")
			}
			if p.Partition < n {
				offsets[p.Partition] = max(p.CommittedOffset, -1)
			}
		}
		return nil
	})
	return offsets, err
}

// ResetGroup moves a group that has no consumers. An offset of -1 forgets where the group stood.
func (k *Kafka) ResetGroup(ctx context.Context, group, topic string, offsets []int64) error {
	if err := checkGroup(group); err != nil {
		return err
	}
	spans, err := k.Offsets(ctx, topic)
	if err != nil {
		return err
	}
	if len(offsets) != len(spans) {
		return permanent(sihe.CodeBusOffsetInvalid, "reset group %s: %d offsets for the %d partitions of %s", group, len(offsets), len(spans), topic)
	}
	var set []kafka.OffsetCommit
	var forget []int
	for p, o := range offsets {
		if o < -1 || o > spans[p].Next {
			return permanent(sihe.CodeBusOffsetInvalid, "reset group %s on %s to %d: the partition ends at %d", group, partitionName(topic, p), o, spans[p].Next)
		}
		if o == -1 {
			forget = append(forget, p)
		} else {
			set = append(set, kafka.OffsetCommit{Partition: p, Offset: o})
		}
	}
	return k.retry(ctx, groupAttempts, func(ctx context.Context) error {
		if err := k.idle(ctx, group); err != nil {
			return err
		}
		if err := k.setOffsets(ctx, group, topic, set); err != nil {
			return err
		}
		return k.forgetOffsets(ctx, group, topic, forget)
	})
}

func (k *Kafka) idle(ctx context.Context, group string) error {
	members, err := k.describe(ctx, group)
	if err == nil && members > 0 {
		return permanent(sihe.CodeBusGroupActive, "reset group %s: it has consumers", group)
	}
	return err
}

// describe asks the group's coordinator how many members the group has.
func (k *Kafka) describe(ctx context.Context, group string) (members int, err error) {
	r, err := k.client.DescribeGroups(ctx, &kafka.DescribeGroupsRequest{GroupIDs: []string{group}})
	if err != nil {
		return 0, kafkaError(err, "look at group "+group)
	}
	for _, g := range r.Groups {
		if g.Error != nil && !errors.Is(g.Error, kafka.GroupIdNotFound) {
			return 0, kafkaError(g.Error, "look at group "+group)
		}
		members += len(g.Members)
	}
	return members, nil
}

func (k *Kafka) setOffsets(ctx context.Context, group, topic string, set []kafka.OffsetCommit) error {
	if len(set) == 0 {
		return nil
	}
	r, err := k.client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{GroupID: group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{topic: set}})
	if err != nil {
		return kafkaError(err, "reset group "+group)
	}
	for _, p := range r.Topics[topic] {
		if errors.Is(p.Error, kafka.UnknownMemberId) {
			return permanent(sihe.CodeBusGroupActive, "reset group %s: it has consumers", group)
		}
		if p.Error != nil {
			return kafkaError(p.Error, "reset group "+group)
		}
	}
	return nil
}

func (k *Kafka) forgetOffsets(ctx context.Context, group, topic string, forget []int) error {
	if len(forget) == 0 {
		return nil
	}
	r, err := k.client.OffsetDelete(ctx, &kafka.OffsetDeleteRequest{GroupID: group, Topics: map[string][]int{topic: forget}})
	if err == nil {
		err = r.Error
	}
	if errors.Is(err, kafka.GroupIdNotFound) {
		return nil
	}
	if err != nil {
		return kafkaError(err, "reset group "+group)
	}
	for _, p := range r.Topics[topic] {
		if p.Error != nil {
			return kafkaError(p.Error, "reset group "+group)
		}
	}
	return nil
}
