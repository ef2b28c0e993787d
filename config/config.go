// Package config reads hub.yaml, the only file with products, addresses and secrets. What lints starts: `sihe lint`
// and `sihe run` read it through the same [Load], which reports every error at once with file, line and column.
package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// File is the name of the file in a hub's folder.
const File = "hub.yaml"

// A Config is one hub as its hub.yaml describes it. Relative paths are resolved against Dir.
type Config struct {
	Dir       string // the folder of hub.yaml
	Name      string
	Data      string // where everything durable lives
	Intake    string // host:port for webhooks
	Admin     string // host:port for the API and the console
	Language  string // en or zh: of messages that no reader chose a language for
	Zone      *time.Location
	Bus       Bus
	Systems   []System
	Use       []string // shipped flows ("flows/order-to-cash") and own folders ("./pipelines")
	Limits    map[string]Limit
	Retention Retention
}

// A Bus is the embedded one, or Kafka when Brokers are given.
type Bus struct {
	Brokers     []string
	TLS         bool
	CAFile      string
	Mechanism   string // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or none
	User        string
	Password    Secret
	Partitions  int // of topics that the hub makes; fixed for a topic's life
	Replication int // Kafka only
}

// A System is one configured product, or a native module, that plays a module.
type System struct {
	Name      string
	Module    string
	Connector string
	Settings  *strictyaml.Node // read by the connector, which knows its own settings; nil when absent
	Secrets   map[string]Secret
	Line      int
}

// A Limit keeps a system from being overrun: calls per second and calls at once, 0 for no limit.
type Limit struct {
	PerSecond  int
	Concurrent int
}

// Retention says how long things are kept.
type Retention struct {
	Raw       time.Duration // raw records on the bus
	Canonical time.Duration // events on the bus; 0 keeps them for ever
	Delivered time.Duration // what became of delivered documents
}

// Modules are the four wings.
var modules = []string{"crm", "erp", "oa", "finance"} //nolint:gochecknoglobals // read only

var nameRE = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`) //nolint:gochecknoglobals // read only

// An Env resolves ${env:NAME} and ${file:PATH}; false when there is none.
type Env func(kind, name string) (string, bool)

// OSEnv reads the process's environment and files.
func OSEnv(kind, name string) (string, bool) {
	switch kind {
	case "env":
		return os.LookupEnv(name)
	case "file":
		b, err := os.ReadFile(filepath.Clean(name))
		return strings.TrimRight(string(b), "\r\n"), err == nil
	}
	return "", false
}

// Load reads hub.yaml from the folder dir, whose files are fsys. It returns nil when findings has errors.
func Load(dir string, fsys fs.FS, env Env, f *sihe.Findings) *Config {
	data, err := fs.ReadFile(fsys, File)
	if err != nil {
		*f = append(*f, sihe.Finding{
			Severity: sihe.SeverityError, Code: sihe.CodeConfigMissing, Path: filepath.Join(dir, File), Line: 1, Column: 1,
			Message: "there is no hub.yaml here", Suggestion: "run `sihe init` to make one, or name the folder that has it",
		})
		return nil
	}
	before := len(*f)
	node, ok := strictyaml.Parse(File, data, f)
	if !ok {
		return nil
	}
	r := &reader{c: &Config{Dir: dir, Limits: map[string]Limit{}}, env: env}
	r.root(node)
	if (*f)[before:].Failed() {
		return nil
	}
	return r.c
}

// reader carries what is being read and where ${…} comes from.
type reader struct {
	c   *Config
	env Env
}

func (r *reader) root(n *strictyaml.Node) {
	m, ok := n.Map()
	if !ok {
		return
	}
	if hub := m.Need("hub"); hub != nil {
		r.hub(hub)
	}
	r.c.Bus = r.bus(m.Take("bus"))
	if systems := m.Need("systems"); systems != nil {
		r.systems(systems)
	}
	r.use(m.Take("use"))
	r.limits(m.Take("limits"))
	r.retention(m.Take("retention"))
	m.Done()
}

func (r *reader) hub(n *strictyaml.Node) {
	m, ok := n.Map()
	if !ok {
		return
	}
	c := r.c
	c.Name = r.name(m.Need("name"))
	c.Data = c.path(r.text(m.Take("data"), "./data"))
	c.Intake = r.address(m.Take("intake"), "127.0.0.1:8686")
	c.Admin = r.address(m.Take("admin"), "127.0.0.1:8687")
	c.Language = "en"
	if l := m.Take("language"); l != nil {
		c.Language, _ = l.OneOf("en", "zh")
	}
	c.Zone = r.zone(m.Take("zone"))
	m.Done()
}

func (c *Config) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.Dir, p)
}

func (r *reader) use(n *strictyaml.Node) {
	if n == nil {
		return
	}
	items, _ := n.List()
	for _, i := range items {
		if s, ok := i.Text(); ok {
			r.c.Use = append(r.c.Use, s)
			if !strings.HasPrefix(s, "flows/") && !strings.HasPrefix(s, "./") {
				i.Report(sihe.CodeConfigValue, "write flows/<name> for a shipped flow or ./<folder> for your own", "%q is neither a shipped flow nor a folder of this hub", s)
			}
		}
	}
}
