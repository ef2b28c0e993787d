package erp

import (
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// quantityPlaces are the digits of a quantity.
const quantityPlaces = 6

// inForce returns the released edition of an item's bom or routing that holds on a day: of several the one that came
// into force last.
func inForce(tx *native.Tx, entity, item string, day expr.Date) (*native.Doc, bool, error) {
	docs, err := found(tx, entity, "item", item)
	if err != nil {
		return nil, false, err
	}
	var best *native.Doc
	for _, d := range docs {
		if d.State() != "released" {
			continue
		}
		if entity == "bom" && (orDate(d, "effective_from", day) > day || orDate(d, "effective_to", day) < day) {
			continue
		}
		if best == nil || since(d) >= since(best) {
			best = d
		}
	}
	return best, best != nil, nil
}

func since(d *native.Doc) string {
	if d.IsNull("effective_from") {
		return d.Text("edition")
	}
	return d.Date("effective_from").String() + d.Text("edition")
}

// releaseBOM refuses a bill of material that contains its own product at any level.
func releaseBOM(tx *native.Tx, d *native.Doc) error {
	if d.Decimal("base_quantity").Sign() <= 0 || len(d.Rows("lines")) == 0 {
		return sihe.Rejected(sihe.CodeBOMMissing, "release %s: it needs lines and a base quantity above zero", d.Key())
	}
	return noCycle(tx, d, []string{d.Text("item")})
}

func noCycle(tx *native.Tx, bom *native.Doc, above []string) error {
	for i, r := range bom.Rows("lines") {
		item := r.Text("item")
		if _, err := tx.Must("item", item); err != nil {
			return err
		}
		if slices.Contains(above, item) {
			return sihe.Rejected(sihe.CodeBOMCycle, "release %s: %s", bom.Key(), strings.Join(append(above, item), " > ")).At(linePath(i, "item"))
		}
		below, ok, err := inForce(tx, "bom", item, tx.Today())
		if err != nil {
			return err
		}
		if ok {
			if err := noCycle(tx, below, append(slices.Clone(above), item)); err != nil {
				return err
			}
		}
	}
	return nil
}

// perLine is how much of a bom line a number of products needs, losses included, rounded up to six places.
func perLine(bom *native.Doc, r *native.Row, products sihe.Decimal) sihe.Decimal {
	q := products.Mul(r.Decimal("quantity")).Mul(sihe.DecimalFromInt(1).Add(r.Decimal("scrap_rate")))
	d, err := q.TryDiv(bom.Decimal("base_quantity"), quantityPlaces, sihe.Up)
	if err != nil {
		panic(err) // as Decimal's own methods do; the transaction's boundary turns it into an error
	}
	return short(d, 0)
}
