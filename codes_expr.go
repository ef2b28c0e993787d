package sihe

// Codes of expressions: first what the compiler finds, then what only a record can show.
const (
	CodeExprSyntax   Code = "EXPR_SYNTAX"
	CodeExprLimit    Code = "EXPR_LIMIT"
	CodeExprName     Code = "EXPR_UNKNOWN_NAME"
	CodeExprFunction Code = "EXPR_UNKNOWN_FUNCTION"
	CodeExprArgument Code = "EXPR_ARGUMENT"
	CodeExprType     Code = "EXPR_TYPE"
	CodeExprNull     Code = "EXPR_MAYBE_NULL"
	CodeExprNotNull  Code = "EXPR_NEVER_NULL"
	CodeExprEnum     Code = "EXPR_ENUM"
	CodeExprCurrency Code = "EXPR_CURRENCY"
	CodeExprDivision Code = "EXPR_DIVISION"
	CodeExprScale    Code = "EXPR_SCALE"
	CodeExprLookup   Code = "EXPR_LOOKUP"
	CodeExprNotYet   Code = "EXPR_NOT_YET_SET"
	CodeExprBudget   Code = "EXPR_BUDGET"
	CodeExprValue    Code = "EXPR_VALUE"
	CodeExprRange    Code = "EXPR_INT_RANGE"
	CodeExprEmpty    Code = "EXPR_REQUIRED_NULL"
	CodeLookupMiss   Code = "LOOKUP_MISSING"
	CodeXRefMiss     Code = "XREF_MISSING"
)

func exprCodes() []Explanation {
	return []Explanation{
		{CodeExprSyntax, "the expression cannot be read", "表达式语法错误", "correct the text at the place shown", "请修正所示位置的文本", 422},
		{CodeExprLimit, "the expression is too long or too deep", "表达式过长或嵌套过深", "split it with `let`", "请用 let 拆分", 422},
		{CodeExprName, "no such name or field here", "此处没有该名称或字段", "use a name that the entity or `let` defines", "请使用实体或 let 中定义的名称", 422},
		{CodeExprFunction, "no such function", "没有该函数", "see `sihe docs functions`", "请查看 `sihe docs functions`", 422},
		{CodeExprArgument, "a function is called with wrong arguments", "函数参数有误", "call it as its signature says", "请按函数签名调用", 422},
		{CodeExprType, "a value has the wrong type", "值的类型不符", "convert it, e.g. with text(), int() or decimal()", "请转换类型，例如 text()、int()、decimal()", 422},
		{CodeExprNull, "a value may be null where one is needed", "此处的值可能为空", "give a default: x ?? 0", "请给出默认值：x ?? 0", 422},
		{CodeExprNotNull, "a default or null test for what is never null", "对不会为空的值给默认值或判空", "remove it", "请删除", 422},
		{CodeExprEnum, "a value that the field never has", "该字段不会有这个值", "use one of the values that the entity lists", "请使用实体中列出的值", 422},
		{CodeExprCurrency, "two currencies are mixed, or a currency is not known", "混用不同币种，或币种未知", "convert one amount first; use ISO 4217 codes", "请先换算其中一个金额；请使用 ISO 4217 代码", 422},
		{CodeExprDivision, "a division without rounding", "除法没有指定舍入", "write round(a / b, places) or div(a, b, places)", "请写 round(a / b, 位数) 或 div(a, b, 位数)", 422},
		{CodeExprScale, "a number may have more places than the field", "小数位数可能超过字段", "wrap it in round(…, places)", "请用 round(…, 位数)", 422},
		{CodeExprLookup, "a lookup is unknown or does not cover every value", "查找表不存在或未覆盖所有取值", "add the missing entries or give a default", "请补全条目或给出默认值", 422},
		{CodeExprNotYet, "a target field is read before it is set", "目标字段尚未赋值", "move its line above this one", "请把该字段移到上面", 422},
		{CodeExprBudget, "the expressions of one event do too much work", "单个事件的计算量过大", "split the document or simplify the mapping", "请拆分单据或简化映射", 422},
		{CodeExprValue, "a value cannot be converted", "值无法转换", "check the value at its source", "请检查来源数据", 422},
		{CodeExprRange, "an integer is too large", "整数超出范围", "check the values; use decimal() for large numbers", "请检查数值；大数请用 decimal()", 422},
		{CodeExprEmpty, "a required field is null", "必填字段为空", "fill it in at its source", "请在来源系统补填", 422},
		{CodeLookupMiss, "a value is not in the lookup", "查找表中没有该值", "add it to the lookup, or give a default", "请在查找表中补充，或给出默认值", 422},
		{CodeXRefMiss, "the document is not known in the target yet", "目标系统中尚无该单据", "wait for it, or link it with `sihe xref link`", "请等待同步，或用 `sihe xref link` 关联", 422},
	}
}
