package bus

import (
	"context"
	"errors"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/sihehub/sihe"
)

// Sizes of an answer to Read, which throws away what is beyond its limit.
const (
	readBytes   = 64 << 10
	readMessage = 1 << 10 // more for each message that it wants
)

// Read fetches what is there; at the end it returns at once.
func (k *Kafka) Read(ctx context.Context, from sihe.Position, limit int) ([]sihe.Message, error) {
	n, err := k.partitionsOf(ctx, from.Topic)
	if err != nil {
		return nil, err
	}
	if from.Partition < 0 || from.Partition >= n {
		return nil, permanent(sihe.CodeBusOffsetInvalid, "use %s/%d: the topic has %d partitions", from.Topic, from.Partition, n)
	}
	if from.Offset < 0 {
		return nil, k.outside(ctx, from)
	}
	size := min(readBytes+readMessage*int64(max(limit, 1)), fetchBytes)
	var f fetched
	for at := from; ; at.Offset = f.next {
		err := k.retry(ctx, callAttempts, func(ctx context.Context) error {
			f, err = k.fetch(ctx, at, time.Millisecond, size)
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(f.messages) > 0 || f.next == at.Offset {
			return f.messages[:min(len(f.messages), max(limit, 1))], nil
		}
	}
}

// fetched is the answer to one fetch.
type fetched struct {
	messages []sihe.Message
	next     int64 // where the next fetch begins
	err      error // there is no use in asking again
}

// fetch asks once. Plain fetches rather than a kafka.Reader, because a Reader moves an offset that is no longer kept to
// the first without a word. An offset after the end is empty, as for Read.
func (k *Kafka) fetch(ctx context.Context, at sihe.Position, wait time.Duration, size int64) (fetched, error) {
	r, err := k.client.Fetch(ctx, &kafka.FetchRequest{
		Topic: at.Topic, Partition: at.Partition, Offset: at.Offset, MinBytes: 1, MaxBytes: size, MaxWait: wait,
	})
	if err == nil {
		err = r.Error
	}
	if errors.Is(err, kafka.OffsetOutOfRange) {
		return fetched{next: at.Offset}, k.outside(ctx, at)
	}
	if err != nil {
		return fetched{next: at.Offset}, kafkaError(err, "read "+partitionName(at.Topic, at.Partition))
	}
	f := fetched{next: at.Offset}
	return f, f.collect(at, r.Records)
}

// add copies a record. A batch may begin before the offset that was asked for.
func (f *fetched) add(at sihe.Position, r *kafka.Record) error {
	key, err := kafka.ReadAll(r.Key)
	if err != nil {
		return err
	}
	value, err := kafka.ReadAll(r.Value)
	if err != nil {
		return err
	}
	if r.Offset < f.next {
		return nil
	}
	m := sihe.Message{
		Topic: at.Topic, Partition: at.Partition, Offset: r.Offset,
		Key: key, Value: value, Appended: r.Time.UTC(),
	}
	for _, h := range r.Headers {
		m.Headers = append(m.Headers, sihe.Header(h))
	}
	f.messages = append(f.messages, m)
	f.next = r.Offset + 1
	return nil
}

// afterControl steps over the marks that a stranger's transaction leaves: they have offsets but are no messages.
func afterControl(records kafka.RecordReader, offset int64) int64 {
	s, ok := records.(*protocol.RecordStream)
	if !ok {
		return offset
	}
	for _, b := range s.Records {
		if c, ok := b.(*protocol.ControlBatch); ok {
			offset = max(offset, c.BaseOffset+1)
		}
	}
	return offset
}

// outside explains why a partition has nothing at an offset: nil when it has not come that far.
func (k *Kafka) outside(ctx context.Context, at sihe.Position) error {
	s, err := k.span(ctx, at)
	if err != nil {
		return err
	}
	if at.Offset < s.First {
		return sihe.ErrTrimmed{Topic: at.Topic, Partition: at.Partition, First: s.First}
	}
	return nil
}

func (k *Kafka) span(ctx context.Context, at sihe.Position) (sihe.Span, error) {
	spans, err := k.Offsets(ctx, at.Topic)
	if err != nil {
		return sihe.Span{}, err
	}
	return spans[at.Partition], nil
}

// Offsets asks the leaders.
func (k *Kafka) Offsets(ctx context.Context, topic string) ([]sihe.Span, error) {
	var spans []sihe.Span
	err := k.list(ctx, topic, func(p int) []kafka.OffsetRequest {
		return []kafka.OffsetRequest{kafka.FirstOffsetOf(p), kafka.LastOffsetOf(p)}
	}, func(n int, ps []kafka.PartitionOffsets) {
		spans = make([]sihe.Span, n)
		for _, p := range ps {
			spans[p.Partition] = sihe.Span{First: p.FirstOffset, Next: p.LastOffset}
		}
	})
	return spans, err
}

// OffsetsAt asks the leaders.
func (k *Kafka) OffsetsAt(ctx context.Context, topic string, t time.Time) ([]int64, error) {
	var offsets []int64
	at := time.UnixMilli(ceilMilli(t))
	err := k.list(ctx, topic, func(p int) []kafka.OffsetRequest {
		return []kafka.OffsetRequest{kafka.TimeOffsetOf(p, at), kafka.LastOffsetOf(p)}
	}, func(n int, ps []kafka.PartitionOffsets) {
		offsets = make([]int64, n)
		for _, p := range ps {
			offsets[p.Partition] = p.LastOffset
			for o := range p.Offsets {
				if o >= 0 {
					offsets[p.Partition] = o
				}
			}
		}
	})
	return offsets, err
}

// list asks for offsets of every partition of a topic.
func (k *Kafka) list(ctx context.Context, topic string, ask func(p int) []kafka.OffsetRequest, take func(n int, ps []kafka.PartitionOffsets)) error {
	n, err := k.partitionsOf(ctx, topic)
	if err != nil {
		return err
	}
	var requests []kafka.OffsetRequest
	for p := range n {
		requests = append(requests, ask(p)...)
	}
	return k.retry(ctx, callAttempts, func(ctx context.Context) error {
		r, err := k.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: requests}})
		if err != nil {
			return kafkaError(err, "ask for offsets of "+topic)
		}
		ps := r.Topics[topic]
		for _, p := range ps {
			if p.Error != nil {
				return kafkaError(p.Error, "ask for offsets of "+partitionName(topic, p.Partition))
			}
		}
		if len(ps) != n {
			return sihe.Errorf(sihe.CodeBusUnreachable, "ask for offsets of %s: %d of %d partitions answered", topic, len(ps), n)
		}
		take(n, ps)
		return nil
	})
}
