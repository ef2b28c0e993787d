package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/sihehub/sihe"
)

// An Audit row says who did what to which object, and why. Each row carries the hash of the one before.
type Audit struct {
	Seq    uint64    `json:"seq"`
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	Action string    `json:"action"`
	Object string    `json:"object"`
	Reason string    `json:"reason"`
	Before string    `json:"before,omitempty"` // digest
	After  string    `json:"after,omitempty"`  // digest
	Prev   string    `json:"prev"`
}

// Hash covers the whole row, the previous hash included.
func (a Audit) Hash() string {
	raw, _ := json.Marshal(a) // texts, numbers and a time always encode
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// Audit appends a row in the transaction of the effect that it tells of.
func (t *Tx) Audit(a Audit) error {
	b := t.Bucket("audit").AppendOnly()
	var prev Audit
	err := b.Each(nil, true, func(_, v []byte) (bool, error) { return false, decode(v, &prev) })
	if err != nil {
		return err
	}
	if prev.Seq > 0 {
		a.Prev = prev.Hash()
	}
	a.Seq, a.At = prev.Seq+1, t.now.UTC()
	if err := put(b, key(a.Seq), a); err != nil {
		return err
	}
	return t.Tell(Activity{Kind: KindAction, Key: a.Object, Name: a.Action, Who: a.Who, Why: Why{Text: a.Reason}})
}

// Audits calls f for the rows from a sequence number on, until f returns false.
func (t *Tx) Audits(from uint64, f func(Audit) (bool, error)) error {
	return t.Bucket("audit").Each(key(from), false, func(_, v []byte) (bool, error) {
		var a Audit
		if err := decode(v, &a); err != nil {
			return false, err
		}
		return f(a)
	})
}

// An AuditBase is the last row that retention has removed: what the first one that is kept must follow.
type AuditBase struct {
	Seq  uint64    `json:"seq"`
	At   time.Time `json:"at"`
	Hash string    `json:"hash"`
}

// AuditBase returns it; zero when every row is kept.
func (t *Tx) AuditBase() (AuditBase, error) {
	b, _, err := get[AuditBase](t.Bucket("audit-base"), key("base"))
	return b, err
}

// trimAudit removes rows that have been kept long enough, but never the last one.
func (t *Tx) trimAudit() (int, error) {
	var gone []Audit
	b := t.Bucket("audit")
	err := t.Audits(0, func(a Audit) (bool, error) {
		if !t.old(a.At, t.retention.Audit) {
			return false, nil
		}
		gone = append(gone, a)
		return len(gone) <= trimBatch, nil
	})
	if err != nil || len(gone) == 0 {
		return 0, err
	}
	var last Audit
	if err := b.Each(nil, true, func(_, v []byte) (bool, error) { return false, decode(v, &last) }); err != nil {
		return 0, err
	}
	gone = gone[:min(len(gone), trimBatch)]
	if gone[len(gone)-1].Seq == last.Seq {
		gone = gone[:len(gone)-1]
	}
	for _, a := range gone {
		if err := b.Delete(key(a.Seq)); err != nil {
			return 0, err
		}
	}
	if len(gone) == 0 {
		return 0, nil
	}
	a := gone[len(gone)-1]
	return len(gone), put(t.Bucket("audit-base"), key("base"), AuditBase{Seq: a.Seq, At: a.At, Hash: a.Hash()})
}

// VerifyAudit reads all rows that are kept and returns the number and the hash of the last; a broken chain is
// CodeAuditBroken naming the first bad row. Rows that retention has removed are vouched for by the hash of the last of them.
func (t *Tx) VerifyAudit() (rows uint64, head string, err error) {
	base, err := t.AuditBase()
	if err != nil {
		return 0, "", err
	}
	rows, head = base.Seq, base.Hash
	err = t.Audits(0, func(a Audit) (bool, error) {
		if a.Seq != rows+1 || a.Prev != head {
			return false, sihe.Permanent(sihe.Errorf(sihe.CodeAuditBroken, "verify the audit: row %d does not follow row %d", a.Seq, rows))
		}
		rows, head = a.Seq, a.Hash()
		return true, nil
	})
	return rows, head, err
}
