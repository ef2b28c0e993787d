package native

import (
	"log/slog"
	"net/url"
	"time"

	"github.com/sihehub/sihe/canonical"
)

// Options are what a native module is made of. Catalog, Path and Now are required.
type Options struct {
	System  string // name of the system in hub.yaml; the part of event ids and sources that says who states the fact
	Module  string // crm, erp, oa or finance
	Catalog *canonical.Catalog
	Path    string           // of the module's one file
	Now     func() time.Time // the clock of API calls; pipelines bring the time of their event
	Zone    *time.Location   // where the company's days begin; nil: UTC
	Rules   []Rule
	Jobs    []Job
	Reports []Report

	Log *slog.Logger // where faults of the module go that the API hides from its callers; nil: nowhere

	// KeepEvents is how many events stay in the outbox after they were read; 0: 10,000.
	KeepEvents int
}

// What a Rule can be about, beside the actions of its entity.
const (
	OnCreate    = "create"
	OnChange    = "change" // any step that is not a copy; where the entity has an action "change", that action only
	OnWriteBack = "write_back"
	OnCopy      = "copy"
)

// A Rule is what an entity's definition cannot say. It runs inside of the transaction, after the fields are set and the
// formulas computed and, for an action, after the guard held, before the document is saved: Doc.State is the state
// before the action, Doc.Next the one after it. It may change the document, and make and change other documents of the
// module. A returned error (sihe.Rejected to refuse) ends the transaction, of which nothing is kept.
//
// A transaction may be run more than once; a rule must touch nothing outside of its Tx.
type Rule struct {
	Entity string // without the module
	On     string // OnCreate, OnChange, OnWriteBack, OnCopy or an action
	Do     func(tx *Tx, d *Doc) error
}

// A Job is work that a schedule or a person starts; it is one transaction.
type Job struct {
	Name     string
	Schedule string // five cron fields in the hub's zone; empty: only by hand
	Do       func(tx *Tx) error
}

// A Report answers a question from a consistent state without changing it. What it returns is marshalled to JSON; a Doc
// marshals as its record, decimals as texts.
type Report struct {
	Name string
	Do   func(tx *Tx, q url.Values) (any, error)
}

// Fields are values by field name, as Doc.Set takes them. A list of lines is a []Fields.
type Fields map[string]any
