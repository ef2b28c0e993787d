package native

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// defaultKeepEvents is how many events stay in the outbox after they were read.
const defaultKeepEvents = 10_000

// A Module is one native system: connector and JSON API in one. All methods may be called concurrently.
type Module struct {
	options Options
	kinds   map[string]*kind
	db      *durable.DB
	changed chan struct{}
	api     http.Handler

	closing sync.RWMutex // held for reading by calls under way
	closed  bool
}

var (
	_ sihe.Connector  = (*Module)(nil)
	_ sihe.Source     = (*Module)(nil)
	_ sihe.Notifier   = (*Module)(nil)
	_ sihe.Sink       = (*Module)(nil)
	_ sihe.Idempotent = (*Module)(nil)
	_ sihe.Finder     = (*Module)(nil)
	_ http.Handler    = (*Module)(nil)
)

// Open opens or creates the module's file and checks the rules, jobs and reports against the catalog; everything that
// is wrong is in the one error. A file of another module is refused.
func Open(o Options) (*Module, error) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.KeepEvents <= 0 {
		o.KeepEvents = defaultKeepEvents
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Catalog == nil || o.Now == nil || o.Path == "" || o.Module == "" || o.System == "" {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeModuleInvalid, "open native module %q: system, module, catalog, path and clock are needed", o.System))
	}
	all := kinds(o)
	if err := invalid(o, all); err != nil {
		return nil, err
	}
	db, err := durable.Open(o.Path)
	if err != nil {
		return nil, err
	}
	m := &Module{options: o, kinds: all, db: db, changed: make(chan struct{}, 1)}
	m.api = m.routes()
	if err := m.prepare(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	m.signal() // what an earlier run left in the outbox
	return m, nil
}

// Check says whether the file can be read.
func (m *Module) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return m.view(func(t *durable.Tx) error {
		_, _, err := t.Bucket(bucketMeta).Get([]byte(metaModule))
		return err
	})
}

// Close waits for what is under way. Later calls are refused with CodeStoreClosed.
func (m *Module) Close() error {
	m.closing.Lock()
	defer m.closing.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	return m.db.Close()
}

// view reads a consistent state.
func (m *Module) view(f func(*durable.Tx) error) error {
	m.closing.RLock()
	defer m.closing.RUnlock()
	if m.closed {
		return m.closedError()
	}
	return m.db.View(f)
}

// update runs f in one transaction and returns once it is on disk.
func (m *Module) update(ctx context.Context, f func(*durable.Tx) error) error {
	m.closing.RLock()
	defer m.closing.RUnlock()
	if m.closed {
		return m.closedError()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := m.db.Update(ctx, func(t *durable.Tx) (err error) {
		defer caught(&err)
		return f(t)
	})
	return err
}

func (m *Module) closedError() error {
	return sihe.Errorf(sihe.CodeStoreClosed, "use %s: it is closed", m.options.System)
}

// caught turns a panic of a rule into an error, so that one document cannot end the module. A panic about a number, or
// of the file, has its own code already.
func caught(err *error) {
	switch r := recover().(type) {
	case nil:
	case runtime.Error:
		*err = sihe.Permanent(sihe.Errorf(sihe.CodeInternal, "run a rule: %w at %s", r, place()))
	default:
		panic(r)
	}
}

// place names the line of the rule that panicked, for the report of the fault.
func place() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		own := strings.HasPrefix(f.Function, "runtime.") || strings.Contains(f.Function, "connectors/native.")
		if !own || !more {
			return path.Base(f.File) + ":" + strconv.Itoa(f.Line)
		}
	}
}

// signal tells the reader of the outbox.
func (m *Module) signal() {
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

// Changed tells when there is something to read.
func (m *Module) Changed() <-chan struct{} { return m.changed }

// IdempotentByID marks the module as recognising every Write.ID it has applied.
func (m *Module) IdempotentByID() {}

// ServeHTTP answers the JSON API; paths begin behind the system's name ("/purchase_order/PO-2026-0001").
func (m *Module) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.api.ServeHTTP(w, r) }

// Jobs returns the module's jobs, for whoever keeps the schedule.
func (m *Module) Jobs() []Job { return slices.Clone(m.options.Jobs) }

// RunJob runs one job in one transaction.
func (m *Module) RunJob(ctx context.Context, name string) error {
	j := slices.IndexFunc(m.options.Jobs, func(j Job) bool { return j.Name == name })
	if j < 0 {
		return sihe.Permanent(sihe.Errorf(sihe.CodeJobUnknown, "run job %q of %s: no such job", name, m.options.System))
	}
	return m.change(ctx, call{actor: "job:" + name, now: m.options.Now()}, func(t *Tx) error { return t.runJob(m.options.Jobs[j]) })
}

// Report answers one report.
func (m *Module) Report(ctx context.Context, name string, query url.Values) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if name == refusedReport {
		return m.refusals()
	}
	i := slices.IndexFunc(m.options.Reports, func(r Report) bool { return r.Name == name })
	if i < 0 {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeReportUnknown, "report %q of %s: no such report", name, m.options.System))
	}
	var answer any
	err := m.view(func(d *durable.Tx) (err error) {
		defer caught(&err)
		answer, err = m.options.Reports[i].Do(m.reading(d), query)
		return err
	})
	return answer, err
}

// WriteTo copies a consistent state of the module's file, for a backup.
func (m *Module) WriteTo(w io.Writer) (int64, error) {
	m.closing.RLock()
	defer m.closing.RUnlock()
	if m.closed {
		return 0, m.closedError()
	}
	return m.db.WriteTo(w)
}
