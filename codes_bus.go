package sihe

// Codes of the bus.
const (
	CodeBusTopicUnknown     Code = "BUS_TOPIC_UNKNOWN"
	CodeBusTopicInvalid     Code = "BUS_TOPIC_INVALID"
	CodeBusPartitionsDiffer Code = "BUS_PARTITIONS_DIFFER"
	CodeBusKeyMissing       Code = "BUS_KEY_MISSING"
	CodeBusMessageTooLarge  Code = "BUS_MESSAGE_TOO_LARGE"
	CodeBusGroupInvalid     Code = "BUS_GROUP_INVALID"
	CodeBusGroupActive      Code = "BUS_GROUP_ACTIVE"
	CodeBusOffsetInvalid    Code = "BUS_OFFSET_INVALID"
	CodeBusUnreachable      Code = "BUS_UNREACHABLE"
	CodeBusRefused          Code = "BUS_REFUSED"
	CodeBusClosed           Code = "BUS_CLOSED"
	CodeBusPrefixChanged    Code = "BUS_PREFIX_CHANGED"
	CodeLogReplaced         Code = "LOG_REPLACED"
)

func busCodes() []Explanation {
	return []Explanation{
		{CodeBusTopicUnknown, "the bus has no such topic", "总线上没有该主题", "declare the topic in hub.yaml; `sihe run` creates it", "请在 hub.yaml 中声明该主题，`sihe run` 会创建它", 404},
		{CodeBusTopicInvalid, "a topic cannot be declared like this", "主题声明无效", "use 1 to 249 of a-z A-Z 0-9 . _ - and 1 to 1000 partitions", "名称为 1 至 249 个字符（a-z A-Z 0-9 . _ -），分区数 1 至 1000", 422},
		{CodeBusPartitionsDiffer, "a topic exists with another number of partitions", "主题已存在但分区数不同", "declare the number that exists: it is fixed in a topic's life", "请按现有分区数声明；主题的分区数不变", 409},
		{CodeBusKeyMissing, "a message has no key", "消息缺少键", "give every message the key of its subject", "请为每条消息提供所属单据的键", 422},
		{CodeBusMessageTooLarge, "a message is larger than 1 MiB", "消息超过 1 MiB", "send attachments by reference (claim check)", "附件请以引用方式传递", 413},
		{CodeBusGroupInvalid, "a consumer group cannot be named like this", "消费组名称无效", "use 1 to 249 of a-z A-Z 0-9 . _ -", "名称为 1 至 249 个字符（a-z A-Z 0-9 . _ -）", 422},
		{CodeBusGroupActive, "the consumer group has running consumers", "消费组仍有运行中的消费者", "pause the pipeline or stop the hub first", "请先暂停该管道或停止系统", 409},
		{CodeBusOffsetInvalid, "an offset is not within the partition", "位点不在分区范围内", "see `sihe status` for the first and the next offset; the topic may have been created anew", "请用 `sihe status` 查看起止位点；主题可能被重建", 409},
		{CodeBusUnreachable, "the bus does not answer", "总线无响应", "check the brokers, the network, TLS and the password", "请检查 Kafka 节点、网络、TLS 与密码", 503},
		{CodeBusRefused, "the bus refused a request", "总线拒绝了请求", "read the broker's message; check rights and topic settings", "请查看 Kafka 返回的信息，检查权限与主题设置", 502},
		{CodeBusClosed, "the bus is closed", "总线已关闭", "the hub is stopping; try again after the restart", "系统正在停止，请在重启后重试", 503},
		{CodeBusPrefixChanged, "the topics of this hub have another name on the cluster", "该系统的主题在集群上另有名称", "set bus.kafka.prefix in hub.yaml to the name that the message tells; a hub keeps it for life", "请将 hub.yaml 的 bus.kafka.prefix 设为消息所示名称；系统终身使用该名称", 409},
		{CodeLogReplaced, "the bus no longer holds what this hub has read: the topic was made anew, cut off or restored", "总线上已不是本系统读过的内容：主题被重建、截断或从备份恢复", "compare with the sources; then `sihe bus accept PIPELINE` goes on with what the bus holds now", "请与来源系统核对；然后用 `sihe bus accept 管道` 从总线现有内容继续", 409},
	}
}
