package pipelines

import (
	"embed"
	"io/fs"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/strictyaml"
)

//go:embed all:flows
var shipped embed.FS

// Shipped returns the pipeline and check files that come with the program.
func Shipped() fs.FS {
	sub, err := fs.Sub(shipped, "flows")
	if err != nil {
		panic(err) // the folder's name is a constant
	}
	return strictyaml.Shipped(sub)
}

// A Plan is everything that the pipeline and check files say, in the order of their names. It is immutable.
type Plan struct {
	Pipelines []*Pipeline
	Checks    []*Check
}

// Pipeline returns a pipeline by name.
func (p *Plan) Pipeline(name string) (*Pipeline, bool) {
	for _, x := range p.Pipelines {
		if x.Name == name {
			return x, true
		}
	}
	return nil, false
}

// Check returns a check by name.
func (p *Plan) Check(name string) (*Check, bool) {
	for _, x := range p.Checks {
		if x.Name == name {
			return x, true
		}
	}
	return nil, false
}

// A Pipeline is one street: this event of this entity, mapped, written to that entity of that module.
type Pipeline struct {
	Name     string
	Label    canonical.Label
	From     *canonical.Entity
	On       []string      // names of events it listens to; empty: all
	When     *expr.Program // over the source record, a bool; nil: always
	Needs    []Need
	Map      *mappings.Mapping // nil: the whole record is copied as it is
	To       canonical.Target
	Entity   *canonical.Entity // of To
	Do       string            // create, copy, write_back or an action of Entity
	Key      *expr.Program     // of the target document, a text; nil for create and for a copy, which has its owner's
	Version  *expr.Program     // an int that orders the writes to one document; nil: the event's version
	Match    []string          // mapped fields that are conditions, not writes
	Deadline time.Duration     // until a written fact is late; 0: none
	Retry    Retry
	Brake    Brake
	Replaces bool   // it takes the place of a shipped one
	Path     string // of the file
	Line     int
	places   places
}

// A Need is a document that must be known in a module before the event can be written.
type Need struct {
	Field  string // dotted path of a ref of the source; the path through a list means every row
	Module string
}

// A Retry bounds how a failed write is tried again. Zero values leave it to the hub's settings.
type Retry struct {
	Attempts int
	Longest  time.Duration // between two attempts
}

// A Check compares two entities all the time (reconciliation): for every Left document there is a Right one, and the
// compared values are equal.
type Check struct {
	Name    string
	Label   canonical.Label
	Left    Side
	Right   Side
	Within  time.Duration // how old a left document may be before a difference counts
	Equal   []Pair
	Missing string      // what to do when there is no right document: "replay", "park" or "alert"
	Replay  []*Pipeline // from Left to Right, that make it
	// Different is what to do when compared values are not equal: "write_back" lets Resend write the left ones again,
	// "alert" only tells.
	Different string
	Resend    []*Pipeline   // from Left to Right, that write absolute values
	Extra     string        // which right documents are too many: "ignore", "orphan", "double" or "any"
	Every     time.Duration // between two runs; 0: as the hub's settings say
	Schedule  cron.Schedule // instead of Every, in the hub's zone; nil: none
	Path      string
	Line      int
	places    places
}

// A Side is one of the two entities of a check.
type Side struct {
	Entity *canonical.Entity
	When   *expr.Program // over the record, a bool; nil: all documents
	// By gives the text on which both sides meet: on the left a document's own key unless the file says otherwise, on
	// the right what the file names.
	By *expr.Program
}

// A Pair is two values that must be equal; null equals null only.
type Pair struct {
	Name  string // as the file has it on the left
	Left  *expr.Program
	Right *expr.Program
}

// What a check does about a missing document.
const (
	MissingReplay = "replay"
	MissingPark   = "park"
	MissingAlert  = "alert"
)

// What a check does about different values.
const (
	DifferentWriteBack = "write_back"
	DifferentAlert     = "alert"
)

// Which right documents are too many. A left document that is there, though not under its when:, has moved on: what it
// led to is not too many.
const (
	ExtraIgnore = "ignore"
	ExtraOrphan = "orphan" // that name a left document which is not there at all
	ExtraDouble = "double" // that are the second one of a left document
	ExtraAny    = "any"    // both
)

// Compile reads the pipeline and check files of the sources. Everything wrong goes to f; what has errors is left out of
// the Plan. A file holds one pipeline or one check.
func Compile(f *sihe.Findings, c *canonical.Catalog, m *mappings.Set, sources ...fs.FS) *Plan {
	return compile(f, c, m, sources)
}
