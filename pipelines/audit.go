package pipelines

import (
	"errors"
	"fmt"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// Audit returns up to limit rows of the audit trail from a sequence number on.
func (h *Hub) Audit(from uint64, limit int) (all []store.Audit, err error) {
	def(&limit, 100)
	err = h.o.Store.View(func(tx *store.Tx) error {
		all = nil
		return tx.Audits(from, func(a store.Audit) (bool, error) {
			all = append(all, a)
			return len(all) < limit, nil
		})
	})
	return all, err
}

// An AuditChain is what a look at every row of the audit trail found.
type AuditChain struct {
	First uint64 `json:"first"` // row that is looked at: retention has removed those before it, whose last hash vouches for it
	Rows  uint64 `json:"rows"`  // number of the last row that follows the one before without a break
	Head  string `json:"head"`  // hash of the last of them
	OK    bool   `json:"ok"`
	Bad   uint64 `json:"bad_row,omitempty"` // the first one that is missing, changed, or in the wrong place
	Why   string `json:"why,omitempty"`
}

// VerifyAudit reads every row and follows the hashes. With a row's number and its hash, noted earlier outside of the hub,
// it also finds that the end of the trail was cut off or written anew.
func (h *Hub) VerifyAudit(row uint64, hash string) (c AuditChain, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		base, err := tx.AuditBase()
		if err != nil {
			return err
		}
		c = AuditChain{OK: true, First: base.Seq + 1, Rows: base.Seq, Head: base.Hash}
		if hash != "" && row == base.Seq && row > 0 && hash != base.Hash {
			c.OK, c.Bad, c.Why = false, row, fmt.Sprintf("row %d was another one when it was noted", row)
			return nil
		}
		err = tx.Audits(0, func(a store.Audit) (bool, error) {
			if bad, why := c.follow(a); bad > 0 {
				c.OK, c.Bad, c.Why = false, bad, why
				return false, nil
			}
			if a.Seq == row && hash != "" && a.Hash() != hash {
				c.OK, c.Bad, c.Why = false, row, fmt.Sprintf("row %d was another one when it was noted", row)
				return false, nil
			}
			c.Rows, c.Head = a.Seq, a.Hash()
			return true, nil
		})
		return err
	})
	var own *sihe.Error
	if errors.As(err, &own) && own.Code == sihe.CodeStoreCorrupt {
		c.OK, c.Bad, c.Why = false, c.Rows+1, own.Text
		return c, nil
	}
	if err == nil && c.OK && row > c.Rows {
		c.OK, c.Bad, c.Why = false, c.Rows+1, fmt.Sprintf("row %d was noted, the trail ends at row %d", row, c.Rows)
	}
	return c, err
}

// follow says which row is bad when a does not follow what was read so far.
func (c *AuditChain) follow(a store.Audit) (bad uint64, why string) {
	switch {
	case a.Seq > c.Rows+1:
		return c.Rows + 1, fmt.Sprintf("row %d is missing: row %d comes after row %d", c.Rows+1, a.Seq, c.Rows)
	case a.Seq != c.Rows+1:
		return c.Rows + 1, fmt.Sprintf("row %d stands in the place of row %d", a.Seq, c.Rows+1)
	case a.Prev != c.Head && c.Rows == 0:
		return 1, "row 1 names a row before it"
	case a.Prev != c.Head:
		return c.Rows, fmt.Sprintf("row %d is not the one that row %d follows: one of them was changed", c.Rows, a.Seq)
	}
	return 0, ""
}

// VerifyRows follows the hashes of exported rows from the first of them on.
func VerifyRows(rows func(func(store.Audit) bool)) (c AuditChain) {
	c.OK = true
	rows(func(a store.Audit) bool {
		if c.First == 0 {
			c.First, c.Rows, c.Head = a.Seq, a.Seq-1, a.Prev
		}
		if bad, why := c.follow(a); bad > 0 {
			c.OK, c.Bad, c.Why = false, bad, why
			return false
		}
		c.Rows, c.Head = a.Seq, a.Hash()
		return true
	})
	return c
}
