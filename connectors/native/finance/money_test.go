package finance_test

import (
	"net/http"
	"testing"

	"github.com/sihehub/sihe"
)

// invoiced plays the story up to the first invoice: 86,392.00, of which the deposit has paid 33,996.60.
func invoiced(t *testing.T) *tale {
	t.Helper()
	s := story(open(t))
	s.step1()
	s.step4()
	s.step8()
	s.step11()
	s.step25()
	return s
}

// What is taken back is an advance again, the order's figures repeat absolute values, the books have a counter-entry.
func TestTakeAnAllocationBack(t *testing.T) {
	s := invoiced(t)
	s.at("2026-04-10 10:00")
	s.receipt("B1", "50000.00", "2026-04-10", "INV-2026-0001")
	al := s.find("/allocation?invoice=INV-2026-0001&state=applied")
	if len(al) != 2 {
		t.Fatalf("%d allocations", len(al))
	}
	for _, a := range al {
		s.do(http.MethodPost, "/allocation/"+text(a["allocation_no"])+"/reverse", "E004", nil)
		if status, _ := s.call(http.MethodPost, "/allocation/"+text(a["allocation_no"])+"/reverse", "E004", nil); status < http.StatusBadRequest {
			t.Error("taken back twice")
		}
		s.sound()
	}
	s.is("/invoice/INV-2026-0001", map[string]string{"outstanding": "86392.00", "payment_status": "not_paid", "received_amount": "0.00"})
	s.settled("taking back", "113322.00", "83996.60", "29325.40", "partially_paid", "false", "0.00", "partial")
	s.exposure("taking back", "29325.40")
	s.is("/reports/balance?account=2203", map[string]string{"balance": "-83996.60"})
	adv := s.find("/advance?open_party=C001")
	s.do(http.MethodPost, "/advance/"+text(adv[0]["advance_no"])+"/apply", "E010", record{"apply_to": "INV-2026-0001", "apply_amount": "1.00"})
	s.refused(sihe.CodeOverAllocation, http.MethodPost, "/advance/"+text(adv[0]["advance_no"])+"/apply", "E010", record{"apply_to": "INV-2026-0001", "apply_amount": "90000.00"})
	s.is("/invoice/INV-2026-0001", map[string]string{"outstanding": "86391.00"})
	s.sound()
}

func TestOverPaymentStaysAnAdvance(t *testing.T) {
	s := invoiced(t)
	s.at("2026-04-10 10:00")
	s.receipt("B1", "60000.00", "2026-04-10", "SO-2026-0001 INV-2026-0001")
	s.is("/invoice/INV-2026-0001", map[string]string{"outstanding": "0.00", "state": "settled"})
	s.is("/cash_document/RC-2026-0002", map[string]string{"allocated_amount": "52395.40", "advance_amount": "7604.60", "state": "recorded"})
	s.settled("paying too much", "113322.00", "93996.60", "19325.40", "partially_paid", "false", "0.00", "partial")
	s.step27()
	s.is("/invoice/INV-2026-0002", map[string]string{"outstanding": "19325.40"})
	s.settled("the second invoice", "113322.00", "93996.60", "19325.40", "partially_paid", "false", "0.00", "full")
	if status, _ := s.call(http.MethodPost, "/cash_document", "E010", record{
		"direction": "in", "bank_account": "1002-ICBC", "bank_ref": "B1", "amount": "60000.00",
	}); status < http.StatusBadRequest {
		t.Error("the same bank line twice")
	}
}

// A credit on a paid invoice becomes an advance; crediting all of a line credits exactly the line, cent by cent.
func TestCreditOfAPaidInvoice(t *testing.T) {
	s := invoiced(t)
	s.at("2026-03-21 10:00")
	s.receipt("B1", "52395.40", "2026-03-21", "INV-2026-0001")
	for i, quantity := range []string{"1", "13", "1"} {
		s.created("credit_note", "erp", record{
			"return_receipt_no": "RR-" + quantity + string(rune('a'+i)), "lines": []record{{"delivery_no": "DN-2026-0001", "item": "P-CP100", "quantity": quantity}},
		})
		s.sound()
	}
	if _, err := s.write(sihe.DoCreate, "credit_note", "", "erp", 0, record{
		"return_receipt_no": "RR-more", "lines": []record{{"delivery_no": "DN-2026-0001", "item": "P-CP100", "quantity": "1"}},
	}); sihe.CodeOf(err) != sihe.CodeCreditExceeds {
		t.Errorf("more than was delivered: %v", err)
	}
	l := s.get("/invoice/INV-2026-0001")["lines"].([]any)[0].(map[string]any)
	for field, want := range map[string]string{"credited_gross": "71250.00", "credited_net": "63053.10", "credited_cost": "34904.25"} {
		if got := text(l[field]); got != want {
			t.Errorf("%s is %s, want %s", field, got, want)
		}
	}
	s.is("/reports/balance?account=2203", map[string]string{"balance": "-71250.00"})
	s.settled("crediting", "42072.00", "86392.00", "0.00", "overpaid", "false", "0.00", "partial")
	s.refused(sihe.CodeImmutable, http.MethodPost, "/allocation", "E010", record{"kind": "advance", "amount": "1.00"})
	s.refused(sihe.CodeImmutable, http.MethodPost, "/invoice", "E010", record{"party": "C001"})
}

// NEG-17: a buyer who has claimed the tax has 72 hours to confirm; unanswered, nothing is posted.
func TestConfirmationLapses(t *testing.T) {
	s := invoiced(t)
	s.do(http.MethodPost, "/invoice/INV-2026-0001/claim", "E010", nil)
	s.at("2026-03-23 10:00")
	s.created("credit_note", "erp", record{
		"return_receipt_no": "RR-1", "lines": []record{{"delivery_no": "DN-2026-0001", "item": "P-SP50", "quantity": "1"}},
	})
	s.is("/credit_note/CN-2026-0001", map[string]string{"state": "waiting", "confirm_status": "waiting_buyer", "confirm_deadline": "2026-03-26T02:00:00Z"})
	s.at("2026-03-26 09:59")
	s.job("daily")
	s.is("/credit_note/CN-2026-0001", map[string]string{"state": "waiting"})
	s.at("2026-03-26 10:01")
	s.refused(sihe.CodeConfirmLapsed, http.MethodPost, "/credit_note/CN-2026-0001/confirm", "E010", record{"confirm_no": "HZ-1"})
	s.job("daily")
	s.is("/credit_note/CN-2026-0001", map[string]string{"state": "blocked", "confirm_status": "lapsed"})
	s.is("/invoice/INV-2026-0001", map[string]string{"outstanding": "52395.40"})
	s.do(http.MethodPost, "/credit_note/CN-2026-0001/ask_again", "E010", nil)
	s.do(http.MethodPost, "/credit_note/CN-2026-0001/confirm", "E010", record{"confirm_no": "HZ-1"})
	s.is("/credit_note/CN-2026-0001", map[string]string{"state": "posted", "confirm_status": "confirmed", "gross_total": "3028.40"})
	s.is("/invoice/INV-2026-0001", map[string]string{"outstanding": "49367.00"})
	s.sound()
}

// Levels rise one after the other, pause for a promise, and an escalated notice names the next.
func TestDunningEscalates(t *testing.T) {
	s := invoiced(t)
	day := func(day, notice, level string) {
		t.Helper()
		s.at(day + " 06:30")
		s.job("daily")
		s.job("daily")
		s.is("/dunning_notice/"+notice, map[string]string{"level": level, "state": "raised", "as_of": day, "total_amount": "52395.40"})
	}
	count := func(day string, want int) {
		t.Helper()
		s.at(day + " 06:30")
		s.job("daily")
		if n := len(s.find("/dunning_notice?party=C001")); n != want {
			t.Errorf("%d notices on %s, want %d", n, day, want)
		}
	}
	count("2026-04-21", 0)
	day("2026-04-22", "DUN-2026-0001", "1")
	count("2026-05-03", 1)
	if _, err := s.write(sihe.DoWriteBack, "dunning_notice", "DUN-2026-0001", "crm", 1, record{"promise_date": "2026-05-10"}); err != nil {
		t.Fatal(err)
	}
	count("2026-05-10", 1) // 21 days, but promised for today
	day("2026-05-11", "DUN-2026-0002", "2")
	s.do(http.MethodPost, "/dunning_notice/DUN-2026-0002/block", "E010", nil)
	count("2026-05-19", 2) // 30 days, but blocked
	s.do(http.MethodPost, "/dunning_notice/DUN-2026-0002/resume", "E010", nil)
	day("2026-05-20", "DUN-2026-0003", "3")
	s.is("/dunning_notice/DUN-2026-0001", map[string]string{"state": "escalated", "escalated_to": "DUN-2026-0002"})
	count("2026-06-30", 3)
	s.do(http.MethodPost, "/credit/C001/place_hold", "E004", record{"hold_reason": "L3"})
	s.is("/credit/C001", map[string]string{"state": "held", "hold": "true", "overdue": "52395.40"})
	s.at("2026-07-01 10:00")
	s.receipt("B1", "52395.40", "2026-07-01", "")
	s.is("/dunning_notice/DUN-2026-0003", map[string]string{"state": "resolved"})
	s.is("/credit/C001", map[string]string{"hold": "true", "overdue": "0.00"})
}

// NEG-06: a write-back with an older version changes nothing.
func TestOlderWriteBack(t *testing.T) {
	s := invoiced(t)
	s.at("2026-04-22 06:30")
	s.job("daily")
	if _, err := s.write(sihe.DoWriteBack, "dunning_notice", "DUN-2026-0001", "crm", 5, record{"promise_date": "2026-04-28"}); err != nil {
		t.Fatal(err)
	}
	r, err := s.write(sihe.DoWriteBack, "dunning_notice", "DUN-2026-0001", "crm", 4, record{"promise_date": "2026-05-30"})
	if err != nil || !r.Stale {
		t.Errorf("%+v %v, want stale", r, err)
	}
	s.is("/dunning_notice/DUN-2026-0001", map[string]string{"promise_date": "2026-04-28"})
	if _, err := s.write(sihe.DoWriteBack, "dunning_notice", "DUN-2026-0001", "crm", 6, record{"level": 3}); sihe.CodeOf(err) != sihe.CodeFieldNotWritable {
		t.Errorf("CRM sets the level: %v", err)
	}
}

// Goods that left and are not signed at the end of the day stand in 1406 until they are signed or taken back.
func TestGoodsDispatched(t *testing.T) {
	for _, back := range []bool{false, true} {
		s := story(open(t))
		s.step1()
		s.step4()
		s.step8()
		s.at("2026-03-19 23:50")
		d := record{
			"delivery_no": "DN-2026-0001", "sales_order": "SO-2026-0001", "buyer": "C001", "currency": "CNY", "state": "posted",
			"posted_on": "2026-03-19", "goods_cost": "42154.25", "lines": []record{{"so_line": 1, "item": "P-CP100", "quantity": "15", "cost": "42154.25", "valuation_class": "finished"}},
		}
		s.copied("delivery", "DN-2026-0001", "erp", 1, d)
		s.job("dispatch")
		s.job("dispatch")
		s.is("/reports/balance?account=1406", map[string]string{"balance": "42154.25"})
		stock, cost := "21155.75", "42154.25"
		if back {
			d["state"] = "reversed"
			s.copied("delivery", "DN-2026-0001", "erp", 2, d)
			d["carrier"] = "told again"
			s.copied("delivery", "DN-2026-0001", "erp", 3, d)
			s.job("dispatch")
			stock, cost = "63310.00", "0.00"
		} else {
			s.step25()
		}
		s.is("/reports/balance?account=1406", map[string]string{"balance": "0.00"})
		s.is("/reports/balance?account=1405", map[string]string{"balance": stock})
		s.is("/reports/balance?account=6401.01", map[string]string{"balance": cost})
		s.sound()
	}
}

// Price and tax differences hold a bill too; an override needs a reason and is recorded.
func TestBillDifferences(t *testing.T) {
	s := story(open(t))
	s.step1()
	s.step4()
	s.step18()
	bill := func(no, quantity, price, rate string) string {
		return text(s.do(http.MethodPost, "/bill", "E010", record{
			"supplier": "S001", "supplier_invoice_no": no, "purchase_order": "PO-2026-0001", "invoice_date": "2026-03-14",
			"lines": []record{{"item": "M-MOT75", "quantity": quantity, "unit_price": price, "tax_rate": rate}},
		})["bill_no"])
	}
	dear, taxed := bill("A", "2", "1360.00", "0.13"), bill("B", "2", "1350.00", "0.09")
	s.is("/bill/"+dear, map[string]string{"state": "exception", "held_amount": "22.60"})
	s.is("/bill/"+taxed, map[string]string{"state": "exception", "held_amount": "-108.00"})
	s.refused(sihe.CodeOverrideNoReason, http.MethodPost, "/bill/"+dear+"/override", "E004", nil)
	s.do(http.MethodPost, "/bill/"+dear+"/override", "E004", record{"override_reason": "price agreed by mail"})
	s.is("/bill/"+dear, map[string]string{"state": "posted", "match_status": "overridden", "outstanding": "3073.60"})
	s.is("/reports/balance?account=1403", map[string]string{"balance": "32175.00"})
	within := bill("C", "1", "1350.01", "0.13")
	s.is("/bill/"+within, map[string]string{"state": "posted", "match_status": "matched"})
	if status, _ := s.call(http.MethodPost, "/bill", "E010", record{
		"supplier": "S001", "supplier_invoice_no": "A", "lines": []record{{"account": "5101", "net": "1.00", "tax_rate": "0.13"}},
	}); status < http.StatusBadRequest {
		t.Error("the same supplier invoice twice")
	}
	more := bill("D", "5", "1350.00", "0.13")
	s.is("/bill/"+more, map[string]string{"state": "exception", "held_amount": "1525.50"})
	s.purchaseOrder("PO-2026-0001", "S001", "M-MOT75", "9", "1350.00", "8", 3)
	s.is("/bill/"+more, map[string]string{"state": "posted"})
	s.refused(sihe.CodeOverAllocation, http.MethodPost, "/cash_document", "E010", record{
		"direction": "out", "bank_account": "1002-ICBC", "bank_ref": "X", "amount": "1.00", "bill": taxed,
	})
}

// An invoice of a customer whose tax data nobody has verified is posted and not issued.
func TestInvoiceWaitsForTaxData(t *testing.T) {
	s := story(open(t))
	s.step1()
	s.copied("party", "C001", "crm", 1, record{"party_no": "C001", "name": "华东水务集团", "state": "active"})
	s.is("/credit/C001", map[string]string{"limit": "0.00", "exposure": "0.00", "tax_info_verified": "false"})
	s.step8()
	s.step25()
	s.is("/invoice/INV-2026-0001", map[string]string{"issue_status": "blocked", "outstanding": "86392.00", "due_date": "2026-04-19"})
	s.do(http.MethodPost, "/credit/C001/verify_tax", "E004", nil)
	s.is("/invoice/INV-2026-0001", map[string]string{"issue_status": "requested"})
	s.do(http.MethodPost, "/invoice/INV-2026-0001/issue", "E010", record{"tax_invoice_no": "26312000000012345678"})
	s.is("/invoice/INV-2026-0001", map[string]string{"issue_status": "issued", "tax_invoice_no": "26312000000012345678"})
	if _, err := s.write(sihe.DoCreate, "receivable", "", "erp", 0, record{
		"delivery_no": "DN-X", "sales_order": "SO-2026-0001", "party": "C001",
		"lines": []record{{"item": "P", "quantity": "1", "gross": "100.00", "net": "88.50", "tax": "11.49", "tax_rate": "0.13"}},
	}); sihe.CodeOf(err) != sihe.CodeTotalMismatch {
		t.Errorf("a cent is missing: %v", err)
	}
}
