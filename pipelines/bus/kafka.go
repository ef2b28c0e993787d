package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"github.com/sihehub/sihe"
)

// Times of the Kafka client. The defaults of kafka-go lose time or messages.
const (
	callTimeout      = 10 * time.Second // one request
	dialTimeout      = 5 * time.Second
	metadataTTL      = 2 * time.Second // how long a moved leader may go unnoticed
	sessionTimeout   = 10 * time.Second
	heartbeat        = 2 * time.Second
	rebalanceTimeout = 15 * time.Second
	joinBackoff      = time.Second
	spreadWait       = 250 * time.Millisecond // between looks for a topic that may be new
)

// A KafkaConfig says how to reach a cluster.
type KafkaConfig struct {
	Brokers     []string // host:port of some of them
	ClientID    string   // shown in the brokers' logs
	TLS         *tls.Config
	SASL        *SASL
	Replication int              // of created topics that do not say; 0 leaves it to the cluster
	Now         func() time.Time // append times
	// Report is told about troubles that the bus gets over by itself: a lost connection, a rebalance that failed. It may be
	// called concurrently; nil ignores them.
	Report func(error)
}

// SASL is how to prove who we are. It never prints its password (invariant 8).
type SASL struct {
	Mechanism string // PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512
	User      string
	Password  string
}

// String leaves the password out.
func (s SASL) String() string { return s.Mechanism + " " + s.User }

// GoString leaves the password out.
func (s SASL) GoString() string { return s.String() }

func (s *SASL) mechanism() (sasl.Mechanism, error) {
	switch {
	case s == nil:
		return nil, nil //nolint:nilnil // no SASL is no mechanism
	case s.Mechanism == "PLAIN":
		return plain.Mechanism{Username: s.User, Password: s.Password}, nil
	case s.Mechanism == "SCRAM-SHA-256":
		return scram.Mechanism(scram.SHA256, s.User, s.Password)
	case s.Mechanism == "SCRAM-SHA-512":
		return scram.Mechanism(scram.SHA512, s.User, s.Password)
	}
	return nil, permanent(sihe.CodeConfigInvalid, "connect to Kafka: SASL mechanism %q is none of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512", s.Mechanism)
}

// Kafka is a bus on an Apache Kafka cluster. Its methods may be called concurrently.
type Kafka struct {
	config    KafkaConfig
	client    *kafka.Client
	transport *kafka.Transport
	dialer    *kafka.Dialer

	closing chan struct{}
	once    sync.Once
	running sync.WaitGroup // calls of Consume and writers

	mu         sync.Mutex
	partitions map[string]int // per topic; it never changes in a topic's life
	writers    map[sihe.Position]*writer
}

var _ sihe.Bus = (*Kafka)(nil)

// OpenKafka prepares a client; it connects when it is first used. Ping says whether the cluster answers.
func OpenKafka(c KafkaConfig) (*Kafka, error) {
	if len(c.Brokers) == 0 {
		return nil, permanent(sihe.CodeConfigInvalid, "connect to Kafka: no brokers")
	}
	for _, b := range c.Brokers {
		if _, _, err := net.SplitHostPort(b); err != nil {
			return nil, permanent(sihe.CodeConfigInvalid, "connect to Kafka: broker %q is not host:port", b)
		}
	}
	m, err := c.SASL.mechanism()
	if err != nil {
		return nil, err
	}
	if c.Report == nil {
		c.Report = func(error) {}
	}
	if c.ClientID == "" {
		c.ClientID = "sihe"
	}
	dial := &net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}
	t := &kafka.Transport{
		Dial: dial.DialContext, DialTimeout: dialTimeout, MetadataTTL: metadataTTL,
		ClientID: c.ClientID, TLS: c.TLS, SASL: m,
	}
	return &Kafka{
		config: c, transport: t,
		client:     &kafka.Client{Addr: kafka.TCP(c.Brokers...), Timeout: callTimeout, Transport: t},
		dialer:     &kafka.Dialer{ClientID: c.ClientID, Timeout: dialTimeout, KeepAlive: 15 * time.Second, TLS: c.TLS, SASLMechanism: m},
		closing:    make(chan struct{}),
		partitions: map[string]int{},
		writers:    map[sihe.Position]*writer{},
	}, nil
}

// begin counts something that Close waits for; false once the bus closes.
func (k *Kafka) begin() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.open() != nil {
		return false
	}
	k.running.Add(1)
	return true
}

func (k *Kafka) open() error {
	select {
	case <-k.closing:
		return sihe.Errorf(sihe.CodeBusClosed, "use Kafka at %s: it is closed", strings.Join(k.config.Brokers, ","))
	default:
		return nil
	}
}

// Ping makes a round trip to a broker.
func (k *Kafka) Ping(ctx context.Context) error {
	if err := k.open(); err != nil {
		return err
	}
	return k.retry(ctx, 2, func(ctx context.Context) error {
		r, err := k.client.ApiVersions(ctx, &kafka.ApiVersionsRequest{})
		if err == nil {
			err = r.Error
		}
		return kafkaError(err, "ping Kafka")
	})
}

// Close ends all claims and calls under way, gives work [handOver] to return, and closes the connections.
func (k *Kafka) Close() error {
	k.mu.Lock()
	k.once.Do(func() { close(k.closing) })
	k.mu.Unlock()
	idle := make(chan struct{})
	go func() {
		k.running.Wait()
		close(idle)
	}()
	select {
	case <-idle:
	case <-time.After(handOver):
	}
	k.transport.CloseIdleConnections()
	return nil
}

// life returns a context that ends with the bus.
func (k *Kafka) life(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-k.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

const (
	firstBackoff = 100 * time.Millisecond
	longBackoff  = time.Second
	callAttempts = 6 // of most calls: the pauses between them are longer than metadataTTL, so that they outlast a moved leader

	// Of calls to a group's coordinator: a new cluster, or one that lost a broker, loads it for some seconds.
	groupAttempts = 14
)

// retry calls f until it succeeds, fails for good, or has been called so many times. Pooled connections go stale when
// a broker restarts, so everything is tried at least twice.
func (k *Kafka) retry(ctx context.Context, times int, f func(context.Context) error) error {
	for backoff := firstBackoff; ; backoff = min(2*backoff, longBackoff) {
		err := f(ctx)
		times--
		if err == nil || times == 0 || !passing(err) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		k.config.Report(err)
		if !k.pause(ctx, backoff) {
			return err
		}
	}
}

// pause waits; false when ctx or the bus ends before.
func (k *Kafka) pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	case <-k.closing:
		return false
	}
}

// passing says whether trying again may help.
func passing(err error) bool {
	if errors.As(err, &sihe.ErrTrimmed{}) || errors.As(err, &sihe.ErrRevoked{}) {
		return false
	}
	return sihe.ClassOf(err) == sihe.Transient && !errors.Is(err, context.Canceled)
}
