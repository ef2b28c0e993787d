package sihe

// Codes of entity files, of records as JSON, and of what a record must be like.
const (
	CodeEntityDuplicate Code = "ENTITY_DUPLICATE"
	CodeEntityName      Code = "ENTITY_NAME"
	CodeEntityModule    Code = "ENTITY_MODULE"
	CodeEntityLabel     Code = "ENTITY_LABEL"
	CodeEntityKey       Code = "ENTITY_KEY"
	CodeEntityNumber    Code = "ENTITY_NUMBER"
	CodeEntityType      Code = "ENTITY_TYPE"
	CodeEntityAttribute Code = "ENTITY_ATTRIBUTE"
	CodeEntityReference Code = "ENTITY_REFERENCE"
	CodeEntityField     Code = "ENTITY_UNKNOWN_FIELD"
	CodeEntityWriter    Code = "ENTITY_WRITER"
	CodeEntityFormula   Code = "ENTITY_FORMULA"
	CodeEntityCycle     Code = "ENTITY_CYCLE"
	CodeEntityState     Code = "ENTITY_STATE"
	CodeEntityAction    Code = "ENTITY_ACTION"
	CodeEntityExtends   Code = "ENTITY_EXTENDS"
	CodeEntityView      Code = "ENTITY_VIEW"
	CodeEntityUnknown   Code = "ENTITY_UNKNOWN"

	CodeJSONSyntax    Code = "JSON_SYNTAX"
	CodeJSONUTF8      Code = "JSON_UTF8"
	CodeJSONSize      Code = "JSON_SIZE"
	CodeJSONDepth     Code = "JSON_DEPTH"
	CodeJSONDuplicate Code = "JSON_DUPLICATE"
	CodeJSONUnknown   Code = "JSON_UNKNOWN_FIELD"
	CodeJSONType      Code = "JSON_TYPE"
	CodeJSONNumber    Code = "JSON_NUMBER"
	CodeJSONSchema    Code = "JSON_SCHEMA"

	CodeValueRequired Code = "VALUE_REQUIRED"
	CodeValueRange    Code = "VALUE_RANGE"
	CodeValueScale    Code = "VALUE_SCALE"
	CodeValueLength   Code = "VALUE_LENGTH"
	CodeValueEnum     Code = "VALUE_ENUM"
	CodeValueType     Code = "VALUE_TYPE"

	CodeOABusinessField   Code = "OA_BUSINESS_FIELD"
	CodeCRMOperationWrite Code = "CRM_OPERATION_WRITE"
	CodeERPCustomerWrite  Code = "ERP_CUSTOMER_WRITE"
	CodeFinanceBusiness   Code = "FINANCE_BUSINESS_DOC"
)

func entityCodes() []Explanation {
	return append(entityFileCodes(),
		Explanation{CodeJSONSyntax, "the text is not one JSON value", "文本不是单个有效的 JSON 值", "correct the text at the place shown; nothing may follow the value", "请修正所示位置；值之后不得有其他内容", 400},
		Explanation{CodeJSONUTF8, "the text is not valid UTF-8", "文本不是有效的 UTF-8", "send UTF-8; convert GBK before", "请使用 UTF-8；GBK 请先转换", 400},
		Explanation{CodeJSONSize, "the JSON is larger than 1 MiB", "JSON 超过 1 MiB", "split the document", "请拆分单据", 413},
		Explanation{CodeJSONDepth, "the JSON is nested deeper than 64 levels", "JSON 嵌套超过 64 层", "send a flatter document", "请减少嵌套层数", 400},
		Explanation{CodeJSONDuplicate, "the same name stands twice in an object", "对象中同一名称出现两次", "remove one of them", "请删除其中一个", 400},
		Explanation{CodeJSONUnknown, "the entity has no such field", "实体没有该字段", "correct the name, or add the field in a file that extends the entity", "请更正名称，或在扩展文件中增加该字段", 422},
		Explanation{CodeJSONType, "a value is of another type than its field", "值与字段类型不符", "send the type that the message names", "请按提示的类型发送", 422},
		Explanation{CodeJSONNumber, "a number cannot be taken exactly", "数值无法精确读取", "write plain digits, at most 34 of them and 64 bytes in all", "请写普通数字，最多 34 位、64 字节", 422},
		Explanation{CodeJSONSchema, "the document does not match the entity's schema", "单据不符合实体的结构定义", "see the path in the message", "请查看提示中的路径", 422},
		Explanation{CodeValueRequired, "a required field is missing", "缺少必填字段", "fill it in at its source", "请在来源处补填", 422},
		Explanation{CodeValueRange, "a number is below its minimum or above its maximum", "数值超出允许范围", "check the value at its source", "请检查来源数据", 422},
		Explanation{CodeValueScale, "a number has more places than its field", "小数位数超过字段允许", "round it where it is made", "请在产生处舍入", 422},
		Explanation{CodeValueLength, "a text is longer than its field", "文本超过字段长度", "shorten it", "请缩短文本", 422},
		Explanation{CodeValueEnum, "a value that the field does not have", "字段没有该取值", "use one of the listed values, or map it", "请使用列出的取值，或增加映射", 422},
		Explanation{CodeValueType, "a value does not fit its field", "值不适合该字段", "see what the message says is needed", "请按提示填写", 422},
		Explanation{CodeOABusinessField, "OA decides, it never changes business values", "OA 只作审批决定，不修改业务数据", "send the decision only; propose the change to the owner", "请只回传审批结果；改动请向所属模块提出", 403},
		Explanation{CodeCRMOperationWrite, "CRM does not run operations or books", "CRM 不操作库存、交付与账务", "ask the owner by an action that it accepts", "请通过所属模块接受的动作提出", 403},
		Explanation{CodeERPCustomerWrite, "ERP does not create or change customers", "ERP 不新建或修改客户", "send the change to CRM", "请在 CRM 中修改客户", 403},
		Explanation{CodeFinanceBusiness, "finance does not make or change business documents", "财务不新建或修改业务单据", "write back the listed money fields only", "请只回写列出的资金字段", 403},
	)
}

func entityFileCodes() []Explanation {
	return []Explanation{
		{CodeEntityDuplicate, "the same name is defined twice", "同一名称重复定义", "rename or remove one of them", "请改名或删除其中一个", 422},
		{CodeEntityName, "a name is not allowed", "名称不符合规则", "use lower-case letters, digits and _, starting with a letter", "请使用小写字母、数字和下划线，以字母开头", 422},
		{CodeEntityModule, "there is no such module", "没有该模块", "use crm, erp, oa or finance", "请使用 crm、erp、oa 或 finance", 422},
		{CodeEntityLabel, "a label is missing in one language", "缺少某种语言的名称", "write label: {en: …, zh: …}", "请写 label: {en: …, zh: …}", 422},
		{CodeEntityKey, "the key is not a field that can identify a document", "主键字段不可用", "name a text field of the entity", "请指定实体的文本字段", 422},
		{CodeEntityNumber, "the number pattern is not valid", "编号规则无效", "use {yyyy} {mm} {dd} {seq:4} and {field}, e.g. \"PO-{yyyy}-{seq:4}\"", "可用 {yyyy} {mm} {dd} {seq:4} 与 {字段}，例如 \"PO-{yyyy}-{seq:4}\"", 422},
		{CodeEntityType, "there is no such type", "没有该类型", "use one of the types listed in the documentation of entities", "请使用实体文档中列出的类型", 422},
		{CodeEntityAttribute, "an attribute does not fit the field's type", "属性不适用于该类型", "remove it, or change the type", "请删除该属性或更改类型", 422},
		{CodeEntityReference, "there is no such entity", "没有该实体", "write the entity's name, with its module when it is another's", "请写实体名称；属于其他模块时加上模块名", 422},
		{CodeEntityField, "the entity has no such field", "实体没有该字段", "use the name of a field of this entity", "请使用该实体的字段名", 422},
		{CodeEntityWriter, "the writer of a field is not possible", "字段的写入模块无效", "name another module; the owner needs no writer", "请指定其他模块；所属模块无需填写", 422},
		{CodeEntityFormula, "the result does not fit the field", "计算结果不适合该字段", "convert or round it, or give a default", "请转换、舍入或给出默认值", 422},
		{CodeEntityCycle, "fields are computed from each other in a circle", "字段之间循环计算", "break the circle: let one of them be entered", "请打破循环，让其中一个字段由人工填写", 422},
		{CodeEntityState, "the states are not a machine that can run", "状态流转定义有误", "see what the message says about the state", "请按提示修正状态", 422},
		{CodeEntityAction, "there is no such action", "没有该动作", "use one of the actions of the entity's states", "请使用实体状态中的动作", 422},
		{CodeEntityExtends, "an extension may only add", "扩展文件只能增加", "add fields under new names, labels and view hints; leave the rest as it is", "只能增加新字段、名称与界面提示，其余保持不变", 422},
		{CodeEntityView, "a view hint names what does not exist", "界面提示引用了不存在的内容", "use the names of the entity's fields and states", "请使用实体的字段与状态名", 422},
		{CodeEntityUnknown, "there is no such entity in this place", "此处没有该实体", "see `sihe get entities`; copies are listed in the entity's file", "请查看 `sihe get entities`；副本在实体文件中登记", 404},
	}
}
