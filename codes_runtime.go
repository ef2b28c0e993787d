package sihe

// Codes of writing and ownership.
const (
	CodeHashMismatch     Code = "HASH_MISMATCH"
	CodeFieldNotWritable Code = "FIELD_NOT_WRITABLE"
	CodeBoundary         Code = "BOUNDARY_VIOLATION"
)

func runtimeCodes() []Explanation {
	return []Explanation{
		{CodeHashMismatch, "the document changed since it was looked at", "单据在查看之后已被修改", "ask again with the current content", "请以当前内容重新发起", 409},
		{CodeFieldNotWritable, "the field belongs to another module", "字段属于其他模块", "see `sihe owners explain <entity>.<field>`", "请查看 `sihe owners explain <实体>.<字段>`", 403},
		{CodeBoundary, "a module acts outside what it owns", "模块越过了职责边界", "let the owner do it, or list the module under `accepts` in the entity file", "请由所属模块处理，或在实体文件的 accepts 中登记", 403},
	}
}
