package native

import (
	"context"
	"io"
	"net/http"

	"github.com/sihehub/sihe"
)

// A Module is one native system: connector and JSON API in one. All methods may be called concurrently.
type Module struct{ options Options }

// Open opens or creates the module's file and checks the rules, jobs and reports against the catalog; everything that
// is wrong is in the one error.
func Open(o Options) (*Module, error) { return &Module{options: o}, nil }

// Check says whether the file can be read.
func (m *Module) Check(ctx context.Context) error { return nil }

// Close waits for what is under way. Later calls are refused with CodeStoreClosed.
func (m *Module) Close() error { return nil }

// Read emits the events of the outbox behind the cursor in the order in which their transactions were kept.
func (m *Module) Read(ctx context.Context, after sihe.Cursor, emit func(sihe.Record, sihe.Cursor) error) error {
	return nil
}

// Changed tells when there is something to read.
func (m *Module) Changed() <-chan struct{} { return nil }

// Write applies one action to one document in one transaction.
func (m *Module) Write(ctx context.Context, w sihe.Write) (sihe.Receipt, error) {
	return sihe.Receipt{}, nil
}

// IdempotentByID marks the module as recognising every Write.ID it has applied.
func (m *Module) IdempotentByID() {}

// Find returns a document under its key.
func (m *Module) Find(ctx context.Context, entity, key string) (sihe.Record, bool, error) {
	return sihe.Record{}, false, nil
}

// FindWrite returns the receipt of a Write that was applied.
func (m *Module) FindWrite(ctx context.Context, w sihe.Write) (sihe.Receipt, bool, error) {
	return sihe.Receipt{}, false, nil
}

// ServeHTTP answers the JSON API; paths begin behind the system's name ("/purchase_order/PO-2026-0001").
func (m *Module) ServeHTTP(w http.ResponseWriter, r *http.Request) {}

// Jobs returns the module's jobs, for whoever keeps the schedule.
func (m *Module) Jobs() []Job { return m.options.Jobs }

// RunJob runs one job in one transaction.
func (m *Module) RunJob(ctx context.Context, name string) error { return nil }

// Report answers one report.
func (m *Module) Report(ctx context.Context, name string, query map[string][]string) (any, error) {
	return nil, nil
}

// WriteTo copies a consistent state of the module's file, for a backup.
func (m *Module) WriteTo(w io.Writer) (int64, error) { return 0, nil }
