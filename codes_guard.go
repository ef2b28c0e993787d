package sihe

// Codes of what guards systems, pipelines and sources: breaker, brake, progress, clock.
const (
	CodeBreakerOpen  Code = "BREAKER_OPEN"
	CodeTLSExpired   Code = "TLS_EXPIRED"
	CodeTLSName      Code = "TLS_NAME"
	CodeTLSUntrusted Code = "TLS_UNTRUSTED"
	CodeTLSHandshake Code = "TLS_HANDSHAKE"
	CodeNoProgress   Code = "NO_PROGRESS"
	CodeSourceQuiet  Code = "SOURCE_QUIET"
	CodeBrake        Code = "BRAKE_TRIPPED"
	CodeClockSkew    Code = "CLOCK_SKEW"
	CodeRunMissed    Code = "RUN_MISSED"
)

func guardCodes() []Explanation {
	return []Explanation{
		{CodeBreakerOpen, "calls are kept away from a system that is ill", "目标系统异常，暂停调用", "nothing: the hub asks the system again by itself and then goes on; see `sihe status`", "无需处理：系统会自动探测并恢复；请查看 `sihe status`", 503},
		{CodeTLSExpired, "a system's certificate has expired or is not valid yet", "目标系统的证书已过期或尚未生效", "renew the certificate there, and check the clock of this machine", "请在目标系统更新证书，并核对本机时间", 502},
		{CodeTLSName, "a system's certificate is for another name", "目标系统的证书与地址不符", "use the name that the certificate has, or get one for this name", "请使用证书中的名称，或申请与地址一致的证书", 502},
		{CodeTLSUntrusted, "nobody that this machine trusts has signed a system's certificate", "目标系统的证书不受信任", "add its authority to this machine; the check cannot be switched off", "请将其签发机构加入本机信任；校验不可关闭", 502},
		{CodeTLSHandshake, "no encrypted connection to a system comes about", "无法与目标系统建立加密连接", "check that it speaks TLS 1.2 or later at this address", "请确认该地址支持 TLS 1.2 或更高版本", 502},
		{CodeNoProgress, "something that the hub keeps doing has not succeeded for too long", "某项持续工作长时间未成功", "see its last error in `sihe status -o wide`", "请在 `sihe status -o wide` 中查看最近的错误", 503},
		{CodeSourceQuiet, "a source that usually brings something brings nothing", "平时有数据的来源长时间没有数据", "check whether it still sends: a disabled webhook, an expired permission", "请检查来源是否仍在发送：Webhook 被停用或权限过期", 503},
		{CodeBrake, "a pipeline stands because it would have changed too much at once", "流程因一次性变更过多而停止", "look at what it was about to write; if it is right: `sihe resume <pipeline> --reason …`", "请核对将要写入的内容；确认无误后执行 `sihe resume <流程> --reason …`", 409},
		{CodeClockSkew, "clocks differ by more than is tolerated", "时钟偏差超过允许范围", "set the clock of the machine that is wrong (NTP); the tolerance is never widened", "请校准偏差的机器时钟（NTP）；允许范围不会自动放宽", 401},
		{CodeRunMissed, "a scheduled run was missed while the hub did not work", "系统停止期间错过了计划任务", "nothing if it was made up for; else run it by hand", "若已补跑则无需处理，否则请手动执行", 200},
	}
}
