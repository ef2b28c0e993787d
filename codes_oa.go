package sihe

// Codes of the native OA module.
const (
	CodeProcess         Code = "PROCESS_INVALID"
	CodeProcessUnknown  Code = "PROCESS_UNKNOWN"
	CodeNoApprover      Code = "NO_APPROVER"
	CodeNotYourTask     Code = "NOT_YOUR_TASK"
	CodeApprovalEnded   Code = "APPROVAL_ENDED"
	CodeApproverUnknown Code = "APPROVER_UNKNOWN"
	CodeApprovalBegun   Code = "APPROVAL_BEGUN"
)

func oaCodes() []Explanation {
	return []Explanation{
		{CodeProcess, "a process definition has an error", "流程定义有误", "see the place and the suggestion", "请参阅所示位置与建议", 422},
		{CodeProcessUnknown, "no approval process has that name", "没有该名称的审批流程", "add a file for it to the processes folder", "请在流程目录中添加对应文件", 422},
		{CodeNoApprover, "nobody holds the position that must decide", "没有员工担任需要审批的职位", "give an employee the position, or change the process", "请为员工设置该职位，或修改流程", 422},
		{CodeNotYourTask, "only the assignee may decide this task", "只有被指派人可以处理该任务", "let the assignee decide, or transfer the task", "请由被指派人处理，或转交任务", 403},
		{CodeApprovalEnded, "the approval has ended already", "审批已结束", "look at its result", "请查看审批结果", 409},
		{CodeApproverUnknown, "the request does not say who acts", "请求未说明操作人", "send the header Sihe-Actor with an employee number", "请在请求头 Sihe-Actor 中填写工号", 400},
		{CodeApprovalBegun, "somebody has decided already, so it cannot be withdrawn any more", "已有审批人作出决定，不能再撤回", "wait for the result, or change the document, which recalls it", "请等待结果，或修改单据以收回审批", 409},
	}
}
