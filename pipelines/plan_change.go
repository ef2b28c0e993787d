package pipelines

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/mappings"
)

// Comparing is what a Comparison found.
type Comparing struct {
	Records       int               `json:"records"` // compared
	Events        int               `json:"events"`
	Trials        int               `json:"trials"` // an event in a pipeline that listens to its entity
	Begun         []string          `json:"pipelines_begun,omitempty"`
	Ended         []string          `json:"pipelines_ended,omitempty"`
	Stated        []*DocumentChange `json:"stated"` // as the records of products state them
	StatedAmounts []AmountTotal     `json:"stated_amounts"`

	Documents []*DocumentChange `json:"documents"` // as pipelines write them
	Amounts   []AmountTotal     `json:"amounts"`
	Coverage  []Coverage        `json:"coverage"`
}

// Changes says whether anything would change.
func (c Comparing) Changes() bool {
	return len(c.Documents)+len(c.Stated)+len(c.Begun)+len(c.Ended) > 0
}

// A DocumentChange is one document that would be written, or stated, otherwise.
type DocumentChange struct {
	Pipeline string `json:"pipeline"` // or "normalise:<system>"
	Mapping  string `json:"mapping,omitempty"`
	Entity   string `json:"entity"` // of the event; of a record: "<system>/<kind>"
	Subject  string `json:"subject"`
	Event    string `json:"event,omitempty"`  // its id
	Record   string `json:"record,omitempty"` // the id of the raw record whose other form is the cause
	Name     string `json:"name,omitempty"`   // what happened
	To       string `json:"to"`               // what is written
	Key      string `json:"key,omitempty"`    // of it, where it is known
	// Before and After are "written", "filtered", "no event", "no pipeline", or "refused" with a code. What a record states
	// is "published", "unchanged", "not mapped", "no system", or "refused" with a code.
	Before  string        `json:"before"`
	After   string        `json:"after"`
	Fields  []FieldChange `json:"fields,omitempty"`
	Amounts []AmountMove  `json:"amounts,omitempty"`

	maps [2]*mappings.Mapping
}

// A FieldChange is one value that would be another; "" stands for one that is not written.
type FieldChange struct {
	Path   string `json:"path"` // "lines[0].unit_price"; "key", "do", "to" and "name" begin with a colon
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// An AmountMove is one amount of a document that would be another, formulas of the target included.
type AmountMove struct {
	Field    string       `json:"field"`
	Currency string       `json:"currency,omitempty"`
	Before   sihe.Decimal `json:"before"`
	After    sihe.Decimal `json:"after"`
}

// An AmountTotal is the net effect on one amount of an entity, in one currency.
type AmountTotal struct {
	To        string       `json:"to"`
	Field     string       `json:"field"`
	Currency  string       `json:"currency,omitempty"`
	Documents int          `json:"documents"`
	Before    sihe.Decimal `json:"before"`
	After     sihe.Decimal `json:"after"`
	Net       sihe.Decimal `json:"net"`
}

// A Coverage says which examples of a mapping look at a field that would change.
type Coverage struct {
	Mapping  string   `json:"mapping"`
	Field    string   `json:"field"`
	Examples []string `json:"examples"`
}
