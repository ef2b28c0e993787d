package sihe

import "slices"

// A Code is the stable name of one kind of error. It never changes its meaning.
type Code string

// Codes that no single room owns. Each area lists its own in codes_<area>.go.
const (
	CodeInternal       Code = "INTERNAL"
	CodeEventMalformed Code = "EVENT_MALFORMED"
	CodeDecimalSyntax  Code = "DECIMAL_SYNTAX"
	CodeDecimalRange   Code = "DECIMAL_RANGE"
	CodeDivisionByZero Code = "DIVISION_BY_ZERO"
)

// An Explanation says in both languages what a code means and what to do about it.
type Explanation struct {
	Code       Code
	En, Zh     string // what it means
	HelpEn     string // what to do
	HelpZh     string
	HTTPStatus int // how an API answers with it; 0 is 500
}

func generalCodes() []Explanation {
	return []Explanation{
		{CodeInternal, "an error without a code of its own", "没有专门代码的错误", "read the message; report it if it does not help", "请阅读错误信息；如无帮助请反馈", 500},
		{CodeEventMalformed, "a message is not a CloudEvent of this hub", "消息不是本系统的 CloudEvents 事件", "find out who else writes to the topic", "请检查是否有其他程序写入该主题", 400},
		{CodeDecimalSyntax, "the text is not a decimal number", "文本不是十进制数", "write digits with an optional point, e.g. 12.50", "请写数字，可带小数点，例如 12.50", 422},
		{CodeDecimalRange, "a number needs more than 34 digits", "数值超过 34 位", "check quantity, price and unit", "请检查数量、单价与单位", 422},
		{CodeDivisionByZero, "a division by zero", "除数为零", "guard the division with if(x == 0, …)", "请用 if(x == 0, …) 先行判断", 422},
	}
}

// Explanations lists every code, sorted.
func Explanations() []Explanation {
	all := slices.Concat(generalCodes(), runtimeCodes(), storeCodes(), exprCodes(), configCodes(), oaCodes(), busCodes(), financeCodes(), deliveryCodes(), erpCodes(), yamlCodes(), mappingCodes(), pipelineCodes(), entityCodes(), nativeCodes(), restCodes(), tryCodes(), consoleCodes(), checkCodes(), reloadCodes(), operateCodes(), guardCodes())
	slices.SortFunc(all, func(a, b Explanation) int {
		if a.Code < b.Code {
			return -1
		}
		return 1
	})
	return all
}

// Explain returns the explanation of a code; false when it is not one of ours.
func Explain(c Code) (Explanation, bool) {
	for _, x := range Explanations() {
		if x.Code == c {
			return x, true
		}
	}
	return Explanation{}, false
}
