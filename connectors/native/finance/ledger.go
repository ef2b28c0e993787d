package finance

import (
	"fmt"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// Kinds of entries.
const (
	kindNormal  = "normal"
	kindOpening = "opening"
	kindClosing = "closing"
)

// An entry is a voucher that finance makes by itself.
type entry struct {
	event        string    // posting id; the same one is posted once
	kind         string    // "" is a normal one
	date         expr.Date // of posting
	documentDate expr.Date // 0: the date of posting
	summary      string
	source, key  string // the document that it books
	order        string
	red          bool
	reversalOf   string
	reviewer     string // who released it, when not the one who made it
	lines        []line
}

// A line has a debit or a credit.
type line struct {
	account, party, item, note string
	debit, credit              sihe.Decimal
	quantity                   sihe.Decimal
	currency                   string
}

func debit(account string, amount sihe.Decimal) line { return line{account: account, debit: amount} }

func credit(account string, amount sihe.Decimal) line { return line{account: account, credit: amount} }

// of names whom a line concerns.
func (l line) of(party string) line {
	l.party = party
	return l
}

// post makes the entry. Lines of zero are left out; an entry without lines is none, and nil is returned.
func (b *books) post(tx *native.Tx, currency string, e entry) (*native.Doc, error) {
	var lines []native.Fields
	for _, l := range e.lines {
		if l.debit.Sign() == 0 && l.credit.Sign() == 0 {
			continue
		}
		lines = append(lines, l.fields(currency))
	}
	if len(lines) == 0 {
		return nil, nil
	}
	f := native.Fields{
		"event": e.event, "posting_date": e.date, "summary": e.summary,
		"source_entity": e.source, "source_key": e.key, "red_letter": e.red, "lines": lines,
	}
	f["kind"] = e.kind
	f["order_no"] = e.order
	f["reversal_of"] = e.reversalOf
	f["reviewed_by"] = e.reviewer
	if e.documentDate != 0 {
		f["document_date"] = e.documentDate
	}
	return tx.Create("journal_entry", f)
}

// voucher names the entry that post returned; "" for none.
func voucher(e *native.Doc) string {
	if e == nil {
		return ""
	}
	return e.Key()
}

func (l line) fields(currency string) native.Fields {
	f := native.Fields{"account": l.account, "currency": currency}
	if l.currency != "" {
		f["currency"] = l.currency
	}
	if l.debit.Sign() != 0 {
		f["debit"] = l.debit
	}
	if l.credit.Sign() != 0 {
		f["credit"] = l.credit
	}
	if l.quantity.Sign() != 0 {
		f["quantity"] = l.quantity
	}
	f["party"] = l.party
	f["item"] = l.item
	f["note"] = l.note
	return f
}

func (b *books) ledgerRules() []native.Rule {
	return []native.Rule{
		{Entity: "journal_entry", On: "create", Do: b.prepareEntry},
		{Entity: "journal_entry", On: "post", Do: b.postEntry},
		{Entity: "journal_entry", On: "approve", Do: b.approveEntry},
		{Entity: "journal_entry", On: "reverse", Do: b.reverseEntry},
		{Entity: "journal_entry", On: "red_letter", Do: b.redLetterEntry},
	}
}

// prepareEntry completes what the caller left out. A person's entry has no source and waits for a second pair of eyes.
func (b *books) prepareEntry(tx *native.Tx, d *native.Doc) error {
	if !tx.Nested() && strings.HasPrefix(d.Text("source_entity"), "finance.") {
		return sihe.Rejected(sihe.CodeBoundary, "post %s: only finance itself books %s", d.Key(), d.Text("source_entity")).At("source_entity")
	}
	if tx.FromAPI() {
		if err := asManual(tx, d); err != nil {
			return err
		}
	}
	if d.IsNull("posting_date") {
		d.Set("posting_date", tx.Today())
	}
	if d.IsNull("document_date") {
		d.Set("document_date", d.Date("posting_date"))
	}
	d.Set("prepared_by", tx.Actor())
	if err := checkLines(d); err != nil {
		return err
	}
	return b.checkAccounts(tx, d)
}

// asManual takes from a person's entry what only sources may say. Opening balances are posted at once as long as there
// is no voucher; afterwards somebody has to approve them too.
func asManual(tx *native.Tx, d *native.Doc) error {
	d.Set("reviewed_by", nil)
	if d.Text("kind") == kindClosing {
		d.Set("kind", kindNormal)
	}
	used := d.Text("kind") != kindOpening
	err := tx.List("ledger", func(v *native.Doc) (bool, error) {
		used = used || v.Int("vouchers") > 0
		return !used, nil
	})
	if used {
		d.Set("source_entity", nil)
	}
	return err
}

// approveEntry posts a manual entry; nobody reviews an own one (制单与审核分离).
func (b *books) approveEntry(tx *native.Tx, d *native.Doc) error {
	if tx.Actor() == "" || tx.Actor() == d.Text("prepared_by") {
		return sihe.Rejected(sihe.CodeSelfReview, "approve %s: prepared by %q as well", d.Key(), tx.Actor())
	}
	d.Set("reviewed_by", tx.Actor())
	return b.postEntry(tx, d)
}

// postEntry puts the entry into the books: into an open period, under the next number, at the end of the chain.
func (b *books) postEntry(tx *native.Tx, d *native.Doc) error {
	if err := checkLines(d); err != nil {
		return err
	}
	if err := b.choosePeriod(tx, d); err != nil {
		return err
	}
	if err := b.checkAccounts(tx, d); err != nil {
		return err
	}
	if err := b.chainEntry(tx, d); err != nil {
		return err
	}
	// Once more over what will be stored: nothing between the check and here may have touched the lines (invariant 6).
	if err := balanced(d); err != nil {
		return err
	}
	return b.noteReceived(tx, d)
}

// checkLines refuses an entry whose lines are not exactly one amount each, or do not balance in every currency.
func checkLines(d *native.Doc) error {
	rows := d.Rows("lines")
	if len(rows) < 2 {
		return sihe.Rejected(sihe.CodeEntryLine, "post %s: an entry has two lines or more", d.Key()).At("lines")
	}
	red := d.Bool("red_letter")
	for i, r := range rows {
		dr, cr := r.Decimal("debit"), r.Decimal("credit")
		switch {
		case (dr.Sign() == 0) == (cr.Sign() == 0):
			return lineError(d, i, "has both a debit and a credit, or neither")
		case (dr.Sign() < 0 || cr.Sign() < 0) && !red:
			return lineError(d, i, "is negative, and the entry is not red-letter")
		}
	}
	return balanced(d)
}

func lineError(d *native.Doc, i int, what string) error {
	return sihe.Rejected(sihe.CodeEntryLine, "post %s: line %d %s", d.Key(), i+1, what).At(fmt.Sprintf("lines[%d]", i))
}

// balanced checks that debits equal credits to the last digit in every currency; there is no tolerance.
func balanced(d *native.Doc) error {
	sums := map[string]sihe.Decimal{}
	for _, r := range d.Rows("lines") {
		cur := r.Text("currency")
		sum, err := sums[cur].TryAdd(r.Decimal("debit"))
		if err == nil {
			sum, err = sum.TrySub(r.Decimal("credit"))
		}
		if err != nil {
			return err
		}
		sums[cur] = sum
	}
	for cur, sum := range sums {
		if sum.Sign() != 0 {
			return sihe.Rejected(sihe.CodeUnbalanced, "post %s: debit less credit is %s %s", d.Key(), sum, cur).At("lines")
		}
	}
	return nil
}

// keptByDocuments says whether an account is the sum of documents: then only they post to it, else the ledger and the
// documents would drift apart. Opening balances and received-not-billed come from outside.
func keptByDocuments(a, d *native.Doc) bool {
	switch a.Text("control_of") {
	case "receivables", "advances", "payables":
		return !strings.HasPrefix(d.Text("source_entity"), "finance.") && d.Text("kind") != kindOpening
	}
	return false
}

// checkAccounts refuses accounts that do not exist, have sub-accounts, or are not in use on that day. An empty chart is
// loaded first, so that the very first entry of a new hub can be posted.
func (b *books) checkAccounts(tx *native.Tx, d *native.Doc) error {
	day := d.Date("posting_date")
	for i, r := range d.Rows("lines") {
		no := r.Text("account")
		a, ok, err := b.account(tx, no)
		if err != nil {
			return err
		}
		path := fmt.Sprintf("lines[%d].account", i)
		switch {
		case !ok:
			return sihe.Rejected(sihe.CodeAccountUnknown, "post %s: account %q", d.Key(), no).At(path)
		case !a.Bool("is_leaf"):
			return sihe.Rejected(sihe.CodeAccountNotLeaf, "post %s: account %s", d.Key(), no).At(path)
		case keptByDocuments(a, d):
			return sihe.Rejected(sihe.CodeControlAccount, "post %s: account %s", d.Key(), no).At(path)
		case !a.IsNull("opened_on") && day < a.Date("opened_on"), !a.IsNull("closed_on") && day > a.Date("closed_on"):
			return sihe.Rejected(sihe.CodeAccountClosed, "post %s: account %s on %s", d.Key(), no, day).At(path)
		}
	}
	return nil
}

func (b *books) account(tx *native.Tx, no string) (*native.Doc, bool, error) {
	a, ok, err := tx.Get("account", no)
	if err != nil || ok {
		return a, ok, err
	}
	empty := true
	err = tx.List("account", func(*native.Doc) (bool, error) {
		empty = false
		return false, nil
	})
	if err != nil || !empty {
		return nil, false, err
	}
	if err := b.loadChart(tx); err != nil {
		return nil, false, err
	}
	return tx.Get("account", no)
}
