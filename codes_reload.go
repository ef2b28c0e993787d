package sihe

// Codes of changing the files of a running hub.
const (
	CodeRestartNeeded Code = "RESTART_NEEDED"
)

func reloadCodes() []Explanation {
	return []Explanation{
		{CodeRestartNeeded, "a running hub cannot take over this change", "运行中的系统无法应用此更改", "stop the hub and start it again; until then it works by the files it has loaded", "请停止并重新启动系统；在此之前系统仍按已加载的文件运行", 409},
	}
}
