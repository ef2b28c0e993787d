package pipelines

import (
	"slices"
	"strings"

	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

// longestNumber bounds the numbers by which a document is found.
const longestNumber = 100

// numbersOf returns the numbers that a document bears beside its key, by which people look for it: a waybill's, a bank's, a
// tax invoice's. They are the texts at the top that are unique, or are called so.
func numbersOf(e *canonical.Entity, v expr.Value) (all []string) {
	for _, f := range e.Fields {
		if f.Kind != canonical.KindText || f.Name == e.Key || !isNumber(e, f.Name) || v.Slot(f.Slot()).IsNull() {
			continue
		}
		if n := v.Slot(f.Slot()).Text(); n != "" && len(n) <= longestNumber {
			all = append(all, n)
		}
	}
	return all
}

func isNumber(e *canonical.Entity, name string) bool {
	for _, suffix := range []string{"_no", "_ref", "reference", "tax_id", "号", "号码", "编号"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return slices.ContainsFunc(e.Unique, func(group []string) bool { return slices.Contains(group, name) })
}
