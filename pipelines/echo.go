package pipelines

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// echo stops a write that says what the last one said, so that two systems cannot answer each other for ever
// (suite.md BR-12). Only absolute values can be an echo: creating, or acting, twice is two facts.
func (d *deliverer) echo(p *parcel, pl *plan) (answer *plan, err error) {
	if !absolute(d.p.Do) {
		return nil, nil
	}
	pl.forced = p.forced
	pl.digest = digestOf([]byte(pl.write.Do), pl.write.Data, pl.write.Match)
	err = d.h.o.Store.View(func(tx *store.Tx) error {
		same, err := isEcho(tx, pl)
		if same {
			answer = conclude(store.Unchanged, sihe.CodeEcho, "")
			answer.target, answer.digest = pl.target, pl.digest
		}
		return err
	})
	return answer, err
}

func absolute(do string) bool { return do == sihe.DoCopy || do == sihe.DoWriteBack }

func isEcho(tx *store.Tx, pl *plan) (bool, error) {
	if pl.digest == "" || pl.forced {
		return false, nil
	}
	last, err := tx.Digest(pl.target)
	return err == nil && last.Open == 0 && last.Value == pl.digest, err
}
