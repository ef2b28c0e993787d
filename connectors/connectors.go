// Package connectors is the one list of products that a hub can be connected to. Adding a product is a folder and one
// line here.
package connectors

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"path/filepath"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/connectors/native"
	"github.com/sihehub/sihe/connectors/native/crm"
	"github.com/sihehub/sihe/connectors/native/erp"
	"github.com/sihehub/sihe/connectors/native/finance"
	"github.com/sihehub/sihe/connectors/native/oa"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/strictyaml"
)

// A Kind is one product that can be connected.
type Kind struct {
	Name  string // as `connector:` in hub.yaml says it
	Label canonical.Label
	// Describe reads what mappings must know of the product before they are compiled; nil: nothing.
	Describe func(s Spec, f *sihe.Findings) mappings.Shapes
	// Normalise tells by which mapping each kind of record becomes canonical, as the files say, without opening anything;
	// nil: the records of such systems are canonical.
	Normalise func(s Spec, f *sihe.Findings) map[string]Normalise
	// Lint reports what Open would refuse, without calling anybody.
	Lint func(s Spec, f *sihe.Findings)
	Open func(s Spec, f *sihe.Findings) (*Opened, error)
}

// A Normalise says how records of one kind become canonical.
type Normalise struct {
	Map  *mappings.Mapping
	Name string // what their events are called; empty: it depends on the state
}

// A Spec is what a connector is opened from. Everything that touches the world is handed in.
type Spec struct {
	System   string
	Module   string
	At       *strictyaml.Node // where hub.yaml names the connector
	Settings *strictyaml.Node // nil when hub.yaml has none
	Secrets  map[string]string
	Files    fs.FS  // the hub's folder
	Data     string // the hub's data folder
	// KeepEvents is how many events a native module keeps in its outbox after they were read; 0: its default.
	KeepEvents int
	Catalog    *canonical.Catalog
	Mappings   *mappings.Set
	Now        func() time.Time // the business clock
	Wall       func() time.Time // the real one, for signatures
	Zone       *time.Location
	Client     *http.Client
	Log        *slog.Logger
}

// Opened is a connected system.
type Opened struct {
	Connector sihe.Connector
	Native    bool                         // it keeps canonical records under canonical keys
	Normalise map[string]*mappings.Mapping // by the product's name of the kind
	API       http.Handler                 // a native module's own API; nil for products
	Jobs      []Job
	// Remap looks whether a set that was compiled anew has every mapping that the system uses. It returns those of what
	// comes in, and a func that lets the system's own writes go by the set from then on. nil: it uses none.
	Remap func(*mappings.Set) (normalise map[string]*mappings.Mapping, use func(), err error)
}

// A Job is work that a system asks the hub to do by the calendar.
type Job struct {
	Name     string
	Schedule string // a cron line in the hub's zone
	Do       func(ctx context.Context) error
}

// All returns every kind, by name.
func All() []Kind {
	return []Kind{
		{Name: "native", Label: canonical.Label{En: "Sihe's own module", Zh: "四合原生模块"}, Lint: lintNative, Open: openNative},
		{Name: "rest", Label: canonical.Label{En: "Any JSON-over-HTTP system, described in YAML", Zh: "任意 JSON/HTTP 系统（YAML 描述）"}, Describe: describeREST, Normalise: normaliseREST, Lint: lintREST, Open: openREST},
	}
}

// Find returns the kind of that name; false when there is none.
func Find(name string) (Kind, bool) {
	for _, k := range All() {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

// lintNative reads the settings of a native module as openNative does.
func lintNative(s Spec, f *sihe.Findings) {
	if s.Module == "oa" {
		processes(s, f)
		return
	}
	if s.Settings != nil {
		if m, ok := s.Settings.Map(); ok {
			m.Done()
		}
	}
}

// openNative opens the native module that the system's module names. It reads one setting, oa's folder of processes.
func openNative(s Spec, f *sihe.Findings) (*Opened, error) {
	o := native.Options{
		System: s.System, Module: s.Module, Catalog: s.Catalog, Now: s.Now, Zone: s.Zone, Log: s.Log,
		Path: filepath.Join(s.Data, s.System+".db"), KeepEvents: s.KeepEvents,
	}
	before := len(*f)
	switch s.Module {
	case "crm":
		o.Rules = crm.Rules()
	case "erp":
		o.Rules, o.Jobs, o.Reports = erp.Rules(), erp.Jobs(), erp.Reports()
	case "finance":
		o.Rules, o.Jobs, o.Reports = finance.Rules(), finance.Jobs(), finance.Reports()
	case "oa":
		o.Rules = oa.Rules(processes(s, f))
	}
	if (*f)[before:].Failed() {
		return nil, nil
	}
	m, err := native.Open(o)
	if err != nil {
		return nil, err
	}
	opened := &Opened{Connector: m, Native: true, API: m}
	for _, j := range o.Jobs {
		if j.Schedule != "" {
			opened.Jobs = append(opened.Jobs, Job{Name: s.System + "." + j.Name, Schedule: j.Schedule, Do: func(ctx context.Context) error { return m.RunJob(ctx, j.Name) }})
		}
	}
	return opened, nil
}

// processes reads the shipped approval processes and those of the hub's own folder, which win.
func processes(s Spec, f *sihe.Findings) map[string]*oa.Process {
	sources := []fs.FS{oa.Processes()}
	if s.Settings != nil {
		if m, ok := s.Settings.Map(); ok {
			if n := m.Take("processes"); n != nil {
				if dir, ok := n.Text(); ok {
					sources = append(sources, folder(s.Files, dir, n))
				}
			}
			m.Done()
		}
	}
	request, ok := s.Catalog.Entity("oa.approval_request")
	if !ok {
		return nil
	}
	return oa.LoadProcesses(f, request, sources...)
}

func folder(files fs.FS, dir string, n *strictyaml.Node) fs.FS {
	name := path.Clean(dir)
	if info, err := fs.Stat(files, name); err != nil || !info.IsDir() || name == "." {
		n.Report(sihe.CodeConfigValue, "name a folder inside the hub's folder, e.g. ./processes", "there is no folder %q", dir)
		return nil
	}
	return strictyaml.Below(files, name)
}
