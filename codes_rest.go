package sihe

// Codes of systems described in YAML.
const (
	CodeRestDescription Code = "DESCRIPTION_INVALID"
	CodeRestSecret      Code = "SECRET_MISSING"
	CodeRestUnreachable Code = "TARGET_UNREACHABLE"
	CodeRestRedirect    Code = "TARGET_REDIRECT"
	CodeRestCredentials Code = "TARGET_CREDENTIALS" //nolint:gosec // the name of an error
	CodeRestBusy        Code = "TARGET_BUSY"
	CodeRestFailed      Code = "TARGET_FAILED"
	CodeRestRejected    Code = "TARGET_REJECTED"
	CodeRestAnswer      Code = "TARGET_ANSWER"
	CodeRestNoAction    Code = "ACTION_NOT_DESCRIBED"
	CodeRestKey         Code = "TARGET_KEY"
	CodeRestContentType Code = "CONTENT_TYPE"
	CodeRestBody        Code = "WEBHOOK_BODY"
)

func restCodes() []Explanation {
	return []Explanation{
		{CodeRestDescription, "the description of a product has an error", "产品描述文件有误", "see the place and the suggestion", "请参阅所示位置与建议", 422},
		{CodeRestSecret, "a secret is missing or too short", "密钥缺失或过短", "add it under secrets in hub.yaml; a webhook's secret is base64 of at least 24 bytes", "请在 hub.yaml 的 secrets 中添加；webhook 密钥须为至少 24 字节的 base64", 422},
		{CodeRestUnreachable, "a system does not answer", "目标系统无响应", "check its address and whether it is up; the hub tries again by itself", "请检查地址与系统状态；系统会自动重试", 502},
		{CodeRestRedirect, "a system answers with a redirect", "目标系统返回了重定向", "write the final address into hub.yaml", "请在 hub.yaml 中填写最终地址", 502},
		{CodeRestCredentials, "a system refuses our credentials", "目标系统拒绝了凭据", "renew the secret in hub.yaml", "请更新 hub.yaml 中的密钥", 502},
		{CodeRestBusy, "a system asks us to come later", "目标系统繁忙", "nothing: the hub waits as long as it was asked to", "无需处理：系统会按要求等待", 503},
		{CodeRestFailed, "a system failed", "目标系统出错", "look at its own log", "请查看目标系统日志", 502},
		{CodeRestRejected, "a system refused the document", "目标系统拒绝了该单据", "correct the document where it comes from", "请在来源系统修正单据", 422},
		{CodeRestAnswer, "a system's answer is not as described", "目标系统的返回与描述不符", "compare its answer with the description file", "请核对返回内容与描述文件", 502},
		{CodeRestNoAction, "the description has no such action", "描述文件中没有该动作", "add it to the description file", "请在描述文件中添加", 422},
		{CodeRestKey, "the key cannot stand in an address", "该编号不能用于地址", "correct the document's key", "请修正单据编号", 422},
		{CodeRestContentType, "the body is not announced as JSON", "请求体未声明为 JSON", "send Content-Type: application/json", "请使用 Content-Type: application/json", 415},
		{CodeRestBody, "the webhook's body has no such record", "webhook 请求体中没有该记录", "compare what the sender sends with webhook.data in the description file", "请核对发送内容与描述文件中的 webhook.data", 400},
	}
}
