package erp

import (
	"fmt"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

func textOf(v any) string { return fmt.Sprint(v) }

// fillRequisition completes the lines of a draft from the items: price and supplier.
func fillRequisition(tx *native.Tx, d *native.Doc) error {
	if d.State() != "draft" {
		return nil
	}
	for i, r := range d.Rows("lines") {
		item, ok, err := tx.Get("item", r.Text("item"))
		if err != nil {
			return err
		}
		if !ok {
			return sihe.Rejected(sihe.CodeItemNotMapped, "write requisition %s: no item %q", d.Key(), r.Text("item")).At(linePath(i, "item"))
		}
		if r.Decimal("estimated_price").Sign() == 0 {
			r.Set("estimated_price", priceOf(item))
		}
		if r.IsNull("supplier") {
			r.Set("supplier", item.Text("supplier"))
		}
		if r.IsNull("warehouse") && item.Bool("stocked") {
			home, err := homeOf(item)
			if err != nil {
				return err
			}
			r.Set("warehouse", home)
		}
	}
	return nil
}

// submitRequisition asks for a decision and shows the quantities as requested.
func submitRequisition(tx *native.Tx, d *native.Doc) error {
	clearApproval(d)
	d.Set("recalled_approval", nil)
	return requestRest(tx, d, 1)
}

// dropRequest takes the quantities that are not ordered yet back, whatever ends the request.
func dropRequest(tx *native.Tx, d *native.Doc) error {
	if d.State() == "draft" {
		return nil
	}
	return requestRest(tx, d, -1)
}

// cancelRequisition recalls the question that OA has not answered yet.
func cancelRequisition(tx *native.Tx, d *native.Doc) error {
	recallApproval(d, d.Int("revision"))
	return dropRequest(tx, d)
}

// changeRequisition opens a new revision; an answer to the old one will not fit its hash.
func changeRequisition(tx *native.Tx, d *native.Doc) error {
	recallApproval(d, d.Int("revision"))
	if err := dropRequest(tx, d); err != nil {
		return err
	}
	return reviseRequisition(tx, d)
}

func reviseRequisition(_ *native.Tx, d *native.Doc) error {
	d.Set("revision", d.Int("revision")+1)
	clearApproval(d)
	return nil
}

func clearApproval(d *native.Doc) {
	d.Set("approval_status", "none")
	d.Set("approval_no", nil)
	d.Set("approved_at", nil)
}

// recallApproval names the approval that its document needs no more, which the hub then recalls from OA. Only a document
// that waits for an answer has one.
func recallApproval(d *native.Doc, revision int64) {
	d.Set("recalled_approval", nil)
	s := d.Text("approval_status")
	if waits := d.State() == "submitted" || d.State() == "held"; waits && (s == "none" || s == "pending") {
		d.Set("recalled_approval", fmt.Sprintf("AR-%s-%d", d.Key(), revision))
	}
}

// requestRest adds or takes away what is not ordered yet of every line to what is requested of the item.
func requestRest(tx *native.Tx, d *native.Doc, sign int64) error {
	for _, r := range d.Rows("lines") {
		rest := floor(r.Decimal("quantity").Sub(r.Decimal("ordered_quantity")))
		if err := project(tx, r.Text("item"), r.Text("warehouse"), "requested_quantity", rest.Mul(sihe.DecimalFromInt(sign))); err != nil {
			return err
		}
	}
	return nil
}

// rowWhere returns the document's line with a number in a field; false when there is none.
func rowWhere(d *native.Doc, field string, no int64) (*native.Row, bool) {
	for _, r := range d.Rows("lines") {
		if r.Int(field) == no {
			return r, true
		}
	}
	return nil, false
}
