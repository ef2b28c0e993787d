package pipelines

import (
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/store"
)

// needs lets the event wait until each document that it names is known in the module that needs it (EIP Resequencer on
// a prerequisite). Only the first missing one is awaited; when it has come, the event comes here again.
func (d *deliverer) needs(p *parcel, _ *plan) (*plan, error) {
	for _, n := range d.p.Needs {
		f, ok := d.p.From.Field(n.Field)
		if !ok {
			continue
		}
		for _, key := range textsAt(p.value, d.p.From.Type, strings.Split(n.Field, ".")) {
			missing, err := d.missing(store.Ref{Module: n.Module, Entity: f.Ref, Key: key})
			if err != nil || missing != nil {
				return missing, err
			}
		}
	}
	return nil, nil
}

// missing returns the plan to wait for a document that its module does not have yet.
func (d *deliverer) missing(r store.Ref) (pl *plan, err error) {
	err = d.h.o.Store.View(func(tx *store.Tx) error {
		known, err := tx.Known(r)
		if err == nil && !known {
			pl = conclude(store.Waiting, sihe.CodeWaitingFor, r.Entity+" "+r.Key+" in "+r.Module)
			pl.await = r
		}
		return err
	})
	return pl, err
}

// textsAt returns the texts under a dotted path; a list on the way gives those of all its rows.
func textsAt(v expr.Value, t *expr.Type, path []string) []string {
	switch {
	case v.IsNull():
		return nil
	case t.Kind == expr.KindList:
		var all []string
		for _, row := range v.List() {
			all = append(all, textsAt(row, t.Elem, path)...)
		}
		return all
	case len(path) == 0:
		return []string{v.Text()}
	}
	i, ok := t.Slot(path[0])
	if !ok {
		return nil
	}
	return textsAt(v.Slot(i), t.Fields[i].Type, path[1:])
}
