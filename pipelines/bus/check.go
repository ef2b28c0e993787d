package bus

import (
	"slices"
	"strings"

	"github.com/sihehub/sihe"
)

const (
	maxPartitions = 1000
	maxName       = 249
)

// validName is Kafka's rule for topics; groups keep to it too.
func validName(s string) bool {
	if s == "" || s == "." || s == ".." || len(s) > maxName {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}

func checkTopic(t sihe.Topic) error {
	if !validName(t.Name) {
		return permanent(sihe.CodeBusTopicInvalid, "declare topic %q: the name is not valid", t.Name)
	}
	if t.Partitions < 1 || t.Partitions > maxPartitions {
		return permanent(sihe.CodeBusTopicInvalid, "declare topic %s: %d partitions", t.Name, t.Partitions)
	}
	if t.Retention < 0 {
		return permanent(sihe.CodeBusTopicInvalid, "declare topic %s: a retention of %s", t.Name, t.Retention)
	}
	return nil
}

func checkGroup(group string) error {
	if !validName(group) {
		return permanent(sihe.CodeBusGroupInvalid, "use group %q: the name is not valid", group)
	}
	return nil
}

func checkMessage(m *sihe.Message) error {
	if len(m.Key) == 0 {
		return permanent(sihe.CodeBusKeyMissing, "publish to %s: no key", m.Topic)
	}
	if n := size(m); n > sihe.MaxMessage {
		return permanent(sihe.CodeBusMessageTooLarge, "publish to %s: key %.64q has %d bytes of at most %d", m.Topic, m.Key, n, sihe.MaxMessage)
	}
	return nil
}

func permanent(code sihe.Code, format string, args ...any) error {
	return sihe.Permanent(sihe.Errorf(code, format, args...))
}

// sortedTopics returns the names once each, sorted.
func sortedTopics(topics []string) []string {
	s := slices.Clone(topics)
	slices.Sort(s)
	return slices.Compact(s)
}
