package sihe

// Codes of hub.yaml and of reaching the hub that runs it.
const (
	CodeConfigMissing   Code = "CONFIG_MISSING"
	CodeConfigValue     Code = "CONFIG_VALUE"
	CodeConfigReference Code = "CONFIG_REFERENCE"
	CodeConfigSecret    Code = "CONFIG_SECRET"
	CodeConfigUnsafe    Code = "CONFIG_UNSAFE"
	CodeHubUnreachable  Code = "HUB_UNREACHABLE"
	CodeNoToken         Code = "NO_TOKEN"
)

func configCodes() []Explanation {
	return []Explanation{
		{CodeConfigMissing, "the folder has no hub.yaml", "目录中没有 hub.yaml", "run `sihe init`, or name the right folder", "请运行 `sihe init`，或指定正确的目录", 422},
		{CodeConfigValue, "a value in hub.yaml is not possible", "hub.yaml 中的值无效", "see the suggestion at the place", "请参阅该处的建议", 422},
		{CodeConfigReference, "a ${…} reference has no value", "${…} 引用没有对应的值", "set the variable or create the file", "请设置变量或创建文件", 422},
		{CodeConfigSecret, "a secret stands in the file itself", "密钥以明文写在文件中", "write ${env:NAME} or ${file:/path}", "请改写为 ${env:变量} 或 ${file:/路径}", 422},
		{CodeConfigUnsafe, "a setting works but is not safe", "该设置可用但不安全", "change it as the message says", "请按提示修改", 422},
		{CodeHubUnreachable, "the hub does not answer", "无法连接到系统", "start it with `sihe run`, or check the folder you are in", "请用 `sihe run` 启动，或检查当前目录", 503},
		{CodeNoToken, "the admin API wants its token", "管理接口需要令牌", "send Authorization: Bearer with the text of admin.token in the data folder", "请在请求头 Authorization: Bearer 中填写数据目录下 admin.token 的内容", 401},
	}
}
