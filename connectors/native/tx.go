package native

import (
	"context"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/durable"
)

// Bounds of one transaction, so that rules which call each other end with an error.
const (
	maxDepth = 64     // rules within rules
	maxSteps = 50_000 // steps of all documents
	maxAuto  = 32     // automatic actions of one document, one after the other
)

// A call is who asks for a transaction, and why.
type call struct {
	now         time.Time
	actor       string
	pipeline    bool   // the correlation is given from outside
	correlation string // "" until the first document says it
	causation   string
	hops        int
}

// A Tx is one transaction over the module's documents. It must not be kept or shared between goroutines. In a Report it
// can only read.
type Tx struct {
	m        *Module
	d        *durable.Tx
	call     call
	readOnly bool
	docs     map[docID]*Doc
	changed  []*Doc // in the order of their first change
	events   []*event
	counters map[string]int64
	depth    int
	steps    int
	failed   error        // the first error; nothing is kept after it
	answer   func() error // puts down what a repetition will be told
}

type docID struct{ entity, key string }

func (m *Module) newTx(d *durable.Tx, c call) *Tx {
	return &Tx{m: m, d: d, call: c, docs: map[docID]*Doc{}, counters: map[string]int64{}}
}

func (m *Module) reading(d *durable.Tx) *Tx {
	t := m.newTx(d, call{now: m.options.Now()})
	t.readOnly = true
	return t
}

// change runs do in one transaction with everything that follows from it.
func (m *Module) change(ctx context.Context, c call, do func(*Tx) error) error {
	events := 0
	err := m.update(ctx, func(d *durable.Tx) error {
		t := m.newTx(d, c)
		if err := do(t); err != nil {
			return err
		}
		events = len(t.events)
		return t.flush()
	})
	if err == nil && events > 0 {
		m.signal()
	}
	return err
}

// kind returns the entity of that name.
func (t *Tx) kind(entity string) (*kind, error) {
	k, ok := t.m.kinds[entity]
	if !ok {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeNoSuchEntity, "use %s.%s: no such entity", t.m.options.Module, entity))
	}
	return k, nil
}

// own returns an entity that the module may change.
func (t *Tx) own(entity string) (*kind, error) {
	k, err := t.kind(entity)
	switch {
	case err != nil:
		return nil, err
	case t.readOnly:
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeRuleMisuse, "change %s in a report", entity))
	case k.copied:
		return nil, sihe.Rejected(sihe.CodeReadOnly, "change %s.%s: it is a copy of %s", t.m.options.Module, entity, k.entity.FullName())
	}
	return k, nil
}

// Get returns a document of the module, its own or a copy; false when there is none.
func (t *Tx) Get(entity, key string) (*Doc, bool, error) {
	k, err := t.kind(entity)
	if err != nil || key == "" {
		return nil, false, err
	}
	return t.get(k, key)
}

func (t *Tx) get(k *kind, key string) (*Doc, bool, error) {
	id := docID{k.name, key}
	if d, ok := t.docs[id]; ok {
		return d, true, nil
	}
	data, ok, err := t.d.Bucket(bucketDoc, k.name).Get([]byte(key))
	if err != nil || !ok {
		return nil, false, err
	}
	d, err := t.decoded(k, key, data)
	if err != nil {
		return nil, false, err
	}
	t.docs[id] = d
	return d, true, nil
}

func (t *Tx) exists(k *kind, key string) (bool, error) {
	if _, ok := t.docs[docID{k.name, key}]; ok {
		return true, nil
	}
	_, ok, err := t.d.Bucket(bucketDoc, k.name).Get([]byte(key))
	return ok, err
}

// decoded makes a Doc of a stored record.
func (t *Tx) decoded(k *kind, key string, data []byte) (*Doc, error) {
	v, err := canonical.Decode(k.entity.Type, data)
	if err != nil {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeOf(err), "read %s %s: %w", k.name, key, err))
	}
	d := &Doc{kind: k, key: key, loaded: v, settled: v, event: -1}
	d.node = thawed(d, "", k.entity.Type, v)
	return d, nil
}

// Must returns a document, or Rejected(CodeDocumentUnknown) when there is none.
func (t *Tx) Must(entity, key string) (*Doc, error) {
	d, ok, err := t.Get(entity, key)
	if err == nil && !ok {
		err = sihe.Rejected(sihe.CodeDocumentUnknown, "look up %s %q: there is none", entity, key)
	}
	return d, err
}

// Now is the business time of the event that caused this transaction, or the clock's time for calls of the API and jobs.
func (t *Tx) Now() time.Time { return t.call.now }

// Today is the date of Now in the company's zone.
func (t *Tx) Today() expr.Date { return expr.DateOf(t.call.now.In(t.m.options.Zone)) }

// Actor is who calls the API (header Sihe-Actor); for a pipeline, "pipeline:" and the module on whose behalf it acts; for
// a job, "job:" and its name.
func (t *Tx) Actor() string { return t.call.actor }

// Correlation is the chain that new documents of this transaction join unless their entity's chain field says otherwise.
func (t *Tx) Correlation() string { return t.call.correlation }

// XRef answers expressions: a native module knows every document by the hub's own key.
func (t *Tx) XRef(_, key string) (string, bool, error) { return key, true, nil }

// EventTime answers expressions: it is Now.
func (t *Tx) EventTime() time.Time { return t.call.now }

// refuse remembers the first error, so that a rule which goes on after it cannot keep half of something.
func (t *Tx) refuse(err error) error {
	if t.failed == nil {
		t.failed = err
	}
	return err
}

// enter counts one step; leave undoes its depth.
func (t *Tx) enter(d *Doc) error {
	t.depth++
	t.steps++
	switch {
	case t.failed != nil:
		return t.failed
	case t.depth > maxDepth:
		return sihe.Permanent(sihe.Errorf(sihe.CodeRuleLoop, "change %s: more than %d rules within rules", d.name(), maxDepth))
	case t.steps > maxSteps:
		return sihe.Permanent(sihe.Errorf(sihe.CodeRuleLoop, "change %s: more than %d steps in one transaction", d.name(), maxSteps))
	}
	return nil
}

func (t *Tx) leave() { t.depth-- }
