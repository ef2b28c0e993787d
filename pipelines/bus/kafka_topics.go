package bus

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/sihehub/sihe"
)

// maxBatch is what topics are made to take in one batch: a message of 1 MiB with what Kafka adds to it.
const maxBatch = sihe.MaxMessage + 64<<10

// topicsAtOnce is how many topics one request makes.
const topicsAtOnce = 20

// EnsureTopics creates the missing topics and sets a changed retention or compaction. Its error is permanent where waiting
// would not help, as with a password that is refused, and CodeBusUnreachable where it may.
func (k *Kafka) EnsureTopics(ctx context.Context, topics ...sihe.Topic) error {
	for _, t := range topics {
		if err := checkTopic(t); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(topics, topicsAtOnce) {
		if err := k.ensure(ctx, some); err != nil {
			return hopeless(err)
		}
	}
	return nil
}

func (k *Kafka) ensure(ctx context.Context, topics []sihe.Topic) error {
	var missing, there []sihe.Topic
	for _, t := range topics {
		_, err := k.lookUp(ctx, t.Name)
		switch {
		case err == nil:
			there = append(there, t)
		case sihe.CodeOf(err) == sihe.CodeBusTopicUnknown:
			missing = append(missing, t)
		default:
			return err
		}
	}
	if len(missing) > 0 {
		if err := k.retry(ctx, callAttempts, func(ctx context.Context) error { return k.create(ctx, missing) }); err != nil {
			return err
		}
	}
	for _, t := range topics {
		n, err := k.partitionsOf(ctx, t.Name)
		if sihe.CodeOf(err) == sihe.CodeBusTopicUnknown {
			return sihe.Errorf(sihe.CodeBusUnreachable, "create topic %s: it does not show yet", t.Name)
		}
		if err != nil {
			return err
		}
		if n != t.Partitions {
			return permanent(sihe.CodeBusPartitionsDiffer, "declare topic %s: it has %d partitions, not %d", t.Name, n, t.Partitions)
		}
	}
	if len(there) == 0 {
		return nil
	}
	return k.retry(ctx, 3, func(ctx context.Context) error { return k.configure(ctx, there) })
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

// create makes topics. One that another hub has made meanwhile is as good.
func (k *Kafka) create(ctx context.Context, topics []sihe.Topic) error {
	q := &kafka.CreateTopicsRequest{}
	for _, t := range topics {
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
		q.Topics = append(q.Topics, c)
	}
	r, err := k.client.CreateTopics(ctx, q)
	if err != nil {
		return kafkaError(err, "create topic "+topics[0].Name)
	}
	for _, t := range topics {
		if err := r.Errors[t.Name]; err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			return kafkaError(err, "create topic "+t.Name)
		}
	}
	return nil
}

// configure changes what differs in existing topics.
func (k *Kafka) configure(ctx context.Context, topics []sihe.Topic) error {
	want := map[string]map[string]string{}
	q := &kafka.DescribeConfigsRequest{}
	for _, t := range topics {
		want[t.Name] = settings(t)
		q.Resources = append(q.Resources, kafka.DescribeConfigRequestResource{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: t.Name, ConfigNames: slices.Collect(maps.Keys(want[t.Name])),
		})
	}
	r, err := k.client.DescribeConfigs(ctx, q)
	if err != nil {
		return kafkaError(err, "read the settings of topic "+topics[0].Name)
	}
	for _, x := range r.Resources {
		if x.Error != nil {
			return kafkaError(x.Error, "read the settings of topic "+x.ResourceName)
		}
		for _, e := range x.ConfigEntries {
			if want[x.ResourceName][e.ConfigName] == e.ConfigValue {
				delete(want[x.ResourceName], e.ConfigName)
			}
		}
	}
	changes := &kafka.IncrementalAlterConfigsRequest{}
	for _, t := range topics {
		c := kafka.IncrementalAlterConfigsRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: t.Name}
		for name, value := range want[t.Name] {
			c.Configs = append(c.Configs, kafka.IncrementalAlterConfigsRequestConfig{Name: name, Value: value, ConfigOperation: kafka.ConfigOperationSet})
		}
		if len(c.Configs) > 0 {
			changes.Resources = append(changes.Resources, c)
		}
	}
	if len(changes.Resources) == 0 {
		return nil
	}
	set, err := k.client.IncrementalAlterConfigs(ctx, changes)
	if err != nil {
		return kafkaError(err, "change the settings of topic "+changes.Resources[0].ResourceName)
	}
	for _, x := range set.Resources {
		if x.Error != nil {
			return kafkaError(x.Error, "change the settings of topic "+x.ResourceName)
		}
	}
	return nil
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
