// Package config reads hub.yaml, the only file with products, addresses and secrets. What lints starts: `sihe lint`
// and `sihe run` read it through the same [Load], which reports every error at once with file, line and column.
package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// File is the name of the file in a hub's folder.
const File = "hub.yaml"

// Native is the connector of Sihe's own modules.
const Native = "native"

// A Config is one hub as its hub.yaml describes it. Relative paths are resolved against Dir.
type Config struct {
	Dir       string // the folder of hub.yaml
	Name      string
	Data      string // where everything durable lives
	Intake    string // host:port for webhooks
	Admin     string // host:port for the API and the console
	Language  string // en or zh: of messages that no reader chose a language for
	Zone      *time.Location
	Reserve   int64 // bytes of disk set aside for what goes on when the disk is full
	Bus       Bus
	Systems   []System
	Use       []Use
	Limits    map[string]Limit
	Schedules map[string]Schedule // of jobs, by name
	Brake     Brake               // of pipelines that have none of their own
	Checks    Checks
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
	Partitions  int    // of topics that the hub makes; fixed for a topic's life
	Replication int    // Kafka only
	Prefix      string // Kafka only: of the names of topics and groups; two hubs of a cluster must differ in it
}

// A System is one configured product, or a native module, that plays a module.
type System struct {
	Name      string
	Module    string
	Connector string
	Settings  *strictyaml.Node // read by the connector, which knows its own settings; nil when absent
	Secrets   map[string]Secret
	Poll      Poll
	At        *strictyaml.Node // where the connector is named, for findings about it
}

// A Use is a folder of pipelines: a shipped one ("flows/order-to-cash") or the hub's own ("./pipelines").
type Use struct {
	Folder string
	At     *strictyaml.Node // for findings about it
}

// Load reads hub.yaml from the folder dir, whose files are fsys. It returns nil when f has got errors.
func Load(dir string, fsys fs.FS, env Env, f *sihe.Findings) *Config {
	return load(&reader{c: &Config{Dir: dir, Limits: map[string]Limit{}}, env: env}, fsys, f)
}

// Peek is Load for somebody who only looks for the running hub: a reference that only that hub can resolve, as a
// secret mostly is, is no error, and the value is left empty.
func Peek(dir string, fsys fs.FS, env Env, f *sihe.Findings) *Config {
	return load(&reader{c: &Config{Dir: dir, Limits: map[string]Limit{}}, env: env, lenient: true}, fsys, f)
}

func load(r *reader, fsys fs.FS, f *sihe.Findings) *Config {
	data, err := fs.ReadFile(fsys, File)
	if err != nil {
		x := sihe.Finding{
			Severity: sihe.SeverityError, Code: sihe.CodeConfigMissing, Path: filepath.Join(r.c.Dir, File), Line: 1, Column: 1,
			Message: "there is no hub.yaml here", Suggestion: "run `sihe init` to make one, or name the folder that has it",
		}
		if !errors.Is(err, fs.ErrNotExist) {
			x.Message, x.Suggestion = "hub.yaml cannot be read", "check that it is a file and may be read"
		}
		*f = append(*f, x)
		return nil
	}
	before := len(*f)
	node, ok := strictyaml.Parse(File, data, f)
	if !ok {
		return nil
	}
	r.root(node)
	for i := before; i < len(*f); i++ {
		if x := &(*f)[i]; x.Code == sihe.CodeConfigSecret {
			x.Source = "" // the line has the secret
		}
	}
	if (*f)[before:].Failed() {
		return nil
	}
	return r.c
}

// reader carries what is being read and where ${…} comes from.
type reader struct {
	c       *Config
	env     Env
	lenient bool     // references without a value are no errors
	names   []string // of all systems, the ones with errors too
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
	r.schedules(m.Take("schedules"))
	r.brake(m.Take("brake"))
	r.checks(m.Take("checks"))
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
	c.Data = c.path("data")
	if v := m.Take("data"); v != nil {
		c.Data = c.path(r.dataFolder(v))
	}
	intake, admin := m.Take("intake"), m.Take("admin")
	c.Intake = r.address(intake, "127.0.0.1:8686", false)
	c.Admin = r.address(admin, "127.0.0.1:8687", false)
	if c.Intake == c.Admin && admin != nil && portOf(c.Admin) != "0" {
		admin.Report(sihe.CodeConfigValue, "give one of them another port", "intake and admin listen on the same address")
	}
	if host, ok := hostOf(c.Admin); ok && exposed(host) {
		admin.Report(sihe.CodeExposed, "bind it to 127.0.0.1 and put a TLS proxy or an SSH tunnel in front", "other machines could reach the admin API at %s, which has no TLS", c.Admin)
	}
	c.Language = "en"
	if l := m.Take("language"); l != nil {
		c.Language, _ = l.OneOf("en", "zh")
	}
	c.Zone = r.zone(m.Take("zone"))
	c.Reserve = 64 << 20
	if v := m.Take("reserve_mb"); v != nil {
		c.Reserve = int64(count(v, 0, 1<<20, "MB set aside")) << 20
	}
	m.Done()
}

// dataFolder is needed by whoever only looks for the hub, too.
func (r *reader) dataFolder(n *strictyaml.Node) string {
	strict := *r
	strict.lenient = false
	s, _ := strict.text(n)
	return s
}

func (c *Config) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.Dir, p)
}
