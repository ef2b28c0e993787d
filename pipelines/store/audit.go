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

// VerifyAudit reads all rows and returns how many there are and the hash of the last; a broken chain is
// CodeAuditBroken naming the first bad row.
func (t *Tx) VerifyAudit() (rows uint64, head string, err error) {
	err = t.Audits(0, func(a Audit) (bool, error) {
		if a.Seq != rows+1 || a.Prev != head {
			return false, sihe.Permanent(sihe.Errorf(sihe.CodeAuditBroken, "verify the audit: row %d does not follow row %d", a.Seq, rows))
		}
		rows, head = a.Seq, a.Hash()
		return true, nil
	})
	return rows, head, err
}
