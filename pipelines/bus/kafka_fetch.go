package bus

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	fetchapi "github.com/segmentio/kafka-go/protocol/fetch"

	"github.com/sihehub/sihe"
)

// Of the requests of a fetcher.
const (
	pollWait   = 500 * time.Millisecond // how long a broker holds a request that finds nothing
	sideWait   = 25 * time.Millisecond  // the same for what did not fit into the request that is being held
	gatherWait = time.Millisecond       // for what others may want too
	restEach   = 50 * time.Microsecond  // between two requests, for each partition: a large one must not follow the other
	fetchBytes = 10 << 20               // of an answer. A broker sends a first batch that is larger all the same
	claimBytes = 512 << 10              // of one partition in it
	beyondEnd  = 4                      // looks at a partition that ends too early: a new leader may not know its end yet
)

// A fetcher asks for what the claims of one generation of a group want. The partitions that one broker leads share a request, and
// so a connection: at most two requests are under way to a broker, a long one and one for what is wanted meanwhile.
type fetcher struct {
	bus   *Kafka
	woken chan struct{} // holds one signal: something is wanted

	mu       sync.Mutex
	wants    []*want          // not under way, who waits longest first
	long     map[int]bool     // by broker: the long request is under way
	side     map[int]bool     // the other one is
	leaders  map[string][]int // by topic and partition; -1 where there is none
	failures int              // in a row
}

// A want is what one claim asks for. The claim has it while it is not asked for, the fetcher while it is.
type want struct {
	at     sihe.Position
	answer chan fetched // holds one
	beyond int          // times that the partition ended before at
}

func newFetcher(k *Kafka) *fetcher {
	return &fetcher{
		bus: k, woken: make(chan struct{}, 1), long: map[int]bool{}, side: map[int]bool{},
	}
}

// ask wants messages from an offset on.
func (f *fetcher) ask(w *want, offset int64) {
	w.at.Offset, w.beyond = offset, 0
	f.mu.Lock()
	f.wants = append(f.wants, w)
	f.mu.Unlock()
	f.wake()
}

func (f *fetcher) wake() {
	select {
	case f.woken <- struct{}{}:
	default:
	}
}

// run serves until ctx ends.
func (f *fetcher) run(ctx context.Context) {
	var requests sync.WaitGroup
	defer requests.Wait()
	for {
		select {
		case <-f.woken:
		case <-ctx.Done():
			return
		}
		f.bus.pause(ctx, gatherWait)
		if err := f.findLeaders(ctx); err != nil {
			f.trouble(ctx, err)
			f.wake()
			continue
		}
		groups, homeless := f.take()
		for _, g := range groups {
			requests.Go(func() { f.fetch(ctx, g) })
		}
		if len(homeless) > 0 {
			requests.Go(func() {
				f.trouble(ctx, kafkaError(kafka.LeaderNotAvailable, "read "+partitionName(homeless[0].at.Topic, homeless[0].at.Partition)))
				f.giveBack(homeless)
			})
		}
	}
}

// trouble reports an error that may pass and waits a little, longer with each one in a row. Leaders are looked up anew.
func (f *fetcher) trouble(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	f.bus.config.Report(err)
	f.mu.Lock()
	f.leaders = nil
	backoff := min(firstBackoff<<min(f.failures, 10), longBackoff)
	f.failures++
	f.mu.Unlock()
	f.bus.pause(ctx, backoff)
}

func (f *fetcher) giveBack(wants []*want) {
	f.mu.Lock()
	f.wants = append(f.wants, wants...)
	f.mu.Unlock()
	f.wake()
}

// findLeaders asks the client, which keeps what the brokers say for [metadataTTL].
func (f *fetcher) findLeaders(ctx context.Context) error {
	f.mu.Lock()
	var missing []string
	seen := map[string]bool{}
	for _, w := range f.wants {
		if _, ok := f.leaders[w.at.Topic]; !ok && !seen[w.at.Topic] {
			seen[w.at.Topic] = true
			missing = append(missing, w.at.Topic)
		}
	}
	f.mu.Unlock()
	if len(missing) == 0 {
		return nil
	}
	r, err := f.bus.client.Metadata(ctx, &kafka.MetadataRequest{Topics: missing})
	if err != nil {
		return kafkaError(err, "look up leaders")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.leaders == nil {
		f.leaders = map[string][]int{}
	}
	for _, t := range r.Topics {
		ids := make([]int, len(t.Partitions))
		for i := range ids {
			ids[i] = -1
		}
		for _, p := range t.Partitions {
			if p.ID < len(ids) && p.Error == nil {
				ids[p.ID] = p.Leader.ID
			}
		}
		f.leaders[t.Name] = ids
	}
	return nil
}

// A group of wants is one request to one broker.
type fetchGroup struct {
	broker int
	side   bool
	wants  []*want
}

// take groups what is wanted by broker, as far as a request to it is free, and returns apart what has no leader.
func (f *fetcher) take() (groups []*fetchGroup, homeless []*want) {
	f.mu.Lock()
	defer f.mu.Unlock()
	by := map[int]*fetchGroup{}
	var rest []*want
	for _, w := range f.wants {
		leaders := f.leaders[w.at.Topic]
		if w.at.Partition >= len(leaders) || leaders[w.at.Partition] < 0 {
			homeless = append(homeless, w)
			continue
		}
		broker := leaders[w.at.Partition]
		g, ok := by[broker]
		if !ok {
			if f.long[broker] && f.side[broker] {
				rest = append(rest, w)
				continue
			}
			g = &fetchGroup{broker: broker, side: f.long[broker]}
			by[broker] = g
			groups = append(groups, g)
		}
		g.wants = append(g.wants, w)
	}
	f.wants = rest
	for _, g := range groups {
		f.slots(g)[g.broker] = true
	}
	return groups, homeless
}

// slots is called with the lock held.
func (f *fetcher) slots(g *fetchGroup) map[int]bool {
	if g.side {
		return f.side
	}
	return f.long
}

// fetch sends one request. What it brings nothing for stays wanted.
func (f *fetcher) fetch(ctx context.Context, g *fetchGroup) {
	wait := pollWait
	if g.side {
		wait = sideWait
	}
	rest, err := f.request(ctx, g.wants, wait)
	if err != nil {
		f.trouble(ctx, err)
	} else {
		f.mu.Lock()
		f.failures = 0
		f.mu.Unlock()
		f.bus.pause(ctx, time.Duration(len(g.wants))*restEach)
	}
	f.mu.Lock()
	f.slots(g)[g.broker] = false
	f.mu.Unlock()
	f.giveBack(rest)
}

// request returns the wants that have no answer yet, and the first trouble that may pass.
func (f *fetcher) request(ctx context.Context, wants []*want, wait time.Duration) (rest []*want, trouble error) {
	limited, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	m, err := f.bus.transport.RoundTrip(limited, f.bus.client.Addr, fetchRequest(wants, wait))
	if err != nil {
		return wants, kafkaError(err, "read "+partitionName(wants[0].at.Topic, wants[0].at.Partition))
	}
	r, ok := m.(*fetchapi.Response)
	if !ok {
		return wants, sihe.Errorf(sihe.CodeBusUnreachable, "read %s: the answer is %T", partitionName(wants[0].at.Topic, wants[0].at.Partition), m)
	}
	if r.ErrorCode != 0 {
		return wants, kafkaError(kafka.Error(r.ErrorCode), "read "+partitionName(wants[0].at.Topic, wants[0].at.Partition))
	}
	answers := map[sihe.Position]*fetchapi.ResponsePartition{}
	for _, t := range r.Topics {
		for i := range t.Partitions {
			answers[sihe.Position{Topic: t.Topic, Partition: int(t.Partitions[i].Partition)}] = &t.Partitions[i]
		}
	}
	for _, w := range wants {
		p, ok := answers[sihe.Position{Topic: w.at.Topic, Partition: w.at.Partition}]
		if !ok {
			rest = append(rest, w)
			continue
		}
		a, err := f.read(ctx, w, p)
		switch {
		case err != nil && (passing(err) || ctx.Err() != nil):
			rest, trouble = append(rest, w), err
		case err == nil && len(a.messages) == 0:
			w.at.Offset = a.next
			rest = append(rest, w)
		default:
			a.err = err
			w.answer <- a
		}
	}
	return rest, trouble
}

func fetchRequest(wants []*want, wait time.Duration) *fetchapi.Request {
	q := &fetchapi.Request{
		ReplicaID: -1, MaxWaitTime: int32(wait.Milliseconds()), //nolint:gosec // half a second at most
		MinBytes: 1, MaxBytes: fetchBytes, SessionID: -1, SessionEpoch: -1,
	}
	index := map[string]int{}
	for _, w := range wants {
		i, ok := index[w.at.Topic]
		if !ok {
			i = len(q.Topics)
			index[w.at.Topic] = i
			q.Topics = append(q.Topics, fetchapi.RequestTopic{Topic: w.at.Topic})
		}
		q.Topics[i].Partitions = append(q.Topics[i].Partitions, fetchapi.RequestPartition{
			Partition: int32(w.at.Partition), CurrentLeaderEpoch: -1, FetchOffset: w.at.Offset, LogStartOffset: -1, PartitionMaxBytes: claimBytes, //nolint:gosec // a partition's number is small
		})
	}
	return q
}

// read makes messages of what came for one want.
func (f *fetcher) read(ctx context.Context, w *want, p *fetchapi.ResponsePartition) (fetched, error) {
	if p.ErrorCode != 0 {
		refused := kafka.Error(p.ErrorCode)
		if !errors.Is(refused, kafka.OffsetOutOfRange) {
			return fetched{}, kafkaError(refused, "read "+partitionName(w.at.Topic, w.at.Partition))
		}
		if err := f.bus.outside(ctx, w.at); err != nil {
			return fetched{}, err
		}
		err := sihe.Errorf(sihe.CodeBusOffsetInvalid, "read %s: it ends before offset %d", partitionName(w.at.Topic, w.at.Partition), w.at.Offset)
		if w.beyond++; w.beyond >= beyondEnd {
			err = sihe.Permanent(err)
		}
		return fetched{}, err
	}
	a := fetched{next: w.at.Offset}
	if p.RecordSet.Records == nil {
		return a, nil
	}
	return a, a.collect(w.at, p.RecordSet.Records)
}

// collect copies all records.
func (f *fetched) collect(at sihe.Position, records protocol.RecordReader) error {
	for {
		record, err := records.ReadRecord()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = f.add(at, record)
		}
		if err != nil {
			return kafkaError(err, "read "+partitionName(at.Topic, at.Partition))
		}
	}
	if len(f.messages) == 0 {
		f.next = max(f.next, afterControl(records, at.Offset))
	}
	return nil
}
