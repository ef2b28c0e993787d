package sihe

// Codes of the books: what the ledger, invoices, bills and cash refuse.
const (
	CodeUnbalanced       Code = "UNBALANCED"
	CodeEntryLine        Code = "ENTRY_LINE"
	CodeAccountUnknown   Code = "ACCOUNT_UNKNOWN"
	CodeAccountNotLeaf   Code = "ACCOUNT_NOT_LEAF"
	CodeAccountClosed    Code = "ACCOUNT_CLOSED"
	CodeControlAccount   Code = "CONTROL_ACCOUNT"
	CodePeriodClosed     Code = "PERIOD_CLOSED"
	CodePeriodUnknown    Code = "PERIOD_UNKNOWN"
	CodePeriodNotReady   Code = "PERIOD_NOT_READY"
	CodeImmutable        Code = "IMMUTABLE"
	CodeSelfReview       Code = "SELF_REVIEW"
	CodeChainBroken      Code = "CHAIN_BROKEN"
	CodeTotalMismatch    Code = "TOTAL_MISMATCH"
	CodeOverAllocation   Code = "OVER_ALLOCATION"
	CodeCreditExceeds    Code = "CREDIT_EXCEEDS"
	CodeConfirmLapsed    Code = "CONFIRM_LAPSED"
	CodeOverrideNoReason Code = "OVERRIDE_WITHOUT_REASON"
	CodeNothingToInvoice Code = "NOTHING_TO_INVOICE"
)

func financeCodes() []Explanation {
	return []Explanation{
		{CodeUnbalanced, "debits and credits are not equal", "借贷不平衡", "make debit and credit equal in every currency", "请使每一币种借方合计等于贷方合计", 422},
		{CodeEntryLine, "a line of an entry is not valid", "分录行无效", "give each line one amount other than zero, debit or credit; negative ones only in a red-letter entry", "每行只能有一个非零的借方或贷方金额；负数仅限红字凭证", 422},
		{CodeAccountUnknown, "the chart has no such account", "科目不存在", "correct the account, or add it to the chart", "请更正科目，或在科目表中新增", 422},
		{CodeAccountNotLeaf, "the account has sub-accounts and takes no postings", "科目不是末级科目", "post to one of its sub-accounts", "请使用其末级明细科目", 422},
		{CodeAccountClosed, "the account is not in use on that day", "科目在该日期未启用或已停用", "use another account or another date", "请更换科目或日期", 422},
		{CodeControlAccount, "the account is kept by its documents", "该科目由业务单据自动记账，不可手工记账", "use an invoice, a payment or a bill", "请使用发票、收付款单或采购发票", 422},
		{CodePeriodClosed, "the accounting period is closed", "会计期间已结账", "post on a day of an open period, or reopen the last closed one", "请记入开放期间，或对最后一个已结账期间反结账", 409},
		{CodePeriodUnknown, "the accounting period has not been opened", "会计期间尚未开启", "open the period, or correct the date", "请先开启该期间，或更正日期", 422},
		{CodePeriodNotReady, "the accounting period cannot be closed yet", "会计期间尚不能结账", "finish what the message names and close again", "请先完成提示事项再结账", 409},
		{CodeImmutable, "posted documents do not change", "已过账的单据不可修改", "reverse it, or make a red-letter entry", "请冲销或开具红字凭证", 409},
		{CodeSelfReview, "nobody reviews an own entry", "制单人与审核人不能是同一人", "let somebody else review it", "请由他人审核", 403},
		{CodeChainBroken, "the hash chain of the books is broken", "账簿摘要链已断裂", "restore a backup; the message names the first wrong entry", "请从备份恢复；提示中给出首个异常分录", 500},
		{CodeTotalMismatch, "the totals of the lines do not add up", "明细合计不一致", "check quantity, price and tax of the line", "请检查该行数量、单价与税额", 422},
		{CodeOverAllocation, "more is allocated than is open", "核销金额超过未结金额", "allocate at most what is open on both sides", "核销金额不得超过双方的未结金额", 409},
		{CodeCreditExceeds, "more is credited than was invoiced", "红冲数量或金额超过原发票", "check the quantity returned before", "请核对此前已退数量", 409},
		{CodeConfirmLapsed, "the buyer's confirmation has lapsed", "购方确认已逾期失效", "ask the buyer again", "请重新提请购方确认", 409},
		{CodeOverrideNoReason, "an override needs a reason", "放行必须填写原因", "enter override_reason", "请填写 override_reason", 422},
		{CodeNothingToInvoice, "there is nothing to invoice", "没有可开票的内容", "check the quantities of the lines", "请检查明细数量", 422},
	}
}
