package sihe

// Codes of mapping files.
const (
	CodeMappingUnknown   Code = "MAPPING_UNKNOWN"
	CodeMappingDuplicate Code = "MAPPING_DUPLICATE"
	CodeMappingEntity    Code = "MAPPING_ENTITY"
	CodeMappingField     Code = "MAPPING_FIELD"
	CodeMappingReadOnly  Code = "MAPPING_READ_ONLY"
	CodeMappingType      Code = "MAPPING_TYPE"
	CodeMappingLoop      Code = "MAPPING_LOOP"
	CodeMappingLookup    Code = "MAPPING_LOOKUP"
	CodeMappingLookupKey Code = "MAPPING_LOOKUP_KEY"
	CodeMappingMissing   Code = "MAPPING_ON_MISSING"
	CodeMappingConstant  Code = "MAPPING_CONSTANT"
	CodeMappingExample   Code = "MAPPING_EXAMPLE"
	CodeMappingName      Code = "MAPPING_NAME"
	CodeMappingUnused    Code = "MAPPING_UNUSED"
)

func mappingCodes() []Explanation {
	return []Explanation{
		{CodeMappingUnknown, "no mapping of that name", "没有该名称的映射", "see `sihe lint` for the mappings that are loaded", "请用 `sihe lint` 查看已加载的映射", 422},
		{CodeMappingDuplicate, "the name is defined twice", "名称重复定义", "rename one of them; in place of a shipped one, add `replaces: shipped`", "请重命名其中一个；要取代内置文件，请加 replaces: shipped", 422},
		{CodeMappingEntity, "no such entity or product record", "没有该实体或产品记录", "write <module>.<entity> or <product>/<record>", "请写 <模块>.<实体> 或 <产品>/<记录>", 422},
		{CodeMappingField, "the target has no such field", "目标没有该字段", "use a field that the entity defines", "请使用实体中定义的字段", 422},
		{CodeMappingReadOnly, "the target computes this field itself", "该字段由目标自行计算", "remove the line", "请删除该行", 422},
		{CodeMappingType, "the value does not fit the target field", "值与目标字段不符", "convert it as the message says", "请按提示转换", 422},
		{CodeMappingLoop, "a list is built in a wrong way", "列表写法有误", "write for: line in lines, and fields:", "请写 for: line in lines 及 fields:", 422},
		{CodeMappingLookup, "a value map is not right", "值映射有误", "write name: {from: to, …}", "请写 名称: {原值: 新值, …}", 422},
		{CodeMappingLookupKey, "a value map has a key that the source never has", "值映射中有来源永远不会出现的键", "correct the key, or remove it", "请更正或删除该键", 422},
		{CodeMappingMissing, "on_missing is used in a wrong way", "on_missing 用法有误", "write park, fail or {default: …} beside an xref", "请在 xref 旁写 park、fail 或 {default: …}", 422},
		{CodeMappingConstant, "a quoted constant looks like an expression", "引号内的常量像是表达式", "remove the quotes if it is meant to be computed", "如需计算请去掉引号", 422},
		{CodeMappingExample, "an example gives another result", "示例结果不一致", "correct the mapping or the example", "请修正映射或示例", 422},
		{CodeMappingName, "the name cannot be used here", "此处不能使用该名称", "use letters, digits and _", "请使用字母、数字和下划线", 422},
		{CodeMappingUnused, "nothing uses it", "没有任何地方使用", "remove it, or check the names of those that should use it", "请删除，或检查应当使用它的名称", 422},
	}
}
