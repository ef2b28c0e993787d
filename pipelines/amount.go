package pipelines

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/store"
)

// amountOf returns what a document is worth to the balance and the trace, nil when it has no amount.
func amountOf(e *canonical.Entity, v expr.Value) (*sihe.Decimal, string) {
	f, ok := e.Field(e.Amount)
	if !ok || v.Slot(f.Slot()).IsNull() {
		return nil, ""
	}
	amount := v.Slot(f.Slot()).Decimal()
	currency := f.Type.Currency
	if c, ok := e.Field(e.CurrencyField()); ok {
		currency = v.Slot(c.Slot()).Text()
	}
	return &amount, currency
}

// refsOf returns the documents that a record names, each once, for the trace.
func refsOf(e *canonical.Entity, v expr.Value) []store.Ref {
	var all []store.Ref
	seen := map[store.Ref]bool{}
	collectRefs(e.Fields, v, func(r store.Ref) {
		if !seen[r] {
			seen[r] = true
			all = append(all, r)
		}
	})
	return all
}

func collectRefs(fields []*canonical.Field, record expr.Value, found func(store.Ref)) {
	for _, f := range fields {
		v := record.Slot(f.Slot())
		switch {
		case v.IsNull():
		case f.Kind == canonical.KindRef:
			found(store.Ref{Entity: f.Ref, Key: v.Text()})
		case f.Kind == canonical.KindRecord:
			collectRefs(f.Fields, v, found)
		case f.Kind == canonical.KindList:
			for _, row := range v.List() {
				collectRefs(f.Fields, row, found)
			}
		}
	}
}
