package sihe

import (
	"context"
	"net/http"
	"time"
)

// A Connector is one configured system. What it can do is what it implements of Source, Webhook, Sink and Finder.
// All methods may be called concurrently.
type Connector interface {
	// Check asks whether the system answers with these settings. It changes nothing there.
	Check(ctx context.Context) error
	Close() error
}

// A Cursor is a connector's own mark of how far it has read; the hub only keeps it.
type Cursor []byte

// A Source tells what changed when asked (EIP: Polling Consumer). The hub calls Read from one goroutine at a time.
// emit returns nil once the record is durable, and only then is its cursor kept (invariant 1). Read stops at emit's
// first error and returns it; it returns nil when there is no more for now.
type Source interface {
	Read(ctx context.Context, after Cursor, emit func(Record, Cursor) error) error
}

// A BatchSource is a Source that can hand over many records at once, so that one sync serves them all. The rules of Read
// hold for each batch: emit returns nil once all of its records are durable, and only then is the cursor behind them kept.
type BatchSource interface {
	ReadBatch(ctx context.Context, after Cursor, emit func([]Record, Cursor) error) error
}

// A Rewinder is a Source that can be read again from a time on.
type Rewinder interface {
	// CursorAt returns the cursor with which Read gives everything that changed at or after t; false when the system's
	// cursors are no times.
	CursorAt(t time.Time) (Cursor, bool)
}

// A Notifier is a Source that can tell when reading is worth while. The channel holds at most one signal.
type Notifier interface {
	Changed() <-chan struct{}
}

// A Webhook authenticates a request and cuts it into records (EIP: Event-Driven Consumer). It must not trust the
// request before the signature over body has been verified. The Reply is the product's own acknowledgement; the hub
// sends it once every record is durable. An error is answered with its code and nothing is stored.
type Webhook interface {
	Receive(r *http.Request, body []byte) ([]Record, Reply, error)
}

// A Stamped Webhook can tell when its sender says that a request was sent. It is asked only about requests whose signature
// held: those that Receive took, and those that it refused with CodeClockSkew among the causes.
type Stamped interface {
	Stamp(r *http.Request) (time.Time, bool)
}

// A Reply is what a product wants to hear. The zero Reply is 202 with an empty body.
type Reply struct {
	Status      int
	ContentType string
	Body        []byte
}

// A Record is one thing read from or written to a system, in that system's own shape.
type Record struct {
	ID        string    // of this delivery of this change, signed or computed; equal ids are duplicates
	Entity    string    // the product's name of the kind, or "<module>.<entity>" when Canonical
	Key       string    // of the document in the system
	Name      string    // what happened, when the system says so: "submitted"; else empty
	Version   int64     // of the document, when the system keeps one; else 0
	Time      time.Time // when it changed there
	Canonical bool      // Data is already the canonical record (native modules)

	CorrelationID, CausationID string // when the system carries them back
	Hops                       int
	Data                       []byte // JSON
}

// Actions that every Sink knows beside the actions that an entity's states declare.
const (
	DoCreate    = "create"     // a command: the owner makes a new document
	DoCopy      = "copy"       // keep the owner's newer state of a document as a read-only copy
	DoWriteBack = "write_back" // set fields that the entity gives to this writer, absolute and versioned
)

// A Write is one action on one document of one system.
type Write struct {
	ID     string // idempotency key: computed, the same for every attempt of the same event by the same pipeline
	Entity string // "<module>.<entity>"
	Do     string // DoCreate, DoCopy, DoWriteBack, or an action of the entity's states, e.g. "sign"
	Key    string // of the document in the target; empty when the target gives the number
	Writer string // module on whose behalf; the ownership gate asks for it
	Data   []byte // canonical JSON: only the fields to set
	Match  []byte // canonical JSON or nil: fields that must have these values now, else Rejected(CodeHashMismatch)
	// Version orders the writes of one Writer to one document: a write older than the last applied one changes
	// nothing (Receipt.Stale). 0 does not order.
	Version       int64
	Time          time.Time // business time of the fact that caused it
	CorrelationID string
	CausationID   string // the event's id
	Hops          int
}

// A Receipt says what a Write came to. Applying a Write again returns the first Receipt.
type Receipt struct {
	Key       string // of the document in the target
	Version   int64  // of the document after it; 0 when the target keeps none
	Unchanged bool   // the document already was so
	Stale     bool   // a newer state was there; nothing was changed
}

// A Sink applies one action to one document. Applying the same Write.ID again changes nothing and returns the first
// Receipt; a Sink that cannot promise that is not [Idempotent], and the hub asks its Finder first.
//
// Errors: Rejected is the business's no, final; Permanent will not get better by repeating; RetryAfter was not done,
// come back; Unknown may have been done. Every other error is taken for not done and is retried.
type Sink interface {
	Write(ctx context.Context, w Write) (Receipt, error)
}

// Idempotent marks a Sink that recognises a Write.ID it has applied before, for ever.
type Idempotent interface{ IdempotentByID() }

// A Finder looks a document up by what the hub wrote into it, and fetches it as it is now.
type Finder interface {
	// Find returns the document under its key; false when there is none.
	Find(ctx context.Context, entity, key string) (Record, bool, error)
	// FindWrite returns the document that the Write with this id made or changed; false when it never arrived.
	FindWrite(ctx context.Context, w Write) (Receipt, bool, error)
}

// Abilities are what a connector can do.
type Abilities struct {
	Source, Webhook, Sink, Finder, Idempotent bool
}

// Selective is a connector whose configuration decides what it can do: it implements more than counts, and says what
// counts.
type Selective interface{ Can() Abilities }

// AbilitiesOf returns what a connector implements, less what it says does not count.
func AbilitiesOf(c Connector) Abilities {
	var a Abilities
	_, a.Source = c.(Source)
	_, a.Webhook = c.(Webhook)
	_, a.Sink = c.(Sink)
	_, a.Finder = c.(Finder)
	_, a.Idempotent = c.(Idempotent)
	if s, ok := c.(Selective); ok {
		can := s.Can()
		a = Abilities{
			Source: a.Source && can.Source, Webhook: a.Webhook && can.Webhook, Sink: a.Sink && can.Sink,
			Finder: a.Finder && can.Finder, Idempotent: a.Idempotent && can.Idempotent,
		}
	}
	return a
}
