package finance

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// A verification says whether the books are what was posted.
type verification struct {
	OK      bool     `json:"ok"`
	Entries int64    `json:"entries"`
	Hash    string   `json:"hash"` // of all periods; the same facts give the same hash in any ledger
	Wrong   []string `json:"wrong"`
	Code    string   `json:"code,omitempty"`
}

// verifyChain answers GET …/verify: it reads every entry and checks balance, number, place and hash.
func (b *books) verifyChain(tx *native.Tx, _ url.Values) (any, error) {
	v := verification{Wrong: []string{}}
	var volumes []*native.Doc
	err := tx.List("ledger", func(d *native.Doc) (bool, error) {
		volumes = append(volumes, d)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(volumes, func(x, y *native.Doc) int { return cmp.Compare(x.Key(), y.Key()) })
	h := sha256.New()
	for _, d := range volumes {
		wrong, err := b.verifyVolume(tx, d)
		if err != nil {
			return nil, err
		}
		v.Wrong = append(v.Wrong, wrong...)
		v.Entries += d.Int("entries")
		part(h, d.Key())
		part(h, d.Text("last_hash"))
	}
	v.Hash = hex.EncodeToString(h.Sum(nil))
	v.OK = len(v.Wrong) == 0
	if !v.OK {
		v.Code = string(sihe.CodeChainBroken)
	}
	return v, nil
}

// verifyVolume names the first entry of a period that is not as it was posted; behind it nothing can be said.
func (b *books) verifyVolume(tx *native.Tx, volume *native.Doc) ([]string, error) {
	var entries []*native.Doc
	err := tx.Find("journal_entry", "period", volume.Key(), func(e *native.Doc) (bool, error) {
		if inBooks(e) {
			entries = append(entries, e)
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(x, y *native.Doc) int { return cmp.Compare(x.Int("chain_no"), y.Int("chain_no")) })
	prev, numbers := "", map[string]int64{}
	for i, e := range entries {
		word := e.Text("voucher_word")
		numbers[word]++
		number := fmt.Sprintf("%s-%s%02d", word, volume.Key()[5:], numbers[word])
		what := ""
		switch {
		case e.Int("chain_no") != int64(i+1):
			what = fmt.Sprintf("entry %d of the chain is missing", i+1)
		case e.Text("prev_hash") != prev:
			what = "does not follow the entry before it"
		case hashEntry(e) != e.Text("hash"):
			what = "was changed after it was posted"
		case e.Text("voucher_no") != number:
			what = "should be " + number
		case balanced(e) != nil:
			what = "does not balance"
		}
		if what != "" {
			return []string{fmt.Sprintf("%s %s (%s): %s", volume.Key(), e.Text("voucher_no"), e.Key(), what)}, nil
		}
		prev = e.Text("hash")
	}
	if int64(len(entries)) != volume.Int("entries") || prev != volume.Text("last_hash") {
		return []string{fmt.Sprintf("%s: %d entries, the volume counts %d", volume.Key(), len(entries), volume.Int("entries"))}, nil
	}
	return nil, nil
}

func suffix(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(":%d", n)
}
