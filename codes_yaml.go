package sihe

// Codes of reading YAML files.
const (
	CodeYAMLSyntax    Code = "YAML_SYNTAX"
	CodeYAMLSize      Code = "YAML_SIZE"
	CodeYAMLEncoding  Code = "YAML_ENCODING"
	CodeYAMLFeature   Code = "YAML_FEATURE"
	CodeYAMLDuplicate Code = "YAML_DUPLICATE_KEY"
	CodeYAMLUnknown   Code = "YAML_UNKNOWN_KEY"
	CodeYAMLMissing   Code = "YAML_MISSING_KEY"
	CodeYAMLType      Code = "YAML_TYPE"
	CodeYAMLValue     Code = "YAML_VALUE"
	CodeYAMLCut       Code = "YAML_CUT"
	CodeYAMLRead      Code = "YAML_READ"
	CodeYAMLFormat    Code = "YAML_FORMAT"
)

func yamlCodes() []Explanation {
	return []Explanation{
		{CodeYAMLSyntax, "the file is not valid YAML", "文件不是有效的 YAML", "correct the text at the place shown; mind the indentation", "请修正所示位置，注意缩进", 422},
		{CodeYAMLSize, "the file is larger or nested deeper than allowed", "文件过大或嵌套过深", "split it into several files", "请拆分为多个文件", 422},
		{CodeYAMLEncoding, "the file holds characters that are not allowed", "文件含有不允许的字符", "save it as UTF-8 and remove invisible characters", "请以 UTF-8 保存并删除不可见字符", 422},
		{CodeYAMLFeature, "a YAML feature that is not used here", "此处不使用该 YAML 特性", "write the value out; use | for long text", "请直接写出内容；长文本请用 |", 422},
		{CodeYAMLDuplicate, "the same key twice", "键重复", "remove one of them", "请删除其中一个", 422},
		{CodeYAMLUnknown, "the key means nothing here", "此处没有该键", "see the documentation of this kind of file", "请查看该类文件的文档", 422},
		{CodeYAMLMissing, "a required key is missing", "缺少必需的键", "add it", "请补上", 422},
		{CodeYAMLType, "a map, a list or a single value stands where another is needed", "此处应为另一种结构（映射、列表或单值）", "write it as the message says", "请按提示书写", 422},
		{CodeYAMLValue, "the value is not of the kind that is needed", "值的种类不符", "write it as the message says", "请按提示书写", 422},
		{CodeYAMLCut, "a part of the line may have become a comment", "行的一部分可能成了注释", "use a | block, or write the comment as \"# …\" on a line of its own", "请用 | 块，或将注释单独成行", 422},
		{CodeYAMLRead, "the file cannot be read", "无法读取文件", "check that it exists and may be read", "请检查文件是否存在及权限", 422},
		{CodeYAMLFormat, "the file cannot be formatted safely", "文件无法安全地格式化", "write it in a simpler way, or leave it as it is", "请改用更简单的写法，或保持原样", 422},
	}
}
