package finance

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// Voucher words. Opening entries count apart, so that the first voucher of a month is number 1.
const (
	voucherWord = "记"
	openingWord = "期初"
)

// chainEntry gives the entry the next number of its period and the place at the end of the period's hash chain. Both
// counters stand in one document that is read and written in the same transaction, so no number is lost or given twice.
func (b *books) chainEntry(tx *native.Tx, d *native.Doc) error {
	period := d.Text("period")
	v, ok, err := tx.Get("ledger", period)
	if err == nil && !ok {
		v, err = tx.Create("ledger", native.Fields{"period_no": period})
	}
	if err != nil {
		return err
	}
	if err := sound(tx, v); err != nil {
		return err
	}
	word, counter := voucherWord, "vouchers"
	if d.Text("kind") == kindOpening {
		word, counter = openingWord, "openings"
	}
	n := v.Int(counter) + 1
	v.Set(counter, n)
	no := fmt.Sprintf("%s-%s%02d", word, period[5:], n)
	d.Set("voucher_word", word)
	d.Set("voucher_no", no)
	d.Set("voucher_key", period+"/"+no)
	d.Set("chain_no", v.Int("entries")+1)
	d.Set("prev_hash", v.Text("last_hash"))
	d.Set("hash", hashEntry(d))
	d.Set("posted_at", tx.Now())
	v.Set("entries", v.Int("entries")+1)
	v.Set("last_hash", d.Text("hash"))
	v.Set("last_entry", d.Key())
	return tx.Save(v)
}

// sound refuses to post behind an entry that is not what it was when it was posted.
func sound(tx *native.Tx, v *native.Doc) error {
	if v.IsNull("last_entry") {
		return nil
	}
	last, err := tx.Must("journal_entry", v.Text("last_entry"))
	if err != nil {
		return err
	}
	if hashEntry(last) != v.Text("last_hash") {
		return sihe.Permanent(sihe.Errorf(sihe.CodeChainBroken, "post into %s: entry %s was changed after it was posted", v.Key(), last.Key()))
	}
	return nil
}

// hashEntry is SHA-256 over what makes the voucher, and the hash before it. Times of the clock are left out, so that
// the same facts replayed into empty books give the same hash.
func hashEntry(d *native.Doc) string {
	h := sha256.New()
	for _, name := range []string{
		"prev_hash", "event", "kind", "voucher_key", "summary", "source_entity", "source_key", "order_no", "reversal_of",
		"prepared_by", "reviewed_by",
	} {
		part(h, d.Text(name))
	}
	part(h, d.Date("posting_date").String())
	part(h, d.Date("document_date").String())
	part(h, strconv.FormatBool(d.Bool("red_letter")))
	part(h, strconv.FormatBool(d.Bool("period_shift")))
	for _, r := range d.Rows("lines") {
		for _, name := range []string{"account", "currency", "party", "item", "department", "employee", "project", "note"} {
			part(h, r.Text(name))
		}
		part(h, r.Decimal("debit").Round(2).String())
		part(h, r.Decimal("credit").Round(2).String())
		part(h, r.Decimal("quantity").Round(6).String())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// part writes a text with its length, so that parts cannot run into each other.
func part(h hash.Hash, s string) { fmt.Fprintf(h, "%d:%s", len(s), s) }
