package sihe

import (
	"context"
	"fmt"
	"time"
)

// MaxMessage is the largest message, key and headers included, that a Bus carries. Larger payloads travel by claim check.
const MaxMessage = 1 << 20

// A Message is what a Bus carries. Topic, Key, Value and Headers are the sender's; the rest is set by the bus.
type Message struct {
	Topic   string
	Key     []byte // required; decides the partition (murmur2, Java's rule)
	Value   []byte // nil is a tombstone, which is not the same as empty
	Headers []Header

	Partition int
	Offset    int64
	Appended  time.Time // by the bus's clock; retention reads it, business never does
}

// A Header is one ordered, repeatable key and value.
type Header struct {
	Key   string
	Value []byte
}

// Header returns the first value under the key, or nil.
func (m Message) Header(key string) []byte {
	for _, h := range m.Headers {
		if h.Key == key {
			return h.Value
		}
	}
	return nil
}

// A Position is where a message stands.
type Position struct {
	Topic     string
	Partition int
	Offset    int64
}

// A Topic as it is declared; Partitions never changes in a topic's life.
type Topic struct {
	Name        string
	Partitions  int
	Replication int           // Kafka only
	Retention   time.Duration // zero keeps everything
	Compact     bool          // keep the newest of each key
}

// A Bus carries messages: durably, at least once, in order per key. Its methods may be called concurrently.
type Bus interface {
	// EnsureTopics creates the missing ones and refuses one that exists with another number of partitions.
	EnsureTopics(ctx context.Context, topics ...Topic) error
	// Publish appends the messages; the Token proves that all are durable and knows their positions. A permanent error
	// means that nothing was sent; after any other the outcome is unknown: publish the same messages again before any
	// later one of their keys. Duplicates are legal. The messages must not be changed after an error.
	Publish(ctx context.Context, m ...Message) (Token, error)
	// Consume joins the group and calls work once for each partition that the group gives to this consumer, each in
	// its own goroutine. It returns nil when ctx ends, an error when the bus closes or fails, and, when work returns before
	// its context has ended, that result, after it has ended all other work and left the group. What was not committed
	// comes again to the next owner. Work must return soon after its context ends: until then it may commit, but the
	// partition goes to somebody else after 15 seconds. A new group starts at the first offset.
	Consume(ctx context.Context, group string, topics []string, work func(ctx context.Context, c Claim) error) error
	// Read copies up to limit messages from a position on, without a group. Below the first kept offset it returns
	// ErrTrimmed; at or after the end it returns none.
	Read(ctx context.Context, from Position, limit int) ([]Message, error)
	// Offsets returns the first kept and the next offset of each partition, by partition number.
	Offsets(ctx context.Context, topic string) ([]Span, error)
	// OffsetsAt returns for each partition the first offset appended at or after t, or the end.
	OffsetsAt(ctx context.Context, topic string, t time.Time) ([]int64, error)
	// Committed returns the group's next offset for each partition; -1 where it has none.
	Committed(ctx context.Context, group, topic string) ([]int64, error)
	// ResetGroup moves an idle group to the given offsets, by partition number.
	ResetGroup(ctx context.Context, group, topic string, offsets []int64) error
	// Ping asks whether the bus can take a message now.
	Ping(ctx context.Context) error
	Close() error
}

// A Span is what a partition holds: First ≤ offset < Next.
type Span struct{ First, Next int64 }

// A Claim is one partition held by this consumer until the context of work ends: the group took it away, or the bus
// closes. Only one goroutine may call Next; Commit may be called from any.
type Claim interface {
	Topic() string
	Partition() int
	// Next blocks for the following messages, at most limit, starting at the group's committed offset. Below the first
	// kept offset it returns ErrTrimmed, never a silent skip, until a Commit of First or later moves on. It returns
	// ctx's error when ctx ends, and ErrRevoked when the claim does.
	Next(ctx context.Context, limit int) ([]Message, error)
	// Commit says that every message below the offset is done, and returns once that is durable. It never moves back,
	// is refused with ErrRevoked once the partition belongs to somebody else, and with CodeBusOffsetInvalid beyond the
	// end. Next goes on from an offset that is ahead of it.
	Commit(ctx context.Context, next int64) error
}

// ErrTrimmed says that messages below First are no longer kept.
type ErrTrimmed struct {
	Topic     string
	Partition int
	First     int64
}

func (e ErrTrimmed) Error() string {
	return fmt.Sprintf("read %s/%d: messages below offset %d are no longer kept", e.Topic, e.Partition, e.First)
}

// ErrRevoked says that a partition is no longer this consumer's.
type ErrRevoked struct {
	Topic     string
	Partition int
}

func (e ErrRevoked) Error() string {
	return fmt.Sprintf("commit %s/%d: the partition has another owner now", e.Topic, e.Partition)
}
