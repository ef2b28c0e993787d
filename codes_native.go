package sihe

// Codes of native modules: their documents, rules and JSON API.
const (
	CodeFieldValue       Code = "FIELD_VALUE"
	CodeFieldFrozen      Code = "FIELD_FROZEN"
	CodeGuard            Code = "GUARD"
	CodeActionUnknown    Code = "ACTION_UNKNOWN"
	CodeNotInState       Code = "NOT_IN_STATE"
	CodeDuplicate        Code = "DUPLICATE"
	CodeReferenceUnknown Code = "REFERENCE_UNKNOWN"
	CodeKeyInvalid       Code = "KEY_INVALID"
	CodeReadOnly         Code = "READ_ONLY"
	CodeRuleLoop         Code = "RULE_LOOP"
	CodeRuleMisuse       Code = "RULE_MISUSE"
	CodeModuleInvalid    Code = "MODULE_INVALID"
	CodeRequestIDReused  Code = "ID_REUSED"
	CodeVersionMismatch  Code = "VERSION_MISMATCH"
	CodeQueryParameter   Code = "QUERY_PARAMETER"
	CodeNotIndexed       Code = "NOT_INDEXED"
	CodeMediaType        Code = "MEDIA_TYPE"
	CodeNoSuchEntity     Code = "NO_SUCH_ENTITY"
	CodeJobUnknown       Code = "JOB_UNKNOWN"
	CodeReportUnknown    Code = "REPORT_UNKNOWN"
	CodeMethodNotAllowed Code = "METHOD"
	CodeOutboxGap        Code = "OUTBOX_GAP"
	CodeRequestInvalid   Code = "REQUEST_INVALID"
)

func nativeCodes() []Explanation {
	return []Explanation{
		{CodeFieldValue, "a value does not fit its field", "字段值不符合定义", "see the entity's schema: GET /<entity>?schema", "请查看实体定义：GET /<实体>?schema", 422},
		{CodeFieldFrozen, "the field can only be changed in the first state", "该状态下字段不可修改", "use an action of the document, or take it back to its first state", "请使用单据动作，或先退回初始状态", 409},
		{CodeGuard, "the condition of the action does not hold", "操作条件不满足", "see why, make it hold, and try again", "请按提示满足条件后重试", 409},
		{CodeActionUnknown, "the entity has no such action", "该实体没有此操作", "GET / lists the entities with their actions", "GET / 可列出实体及其操作", 404},
		{CodeNotInState, "the action cannot be taken in the document's state", "单据当前状态不允许该操作", "look at the document again", "请刷新单据后重试", 409},
		{CodeDuplicate, "there is such a document already", "该单据已存在", "use the one that is there", "请使用已有单据", 409},
		{CodeReferenceUnknown, "the document that a field names does not exist", "字段引用的单据不存在", "create it first, or correct the reference", "请先创建该单据，或更正引用", 422},
		{CodeKeyInvalid, "the text cannot be a document's key", "不能作为单据编号", "use up to 200 bytes without control characters", "请使用不超过 200 字节且不含控制字符的编号", 422},
		{CodeReadOnly, "another module owns this copy", "该副本由其他模块所有", "change it in the module that owns it", "请在所属模块中修改", 403},
		{CodeRuleLoop, "rules or automatic actions do not come to an end", "规则或自动动作无法结束", "report it: two rules call each other", "请反馈：存在互相触发的规则", 500},
		{CodeRuleMisuse, "a rule used the kit wrongly", "规则使用方式有误", "report it with the message", "请连同错误信息反馈", 500},
		{CodeModuleInvalid, "the native module is put together wrongly", "原生模块配置有误", "correct what is listed", "请修正所列问题", 500},
		{CodeNoSuchEntity, "the module has no such entity", "该模块没有此实体", "GET / lists what there is", "GET / 可列出全部实体", 404},
		{CodeRequestIDReused, "the same Idempotency-Key came with another request", "同一 Idempotency-Key 用于了不同的请求", "use a new key for a new request", "新请求请使用新的键", 409},
		{CodeVersionMismatch, "the document has another version than If-Match says", "单据版本与 If-Match 不一致", "read it again", "请重新读取单据", 412},
		{CodeQueryParameter, "the query parameter is not known here or has a wrong value", "查询参数未知或取值有误", "see the message for what is allowed", "请按提示修改查询参数", 400},
		{CodeNotIndexed, "documents cannot be found by this field", "不能按该字段查询", "filter by an indexed field; the message names them", "请按已建索引的字段查询", 400},
		{CodeMediaType, "the body is not JSON", "请求体不是 JSON", "send Content-Type: application/json", "请发送 Content-Type: application/json", 415},
		{CodeJobUnknown, "the module has no such job", "没有该作业", "GET / lists the jobs", "GET / 可列出作业", 404},
		{CodeReportUnknown, "the module has no such report", "没有该报表", "GET / lists the reports", "GET / 可列出报表", 404},
		{CodeMethodNotAllowed, "the method is not allowed here", "不允许使用该方法", "see the header Allow", "请查看响应头 Allow", 405},
		{CodeOutboxGap, "the outbox does not have what the cursor asks for", "发件箱中没有游标所指的事件", "the module's file and the hub's store do not belong together: restore both from the same backup", "模块文件与集线器存储不一致：请从同一备份恢复", 500},
		{CodeRequestInvalid, "the request cannot be read", "无法读取请求", "send a JSON object", "请发送 JSON 对象", 400},
	}
}
