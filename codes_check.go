package sihe

// Codes of what checks find and of what becomes of it.
const (
	CodeCheckMissing   Code = "CHECK_MISSING"
	CodeCheckDifferent Code = "CHECK_DIFFERENT"
	CodeCheckExtra     Code = "CHECK_EXTRA"
	CodeCheckGone      Code = "CHECK_GONE"
	CodeCheckFindings  Code = "CHECK_FINDINGS"
	CodeCheckUnknown   Code = "CHECK_UNKNOWN"
	CodeCheckRepair    Code = "CHECK_REPAIR"
	CodeCheckLate      Code = "CHECK_LATE"
)

func checkCodes() []Explanation {
	return []Explanation{
		{CodeCheckMissing, "a document has no counterpart in the other system", "单据在另一系统中没有对应单据", "`sihe check explain KEY` says why and what was tried; `sihe check run NAME --repair` sends it again", "用 `sihe check explain 单号` 查看原因与已做的尝试；用 `sihe check run 核对名 --repair` 重发", 409},
		{CodeCheckDifferent, "two systems show different values of the same thing", "两个系统对同一事项的数值不一致", "`sihe check explain KEY` shows both; `sihe check run NAME --repair` sends the owner's value again", "用 `sihe check explain 单号` 查看双方数值；用 `sihe check run 核对名 --repair` 重发归属方的数值", 409},
		{CodeCheckExtra, "a document has no cause in the other system, or is there twice", "单据在另一系统中没有来源，或重复", "look at it in its system; nothing is removed by itself", "请在其所在系统中查看；系统不会自动删除", 409},
		{CodeCheckGone, "a system does not have a document any more that it once stated", "系统中已没有它曾经陈述过的单据", "find out whether it was restored from a backup; `sihe check run NAME --live --repair` sends again what is gone", "请查明是否从备份恢复；用 `sihe check run 核对名 --live --repair` 重发已丢失的单据", 409},
		{CodeCheckFindings, "a check does not hold", "核对不符", "look at `sihe check list` and `sihe check explain NAME`", "请查看 `sihe check list` 与 `sihe check explain 核对名`", 409},
		{CodeCheckUnknown, "there is no such check, and no check knows such a document", "没有此核对，也没有核对涉及此单据", "`sihe check list` has the names; a document is named by its number", "`sihe check list` 列出名称；单据请写单号", 404},
		{CodeCheckRepair, "sent again because a check found it missing or different", "核对发现缺失或不一致，已重新发送", "nothing to do; the next run of the check says whether it helped", "无需处理；下次核对会说明是否已恢复", 409},
		{CodeCheckLate, "a check has not come to its end for several runs", "核对已多次未能完成", "look at `sihe check list` for what keeps it; give it more time between two runs if it is too slow", "请在 `sihe check list` 查看原因；如耗时过长，请加大运行间隔", 503},
	}
}
