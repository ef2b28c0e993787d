// Package canonical holds the business documents that every module and product agrees on (EIP: Canonical Data Model).
//
// # Entities
//
// [Load] reads entity files and compiles them into a [Catalog]: for each [Entity] its fields with static types, labels,
// formulas, guards and states, its owner, and who else may ask for or write what. A file with errors never becomes part
// of a catalog; all errors of all files are found at once, each with its place.
//
// # Records
//
// A record is an [expr.Value] whose slots are those of the entity's Type. [Decode] reads one from JSON, strictly;
// [Encode] writes the canonical JSON, equal bytes for equal records. [Entity.Compute] fills defaults and formulas and
// checks every rule of the file. Paths in errors are dotted, and list items count from 0: "lines[2].quantity".
//
// # Ownership
//
// [Catalog.Gate] is the one place that decides whether a module may write a field (invariant 5). The pipeline compiler,
// the runtime and the native modules ask it.
//
// A Catalog and everything in it is immutable and may be used from many goroutines.
package canonical
