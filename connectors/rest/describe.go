package rest

import (
	"maps"
	"slices"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/strictyaml"
)

// A Description is one product, as its YAML file says.
type Description struct {
	Product string
	Label   canonical.Label
	Check   string // path that answers 2xx when the system is there
	Auth    Auth
	Records map[string]*Record
	Webhook *Webhook
	Reads   map[string]*Read             // by record
	Writes  map[string]map[string]*Write // by entity and action
	Finds   map[string]*Find             // by entity
	Path    string
}

// Auth is sent with every call. At most one of Bearer, Header and User is set; each names a secret.
type Auth struct {
	Bearer string
	Header string // name of the header
	User   string
	Secret string // of Header and User
}

// A Record is one kind of thing that the product shows.
type Record struct {
	Key     string     // path of the document's key
	Changed string     // path of the time of the last change; empty when there is none
	Version string     // path of the version; empty when there is none
	Type    *expr.Type // its shape
	Entity  string     // the canonical entity that it becomes
	Name    string     // what happened, as the event's name
	Map     string     // the mapping to that entity

	entityAt, mapAt *strictyaml.Node
}

// A Webhook is signed by the Standard Webhooks scheme.
type Webhook struct {
	Secret    string
	Tolerance time.Duration
	Record    string            // the record that every call carries, or
	Type      string            // the path of the body's type, and
	Of        map[string]string // the records by type
	Data      string            // path of the record, or of a list of them; empty: the whole body
}

// A Read fetches what changed (EIP: Polling Consumer).
type Read struct {
	Path    string
	Query   map[string]string // {cursor} is replaced
	Items   string            // path of the list in the answer; empty: the answer is the list
	Page    string            // query parameter that counts pages from 1; empty: one page
	Overlap time.Duration     // how far each read reaches back, for changes that became visible late
	First   string            // cursor of the first read
}

// A Write is one action on one entity.
type Write struct {
	Method   string
	Path     string // {key} is replaced
	Map      string // from the canonical entity to the product's record
	Key      string // path of the document's key in the answer; empty: the key that was asked for
	IDHeader string // header that carries the write's id
	IDField  string // field of the body that carries it
	Repeats  bool   // sending the same id again changes nothing there
	Done     []int  // status codes
	OK       *Predicate
	Reject   []int // status codes of a business no
	Reason   string

	at, entityAt, mapAt *strictyaml.Node
}

// A Predicate judges an answer that has status 200 even when it failed.
type Predicate struct {
	Path   string
	Equals []string
}

// A Find looks documents up.
type Find struct {
	Path  string            // by key; {key} is replaced
	By    string            // path of the look-up by a write's id
	Query map[string]string // {id} is replaced
	Items string
	Key   string // path of the key in what was found
}

// mappings names every mapping that the description uses.
func (d *Description) mappings() []string {
	var names []string
	for _, r := range d.Records {
		names = append(names, r.Map)
	}
	for _, actions := range d.Writes {
		for _, w := range actions {
			names = append(names, w.Map)
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(s string) bool { return s == "" })
}

// Normalise returns the mappings by which records become canonical, by the record's name; those that of does not know are
// left out.
func (d *Description) Normalise(of func(name string) (*mappings.Mapping, bool)) map[string]*mappings.Mapping {
	all := map[string]*mappings.Mapping{}
	for name, r := range d.Records {
		if m, ok := of(r.Map); ok && r.Map != "" {
			all[name] = m
		}
	}
	return all
}

// Secrets names every secret that the description uses.
func (d *Description) Secrets() []string {
	names := []string{d.Auth.Bearer, d.Auth.Secret}
	if d.Webhook != nil {
		names = append(names, d.Webhook.Secret)
	}
	return slices.DeleteFunc(names, func(s string) bool { return s == "" })
}

// idempotent says whether every described write may be sent again.
func (d *Description) idempotent() bool {
	for _, actions := range d.Writes {
		for _, w := range actions {
			if !w.Repeats {
				return false
			}
		}
	}
	return len(d.Writes) > 0
}

// Shape returns the shape of "<product>/<record>" for the mapping compiler.
func (d *Description) Shape(name string) (*expr.Type, bool) {
	for r, rec := range d.Records {
		if name == d.Product+"/"+r {
			return rec.Type, true
		}
	}
	return nil, false
}

// Describe reads a description. What is wrong goes to f, and nil is returned.
func Describe(n *strictyaml.Node, path string, f *sihe.Findings) *Description {
	before := len(*f)
	m, ok := n.Map()
	if !ok {
		return nil
	}
	d := &Description{Path: path, Records: map[string]*Record{}, Reads: map[string]*Read{}, Writes: map[string]map[string]*Write{}, Finds: map[string]*Find{}}
	d.Product = m.NeedText("product")
	d.Label = canonical.ReadLabel(m.Need("label"), "the product")
	d.Check = route(m.Take("check"))
	d.Auth = readAuth(m.Take("auth"))
	m.Take("records").Each(func(name string, n *strictyaml.Node) { d.Records[name] = readRecord(n) })
	if w := m.Take("webhook"); w != nil {
		d.Webhook = d.readWebhook(w)
	}
	m.Take("read").Each(func(name string, n *strictyaml.Node) { d.Reads[name] = d.readRead(name, n) })
	writes := m.Take("write")
	writes.Each(func(entity string, n *strictyaml.Node) {
		d.Writes[entity] = map[string]*Write{}
		n.Each(func(action string, w *strictyaml.Node) {
			d.Writes[entity][action] = readWrite(w)
			d.Writes[entity][action].entityAt = keyOf(writes, entity)
		})
	})
	m.Take("find").Each(func(entity string, n *strictyaml.Node) { d.Finds[entity] = readFind(n) })
	m.Done()
	if writes != nil {
		d.unresolvable(writes)
	}
	if (*f)[before:].Failed() {
		return nil
	}
	return d
}

func (d *Description) knows(record string, n *strictyaml.Node) {
	if _, ok := d.Records[record]; !ok && n != nil {
		n.Report(sihe.CodeRestDescription, meant(record, slices.Sorted(maps.Keys(d.Records))), "there is no record %q", record)
	}
}
