package finance_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/sihehub/sihe"
)

// A trade is a customer's business in random order: deliveries, payments with good and bad references, returns,
// allocations taken back, days going by.
type trade struct {
	*tale
	random     *rand.Rand
	deliveries []string
	n          int
}

// Whatever happens in whatever order: control accounts equal their documents, nothing is allocated twice, and what is
// told about an order adds up.
func TestRandomTrade(t *testing.T) {
	const seed = 42
	for round := range uint64(3) {
		s := &trade{tale: story(open(t)), random: rand.New(rand.NewPCG(seed, round))}
		s.step4()
		s.step8()
		for day := range 40 {
			s.at(fmt.Sprintf("2026-%02d-%02d 10:00", 3+day/28, 1+day%28))
			s.something()
			if c := s.get("/reports/control"); c["agrees"] != true {
				t.Fatalf("seed %d/%d, day %d: control accounts differ: %v", seed, round, day, c)
			}
			s.addsUp(round, day)
		}
		s.sound()
	}
}

func (s *trade) something() {
	s.n++
	switch s.random.IntN(6) {
	case 0, 1:
		s.deliver()
	case 2, 3:
		s.receiveSome()
	case 4:
		s.bringBack()
	default:
		s.takeSomeBack()
	}
	s.job("daily")
}

func (s *trade) cents(most int64) sihe.Decimal {
	return sihe.DecimalFromInt(1+s.random.Int64N(most)).Div(sihe.DecimalFromInt(100), 2)
}

func (s *trade) deliver() {
	no := fmt.Sprintf("DN-%d", s.n)
	s.deliveries = append(s.deliveries, no)
	s.created("receivable", "erp", record{
		"delivery_no": no, "sales_order": "SO-2026-0001", "party": "C001", "payment_days": s.random.IntN(10),
		"lines": []record{{
			"item": "P-CP100", "quantity": fmt.Sprint(1 + s.random.IntN(7)), "unit_price": s.cents(200_000).String(), "tax_rate": "0.13", "cost": s.cents(50_000).String(),
		}},
	})
}

func (s *trade) receiveSome() {
	purposes := []string{"", "SO-2026-0001", "INV-2026-0001", "INV-2026-0003 CO-2026-0001", "CT-2026-0001", "nothing"}
	s.do(http.MethodPost, "/cash_document", "E010", record{
		"direction": "in", "bank_account": "A", "bank_ref": fmt.Sprint(s.n), "amount": s.cents(900_000).String(),
		"party": []string{"C001", ""}[s.random.IntN(2)], "purpose": purposes[s.random.IntN(len(purposes))],
	})
}

func (s *trade) bringBack() {
	if len(s.deliveries) == 0 {
		return
	}
	_, err := s.write(sihe.DoCreate, "credit_note", "", "erp", 0, record{
		"return_receipt_no": fmt.Sprintf("RR-%d", s.n),
		"lines":             []record{{"delivery_no": s.deliveries[s.random.IntN(len(s.deliveries))], "item": "P-CP100", "quantity": fmt.Sprint(1 + s.random.IntN(3))}},
	})
	if err != nil && sihe.CodeOf(err) != sihe.CodeCreditExceeds {
		s.t.Fatal(err)
	}
}

func (s *trade) takeSomeBack() {
	applied := s.find("/allocation?state=applied&limit=200")
	if len(applied) == 0 {
		return
	}
	a := applied[s.random.IntN(len(applied))]
	if a["kind"] == "credit" {
		s.refused(sihe.CodeImmutable, http.MethodPost, "/allocation/"+text(a["allocation_no"])+"/reverse", "E004", nil)
		return
	}
	s.do(http.MethodPost, "/allocation/"+text(a["allocation_no"])+"/reverse", "E004", nil)
}

// addsUp checks the invariants of suite.md 3.e over all documents.
func (s *trade) addsUp(round uint64, day int) {
	s.t.Helper()
	amount := func(r record, field string) sihe.Decimal { return sihe.MustDecimal(text(r[field])) }
	open, money := sihe.Decimal{}, sihe.Decimal{}
	for _, i := range s.find("/invoice?limit=200") {
		left := amount(i, "gross_total").Sub(amount(i, "allocated_amount")).Sub(amount(i, "credited_amount"))
		if !left.Equal(amount(i, "outstanding")) || left.Sign() < 0 {
			s.t.Fatalf("%d/%d: invoice %v leaves %s", round, day, i, left)
		}
		open = open.Add(left)
	}
	for _, c := range s.find("/cash_document?limit=200") {
		if !amount(c, "allocated_amount").Add(amount(c, "advance_amount")).Equal(amount(c, "amount")) {
			s.t.Fatalf("%d/%d: payment %v", round, day, c)
		}
		if c["party"] == "C001" {
			money = money.Add(amount(c, "amount"))
		}
	}
	o := s.get("/order_settlement/SO-2026-0001")
	if !amount(o, "payable").Sub(amount(o, "paid_amount")).Max(sihe.Decimal{}).Equal(amount(o, "outstanding_amount")) {
		s.t.Fatalf("%d/%d: order %v", round, day, o)
	}
	c := s.get("/credit/C001")
	want := open.Add(amount(c, "open_orders")).Sub(amount(c, "advances"))
	if !want.Equal(amount(c, "exposure")) || !open.Equal(amount(c, "receivables")) {
		s.t.Fatalf("%d/%d: credit %v, open invoices %s", round, day, c, open)
	}
	a := s.get("/reports/ageing")
	if !amount(a, "total").Equal(open) {
		s.t.Fatalf("%d/%d: ageing %v, open invoices %s", round, day, a["total"], open)
	}
	st := s.get("/reports/statement?party=C001&from=2026-03-01")
	if !amount(st, "closing").Equal(open.Sub(amount(c, "advances"))) {
		s.t.Fatalf("%d/%d: statement %v, open invoices %s, advances %v, paid %s", round, day, st["closing"], open, c["advances"], money)
	}
}
