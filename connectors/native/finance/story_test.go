package finance_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The finance part of the acceptance story, suite.md 6.2, as the pipelines bring it.

func story(h *house) *tale { return &tale{house: h, order: 0} }

type tale struct {
	*house
	order int64 // version of the sales order's copy
}

func (s *tale) step1() {
	s.at("2026-03-01 09:00")
	s.job("load-chart")
	s.job("load-chart")
	s.do(http.MethodPost, "/journal_entry", "E010", record{
		"event": "opening:2026-03-01", "kind": "opening", "posting_date": "2026-03-01", "summary": "期初余额",
		"source_entity": "opening", "source_key": "2026-03-01",
		"lines": []record{
			{"account": "1002", "debit": "2000000.00"},
			{"account": "1403", "debit": "21940.00"},
			{"account": "1405", "debit": "63310.00"},
			{"account": "1601", "debit": "1000000.00"},
			{"account": "1602", "credit": "200000.00"},
			{"account": "4001", "credit": "2500000.00"},
			{"account": "4104", "credit": "385250.00"},
		},
	})
}

func (s *tale) step4() {
	s.at("2026-03-03 10:00")
	s.copied("party", "C001", "crm", 1, record{
		"party_no": "C001", "name": "华东水务集团 East China Water", "tax_id": "91310000MADEM0011A", "owner": "E001",
		"invoice_title": "华东水务集团", "payment_days": 30, "currency": "CNY", "state": "active",
	})
	s.do(http.MethodPost, "/credit/C001/verify_tax", "E004", nil)
	s.do(http.MethodPost, "/credit/C001/set_limit", "E004", record{"limit": "120000.00"})
	s.copied("supplier", "S001", "erp", 1, record{"supplier_no": "S001", "name": "宁安电机"})
	s.copied("supplier", "S002", "erp", 1, record{"supplier_no": "S002", "name": "金陵密封"})
	s.copied("supplier", "S003", "erp", 1, record{"supplier_no": "S003", "name": "之江电力"})
}

// salesOrder brings the order in a state.
func (s *tale) salesOrder(state string) {
	s.order++
	s.copied("sales_order", "SO-2026-0001", "erp", s.order, record{
		"order_no": "SO-2026-0001", "source_order": "CO-2026-0001", "buyer": "C001", "contract": "CT-2026-0001",
		"currency": "CNY", "state": state,
		"lines": []record{
			{"line_no": 1, "item": "P-CP100", "quantity": "20", "unit_price": "4750.00", "tax_rate": "0.13", "gross": "95000.00", "net": "84070.80", "tax": "10929.20"},
			{"line_no": 2, "item": "P-SP50", "quantity": "5", "unit_price": "3028.40", "tax_rate": "0.13", "gross": "15142.00", "net": "13400.00", "tax": "1742.00"},
			{"line_no": 3, "item": "S-COMM", "quantity": "1", "unit_price": "3180.00", "tax_rate": "0.06", "gross": "3180.00", "net": "3000.00", "tax": "180.00", "service": true},
		},
		"gross_total": "113322.00", "net_total": "100470.80", "tax_total": "12851.20",
	})
}

func (s *tale) step8() {
	s.at("2026-03-05 10:00")
	s.salesOrder("checking")
	s.salesOrder("accepted")
}

func (s *tale) step11() {
	s.at("2026-03-06 10:00")
	s.receipt("BK20260306001", "33996.60", "2026-03-06", "定金 SO-2026-0001")
}

func (s *tale) receipt(ref, amount, day, purpose string) {
	s.do(http.MethodPost, "/cash_document", "E010", record{
		"direction": "in", "bank_account": "1002-ICBC", "bank_ref": ref, "amount": amount, "value_date": day,
		"payer_name": "华东水务集团 East China Water", "purpose": purpose,
	})
}

// entry is what a pipeline books for another module.
func (s *tale) entry(writer, event, day, source, key, order string, lines ...record) {
	s.created("journal_entry", writer, record{
		"event": event, "posting_date": day, "summary": key, "source_entity": source, "source_key": key, "order_no": order, "lines": lines,
	})
}

// byHand is a manual voucher: one prepares, another approves.
func (s *tale) byHand(event, day string, lines ...record) {
	d := s.do(http.MethodPost, "/journal_entry", "E010", record{"event": event, "posting_date": day, "summary": event, "lines": lines})
	s.do(http.MethodPost, "/journal_entry/"+text(d["entry_no"])+"/approve", "E004", nil)
}

func dr(account, amount string) record { return record{"account": account, "debit": amount} }
func cr(account, amount string) record { return record{"account": account, "credit": amount} }

func of(party string, line record) record {
	line["party"] = party
	return line
}

func (s *tale) step16() {
	s.at("2026-03-09 10:00")
	s.byHand("fuel:1", "2026-03-09", dr("1123.01", "1000.00"), cr("1002", "1000.00"))
	s.at("2026-03-11 10:00")
	s.byHand("fuel:2", "2026-03-11", dr("6602.02", "314.00"), cr("1123.01", "314.00"))
}

func (s *tale) purchaseOrder(no, supplier, item, quantity, price, accepted string, version int64) {
	s.copied("purchase_order", no, "erp", version, record{
		"order_no": no, "supplier": supplier, "currency": "CNY", "state": "released",
		"lines": []record{{"line_no": 1, "item": item, "quantity": quantity, "unit_price": price, "tax_rate": "0.13", "accepted_quantity": accepted}},
	})
}

func (s *tale) step18() {
	s.at("2026-03-13 10:00")
	s.purchaseOrder("PO-2026-0001", "S001", "M-MOT75", "7", "1350.00", "0", 1)
	s.purchaseOrder("PO-2026-0002", "S002", "M-SEAL", "10", "85.00", "0", 1)
	s.entry("erp", "g:gr:GR-2026-0001", "2026-03-13", "erp.goods_receipt", "GR-2026-0001", "PO-2026-0001", dr("1403", "9450.00"), of("S001", cr("2202.99", "9450.00")))
	s.entry("erp", "g:gr:GR-2026-0002", "2026-03-13", "erp.goods_receipt", "GR-2026-0002", "PO-2026-0002", dr("1403", "765.00"), of("S002", cr("2202.99", "765.00")))
	s.purchaseOrder("PO-2026-0001", "S001", "M-MOT75", "7", "1350.00", "7", 2)
	s.purchaseOrder("PO-2026-0002", "S002", "M-SEAL", "10", "85.00", "9", 2)
}

func (s *tale) step19to21() {
	s.at("2026-03-14 10:00")
	s.do(http.MethodPost, "/bill", "E010", record{
		"supplier": "S001", "supplier_invoice_no": "NA-77", "purchase_order": "PO-2026-0001", "invoice_date": "2026-03-14",
		"lines": []record{{"order_line": 1, "item": "M-MOT75", "quantity": "7", "unit_price": "1350.00", "tax_rate": "0.13"}},
	})
	s.at("2026-03-15 10:00")
	s.do(http.MethodPost, "/bill", "E010", record{
		"supplier": "S002", "supplier_invoice_no": "JL-12", "purchase_order": "PO-2026-0002", "invoice_date": "2026-03-15",
		"lines": []record{{"order_line": 1, "item": "M-SEAL", "quantity": "10", "unit_price": "85.00", "tax_rate": "0.13"}},
	})
	s.is("/bill/BILL-2026-0002", map[string]string{"state": "exception", "match_status": "exception", "held_amount": "96.05"})
	s.at("2026-03-16 10:00")
	s.do(http.MethodPost, "/bill/BILL-2026-0002/correct", "E010", record{
		"lines": []record{{"order_line": 1, "item": "M-SEAL", "quantity": "9", "unit_price": "85.00", "tax_rate": "0.13"}},
	})
	s.do(http.MethodPost, "/bill/BILL-2026-0002/compensate", "E010", record{"compensation_amount": "20.00", "compensation_ref": "CLM-2026-0001"})
}

func (s *tale) step22to24() {
	s.at("2026-03-17 09:00")
	s.entry("erp", "i:iss:MI-1", "2026-03-17", "erp.material_issue", "MI-2026-0001", "WO-2026-0001", dr("5001.01", "17664.00"), cr("1403", "17664.00"))
	s.at("2026-03-18 18:00")
	s.entry("erp", "i:wt:PRT-1", "2026-03-18", "erp.production_report", "PRT-2026-0001", "WO-2026-0001", dr("5001.02", "765.00"), cr("2211", "765.00"))
	s.entry("erp", "i:oh:PRT-1", "2026-03-18", "erp.production_report", "PRT-2026-0001", "WO-2026-0001", dr("5001.03", "510.00"), cr("5101", "510.00"))
	s.byHand("MP-2026-0001", "2026-03-18", dr("6602.01", "1010.00"), cr("1002", "1010.00"))
	s.at("2026-03-19 15:00")
	s.entry("erp", "i:pc:WO-1", "2026-03-19", "erp.production_order", "WO-2026-0001", "WO-2026-0001",
		dr("1405", "18939.00"), cr("5001.01", "17664.00"), cr("5001.02", "765.00"), cr("5001.03", "510.00"))
}

func (s *tale) step25() {
	s.at("2026-03-20 15:00")
	s.delivery1()
}

func (s *tale) delivery1() {
	s.created("receivable", "erp", record{
		"delivery_no": "DN-2026-0001", "sales_order": "SO-2026-0001", "party": "C001", "currency": "CNY", "signed_on": "2026-03-20",
		"lines": []record{
			{"order_line": 1, "item": "P-CP100", "quantity": "15", "unit_price": "4750.00", "tax_rate": "0.13", "gross": "71250.00", "net": "63053.10", "tax": "8196.90", "cost": "34904.25"},
			{"order_line": 2, "item": "P-SP50", "quantity": "5", "unit_price": "3028.40", "tax_rate": "0.13", "gross": "15142.00", "net": "13400.00", "tax": "1742.00", "cost": "7250.00"},
		},
		"cost_total": "42154.25",
	})
}

func (s *tale) step27() {
	s.at("2026-03-25 16:00")
	s.created("receivable", "erp", record{
		"delivery_no": "DN-2026-0002", "sales_order": "SO-2026-0001", "party": "C001", "currency": "CNY", "signed_on": "2026-03-25",
		"lines": []record{
			{"order_line": 1, "item": "P-CP100", "quantity": "5", "unit_price": "4750.00", "tax_rate": "0.13", "gross": "23750.00", "net": "21017.70", "tax": "2732.30", "cost": "11634.75"},
			{"order_line": 3, "item": "S-COMM", "quantity": "1", "unit_price": "3180.00", "tax_rate": "0.06", "gross": "3180.00", "net": "3000.00", "tax": "180.00", "cost": "300.00", "service": true, "service_confirmation": "SC-2026-0001"},
		},
	})
	s.salesOrder("completed")
}

func (s *tale) step28to31() {
	s.at("2026-03-28 10:00")
	s.entry("oa", "f:ex:EX-2026-0001", "2026-03-28", "oa.expense_claim", "EX-2026-0001", "",
		dr("6601.01", "1639.42"), dr("6601.02", "300.00"), dr("2221.01.02", "113.58"), cr("2241", "2053.00"))
	s.at("2026-03-31 18:00")
	s.byHand("EX-2026-0001 paid", "2026-03-31", dr("2241", "2053.00"), cr("1002", "2053.00"))
	s.do(http.MethodPost, "/bill", "E010", record{
		"supplier": "S003", "supplier_invoice_no": "ZJ-3", "invoice_date": "2026-03-31",
		"lines": []record{{"account": "5101", "net": "510.00", "tax_rate": "0.13"}},
	})
	s.entry("erp", "m3:1", "2026-03-31", "erp.stock_count", "SCN-1", "", dr("1901", "40.00"), cr("1403", "40.00"))
	s.entry("erp", "m3:2", "2026-03-31", "erp.stock_count", "SCN-1", "", dr("6602.03", "40.00"), cr("1901", "40.00"))
	s.do(http.MethodPost, "/period/2026-03/settle_tax", "E004", nil)
	s.do(http.MethodPost, "/period/2026-03/carry_forward", "E004", nil)
}

func (s *tale) step32() {
	s.at("2026-04-02 09:00")
	s.do(http.MethodPost, "/period/2026-03/close", "E004", nil)
	s.at("2026-04-05 10:00")
	for ref, bill := range map[string]string{"P1": "BILL-2026-0001"} {
		s.payment(ref, bill, "10678.50")
	}
	s.payment("P2", "BILL-2026-0002", "844.45")
}

func (s *tale) payment(ref, bill, amount string) {
	s.do(http.MethodPost, "/cash_document", "E010", record{
		"direction": "out", "bank_account": "1002-ICBC", "bank_ref": ref, "amount": amount, "value_date": "2026-04-05", "bill": bill,
	})
}

func (s *tale) step33() {
	s.at("2026-04-10 10:00")
	s.receipt("BK20260410001", "50000.00", "2026-04-10", "货款")
}

func (s *tale) step34() {
	s.at("2026-04-15 10:00")
	s.byHand("tax 2026-03", "2026-04-15", dr("2221.02", "11343.37"), dr("2221.12", "794.04"), dr("2221.13", "340.30"), dr("2221.14", "226.87"), cr("1002", "12704.58"))
}

func (s *tale) step35() {
	s.at("2026-04-18 10:00")
	s.created("credit_note", "erp", record{
		"return_receipt_no": "RR-2026-0001", "return_no": "RMA-2026-0001", "sales_order": "SO-2026-0001", "party": "C001",
		"currency": "CNY", "reason": "return", "issue_date": "2026-04-18",
		"lines": []record{{"delivery_no": "DN-2026-0002", "order_line": 1, "item": "P-CP100", "quantity": "1", "cost": "2326.95"}},
	})
}

// vouchers of suite.md 6.4.
func vouchers() [][2]string {
	return [][2]string{
		{"记-0301", "2026-03-06: 1002 33996.60 / 2203 33996.60"},
		{"记-0302", "2026-03-09: 1123.01 1000.00 / 1002 1000.00"},
		{"记-0303", "2026-03-11: 6602.02 314.00 / 1123.01 314.00"},
		{"记-0304", "2026-03-13: 1403 9450.00 / 2202.99 9450.00"},
		{"记-0305", "2026-03-13: 1403 765.00 / 2202.99 765.00"},
		{"记-0306", "2026-03-14: 2202.99 9450.00 · 2221.01.02 1228.50 / 2202.01 10678.50"},
		{"记-0307", "2026-03-16: 2202.99 765.00 · 2221.01.02 99.45 / 2202.01 864.45"},
		{"记-0308", "2026-03-16: 2202.01 20.00 / 6301 20.00"},
		{"记-0309", "2026-03-17: 5001.01 17664.00 / 1403 17664.00"},
		{"记-0310", "2026-03-18: 5001.02 765.00 / 2211 765.00"},
		{"记-0311", "2026-03-18: 5001.03 510.00 / 5101 510.00"},
		{"记-0312", "2026-03-18: 6602.01 1010.00 / 1002 1010.00"},
		{"记-0313", "2026-03-19: 1405 18939.00 / 5001.01 17664.00 · 5001.02 765.00 · 5001.03 510.00"},
		{"记-0314", "2026-03-20: 1122 86392.00 / 6001 76453.10 · 2221.01.01 9938.90"},
		{"记-0315", "2026-03-20: 6401.01 42154.25 / 1405 42154.25"},
		{"记-0316", "2026-03-20: 2203 33996.60 / 1122 33996.60"},
		{"记-0317", "2026-03-25: 1122 26930.00 / 6001 24017.70 · 2221.01.01 2912.30"},
		{"记-0318", "2026-03-25: 6401.01 11634.75 / 1405 11634.75"},
		{"记-0319", "2026-03-25: 6401.02 300.00 / 2211 300.00"},
		{"记-0320", "2026-03-28: 6601.01 1639.42 · 6601.02 300.00 · 2221.01.02 113.58 / 2241 2053.00"},
		{"记-0321", "2026-03-31: 2241 2053.00 / 1002 2053.00"},
		{"记-0322", "2026-03-31: 5101 510.00 · 2221.01.02 66.30 / 2202.01 576.30"},
		{"记-0323", "2026-03-31: 1901 40.00 / 1403 40.00"},
		{"记-0324", "2026-03-31: 6602.03 40.00 / 1901 40.00"},
		{"记-0325", "2026-03-31: 2221.01.07 11343.37 / 2221.02 11343.37"},
		{"记-0326", "2026-03-31: 6403 1361.21 / 2221.12 794.04 · 2221.13 340.30 · 2221.14 226.87"},
		{"记-0327", "2026-03-31: 6001 100470.80 · 6301 20.00 / 6401.01 53789.00 · 6401.02 300.00 · 6403 1361.21 · 6601.01 1639.42 · 6601.02 300.00 · 6602.01 1010.00 · 6602.02 314.00 · 6602.03 40.00 · 4103 41737.17"},
		{"记-0401", "2026-04-05: 2202.01 10678.50 / 1002 10678.50"},
		{"记-0402", "2026-04-05: 2202.01 844.45 / 1002 844.45"},
		{"记-0403", "2026-04-10: 1002 50000.00 / 1122 50000.00"},
		{"记-0404", "2026-04-15: 2221.02 11343.37 · 2221.12 794.04 · 2221.13 340.30 · 2221.14 226.87 / 1002 12704.58"},
		{"记-0405", "2026-04-18: 1122 -4750.00 / 6001 -4203.54 · 2221.01.01 -546.46"},
		{"记-0406", "2026-04-18: 6401.01 -2326.95 / 1405 -2326.95"},
		{"记-0407", "2026-04-28: 1002 2395.40 / 1122 2395.40"},
	}
}

func TestStoryVouchers(t *testing.T) {
	s := story(open(t))
	s.upToApril()
	s.step35()
	s.at("2026-04-28 10:00")
	s.receipt("BK20260428001", "2395.40", "2026-04-28", "INV-2026-0001")
	for _, v := range vouchers() {
		if diff := cmp.Diff(v[1], s.voucher(v[0])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", v[0], diff)
		}
	}
	s.sound()
}

// upToApril plays everything before the return.
func (s *tale) upToApril() {
	s.step1()
	s.step4()
	s.step8()
	s.step11()
	s.step16()
	s.step18()
	s.step19to21()
	s.step22to24()
	s.step25()
	s.step27()
	s.step28to31()
	s.step32()
	s.step33()
	s.step34()
}
