package finance

import (
	"fmt"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

func (b *books) periodRules() []native.Rule {
	return []native.Rule{
		{Entity: "period", On: "create", Do: datePeriod},
		{Entity: "period", On: "settle_tax", Do: b.settleTax},
		{Entity: "period", On: "carry_forward", Do: b.carryForward},
		{Entity: "period", On: "close", Do: b.closePeriod},
		{Entity: "period", On: "reopen", Do: b.reopenPeriod},
	}
}

// periodOf names the month of a day, e.g. "2026-03".
func periodOf(d expr.Date) string { return d.String()[:7] }

// monthOf returns the first and last day of a period.
func monthOf(period string) (first, last expr.Date, err error) {
	t, err := time.Parse("2006-01", period)
	if err != nil {
		return 0, 0, sihe.Rejected(sihe.CodePeriodUnknown, "open period %q: not like 2026-03", period).At("period_no")
	}
	first = expr.DateOf(t)
	return first, first.MonthEnd(), nil
}

func datePeriod(_ *native.Tx, d *native.Doc) error {
	first, last, err := monthOf(d.Key())
	if err != nil {
		return err
	}
	d.Set("starts_on", first)
	d.Set("ends_on", last)
	return nil
}

// choosePeriod finds the open period of the posting date. Where it is closed, the entry moves to the next open day and
// says so, or is refused when it asked for that (suite.md 3.d, NEG-13).
func (b *books) choosePeriod(tx *native.Tx, d *native.Doc) error {
	day := d.Date("posting_date")
	open, err := b.isOpen(tx, day)
	if err != nil {
		return err
	}
	if !open {
		if d.Text("closed_period") == "refuse" {
			return sihe.Rejected(sihe.CodePeriodClosed, "post %s on %s: the period is closed", d.Key(), day).At("posting_date")
		}
		if day, err = b.nextOpenDay(tx, day); err != nil {
			return err
		}
		d.Set("posting_date", day)
		d.Set("period_shift", true)
	}
	d.Set("period", periodOf(day))
	return nil
}

// isOpen opens the period of the day where that is the first need of it: a month that is not in the future and lies
// behind everything that is closed.
func (b *books) isOpen(tx *native.Tx, day expr.Date) (bool, error) {
	name := periodOf(day)
	p, ok, err := tx.Get("period", name)
	if err != nil {
		return false, err
	}
	if ok {
		return p.State() != "closed", nil
	}
	last, err := lastClosed(tx)
	if err != nil {
		return false, err
	}
	if last != "" && name < last {
		return false, nil
	}
	if name > periodOf(tx.Today()) {
		return false, sihe.Rejected(sihe.CodePeriodUnknown, "post on %s: the period lies in the future", day).At("posting_date")
	}
	_, err = tx.Create("period", native.Fields{"period_no": name})
	return true, err
}

// nextOpenDay returns today, or the first day after today's period that is open, when today's is closed too.
func (b *books) nextOpenDay(tx *native.Tx, after expr.Date) (expr.Date, error) {
	day := max(tx.Today(), after)
	open, err := b.isOpen(tx, day)
	if err != nil || open {
		return day, err
	}
	for range 12 {
		day = day.MonthEnd().AddDays(1)
		p, ok, err := tx.Get("period", periodOf(day))
		if err != nil {
			return 0, err
		}
		if ok && p.State() != "closed" {
			return day, nil
		}
	}
	return 0, sihe.Rejected(sihe.CodePeriodClosed, "post on %s: no open period follows", after).At("posting_date")
}

// lastClosed returns the name of the latest closed period, or "".
func lastClosed(tx *native.Tx) (string, error) {
	last := ""
	err := tx.Find("period", "state", "closed", func(p *native.Doc) (bool, error) {
		last = max(last, p.Key())
		return true, nil
	})
	return last, err
}

// closePeriod keeps the closing balances, so that nobody has to read the month's entries again.
func (b *books) closePeriod(tx *native.Tx, d *native.Doc) error {
	if err := b.readyToClose(tx, d); err != nil {
		return err
	}
	figures, err := b.figures(tx, span{from: d.Date("starts_on"), to: d.Date("ends_on"), closing: true})
	if err != nil {
		return err
	}
	for _, k := range sortedKeys(figures) {
		if balance := figures[k].closing(); balance.Sign() != 0 {
			d.AddRow("balances", native.Fields{"account": k.account, "currency": k.currency, "balance": balance})
		}
	}
	d.Set("closed_by", tx.Actor())
	d.Set("closed_at", tx.Now())
	return nil
}

// readyToClose names what is left to do: earlier periods, drafts, profit and loss not carried forward.
func (b *books) readyToClose(tx *native.Tx, d *native.Doc) error {
	left := ""
	err := tx.List("period", func(p *native.Doc) (bool, error) {
		if p.Key() < d.Key() && p.State() != "closed" {
			left = fmt.Sprintf("period %s is still open", p.Key())
		}
		return left == "", nil
	})
	if err != nil || left != "" {
		return notReady(d, left, err)
	}
	err = tx.Find("journal_entry", "state", "draft", func(e *native.Doc) (bool, error) {
		if periodOf(e.Date("posting_date")) <= d.Key() {
			left = fmt.Sprintf("entry %s is a draft", e.Key())
		}
		return left == "", nil
	})
	if err != nil || left != "" {
		return notReady(d, left, err)
	}
	rest, err := b.profitAndLoss(tx, d)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return notReady(d, fmt.Sprintf("account %s is not carried forward", rest[0].account), nil)
	}
	return nil
}

func notReady(d *native.Doc, left string, err error) error {
	if err != nil {
		return err
	}
	return sihe.Rejected(sihe.CodePeriodNotReady, "close period %s: %s", d.Key(), left)
}

// reopenPeriod takes the closing balances back. Only the last closed period can be reopened, else later balances would lie.
func (b *books) reopenPeriod(tx *native.Tx, d *native.Doc) error {
	last, err := lastClosed(tx)
	if err != nil {
		return err
	}
	if last != d.Key() {
		return sihe.Rejected(sihe.CodePeriodNotReady, "reopen period %s: %s was closed after it", d.Key(), last)
	}
	d.Set("balances", nil)
	d.Set("carried_forward", false)
	return nil
}
