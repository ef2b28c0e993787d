package finance_test

import (
	"net/http"
	"testing"

	"github.com/sihehub/sihe"
)

func TestPeriodIsNotReady(t *testing.T) {
	s := story(open(t))
	s.step1()
	closing := func(period string) (sihe.Code, string) {
		return sihe.CodePeriodNotReady, "/period/" + period + "/close"
	}
	s.entry("erp", "e1", "2026-03-01", "erp.stock_count", "S", "", dr("6602.03", "40.00"), cr("1403", "40.00"))
	d := s.do(http.MethodPost, "/journal_entry", "E010", manual("m", "2026-03-01", dr("1002", "1.00"), cr("1001", "1.00")))
	s.at("2026-04-01 10:00")
	s.entry("erp", "e2", "2026-04-01", "erp.stock_count", "S", "", dr("1901", "40.00"), cr("1403", "40.00"))

	code, path := closing("2026-04")
	s.refused(code, http.MethodPost, path, "E004", nil) // March is open
	code, path = closing("2026-03")
	s.refused(code, http.MethodPost, path, "E004", nil) // a draft
	s.do(http.MethodPost, "/journal_entry/"+text(d["entry_no"])+"/discard", "E010", nil)
	s.refused(code, http.MethodPost, path, "E004", nil) // a loss is not carried forward
	s.do(http.MethodPost, "/period/2026-03/carry_forward", "E004", nil)
	s.do(http.MethodPost, path, "E004", nil)
	s.is("/period/2026-03", map[string]string{"state": "closed", "closed_by": "E004"})
	s.is("/reports/balance?account=4103&date=2026-03-31", map[string]string{"balance": "40.00"})
	s.is("/reports/balance?account=1403", map[string]string{"balance": "21860.00"})

	s.do(http.MethodPost, "/period/2026-04/close", "E004", nil)
	s.refused(code, http.MethodPost, "/period/2026-03/reopen", "E004", record{"reopen_reason": "x"}) // April was closed after it
	// Nothing is open now: the entry waits for May, which nobody has opened.
	if _, err := s.write(sihe.DoCreate, "journal_entry", "", "erp", 0, record{
		"event": "e3", "posting_date": "2026-04-01", "source_entity": "erp.stock_count", "lines": []record{dr("1901", "1.00"), cr("1403", "1.00")},
	}); sihe.CodeOf(err) != sihe.CodePeriodClosed {
		t.Errorf("posting into a closed month: %v", err)
	}
	s.do(http.MethodPost, "/period", "E004", record{"period_no": "2026-05"})
	s.entry("erp", "e3", "2026-04-01", "erp.stock_count", "S", "", dr("1901", "1.00"), cr("1403", "1.00"))
	if got := s.voucher("记-0501"); got != "2026-05-01: 1901 1.00 / 1403 1.00" {
		t.Error(got)
	}
	if _, err := s.write(sihe.DoCreate, "journal_entry", "", "erp", 0, record{
		"event": "e4", "posting_date": "2027-01-01", "source_entity": "erp.stock_count", "lines": []record{dr("1901", "1.00"), cr("1403", "1.00")},
	}); sihe.CodeOf(err) != sihe.CodePeriodUnknown {
		t.Errorf("posting into the future: %v", err)
	}
	s.refused(sihe.CodePeriodUnknown, http.MethodPost, "/period", "E004", record{"period_no": "March"})
	s.sound()
}

func TestPaymentsToSuppliers(t *testing.T) {
	s := story(open(t))
	s.step1()
	s.step4()
	s.step18()
	s.step19to21()
	pay := record{"direction": "out", "bank_account": "A", "bank_ref": "1", "amount": "500.00", "party": "S002"}
	s.do(http.MethodPost, "/cash_document", "E010", pay)
	s.is("/bill/BILL-2026-0002", map[string]string{"outstanding": "344.45", "payment_status": "partially_paid"})
	pay["bank_ref"] = "2"
	s.refused(sihe.CodeOverAllocation, http.MethodPost, "/cash_document", "E010", pay)
	pay["amount"] = "344.45"
	s.do(http.MethodPost, "/cash_document", "E010", pay)
	s.is("/bill/BILL-2026-0002", map[string]string{"outstanding": "0.00", "state": "settled"})
	s.is("/purchase_settlement/PO-2026-0002", map[string]string{"paid_amount": "844.45", "outstanding_amount": "0.00"})
	pay["bank_ref"] = "3"
	s.do(http.MethodPost, "/cash_document", "E010", pay) // nothing is open: a prepayment
	s.is("/reports/balance?account=1123.02", map[string]string{"balance": "344.45"})
	s.is("/cash_document/PAY-2026-0003", map[string]string{"allocated_amount": "0.00", "state": "recorded"})
	s.refused(sihe.CodeOverAllocation, http.MethodPost, "/cash_document", "E010", record{"direction": "out", "bank_account": "A", "bank_ref": "4", "amount": "1.00"})
	s.sound()
}
