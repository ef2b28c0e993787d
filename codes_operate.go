package sihe

// Codes of looking after a hub: confirmations, edits, replays and backfills.
const (
	CodeNotConfirmed Code = "NOT_CONFIRMED"
	CodeAmbiguous    Code = "AMBIGUOUS"
	CodeEditor       Code = "EDITOR"
	CodeRerunUnknown Code = "RERUN_UNKNOWN"
	CodeNoRewind     Code = "NO_REWIND"
)

func operateCodes() []Explanation {
	return []Explanation{
		{CodeNotConfirmed, "a change was not confirmed, nothing was done", "变更未确认，未执行任何操作", "answer yes, or say --yes; --dry-run shows what would happen", "请确认，或加 --yes；--dry-run 可先查看结果", 422},
		{CodeAmbiguous, "more than one thing bears this name", "该名称对应多个对象", "name the pipeline and the id, as `-o wide` lists them", "请写明管道与事件编号，见 -o wide", 409},
		{CodeEditor, "the editor did not give a payload back", "编辑器未返回内容", "set EDITOR, or use --set path=value or --file", "请设置 EDITOR，或使用 --set 路径=值、--file", 422},
		{CodeRerunUnknown, "there is no replay or backfill of this number", "没有该编号的重放或补数任务", "see `sihe replay list`", "请查看 `sihe replay list`", 404},
		{CodeNoRewind, "the system cannot be read again from a point in time", "该系统无法从指定时间重新读取", "leave --since out: it is read from its beginning, and what is known stays unchanged", "请去掉 --since：将从头读取，已有内容保持不变", 422},
	}
}
