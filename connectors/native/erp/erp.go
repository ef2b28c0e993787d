// Package erp is what the native ERP module says in Go and entity files cannot: the stock ledger, reservations, the
// promise of an order, purchasing, production, deliveries and returns. Each concern has its file; the transactions, the
// numbering, the events and the API are the kit's.
//
// # Stock
//
// A stock level holds quantity and value of an item in a warehouse; the average is value / quantity and is never stored
// rounded. What leaves takes round(quantity × value / on hand, 2) along, the last piece takes the rest. Only
// [postMove] changes quantities on hand, only reserve, free and use change what is reserved, and every such change is
// refused unless on hand ≥ reserved ≥ 0 holds afterwards. Stock in quality hold and office warehouses is blocked.
//
// # The promised date
//
// An order is promised for the latest of its lines' dates and the date the customer wants. A line served from stock is
// possible today. For what must be made: every bought material is ready today when the stock covers the need; else on
// the day on which purchase orders under way cover it; else today + its lead_time_days, in calendar days. Work starts
// on the first working day after the last material and made part is there, takes the free hours of its work centres
// day by day, and the product is available lead_time_days of the made item, in working days, after its last operation
// (final inspection, packing). What must be bought is possible on the first working day on or after its arrival.
// Services go with the goods.
//
// With the figures of suite.md 6.1, lead_time_days 14 for M-MOT75 (7 for M-SEAL) and 3 for P-CP100, an order on
// Thursday 2026-03-05 reads: motors on 03-19, 16 hours on WC-A on Friday 03-20, three working days later 03-25.
//
// # Master data that the rules need
//
//   - item: warehouse (its home), procurement make or buy, valuation_class raw (1403) or finished (1405), item_class
//     service with standard_hours and hourly_cost for services; safety_stock, min_order_quantity, lot_size,
//     lead_time_days, purchase_price and supplier for bought ones; standard_cost for made ones (or the job
//     roll-up-costs); stocked false for what has no stock.
//   - warehouse: kind; one of kind quality_hold takes returns.
//   - bom and routing: released; work_center: capacity_hours per day, labour_rate, overhead_rate.
//   - policy "erp": margin_floor (default 0.25); optional.
//   - opening stock: one stock_move per item: move_type opening, from_location "opening", to_location the warehouse,
//     quantity and value; then the action post.
//
// A customer whose deposit_percent is 1 pays in advance: such an order takes no credit and is released when it is paid.
package erp

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// Rules returns the module's rules.
func Rules() []native.Rule {
	var rules []native.Rule
	for _, of := range []map[string][]rule{salesRules(), purchaseRules(), productionRules(), stockRules()} {
		for entity, list := range of {
			for _, r := range list {
				rules = append(rules, native.Rule{Entity: entity, On: r.on, Do: r.do})
			}
		}
	}
	return rules
}

type rule struct {
	on string
	do func(*native.Tx, *native.Doc) error
}

func salesRules() map[string][]rule {
	return map[string][]rule{
		"sales_order": {
			{"create", createOrder},
			{"accept", acceptOrder},
			{"hold", holdOrder},
			{"recheck", recheckOrder},
			{"release", releaseOrder},
			{"cancel", cancelOrder},
			{"decline", cancelOrder},
			{"refuse", cancelOrder},
			{"write_back", financeAnswered},
		},
		"order_promise":        {{"change", keptBySystem}},
		"contract":             {{"copy", contractArrived}},
		"delivery":             {{"change", fillDelivery}, {"post", postDelivery}, {"sign", signDelivery}, {"reverse", reverseDelivery}},
		"service_confirmation": {{"create", confirmService}},
		"return_receipt":       {{"create", expectReturn}, {"receive", receiveReturn}},
	}
}

func purchaseRules() map[string][]rule {
	return map[string][]rule{
		"purchase_requisition": {
			{"create", fillRequisition},
			{"submit", fillRequisition},
			{"submit", submitRequisition},
			{"change", changeRequisition},
			{"take_back", changeRequisition},
			{"reject", dropRequest},
			{"cancel", cancelRequisition},
			{"close", dropRequest},
			{"revise", reviseRequisition},
		},
		"purchase_order": {
			{"create", fillPurchase},
			{"submit", fillPurchase},
			{"submit", submitPurchase},
			{"revise", revisePurchase},
			{"change", changePurchase},
			{"release", releasePurchase},
			{"cancel", cancelPurchase},
			{"close", closePurchase},
		},
		"goods_receipt":      {{"change", fillReceipt}, {"post", postReceipt}},
		"quality_inspection": {{"complete", completeInspection}},
	}
}

func productionRules() map[string][]rule {
	return map[string][]rule{
		"bom":               {{"release", releaseBOM}},
		"material_issue":    {{"change", keptBySystem}},
		"production_report": {{"change", keptBySystem}},
		"production_order": {
			{"create", planManual}, {"release", releaseWork}, {"cancel", cancelWork}, {"pick", pickMaterial}, {"report", reportWork}, {"complete", completeWork},
		},
	}
}

func stockRules() map[string][]rule {
	return map[string][]rule{
		"stock_level":      {{"change", keptBySystem}},
		"work_load":        {{"change", keptBySystem}},
		"reservation":      {{"change", keptBySystem}},
		"stock_move":       {{"post", manualMove}, {"post", postMove}},
		"stock_count":      {{"finish", finishCount}, {"post", postCount}, {"recount", recount}},
		"stock_conversion": {{"post", postConversion}},
	}
}

// keptBySystem refuses to write by hand what only rules may write.
func keptBySystem(tx *native.Tx, d *native.Doc) error {
	if tx.Nested() {
		return nil
	}
	return sihe.Rejected(sihe.CodeProjection, "write %s %s: other documents decide it", d.Entity(), d.Key())
}

// Jobs returns what can be run by hand: the reorder run and the cost roll-up.
func Jobs() []native.Job {
	return []native.Job{{Name: "reorder", Do: reorder}, {Name: "roll-up-costs", Do: rollUpCosts}}
}

// Reports returns the stock value and the promise with its reasons.
func Reports() []native.Report {
	return []native.Report{{Name: "stock_value", Do: stockValue}, {Name: "promise", Do: promiseReport}}
}
