package finance

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// madeHere keeps documents that only finance's own rules make from being made from outside: an allocation without money
// or an invoice without a delivery would be a lie in the books.
func madeHere() []native.Rule {
	var rules []native.Rule
	for _, entity := range []string{
		"invoice", "advance", "allocation", "order_settlement", "purchase_settlement", "credit", "dunning_notice", "ledger",
	} {
		rules = append(rules, native.Rule{Entity: entity, On: native.OnCreate, Do: func(tx *native.Tx, _ *native.Doc) error {
			if tx.FromAPI() {
				return sihe.Rejected(sihe.CodeImmutable, "create %s: finance makes it from a business document", entity)
			}
			return nil
		}})
	}
	return rules
}
