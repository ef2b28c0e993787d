package erp

import (
	"maps"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// completeInspection checks that qualified and rejected make up what was inspected.
func completeInspection(tx *native.Tx, d *native.Doc) error {
	d.Set("inspected_on", orDate(d, "inspected_on", tx.Today()))
	for i, r := range d.Rows("lines") {
		if sum := r.Decimal("qualified_quantity").Add(r.Decimal("rejected_quantity")); !sum.Equal(r.Decimal("inspected_quantity")) {
			return sihe.Rejected(sihe.CodeInspectionTotal, "complete %s: %s inspected, %s qualified or rejected", d.Key(), r.Decimal("inspected_quantity"), sum).At(linePath(i, "qualified_quantity"))
		}
	}
	return nil
}

// qualified returns how much of each item the completed inspections of a document passed; a failed one passes nothing.
func qualified(tx *native.Tx, kind, source string) (map[string]sihe.Decimal, error) {
	docs, err := found(tx, "quality_inspection", "source_key", source)
	if err != nil {
		return nil, err
	}
	passed := map[string]sihe.Decimal{}
	for _, d := range docs {
		if d.State() != "completed" || d.Text("kind") != kind || d.Text("result") == "fail" {
			continue
		}
		for _, r := range d.Rows("lines") {
			passed[r.Text("item")] = passed[r.Text("item")].Add(r.Decimal("qualified_quantity"))
		}
	}
	return passed, nil
}

// mustPass refuses to go on with more of an item than its inspections passed, when the item asks for that kind.
func mustPass(tx *native.Tx, flag, kind, source string, wanted map[string]sihe.Decimal) error {
	passed, err := qualified(tx, kind, source)
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		quantity := wanted[key]
		item, err := tx.Must("item", key)
		if err != nil {
			return err
		}
		if item.Bool(flag) && quantity.Cmp(passed[key]) > 0 {
			return sihe.Rejected(sihe.CodeInspectionMissing, "go on with %s: %s of %s needed, %s passed inspection (%s)", source, quantity, key, passed[key], kind)
		}
	}
	return nil
}

// inspectedIn holds accepted quantities against the incoming inspection.
func inspectedIn(tx *native.Tx, d *native.Doc) error {
	wanted := map[string]sihe.Decimal{}
	for _, r := range d.Rows("lines") {
		wanted[r.Text("item")] = wanted[r.Text("item")].Add(r.Decimal("accepted_quantity"))
	}
	return mustPass(tx, "inspect_in", "incoming", d.Key(), wanted)
}
