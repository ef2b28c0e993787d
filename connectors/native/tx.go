package native

import (
	"time"

	"github.com/sihehub/sihe/canonical/expr"
)

// A Tx is one transaction over the module's documents. It must not be kept or shared between goroutines. In a Report it
// can only read.
type Tx struct {
	now         time.Time
	actor       string
	correlation string
}

// Get returns a document of the module, its own or a copy; false when there is none.
func (t *Tx) Get(entity, key string) (*Doc, bool, error) { return nil, false, nil }

// Must returns a document, or Rejected(CodeDocumentUnknown) when there is none.
func (t *Tx) Must(entity, key string) (*Doc, error) { return nil, nil }

// Create makes a document, numbers it, runs its rules and its automatic actions. The key may be given where the entity's
// fields say it.
func (t *Tx) Create(entity string, f Fields) (*Doc, error) { return nil, nil }

// Act takes an action on a document. Only the fields that the action names under `with` may be set by f. A guard that
// does not hold is Rejected(CodeGuard) and leaves the document as it was.
func (t *Tx) Act(d *Doc, action string, f Fields) error { return nil }

// Save keeps what was set on a document: formulas, rules about a change, automatic actions. It does nothing when nothing
// has changed. A document whose own step is under way is kept with that step.
func (t *Tx) Save(d *Doc) error { return nil }

// Find calls each for the documents whose indexed field has the value, in the order of their keys, until it returns
// false. Every top-level ref, enum and text that is named in `unique` or marked `index: true` is indexed, and `state`.
// Documents as changed in this transaction are found. each may change documents and make new ones.
func (t *Tx) Find(entity, field, value string, each func(*Doc) (bool, error)) error { return nil }

// List calls each for all documents of an entity in the order of their keys until it returns false; see Find.
func (t *Tx) List(entity string, each func(*Doc) (bool, error)) error { return nil }

// Now is the business time of the event that caused this transaction, or the clock's time for calls of the API and jobs.
func (t *Tx) Now() time.Time { return t.now }

// Today is the date of Now in the company's zone.
func (t *Tx) Today() expr.Date { return expr.DateOf(t.now) }

// Actor is who calls the API (header Sihe-Actor); for a pipeline, "pipeline:" and the module on whose behalf it acts; for
// a job, "job:" and its name.
func (t *Tx) Actor() string { return t.actor }

// Correlation is the chain that new documents of this transaction join unless their entity's chain field says otherwise.
func (t *Tx) Correlation() string { return t.correlation }

// XRef answers expressions: a native module knows every document by the hub's own key.
func (t *Tx) XRef(_, key string) (string, bool, error) { return key, true, nil }

// EventTime answers expressions: it is Now.
func (t *Tx) EventTime() time.Time { return t.now }
