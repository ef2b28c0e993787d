package native

import (
	"encoding/binary"
	"encoding/json"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

func orderKey(r *request) []byte {
	return []byte(r.kind.name + "\x00" + r.Key + "\x00" + r.Writer)
}

// isStale says whether a newer write-back of the same writer to the same document was applied before (invariant 3).
func (t *Tx) isStale(r *request) (bool, error) {
	if r.Version == 0 || r.Do != sihe.DoWriteBack {
		return false, nil
	}
	b, ok, err := t.d.Bucket(bucketOrder).Get(orderKey(r))
	if err != nil || !ok {
		return false, err
	}
	return r.Version <= int64(binary.BigEndian.Uint64(b)), nil //nolint:gosec // written by keepReceipt
}

// keepReceipt puts down what the Write came to, in its own transaction.
func (t *Tx) keepReceipt(r *request, receipt *sihe.Receipt) error {
	if d, ok := t.docs[docID{r.kind.name, receipt.Key}]; ok {
		receipt.Version = d.Version()
	}
	if r.Version != 0 && r.Do == sihe.DoWriteBack && !receipt.Stale {
		v := binary.BigEndian.AppendUint64(nil, uint64(r.Version)) //nolint:gosec // a version
		if err := t.d.Bucket(bucketOrder).Put(orderKey(r), v); err != nil {
			return err
		}
	}
	data, err := json.Marshal(receipt)
	if err != nil {
		return err
	}
	return t.d.Bucket(bucketApplied).Put([]byte(r.ID), data)
}

func appliedReceipt(t *durable.Tx, id string) (r sihe.Receipt, ok bool, err error) {
	data, ok, err := t.Bucket(bucketApplied).Get([]byte(id))
	if err != nil || !ok {
		return r, false, err
	}
	return r, true, json.Unmarshal(data, &r)
}
