package sihe

// Codes of test files.
const (
	CodeTestFailed Code = "TEST_FAILED"
	CodeTestFile   Code = "TEST_FILE"
)

func tryCodes() []Explanation {
	return []Explanation{
		{CodeTestFailed, "a test gives another result than its file says", "测试结果与文件不符", "correct the mapping, the pipeline or the test", "请修正映射、流程或测试", 422},
		{CodeTestFile, "a test file is not complete", "测试文件不完整", "name a pipeline or a mapping, and say what is expected", "请写明流程或映射，以及预期结果", 422},
	}
}
