package config

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

func (r *reader) systems(n *strictyaml.Node) {
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, e := range m.Entries() {
		if !nameRE.MatchString(e.Name) {
			e.Key.Report(sihe.CodeConfigValue, "use small letters, digits and dashes", "%q is not a name for a system", e.Name)
		}
		if s, ok := r.system(e); ok {
			r.c.Systems = append(r.c.Systems, s)
		}
	}
	if len(r.c.Systems) == 0 {
		n.Report(sihe.CodeConfigValue, "add at least one, e.g. crm: {module: crm, connector: native}", "no system is configured")
	}
}

func (r *reader) system(e strictyaml.Entry) (System, bool) {
	m, ok := e.Value.Map()
	if !ok {
		return System{}, false
	}
	line, _ := e.Key.Position(0)
	s := System{Name: e.Name, Secrets: map[string]Secret{}, Line: line, Settings: m.Take("settings")}
	if v := m.Need("module"); v != nil {
		s.Module, _ = v.OneOf(modules...)
	}
	if v := m.Need("connector"); v != nil {
		s.Connector, _ = v.Text()
	}
	if v := m.Take("secrets"); v != nil {
		r.secrets(v, s.Secrets)
	}
	m.Done()
	return s, true
}

// secrets takes references only: a password in the file itself would end in a repository one day.
func (r *reader) secrets(n *strictyaml.Node, into map[string]Secret) {
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, e := range m.Entries() {
		s, ok := e.Value.Text()
		if !ok {
			continue
		}
		if loc := reference.FindStringIndex(s); loc == nil || loc[0] != 0 || loc[1] != len(s) {
			e.Value.Report(sihe.CodeConfigSecret, "write ${env:NAME} or ${file:/path}", "the secret %s stands in the file itself", e.Name)
			continue
		}
		into[e.Name] = Secret(r.resolve(e.Value, s))
	}
}

func (r *reader) bus(n *strictyaml.Node) Bus {
	b := Bus{Partitions: 8, Replication: 1}
	if n == nil {
		return b
	}
	m, ok := n.Map()
	if !ok {
		return b
	}
	embedded, kafka := m.Take("embedded"), m.Take("kafka")
	if v := m.Take("partitions"); v != nil {
		b.Partitions, _ = v.Int()
		if b.Partitions < 1 || b.Partitions > 256 {
			v.Report(sihe.CodeConfigValue, "1 to 256", "%d partitions", b.Partitions)
		}
	}
	m.Done()
	switch {
	case embedded != nil && kafka != nil:
		kafka.Report(sihe.CodeConfigValue, "keep one of them", "the bus is embedded or Kafka, not both")
	case kafka != nil:
		r.kafka(kafka, &b)
	case embedded != nil:
		if e, ok := embedded.Map(); ok {
			e.Done()
		}
	}
	return b
}

func (r *reader) kafka(n *strictyaml.Node, b *Bus) {
	m, ok := n.Map()
	if !ok {
		return
	}
	if v := m.Need("brokers"); v != nil {
		items, _ := v.List()
		for _, i := range items {
			b.Brokers = append(b.Brokers, r.address(i, "localhost:9092"))
		}
		if len(b.Brokers) == 0 {
			v.Report(sihe.CodeConfigValue, "e.g. [k1:9092, k2:9092]", "no broker is given")
		}
	}
	if v := m.Take("tls"); v != nil {
		b.TLS, _ = v.Bool()
	}
	if v := m.Take("ca_file"); v != nil {
		b.CAFile = r.c.path(r.text(v, ""))
	}
	if v := m.Take("replication"); v != nil {
		b.Replication, _ = v.Int()
	}
	if v := m.Take("sasl"); v != nil {
		r.sasl(v, b)
	}
	m.Done()
}

func (r *reader) sasl(n *strictyaml.Node, b *Bus) {
	m, ok := n.Map()
	if !ok {
		return
	}
	if v := m.Need("mechanism"); v != nil {
		b.Mechanism, _ = v.OneOf("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
	}
	b.User = r.text(m.Need("user"), "")
	if v := m.Need("password"); v != nil {
		b.Password = Secret(r.text(v, ""))
	}
	m.Done()
}

func (r *reader) systemNames() []string {
	names := make([]string, 0, len(r.c.Systems))
	for _, s := range r.c.Systems {
		names = append(names, s.Name)
	}
	return names
}

func (r *reader) hasSystem(name string) bool { return slices.Contains(r.systemNames(), name) }
