package sihe

// Codes of a delivery's way: intake, normalise, deliver, park.
const (
	CodeUnauthenticated  Code = "UNAUTHENTICATED"
	CodeSystemUnknown    Code = "SYSTEM_UNKNOWN"
	CodeNoIntake         Code = "NO_INTAKE"
	CodeMethod           Code = "METHOD_NOT_ALLOWED"
	CodeBadRequest       Code = "BAD_REQUEST"
	CodeBodyIncomplete   Code = "BODY_INCOMPLETE"
	CodeBodyTooLarge     Code = "BODY_TOO_LARGE"
	CodeBodyTimeout      Code = "BODY_TIMEOUT"
	CodeContentEncoding  Code = "CONTENT_ENCODING"
	CodeHeadersTooLarge  Code = "HEADERS_TOO_LARGE"
	CodeBusy             Code = "BUSY"
	CodeStopping         Code = "STOPPING"
	CodeStateOrder       Code = "STATE_ORDER"
	CodeDocumentUnknown  Code = "DOCUMENT_UNKNOWN"
	CodeAuditBroken      Code = "AUDIT_BROKEN"
	CodeReasonMissing    Code = "REASON_MISSING"
	CodeKindUnmapped     Code = "KIND_UNMAPPED"
	CodeKeyMissing       Code = "KEY_MISSING"
	CodeIDReused         Code = "EVENT_ID_REUSED"
	CodeStale            Code = "STALE_VERSION"
	CodeDrift            Code = "DRIFT"
	CodeEcho             Code = "ECHO"
	CodeAlreadySo        Code = "ALREADY_SO"
	CodeNotOn            Code = "NOT_ON"
	CodeNotWhen          Code = "NOT_WHEN"
	CodeNoSink           Code = "NO_SINK"
	CodeNoTarget         Code = "NO_TARGET"
	CodeWaitingFor       Code = "WAITING_FOR"
	CodeWaitingDeadline  Code = "WAITING_DEADLINE"
	CodeBehind           Code = "BEHIND_EARLIER"
	CodeHops             Code = "HOP_BUDGET"
	CodeRetryExhausted   Code = "RETRY_EXHAUSTED"
	CodeOutcomeUnknown   Code = "OUTCOME_UNKNOWN"
	CodePanic            Code = "PANIC"
	CodeDiscarded        Code = "DISCARDED"
	CodeReplayed         Code = "REPLAYED"
	CodeResolved         Code = "RESOLVED"
	CodeLogGap           Code = "LOG_GAP"
	CodeScheduleSyntax   Code = "SCHEDULE_SYNTAX"
	CodeTargetTimeout    Code = "TARGET_TIMEOUT"
	CodeTargetUnfinished Code = "TARGET_UNFINISHED"
)

func deliveryCodes() []Explanation {
	return []Explanation{
		{CodeUnauthenticated, "the request's signature or token is missing or wrong", "请求的签名或令牌缺失或错误", "check the webhook secret on both sides", "请核对双方的 Webhook 密钥", 401},
		{CodeSystemUnknown, "there is no system of that name", "没有该名称的系统", "see `sihe get systems`", "请查看 `sihe get systems`", 404},
		{CodeNoIntake, "the system does not receive webhooks", "该系统不接收 Webhook", "let the hub poll it, or use a connector with a webhook", "请改用轮询，或使用支持 Webhook 的连接器", 404},
		{CodeMethod, "the method is not allowed here", "不允许使用该方法", "use POST", "请使用 POST", 405},
		{CodeBadRequest, "the request is malformed", "请求格式错误", "send the request as the product's documentation says", "请按产品文档的格式发送", 400},
		{CodeBodyIncomplete, "the body broke off", "请求体不完整", "send it again", "请重新发送", 400},
		{CodeBodyTooLarge, "the body is larger than allowed", "请求体超过允许的大小", "send less at once", "请减少单次发送的内容", 413},
		{CodeBodyTimeout, "the body did not come in time", "请求体未在规定时间内到达", "send it again", "请重新发送", 408},
		{CodeContentEncoding, "compressed bodies are not taken", "不接受压缩的请求体", "send the body without Content-Encoding", "请不要使用 Content-Encoding", 415},
		{CodeHeadersTooLarge, "the headers are larger than allowed", "请求头超过允许的大小", "send fewer headers", "请减少请求头", 431},
		{CodeBusy, "too much at once", "系统繁忙", "try again after the time in Retry-After", "请按 Retry-After 的时间后重试", 503},
		{CodeStopping, "the hub is stopping", "系统正在停止", "try again after the restart", "请在重启后重试", 503},
		{CodeStateOrder, "a delivery cannot go from its state to that one", "单据不能从当前状态转到该状态", "look at it again: somebody else may have acted", "请刷新查看，可能已被他人处理", 409},
		{CodeDocumentUnknown, "there is no such document", "没有该单据", "check the key", "请检查单据编号", 404},
		{CodeAuditBroken, "the audit trail was changed", "审计记录被改动", "compare with the heads that were sent out", "请与已发出的校验值核对", 500},
		{CodeReasonMissing, "a change by a person needs a name and a reason", "人工处理需要填写姓名与原因", "say who and why", "请填写操作人与原因", 422},
		{CodeKindUnmapped, "no mapping is configured for this kind of record", "没有为该类记录配置映射", "add a mapping for the kind to the system", "请为该类记录配置映射", 422},
		{CodeKeyMissing, "the document has no usable key", "单据没有可用的编号", "map the entity's key field", "请映射实体的主键字段", 422},
		{CodeIDReused, "the same event id came with another content", "同一事件编号出现了不同内容", "ask the sender which one is right, then replay or discard", "请向发送方确认后重放或丢弃", 409},
		{CodeStale, "a newer version was handled before", "已处理过更新的版本", "nothing", "无需处理", 200},
		{CodeDrift, "a system shows another value in a field that is not its own", "系统在不属于它的字段中显示了不同的值", "let the owner write it again, or correct it in the system", "请由所属模块重新写入，或在该系统中更正", 409},
		{CodeEcho, "the target already has what was last written", "目标中已是上次写入的内容", "nothing", "无需处理", 200},
		{CodeAlreadySo, "the target already was so", "目标本就如此", "nothing", "无需处理", 200},
		{CodeNotOn, "the pipeline does not listen to this event", "管道不关注该事件", "nothing", "无需处理", 200},
		{CodeNotWhen, "the pipeline's condition does not hold", "管道条件不成立", "nothing", "无需处理", 200},
		{CodeNoSink, "the target system cannot be written to", "目标系统不可写入", "use a connector that can write, or drop the pipeline", "请使用可写入的连接器，或移除该管道", 422},
		{CodeNoTarget, "no system plays the target module", "没有系统承担目标模块", "add a system for the module to hub.yaml", "请在 hub.yaml 中配置该模块的系统", 422},
		{CodeWaitingFor, "waits for another document", "正在等待另一张单据", "nothing: it goes on when the document arrives", "无需处理：单据到达后自动继续", 202},
		{CodeWaitingDeadline, "the awaited document did not come in time", "等待的单据未在期限内到达", "bring the document in, then replay", "请先补齐该单据，然后重放", 424},
		{CodeBehind, "waits behind an earlier event of the same document", "排在同一单据的前一事件之后", "deal with the first one", "请先处理前一事件", 202},
		{CodeHops, "the chain passed too many pipelines: a loop", "事件链经过的管道过多，可能形成循环", "find the two pipelines that answer each other", "请检查互相触发的管道", 508},
		{CodeRetryExhausted, "it was tried as often as allowed", "已达到重试次数上限", "repair the cause, then replay", "请排除原因后重放", 503},
		{CodeOutcomeUnknown, "nobody knows whether the target took it", "不确定目标是否已接收", "look into the target, then `sihe unknown resolve`", "请在目标系统中核实，然后 `sihe unknown resolve`", 504},
		{CodePanic, "the hub stumbled over this event", "处理该事件时发生内部错误", "report it with the event's id; everything else goes on", "请连同事件编号反馈；其他单据不受影响", 500},
		{CodeDiscarded, "a person discarded it", "已被人工丢弃", "nothing", "无需处理", 200},
		{CodeReplayed, "a person let it run again", "已由人工重放", "nothing", "无需处理", 202},
		{CodeResolved, "a person said what became of it", "已由人工确认结果", "nothing", "无需处理", 200},
		{CodeLogGap, "messages were removed from the bus before they were read", "消息在读取之前已从总线删除", "compare with the source; then `sihe bus accept PIPELINE` goes on behind the gap", "请与来源系统核对，然后用 `sihe bus accept 管道` 越过缺口继续", 500},
		{CodeScheduleSyntax, "the schedule is not a cron line", "计划不是有效的 cron 表达式", "write five fields: minute hour day month weekday", "请写五段：分 时 日 月 周", 422},
		{CodeTargetTimeout, "the target did not answer in time", "目标未在规定时间内应答", "nothing: it is looked up before it is repeated", "无需处理：重试前会先查询", 504},
		{CodeTargetUnfinished, "the call was cut off when the hub stopped", "系统停止时调用被中断", "nothing: it is looked up before it is repeated", "无需处理：重试前会先查询", 504},
	}
}
