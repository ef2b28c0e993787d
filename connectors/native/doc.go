// Package native is the kit of Sihe's own modules: records with states, guards, formulas, numbering, an outbox and a
// JSON API, made from entity definitions. What a definition cannot say (stock, promise, approval engine, ledger) stands
// as Go rules in the folders below.
//
// # One transaction
//
// Every Write and every call of the API is one transaction of one file: the document and its indexes, its number, the
// events it causes, and the answer that a repetition gets. It is kept as a whole or not at all, and it is on disk before
// the caller hears of it (invariant 1). Callers that wait at the same time share one sync.
//
// Within a transaction a document is loaded once: everybody who asks for it gets the same [Doc], with the changes made
// so far. Nothing is written before the last rule has run; whatever returns an error keeps nothing.
//
// # What happens to a document
//
// A step (create, an action, a change, a write-back, a copy) sets fields, fills defaults and formulas, runs the entity's
// rules in the order of the list, computes formulas again and, for an action, enters the next state. Then the automatic
// actions whose guards hold are taken, one after the other. At the end of the transaction every changed document is
// checked against its definition and its unique fields.
//
// Each state entered is one event with its own version. What else changed goes into the last event of the document in
// this transaction, or makes one event "updated" (a new document without states: "created"). Copies make no events:
// only the owner states facts (suite 2.3 BR-01).
//
// # Correlation
//
// A document keeps the correlation it was born with: that of the Write that made it, or that of the document which its
// entity's chain field names, or that of the document whose rule made it; else its own key starts a chain. Master data
// always stand for themselves.
package native
