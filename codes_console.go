package sihe

// Codes of the admin API.
const (
	CodeNoSuchPath  Code = "NO_SUCH_PATH"
	CodeCrossOrigin Code = "CROSS_ORIGIN"
	CodeExposed     Code = "ADMIN_EXPOSED"
	CodeFileMode    Code = "FILE_MODE"
)

func consoleCodes() []Explanation {
	return []Explanation{
		{CodeNoSuchPath, "there is nothing at this path", "该路径不存在", "see the list of paths in the documentation", "请查看文档中的路径列表", 404},
		{CodeCrossOrigin, "a page of another site asked for it", "请求来自其他站点的页面", "call the API from a program or from its own pages", "请从程序或本系统页面调用接口", 403},
		{CodeExposed, "the admin API would be open to the network without TLS", "管理接口将在没有 TLS 的情况下暴露于网络", "set hub.admin to 127.0.0.1:8687 and put a TLS proxy or an SSH tunnel in front of it", "请将 hub.admin 设为 127.0.0.1:8687，并通过 TLS 代理或 SSH 隧道访问", 422},
		{CodeFileMode, "other users of the machine may read or change a file of the hub", "本机其他用户可读取或修改系统文件", "chmod 600 the file, chmod 700 the folder", "请执行 chmod 600（文件）或 chmod 700（目录）", 422},
	}
}
