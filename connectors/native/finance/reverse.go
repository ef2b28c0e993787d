package finance

import (
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// reverseEntry makes an entry with the sides exchanged (蓝字冲销). The state of the original is what keeps a second one
// from being made at the same time.
func (b *books) reverseEntry(tx *native.Tx, d *native.Doc) error { return b.undo(tx, d, false) }

// redLetterEntry makes an entry with negative amounts on the same sides (红字冲销), so that the turnover of the period is
// net of the correction.
func (b *books) redLetterEntry(tx *native.Tx, d *native.Doc) error { return b.undo(tx, d, true) }

func (b *books) undo(tx *native.Tx, d *native.Doc, red bool) error {
	if source := d.Text("source_entity"); strings.HasPrefix(source, "finance.") && source != sourcePeriod {
		return sihe.Rejected(sihe.CodeImmutable, "reverse %s: it books %s; correct that document", d.Key(), d.Text("source_key"))
	}
	e := entry{
		event: "rev:" + d.Text("event"), date: tx.Today(), documentDate: d.Date("posting_date"),
		summary: undoWord(red) + " " + d.Text("voucher_no"), source: "finance.journal_entry", key: d.Key(),
		order: d.Text("order_no"), red: red, reversalOf: d.Key(), reviewer: tx.Actor(),
	}
	if d.Bool("red_letter") {
		// What is red already is undone by black amounts on the same sides.
		red, e.red = true, false
	}
	for _, r := range d.Rows("lines") {
		l := line{
			account: r.Text("account"), party: r.Text("party"), item: r.Text("item"), note: r.Text("note"),
			currency: r.Text("currency"), debit: r.Decimal("credit"), credit: r.Decimal("debit"), quantity: r.Decimal("quantity").Neg(),
		}
		if red {
			l.debit, l.credit = r.Decimal("debit").Neg(), r.Decimal("credit").Neg()
		}
		e.lines = append(e.lines, l)
	}
	made, err := b.post(tx, "", e)
	if err != nil {
		return err
	}
	d.Set("reversed_by", voucher(made))
	return nil
}

func undoWord(red bool) string {
	if red {
		return "红字冲销"
	}
	return "冲销"
}
