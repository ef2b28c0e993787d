package sihe

// Codes of files on disk and of configuration as a whole.
const (
	CodeStoreLocked   Code = "STORE_LOCKED"
	CodeStoreCorrupt  Code = "STORE_CORRUPT"
	CodeStoreUnusable Code = "STORE_UNUSABLE"
	CodeStoreClosed   Code = "STORE_CLOSED"
	CodeStoreLost     Code = "STORE_LOST"
	CodeDiskFull      Code = "DISK_FULL"
	CodeStoreReadOnly Code = "STORE_READONLY"
	CodeStoreInit     Code = "STORE_INIT_INCOMPLETE"
	CodeConfigInvalid Code = "CONFIG_INVALID"
)

func storeCodes() []Explanation {
	return []Explanation{
		{CodeStoreLocked, "another process uses this data folder", "数据目录正被另一个进程使用", "stop that process, or give this one another data folder", "请停止该进程，或为本进程指定其他数据目录", 503},
		{CodeStoreCorrupt, "a stored value is damaged", "存储的数据已损坏", "restore a backup; the file was left as it is", "请从备份恢复；原文件未作改动", 500},
		{CodeStoreUnusable, "the data folder cannot be used", "数据目录不可用", "check space, permissions and the disk", "请检查磁盘空间、权限与磁盘状态", 503},
		{CodeStoreClosed, "the hub is stopping", "系统正在停止", "try again after the restart", "请在重启后重试", 503},
		{CodeStoreLost, "a data file was deleted or replaced while the hub runs", "数据文件在系统运行时被删除或替换", "stop the hub, put the file back, start again", "请停止系统、恢复该文件后重新启动", 503},
		{CodeDiskFull, "the disk is full", "磁盘空间已满", "make room; the hub goes on by itself", "请释放磁盘空间，系统会自动恢复", 503},
		{CodeStoreReadOnly, "the data folder is on a disk that may only be read", "数据目录所在磁盘只读", "look why (a failing disk is often remounted so), make it writable, start again", "请查明原因（磁盘故障常导致只读挂载），恢复可写后重新启动", 503},
		{CodeStoreInit, "a data file is empty: its first start was cut off, or something emptied it", "数据文件为空：首次启动被中断，或文件被清空", "if this hub was never used, remove the file and start again; else restore a backup", "若该系统从未使用过，请删除该文件后重新启动；否则请从备份恢复", 503},
		{CodeConfigInvalid, "the configuration has errors", "配置有错误", "correct what is listed and run `sihe lint`", "请修正所列问题并运行 `sihe lint`", 422},
	}
}
