package bus

import (
	"context"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/sihehub/sihe"
)

// Limits of one request, and how often it is tried.
const (
	batchMessages = 500
	batchBytes    = sihe.MaxMessage
	batchAttempts = 10
)

// A delivery is what one Publish sends to one partition.
type delivery struct {
	messages []*sihe.Message
	index    []int // of the messages in the call
	sent     int
	offsets  []int64
	err      error
	done     chan struct{}
}

// A writer sends to one partition, one request at a time, so that order holds through retries too (invariant 3). It takes
// whoever waits, and runs only while somebody does.
type writer struct {
	bus       *Kafka
	topic     string
	partition int

	mu      sync.Mutex
	queue   []*delivery
	running bool
}

// Publish sends to each partition in the order of the calls. It returns when all in-sync replicas have everything. After
// an error the messages must stay as they are: they may be on their way.
func (k *Kafka) Publish(ctx context.Context, ms ...sihe.Message) (sihe.Token, error) {
	if err := k.open(); err != nil {
		return sihe.Token{}, err
	}
	deliveries, err := k.divide(ctx, ms)
	if err != nil {
		return sihe.Token{}, err
	}
	for at, d := range deliveries {
		k.writer(at).add(d)
	}
	positions := make([]sihe.Position, len(ms))
	for at, d := range deliveries {
		select {
		case <-d.done:
		case <-ctx.Done():
			k.withdraw(deliveries)
			return sihe.Token{}, ctx.Err()
		}
		if d.err != nil {
			err = d.err
			continue
		}
		for i, offset := range d.offsets {
			at.Offset = offset
			positions[d.index[i]] = at
		}
	}
	if err != nil {
		return sihe.Token{}, err
	}
	return sihe.Synced(positions...), nil
}

// divide checks the messages and sorts them by partition; the positions' offsets are 0.
func (k *Kafka) divide(ctx context.Context, ms []sihe.Message) (map[sihe.Position]*delivery, error) {
	deliveries := make(map[sihe.Position]*delivery, 1)
	for i := range ms {
		m := &ms[i]
		if err := checkMessage(m); err != nil {
			return nil, err
		}
		n, err := k.partitionsOf(ctx, m.Topic)
		if err != nil {
			return nil, err
		}
		at := sihe.Position{Topic: m.Topic, Partition: PartitionOf(m.Key, n)}
		d, ok := deliveries[at]
		if !ok {
			d = &delivery{done: make(chan struct{})}
			deliveries[at] = d
		}
		d.messages = append(d.messages, m)
		d.index = append(d.index, i)
	}
	return deliveries, nil
}

func (k *Kafka) writer(at sihe.Position) *writer {
	k.mu.Lock()
	defer k.mu.Unlock()
	w, ok := k.writers[at]
	if !ok {
		w = &writer{bus: k, topic: at.Topic, partition: at.Partition}
		k.writers[at] = w
	}
	return w
}

// withdraw takes back what has not been sent.
func (k *Kafka) withdraw(deliveries map[sihe.Position]*delivery) {
	for at, d := range deliveries {
		k.writer(at).remove(d)
	}
}

func (w *writer) add(d *delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.running && !w.bus.begin() {
		d.finish(w.bus.open())
		return
	}
	w.queue = append(w.queue, d)
	if !w.running {
		w.running = true
		go w.run()
	}
}

func (w *writer) remove(d *delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, x := range w.queue {
		if x == d {
			w.queue = append(w.queue[:i:i], w.queue[i+1:]...)
			return
		}
	}
}

func (w *writer) run() {
	defer w.bus.running.Done()
	ctx, cancel := w.bus.life(context.Background())
	defer cancel()
	for {
		b := w.take()
		if b == nil {
			return
		}
		base, err := w.send(ctx, b)
		w.finish(b, base, err)
	}
}

// A batch is one request: consecutive messages of some deliveries.
type batch struct {
	deliveries []*delivery
	counts     []int // of messages, by delivery
	messages   []*sihe.Message
}

// take fills a batch from the queue, or stops the writer when there is nothing.
func (w *writer) take() *batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		w.running = false
		return nil
	}
	b, room := &batch{}, batchBytes
	for len(w.queue) > 0 {
		d := w.queue[0]
		n := 0
		for _, m := range d.messages[d.sent:] {
			room -= size(m)
			if len(b.messages) > 0 && (room < 0 || len(b.messages) >= batchMessages) {
				break
			}
			b.messages = append(b.messages, m)
			n++
		}
		d.sent += n
		if n > 0 {
			b.deliveries, b.counts = append(b.deliveries, d), append(b.counts, n)
		}
		if d.sent < len(d.messages) {
			break
		}
		w.queue = w.queue[1:]
	}
	return b
}

// send returns the first offset. It repeats the request for whatever may pass: what is sent twice is legal.
func (w *writer) send(ctx context.Context, b *batch) (base int64, err error) {
	now := w.bus.config.Now()
	err = w.bus.retry(ctx, batchAttempts, func(ctx context.Context) error {
		r, err := w.bus.client.Produce(ctx, &kafka.ProduceRequest{
			Topic: w.topic, Partition: w.partition, RequiredAcks: kafka.RequireAll, Records: b.records(now),
		})
		if err == nil {
			err = r.Error
		}
		if err == nil {
			base = r.BaseOffset
		}
		return kafkaError(err, "publish to "+partitionName(w.topic, w.partition))
	})
	if err != nil && w.bus.open() != nil {
		err = w.bus.open()
	}
	return base, err
}

// records are made for each attempt, because sending reads them to their ends.
func (b *batch) records(now time.Time) kafka.RecordReader {
	records := make([]kafka.Record, len(b.messages))
	for i, m := range b.messages {
		r := kafka.Record{Key: kafka.NewBytes(m.Key), Value: kafka.NewBytes(m.Value), Time: now}
		for _, h := range m.Headers {
			r.Headers = append(r.Headers, kafka.Header(h))
		}
		records[i] = r
	}
	return kafka.NewRecordReader(records...)
}

// finish answers those whose messages are all sent, or everybody with the error.
func (w *writer) finish(b *batch, base int64, err error) {
	for i, d := range b.deliveries {
		if err != nil {
			w.remove(d) // the rest must not overtake what failed
			d.finish(err)
			continue
		}
		for range b.counts[i] {
			d.offsets = append(d.offsets, base)
			base++
		}
		if len(d.offsets) == len(d.messages) {
			d.finish(nil)
		}
	}
}

func (d *delivery) finish(err error) {
	d.err = err
	close(d.done)
}
