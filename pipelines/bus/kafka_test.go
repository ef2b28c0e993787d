package bus_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/bus/bustest"
)

func openKafka(t testing.TB, brokers []string) *bus.Kafka {
	t.Helper()
	b, err := bus.OpenKafka(bus.KafkaConfig{Brokers: brokers, Now: time.Now, Report: func(err error) { t.Log(err) }})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func fakeBrokers(t testing.TB, options ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(3), kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"})}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// deleteRecords removes all that a partition holds.
func deleteRecords(t *testing.T, brokers []string, topic string, partition int) {
	t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p := kmsg.NewDeleteRecordsRequestTopicPartition()
	p.Partition, p.Offset = int32(partition), -1
	r := kmsg.NewPtrDeleteRecordsRequest()
	r.TimeoutMillis = 5000
	r.Topics = append(r.Topics, kmsg.DeleteRecordsRequestTopic{Topic: topic, Partitions: []kmsg.DeleteRecordsRequestTopicPartition{p}})
	answer, err := r.RequestWith(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if code := answer.Topics[0].Partitions[0].ErrorCode; code != 0 {
		t.Fatalf("delete records: error %d", code)
	}
}

func kafkaBody(brokers []string, reopens bool) bustest.Body {
	return bustest.Body{
		Reopens: reopens,
		Now:     time.Now,
		Prefix:  fmt.Sprintf("sihe-test-%d-", time.Now().UnixNano()),
		Open:    func(t *testing.T) sihe.Bus { return openKafka(t, brokers) },
		Trim: func(t *testing.T, _ sihe.Bus, topic string, partition int) {
			deleteRecords(t, brokers, topic, partition)
		},
	}
}

// TestKafka runs the suite on a broker inside the test.
func TestKafka(t *testing.T) {
	bustest.Run(t, kafkaBody(fakeBrokers(t).ListenAddrs(), true))
}

// TestKafkaCluster runs the suite on the cluster that SIHE_KAFKA_BROKERS names (host:port, comma-separated).
func TestKafkaCluster(t *testing.T) {
	brokers := os.Getenv("SIHE_KAFKA_BROKERS")
	if brokers == "" {
		t.Skip("SIHE_KAFKA_BROKERS names no cluster")
	}
	bustest.Run(t, kafkaBody(strings.Split(brokers, ","), true))
}
