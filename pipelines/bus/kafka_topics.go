package bus

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/sihehub/sihe"
)

// maxBatch is what topics are made to take in one batch: a message of 1 MiB with what Kafka adds to it.
const maxBatch = sihe.MaxMessage + 64<<10

// EnsureTopics creates the missing topics and sets a changed retention or compaction. Its error is permanent where waiting
// would not help, as with a password that is refused, and CodeBusUnreachable where it may.
func (k *Kafka) EnsureTopics(ctx context.Context, topics ...sihe.Topic) error {
	for _, t := range topics {
		if err := checkTopic(t); err != nil {
			return err
		}
	}
	for _, t := range topics {
		if err := k.ensure(ctx, t); err != nil {
			return hopeless(err)
		}
	}
	return nil
}

func (k *Kafka) ensure(ctx context.Context, t sihe.Topic) error {
	n, err := k.lookUp(ctx, t.Name)
	if sihe.CodeOf(err) == sihe.CodeBusTopicUnknown {
		err = k.retry(ctx, callAttempts, func(ctx context.Context) error { return k.create(ctx, t) })
		if err == nil {
			n, err = k.partitionsOf(ctx, t.Name)
		}
		if sihe.CodeOf(err) == sihe.CodeBusTopicUnknown {
			return sihe.Errorf(sihe.CodeBusUnreachable, "create topic %s: it does not show yet", t.Name)
		}
	}
	if err != nil {
		return err
	}
	if n != t.Partitions {
		return permanent(sihe.CodeBusPartitionsDiffer, "declare topic %s: it has %d partitions, not %d", t.Name, n, t.Partitions)
	}
	return k.retry(ctx, 3, func(ctx context.Context) error { return k.configure(ctx, t) })
}

// settings are what we want of a topic. Append times are the brokers', so that a stranger's clock cannot move retention.
func settings(t sihe.Topic) map[string]string {
	retention, policy := "-1", "delete"
	if t.Retention > 0 {
		retention = strconv.FormatInt(max(t.Retention.Milliseconds(), 1), 10)
	}
	if t.Compact {
		policy = "compact"
		if t.Retention > 0 {
			policy = "compact,delete"
		}
	}
	return map[string]string{
		"retention.ms": retention, "cleanup.policy": policy,
		"message.timestamp.type": "LogAppendTime", "max.message.bytes": strconv.Itoa(maxBatch),
	}
}

func (k *Kafka) create(ctx context.Context, t sihe.Topic) error {
	c := kafka.TopicConfig{Topic: t.Name, NumPartitions: t.Partitions, ReplicationFactor: t.Replication}
	if c.ReplicationFactor == 0 {
		c.ReplicationFactor = k.config.Replication
	}
	if c.ReplicationFactor == 0 {
		c.ReplicationFactor = -1
	}
	for name, value := range settings(t) {
		c.ConfigEntries = append(c.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
	}
	r, err := k.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{c}})
	if err == nil {
		err = r.Errors[t.Name]
	}
	if errors.Is(err, kafka.TopicAlreadyExists) { // another hub was faster
		return nil
	}
	return kafkaError(err, "create topic "+t.Name)
}

// configure changes what differs in an existing topic.
func (k *Kafka) configure(ctx context.Context, t sihe.Topic) error {
	want := settings(t)
	names := make([]string, 0, len(want))
	for name := range want {
		names = append(names, name)
	}
	r, err := k.client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{
		Resources: []kafka.DescribeConfigRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: t.Name, ConfigNames: names}},
	})
	if err != nil {
		return kafkaError(err, "read the settings of topic "+t.Name)
	}
	for _, x := range r.Resources {
		if x.Error != nil {
			return kafkaError(x.Error, "read the settings of topic "+t.Name)
		}
		for _, e := range x.ConfigEntries {
			if want[e.ConfigName] == e.ConfigValue {
				delete(want, e.ConfigName)
			}
		}
	}
	if len(want) == 0 {
		return nil
	}
	var changes []kafka.IncrementalAlterConfigsRequestConfig
	for name, value := range want {
		changes = append(changes, kafka.IncrementalAlterConfigsRequestConfig{Name: name, Value: value, ConfigOperation: kafka.ConfigOperationSet})
	}
	set, err := k.client.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: t.Name, Configs: changes}},
	})
	if err == nil && len(set.Resources) > 0 {
		err = set.Resources[0].Error
	}
	return kafkaError(err, "change the settings of topic "+t.Name)
}

// partitionsOf returns a topic's number of partitions. A topic that another hub has just made may take a moment to show.
func (k *Kafka) partitionsOf(ctx context.Context, name string) (int, error) {
	if err := k.open(); err != nil {
		return 0, err
	}
	k.mu.Lock()
	n, ok := k.partitions[name]
	k.mu.Unlock()
	if ok {
		return n, nil
	}
	if !validName(name) {
		return 0, permanent(sihe.CodeBusTopicUnknown, "use topic %q: the name is not valid", name)
	}
	for waited := time.Duration(0); ; waited += spreadWait {
		n, err := k.lookUp(ctx, name)
		if sihe.CodeOf(err) != sihe.CodeBusTopicUnknown || waited > metadataTTL+spreadWait || !k.pause(ctx, spreadWait) {
			return n, err
		}
	}
}

func (k *Kafka) lookUp(ctx context.Context, name string) (n int, err error) {
	err = k.retry(ctx, 3, func(ctx context.Context) error {
		r, err := k.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{name}})
		if err != nil {
			return kafkaError(err, "look up topic "+name)
		}
		for _, t := range r.Topics {
			if t.Name != name {
				continue
			}
			if errors.Is(t.Error, kafka.UnknownTopicOrPartition) {
				break
			}
			n = len(t.Partitions)
			return kafkaError(t.Error, "look up topic "+name)
		}
		return permanent(sihe.CodeBusTopicUnknown, "use topic %s: Kafka has none of that name", name)
	})
	if err == nil {
		k.mu.Lock()
		k.partitions[name] = n
		k.mu.Unlock()
	}
	return n, err
}
