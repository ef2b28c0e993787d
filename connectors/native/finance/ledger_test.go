package finance_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"github.com/sihehub/sihe"
)

func manual(event, day string, lines ...record) record {
	return record{"event": event, "posting_date": day, "summary": event, "lines": lines}
}

func TestEntriesThatAreRefused(t *testing.T) {
	h := open(t)
	h.job("load-chart")
	for name, c := range map[string]struct {
		code  sihe.Code
		lines []record
	}{
		"off by a cent":     {sihe.CodeUnbalanced, []record{dr("1002", "100.00"), cr("1001", "99.99")}},
		"one line":          {sihe.CodeEntryLine, []record{dr("1002", "100.00")}},
		"both sides":        {sihe.CodeEntryLine, []record{{"account": "1002", "debit": "1.00", "credit": "1.00"}, cr("1001", "1.00")}},
		"neither side":      {sihe.CodeEntryLine, []record{{"account": "1002"}, cr("1001", "1.00")}},
		"negative in black": {sihe.CodeEntryLine, []record{dr("1002", "-1.00"), cr("1001", "-1.00")}},
		"two currencies":    {sihe.CodeUnbalanced, []record{{"account": "1002", "debit": "1.00", "currency": "USD"}, cr("1001", "1.00")}},
		"unknown account":   {sihe.CodeAccountUnknown, []record{dr("9999", "1.00"), cr("1001", "1.00")}},
		"not a leaf":        {sihe.CodeAccountNotLeaf, []record{dr("2202", "1.00"), cr("1001", "1.00")}},
		"a control account": {sihe.CodeControlAccount, []record{dr("1122", "1.00"), cr("1001", "1.00")}},
		"beyond 34 digits":  {sihe.CodeDecimalRange, []record{dr("1002", "99999999999999999999999999999999.99"), dr("1002", "99999999999999999999999999999999.99"), cr("1001", "1.00")}},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			status, answer := h.call(http.MethodPost, "/journal_entry", "E010", manual(name, "2026-03-01", c.lines...))
			if status < http.StatusBadRequest {
				status, answer = h.call(http.MethodPost, "/journal_entry/"+text(answer["entry_no"])+"/approve", "E004", nil)
			}
			e, _ := answer["error"].(map[string]any)
			if status < http.StatusBadRequest || text(e["code"]) != string(c.code) {
				t.Errorf("%d %v, want %s", status, answer, c.code)
			}
		})
	}
	h.t = t
	h.sound()
}

func TestManualEntryNeedsASecondPerson(t *testing.T) {
	h := open(t)
	m := manual("m1", "2026-03-01", dr("1002", "5.00"), cr("1001", "5.00"))
	m["source_entity"] = "made up"
	d := h.do(http.MethodPost, "/journal_entry", "E010", m)
	path := "/journal_entry/" + text(d["entry_no"])
	h.is(path, map[string]string{"state": "draft", "voucher_no": "", "source_entity": ""})
	h.refused(sihe.CodeSelfReview, http.MethodPost, path+"/approve", "E010", nil)
	h.do(http.MethodPost, path+"/approve", "E004", nil)
	h.is(path, map[string]string{"state": "posted", "voucher_no": "记-0301", "prepared_by": "E010", "reviewed_by": "E004"})
	o := manual("late opening", "2026-03-01", dr("1122", "5.00"), cr("4104", "5.00"))
	o["kind"], o["source_entity"] = "opening", "opening"
	late := h.do(http.MethodPost, "/journal_entry", "E010", o)
	h.is("/journal_entry/"+text(late["entry_no"]), map[string]string{"state": "draft"})
	if status, _ := h.call(http.MethodPatch, path, "E004", record{"summary": "other"}); status < http.StatusBadRequest {
		t.Error("a posted entry was changed")
	}
	h.sound()
}

func TestReverseAndRedLetter(t *testing.T) {
	h := open(t)
	for i, action := range []string{"reverse", "red_letter"} {
		h.created("journal_entry", "erp", record{
			"event": fmt.Sprintf("e%d", i), "source_entity": "erp.stock_count", "source_key": "S", "lines": []record{dr("1901", "40.00"), cr("1403", "40.00")},
		})
		key := text(h.find(fmt.Sprintf("/journal_entry?event=e%d", i))[0]["entry_no"])
		h.do(http.MethodPost, "/journal_entry/"+key+"/"+action, "E004", nil)
		if status, _ := h.call(http.MethodPost, "/journal_entry/"+key+"/"+action, "E004", nil); status < http.StatusBadRequest {
			t.Errorf("%s twice", action)
		}
	}
	for no, want := range map[string]string{
		"记-0302": "2026-03-01: 1403 40.00 / 1901 40.00",
		"记-0304": "2026-03-01: 1901 -40.00 / 1403 -40.00",
	} {
		if got := h.voucher(no); got != want {
			t.Errorf("%s is %s, want %s", no, got, want)
		}
	}
	// Black reversal swells the turnover, red-letter nets it.
	b := h.get("/reports/trial_balance?date=2026-03-01")
	if b["debit_total"] != "80.00" || b["closing_total"] != "0.00" {
		t.Errorf("turnover %v, closing %v", b["debit_total"], b["closing_total"])
	}
	h.sound()
}

// H1: the same posting id in parallel makes one entry.
func TestSameEventInParallel(t *testing.T) {
	h := open(t)
	h.job("load-chart")
	var wg sync.WaitGroup
	var mu sync.Mutex
	kept := 0
	for i := range 40 {
		wg.Go(func() {
			body := record{
				"event": "same", "source_entity": "erp.stock_count", "source_key": fmt.Sprint(i),
				"lines": []record{dr("1901", "40.00"), cr("1403", "40.00")},
			}
			_, err := h.write(sihe.DoCreate, "journal_entry", "", "erp", 0, body)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				kept++
			case sihe.ClassOf(err) != sihe.ClassRejected:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(h.find("/journal_entry?event=same")); n != 1 || kept != 1 {
		t.Errorf("%d entries, %d writes kept", n, kept)
	}
	h.is("/ledger/2026-03", map[string]string{"vouchers": "1"})
	h.sound()
}

// H2: reversed by many at once, there is one reversal.
func TestReversedAtOnce(t *testing.T) {
	h := open(t)
	h.created("journal_entry", "erp", record{"event": "e", "source_entity": "erp.stock_count", "lines": []record{dr("1901", "40.00"), cr("1403", "40.00")}})
	key := text(h.find("/journal_entry?event=e")[0]["entry_no"])
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { h.call(http.MethodPost, "/journal_entry/"+key+"/reverse", "E004", nil) })
	}
	wg.Wait()
	if n := len(h.find("/journal_entry?reversal_of=" + key)); n != 1 {
		t.Errorf("%d reversals", n)
	}
	h.is("/reports/balance?account=1901", map[string]string{"balance": "0.00"})
	h.sound()
}

// H3: a period that closes while entries come in has all of them or none, and no gap in its numbers.
func TestPeriodClosesDuringPosting(t *testing.T) {
	h := open(t)
	h.job("load-chart")
	h.created("journal_entry", "erp", record{"event": "first", "posting_date": "2026-03-01", "source_entity": "erp.stock_count", "lines": []record{dr("1901", "1.00"), cr("1403", "1.00")}})
	h.at("2026-04-01 09:00")
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			if i == 30 {
				h.do(http.MethodPost, "/period/2026-03/close", "E004", nil)
				return
			}
			h.created("journal_entry", "erp", record{
				"event": fmt.Sprintf("e%d", i), "posting_date": "2026-03-31", "source_entity": "erp.stock_count",
				"lines": []record{dr("1901", "1.00"), cr("1403", "1.00")},
			})
		})
	}
	wg.Wait()
	inMarch, inApril := 0, 0
	for _, e := range h.find("/journal_entry?limit=200") {
		switch e["period"] {
		case "2026-03":
			inMarch++
		case "2026-04":
			inApril++
			if e["period_shift"] != true || e["posting_date"] != "2026-04-01" || e["document_date"] != "2026-03-31" {
				t.Errorf("an entry in April without its flag: %v", e)
			}
		}
	}
	if inMarch+inApril != 60 {
		t.Errorf("%d entries in March and %d in April", inMarch, inApril)
	}
	h.is("/reports/balance?account=1901&date=2026-03-31", map[string]string{"balance": fmt.Sprintf("%d.00", inMarch)})
	h.sound()
}

// NEG-13: a bill dated in a closed month is posted on the day it arrives and says so.
func TestBillOfAClosedMonth(t *testing.T) {
	s := story(open(t))
	s.step1()
	s.step4()
	s.at("2026-04-02 09:00")
	s.do(http.MethodPost, "/period/2026-03/close", "E004", nil)
	s.at("2026-04-03 09:00")
	s.do(http.MethodPost, "/bill", "E010", record{
		"supplier": "S003", "supplier_invoice_no": "ZJ-3", "invoice_date": "2026-03-30", "lines": []record{{"account": "5101", "net": "510.00", "tax_rate": "0.13"}},
	})
	e := s.find("/journal_entry?source_key=BILL-2026-0001")[0]
	for field, want := range map[string]string{"posting_date": "2026-04-03", "document_date": "2026-03-30", "period_shift": "true", "period": "2026-04"} {
		if got := text(e[field]); got != want {
			t.Errorf("%s is %s, want %s", field, got, want)
		}
	}
	refuse := manual("late", "2026-03-30", dr("1002", "1.00"), cr("1001", "1.00"))
	refuse["closed_period"] = "refuse"
	d := s.do(http.MethodPost, "/journal_entry", "E010", refuse)
	s.refused(sihe.CodePeriodClosed, http.MethodPost, "/journal_entry/"+text(d["entry_no"])+"/approve", "E004", nil)
	s.do(http.MethodPost, "/period/2026-03/reopen", "E004", record{"reopen_reason": "late voucher"})
	s.do(http.MethodPost, "/journal_entry/"+text(d["entry_no"])+"/approve", "E004", nil)
	s.is("/journal_entry/"+text(d["entry_no"]), map[string]string{"period": "2026-03", "voucher_no": "记-0301"})
	s.sound()
}

// Random postings: the ledger sums to zero, reports agree with a second bookkeeping, and the same facts in empty books
// give the same hash (ACC-10).
func TestRandomPostings(t *testing.T) {
	const seed = 20260301
	first := post(t, rand.New(rand.NewPCG(seed, 1)), 120)
	second := post(t, rand.New(rand.NewPCG(seed, 1)), 120)
	if first != second {
		t.Errorf("seed %d: replay gives %s, not %s", seed, second, first)
	}
	if other := post(t, rand.New(rand.NewPCG(seed, 2)), 120); other == first {
		t.Error("other facts give the same hash")
	}
}

// post books n random entries and returns the ledger's hash.
func post(t *testing.T, random *rand.Rand, n int) string {
	t.Helper()
	h := open(t)
	accounts := []string{"1001", "1002", "1403", "1405", "1601", "2211", "2241", "4001", "5101", "6602.01"}
	sums := map[string]sihe.Decimal{}
	for i := range n {
		total := sihe.Decimal{}
		var lines []record
		for range 1 + random.IntN(4) {
			account, cents := accounts[random.IntN(len(accounts))], sihe.DecimalFromInt(1+random.Int64N(10_000_000))
			amount := cents.Div(sihe.DecimalFromInt(100), 2)
			if random.IntN(2) == 0 {
				lines = append(lines, dr(account, amount.String()))
				sums[account], total = sums[account].Add(amount), total.Add(amount)
			} else {
				lines = append(lines, cr(account, amount.String()))
				sums[account], total = sums[account].Sub(amount), total.Sub(amount)
			}
		}
		switch total.Sign() {
		case 0:
			continue
		case 1:
			lines = append(lines, cr("4104", total.String()))
		default:
			lines = append(lines, dr("4104", total.Neg().String()))
		}
		sums["4104"] = sums["4104"].Sub(total)
		h.at(fmt.Sprintf("2026-%02d-%02d 10:00", 3+i*3/n, 1+random.IntN(28)))
		h.created("journal_entry", "erp", record{"event": fmt.Sprint(i), "source_entity": "erp.stock_count", "source_key": fmt.Sprint(i), "lines": lines})
	}
	h.at("2026-06-01 10:00")
	for account, want := range sums {
		h.is("/reports/balance?account="+account, map[string]string{"balance": want.Round(2).String()})
	}
	h.sound()
	return text(h.get("/reports/verify")["hash"])
}

// A draft that was balanced when it was made is looked at again when it is posted.
func TestDraftIsCheckedAgainWhenItIsPosted(t *testing.T) {
	h := open(t)
	d := h.do(http.MethodPost, "/journal_entry", "E010", manual("m1", "2026-03-01", dr("1002", "5.00"), cr("1001", "5.00")))
	path := "/journal_entry/" + text(d["entry_no"])
	h.do(http.MethodPatch, path, "E010", record{"lines": []record{dr("1002", "5.00"), cr("1001", "4.99")}})
	h.refused(sihe.CodeUnbalanced, http.MethodPost, path+"/approve", "E004", nil)
	h.sound()
}
