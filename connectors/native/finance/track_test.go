package finance_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

// settled is one row of the write-back track in suite.md 6.3.
func (s *tale) settled(after, payable, paid, outstanding, status, overdue, amount, billing string) {
	s.t.Helper()
	d := s.get("/order_settlement/SO-2026-0001")
	got := map[string]string{}
	for _, f := range []string{"payable", "paid_amount", "outstanding_amount", "payment_status", "overdue", "overdue_amount", "billing_status"} {
		got[f] = text(d[f])
	}
	want := map[string]string{
		"payable": payable, "paid_amount": paid, "outstanding_amount": outstanding, "payment_status": status,
		"overdue": overdue, "overdue_amount": amount, "billing_status": billing,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("after %s (-want +got):\n%s", after, diff)
	}
	s.sound()
}

func (s *tale) exposure(after, want string) {
	s.t.Helper()
	if got := text(s.get("/credit/C001")["exposure"]); got != want {
		s.t.Errorf("exposure after step %s is %s, want %s", after, got, want)
	}
}

func TestWriteBackTrack(t *testing.T) {
	s := story(open(t))
	s.step1()
	s.step4()
	s.step8()
	s.settled("step 7", "113322.00", "0.00", "113322.00", "not_paid", "false", "0.00", "none")
	s.exposure("8", "113322.00")
	s.step11()
	s.settled("step 11", "113322.00", "33996.60", "79325.40", "partially_paid", "false", "0.00", "none")
	s.exposure("11", "79325.40")
	s.is("/cash_document/RC-2026-0001", map[string]string{"sales_order": "SO-2026-0001", "party": "C001", "advance_amount": "33996.60", "state": "recorded"})
	s.step25()
	s.settled("step 25", "113322.00", "33996.60", "79325.40", "partially_paid", "false", "0.00", "partial")
	s.exposure("25", "79325.40")
	s.is("/invoice/INV-2026-0001", map[string]string{
		"gross_total": "86392.00", "net_total": "76453.10", "tax_total": "9938.90", "due_date": "2026-04-19",
		"outstanding": "52395.40", "payment_status": "partially_paid", "issue_status": "requested", "state": "posted",
	})
	s.is("/order_settlement/SO-2026-0001", map[string]string{"invoiced_amount": "86392.00", "crm_order": "CO-2026-0001", "contract_no": "CT-2026-0001"})
	s.is("/cash_document/RC-2026-0001", map[string]string{"advance_amount": "0.00", "state": "allocated"})
	s.step27()
	s.settled("step 27", "113322.00", "33996.60", "79325.40", "partially_paid", "false", "0.00", "full")
	s.is("/invoice/INV-2026-0002", map[string]string{"gross_total": "26930.00", "net_total": "24017.70", "tax_total": "2912.30", "due_date": "2026-04-24", "outstanding": "26930.00"})
	s.step33()
	s.settled("step 33", "113322.00", "83996.60", "29325.40", "partially_paid", "false", "0.00", "full")
	s.is("/invoice/INV-2026-0001", map[string]string{"outstanding": "2395.40"})
	s.step35()
	s.settled("step 35", "108572.00", "83996.60", "24575.40", "partially_paid", "false", "0.00", "full")
	s.is("/credit_note/CN-2026-0001", map[string]string{"gross_total": "4750.00", "net_total": "4203.54", "tax_total": "546.46", "cost_total": "2326.95", "state": "posted"})
	s.is("/invoice/INV-2026-0002", map[string]string{"outstanding": "22180.00"})
	s.dunningSteps()
}

// dunningSteps are 37 to 40: overdue, reminder, promise, second reminder, the last payment, statement and ageing.
func (s *tale) dunningSteps() {
	s.at("2026-04-19 06:30")
	s.job("daily")
	s.settled("04-19 job", "108572.00", "83996.60", "24575.40", "partially_paid", "false", "0.00", "full")
	s.at("2026-04-20 06:30")
	s.job("daily")
	s.settled("04-20 job", "108572.00", "83996.60", "24575.40", "partially_paid", "true", "2395.40", "full")
	s.at("2026-04-22 06:30")
	s.job("daily")
	before := text(s.get("/order_settlement/SO-2026-0001")["version"])
	s.job("daily")
	if after := text(s.get("/order_settlement/SO-2026-0001")["version"]); after != before {
		s.t.Errorf("the ledger version rose from %s to %s though nothing changed", before, after)
	}
	s.is("/dunning_notice/DUN-2026-0001", map[string]string{"level": "1", "total_amount": "2395.40", "state": "raised", "salesperson": "E001", "as_of": "2026-04-22"})
	s.at("2026-04-23 10:00")
	if _, err := s.write(sihe.DoWriteBack, "dunning_notice", "DUN-2026-0001", "crm", 1, record{"promise_date": "2026-04-28", "contact_result": "财务已排款"}); err != nil {
		s.t.Fatal(err)
	}
	s.is("/dunning_notice/DUN-2026-0001", map[string]string{"state": "promised", "promise_date": "2026-04-28"})
	for _, day := range []string{"2026-04-25", "2026-04-26", "2026-04-27"} {
		s.at(day + " 06:30")
		s.job("daily")
	}
	if n := len(s.find("/dunning_notice?party=C001")); n != 2 {
		s.t.Errorf("%d dunning notices, want 2", n)
	}
	s.is("/dunning_notice/DUN-2026-0002", map[string]string{"level": "1", "total_amount": "22180.00", "as_of": "2026-04-27"})
	s.at("2026-04-28 10:00")
	s.receipt("BK20260428001", "2395.40", "2026-04-28", "余款")
	s.is("/invoice/INV-2026-0001", map[string]string{"outstanding": "0.00", "state": "settled"})
	s.is("/dunning_notice/DUN-2026-0001", map[string]string{"state": "resolved", "open_amount": "0.00"})
	s.is("/dunning_notice/DUN-2026-0002", map[string]string{"state": "raised"})
	s.settled("step 39", "108572.00", "86392.00", "22180.00", "partially_paid", "true", "22180.00", "full")
	s.exposure("39", "22180.00")
	s.at("2026-04-30 18:00")
	s.is("/reports/statement?party=C001&from=2026-03-01&date=2026-04-30", map[string]string{"closing": "22180.00", "opening": "0.00"})
	a := s.get("/reports/ageing?date=2026-04-30")
	want := []any{map[string]any{
		"party": "C001", "name": "华东水务集团 East China Water", "total": "22180.00", "overdue": "22180.00",
		"buckets": map[string]any{"1_30": "22180.00"}, "uninvoiced": "0.00",
		"documents": []any{map[string]any{"document": "INV-2026-0002", "due_date": "2026-04-24", "overdue_days": 6.0, "outstanding": "22180.00", "bucket": "1_30"}},
	}}
	if diff := cmp.Diff(want, a["parties"]); diff != "" {
		s.t.Errorf("ageing (-want +got):\n%s", diff)
	}
}

// The trial balances of suite.md 6.5 and 6.6, and what follows from them.
func TestTrialBalances(t *testing.T) {
	s := story(open(t))
	s.step1()
	s.is("/reports/trial_balance?date=2026-03-01", map[string]string{"closing_total": "0.00", "debit_total": "0.00"})
	s.is("/reports/balance?account=1403", map[string]string{"balance": "21940.00"})
	s.is("/reports/balance?account=1405", map[string]string{"balance": "63310.00"})
	s.step4()
	s.step8()
	s.step11()
	s.step16()
	s.step18()
	s.is("/reports/balance?account=2202.99", map[string]string{"balance": "-10215.00"})
	s.sound()
	s.step19to21()
	s.is("/reports/balance?account=2202.99", map[string]string{"balance": "0.00"})
	s.is("/bill/BILL-2026-0001", map[string]string{"state": "posted", "outstanding": "10678.50"})
	s.is("/bill/BILL-2026-0002", map[string]string{"state": "posted", "outstanding": "844.45", "match_status": "matched", "held_amount": "0.00"})
	s.is("/purchase_settlement/PO-2026-0001", map[string]string{"billing_status": "full", "received_not_billed": "0.00", "billed_amount": "10678.50"})
	s.step22to24()
	s.step25()
	s.step27()
	s.step28to31()
	s.sound()
	s.trial("/reports/trial_balance?date=2026-03-31&closing=no", march(), "314851.03")
	s.is("/reports/income_statement?date=2026-03-31", map[string]string{"revenue": "100470.80", "cost": "54089.00", "operating_profit": "41717.17", "net_profit": "41737.17"})
	s.is("/reports/balance_sheet?date=2026-03-31", map[string]string{"asset_total": "2952856.00", "liability_total": "25868.83", "equity_total": "2926987.17", "difference": "0.00"})
	s.is("/reports/vat?date=2026-03-31&from=2026-03-01", map[string]string{"output": "12851.20", "input": "1507.83", "payable": "11343.37"})
	s.flow("/reports/cash_flow?date=2026-03-31", record{"sales": "33996.60"}, record{"other": "4063.00"}, "29933.60", "2029933.60")
	s.step32()
	s.is("/purchase_settlement/PO-2026-0002", map[string]string{"paid_amount": "844.45", "outstanding_amount": "0.00"})
	s.is("/reports/payables_ageing?date=2026-03-13", map[string]string{"total": "0.00", "uninvoiced": "10215.00"})
	s.is("/reports/payables_ageing?date=2026-03-15&party=S001", map[string]string{"total": "10678.50", "uninvoiced": "0.00"})
	s.is("/reports/payables_ageing?date=2026-03-31", map[string]string{"total": "12099.25", "uninvoiced": "0.00"})
	s.is("/reports/payables_ageing?date=2026-04-05", map[string]string{"total": "576.30", "uninvoiced": "0.00"})
	s.step33()
	s.step34()
	s.step35()
	s.at("2026-04-28 10:00")
	s.receipt("BK20260428001", "2395.40", "2026-04-28", "INV-2026-0001")
	s.at("2026-04-30 18:00")
	s.trial("/reports/trial_balance?date=2026-04-30&from=2026-03-01", april(), "484887.81")
	s.trial("/reports/trial_balance?date=2026-04-30", nil, "")
	s.is("/reports/income_statement?date=2026-04-30", map[string]string{"net_profit": "-1876.59"})
	s.is("/reports/balance?account=1002", map[string]string{"balance": "2058101.47"})
	s.flow("/reports/cash_flow?date=2026-04-30", record{"sales": "52395.40"}, record{"goods": "11522.95", "taxes": "12704.58"}, "28167.87", "2058101.47")
	s.sound()
}

func (s *tale) flow(path string, received, paid record, net, closing string) {
	s.t.Helper()
	f := s.get(path)
	want := record{"received": map[string]any(received), "paid": map[string]any(paid), "net": net, "closing": closing}
	got := record{"received": f["received"], "paid": f["paid"], "net": f["net"], "closing": f["closing"]}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// trial compares a trial balance with rows of opening, debit, credit and closing.
func (s *tale) trial(path string, want map[string][4]string, turnover string) {
	s.t.Helper()
	b := s.get(path)
	if b["closing_total"] != "0.00" || b["opening_total"] != "0.00" {
		s.t.Errorf("%s: the ledger sums to %v, opening %v", path, b["closing_total"], b["opening_total"])
	}
	if want == nil {
		return
	}
	got := map[string][4]string{}
	rows, _ := b["rows"].([]any)
	for _, x := range rows {
		r, _ := x.(map[string]any)
		got[text(r["account"])] = [4]string{text(r["opening"]), text(r["debit"]), text(r["credit"]), text(r["closing"])}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", path, diff)
	}
	if b["debit_total"] != turnover || b["credit_total"] != turnover {
		s.t.Errorf("%s: turnover %v and %v, want %s", path, b["debit_total"], b["credit_total"], turnover)
	}
}

// NEG-05: a signed delivery that comes three times opens one receivable.
func TestDeliveryComesThreeTimes(t *testing.T) {
	s := story(open(t))
	s.step1()
	s.step4()
	s.step8()
	s.step25()
	data := record{
		"delivery_no": "DN-2026-0001", "sales_order": "SO-2026-0001", "party": "C001", "currency": "CNY", "signed_on": "2026-03-20",
		"lines": []record{{"item": "P-CP100", "quantity": "1", "unit_price": "4750.00", "tax_rate": "0.13"}},
	}
	for range 2 {
		if _, err := s.write(sihe.DoCreate, "receivable", "", "erp", 0, data); sihe.ClassOf(err) != sihe.ClassRejected {
			t.Errorf("a second receivable of the same delivery: %v", err)
		}
	}
	s.is("/reports/balance?account=1122", map[string]string{"balance": "86392.00"})
	if n := len(s.find("/receivable?delivery_no=DN-2026-0001")); n != 1 {
		t.Errorf("%d receivables", n)
	}
	s.sound()
}

// NEG-16: money that comes before its invoice waits as an advance and is then set against it.
func TestPaymentBeforeItsInvoice(t *testing.T) {
	s := story(open(t))
	s.step1()
	s.step4()
	s.at("2026-03-06 10:00")
	s.receipt("B1", "1000.00", "2026-03-06", "INV-2026-0001 货款")
	s.receipt("B2", "500.00", "2026-03-06", "SO-2026-0001")
	s.do(http.MethodPost, "/cash_document", "E010", record{"direction": "in", "bank_account": "1002-ICBC", "bank_ref": "B3", "amount": "7.00", "purpose": "?"})
	s.sound()
	s.step8()
	s.step25()
	s.is("/invoice/INV-2026-0001", map[string]string{"outstanding": "84892.00"})
	s.sound()
	s.at("2026-03-21 10:00")
	s.is("/cash_document/RC-2026-0003", map[string]string{"party": "", "advance_amount": "7.00", "state": "recorded"})
	s.do(http.MethodPost, "/cash_document/RC-2026-0003/identify", "E010", record{"party": "C001"})
	s.is("/invoice/INV-2026-0001", map[string]string{"outstanding": "84885.00"})
	s.settled("payments", "113322.00", "1507.00", "111815.00", "partially_paid", "false", "0.00", "partial")
}
