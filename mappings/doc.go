// Package mappings compiles mapping files: pure functions between two record shapes (EIP: Message Translator). A shape is
// a canonical entity or a product's record.
//
// # Use
//
// [Load] reads mapping files and files of shared lookups, checks everything that can be known before a record comes
// (names, types, nulls, enums, places, currencies, lookups) and runs the examples. [Mapping.Map] then turns one record
// into another; it depends on the record and the [expr.World] alone, so that a replay gives the same bytes.
//
// # The file
//
//	mapping: order-to-erp
//	from: crm.crm_order            # an entity, or a product's record: kingdee-k3cloud/SAL_SaleOrder
//	to:   erp.sales_order
//	lookups: {status: {draft: A, approved: C}}
//	let:  {day: 'date_in(order_date, "Asia/Shanghai")'}
//	fields:
//	  source_order: order_no       # plain: an expression over the source
//	  kind: "normal"               # quoted: a constant
//	  buyer:
//	    value: xref("party", customer)
//	    on_missing: default        # or park (as without it: wait for the document), or fail (a business no)
//	    default: "CASH"
//	  ship_to: {city: city}        # a record
//	  lines:                       # a list: for each …
//	    for: line in lines
//	    where: line.status == "active"
//	    fields: {no: index + 1, item: line.item, amount: line.amount}
//	  total: sum(out.lines, l => l.amount)
//	examples:
//	  - {name: one line, in: {…}, out: {…}}
//
// A list can also be written item by item; each item is a record, or has `fields:` with `when:` or `for:` beside it:
//
//	lines:
//	  - {account: "1405", debit: total}
//	  - {when: tax > 0, fields: {account: "2221", debit: tax}}
//
// In let, unlike under fields, quotes around a value are only YAML's: it is always an expression.
//
// # Files of shared lookups
//
//	lookups: units                 # used as lookup("units.uom", unit)
//	owner: erp
//	tables: {uom: {pcs: 个, set: 套}}
//
// # Nulls
//
// Every field that a mapping sets is in the result, null too: a write-back can clear a field. Fields below the first
// level are left out when they are null.
package mappings
