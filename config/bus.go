package config

import (
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

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
		b.Partitions = count(v, 1, 256, "partitions")
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
		r.brokers(v, b)
	}
	if v := m.Take("tls"); v != nil {
		b.TLS, _ = v.Bool()
	}
	if v := m.Take("ca_file"); v != nil {
		if s, ok := r.text(v); ok {
			b.CAFile = r.c.path(s)
		}
		if !b.TLS {
			v.Report(sihe.CodeConfigValue, "add tls: true", "ca_file is of no use without tls")
		}
	}
	b.Prefix = "sihe." + r.c.Name
	if v := m.Take("prefix"); v != nil {
		b.Prefix = r.prefix(v)
	}
	if v := m.Take("replication"); v != nil {
		b.Replication = count(v, 1, 100, "copies")
	}
	if v := m.Take("sasl"); v != nil {
		r.sasl(v, b)
	}
	m.Done()
}

// longestPrefix leaves room for the rest of a topic's name.
const longestPrefix = 100

// prefix reads what the names of topics and groups begin with.
func (r *reader) prefix(n *strictyaml.Node) string {
	s, ok := r.text(n)
	plain := strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == "" && len(s) <= longestPrefix
	if ok && (!plain || s == "" || strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".")) {
		n.Report(sihe.CodeConfigValue, "e.g. sihe.north: small letters, digits, dots, dashes, at most 100", "%q cannot begin the names of topics", s)
	}
	return s
}

func (r *reader) brokers(n *strictyaml.Node, b *Bus) {
	items, ok := n.List()
	for _, i := range items {
		a := r.address(i, "localhost:9092", true)
		if slices.Contains(b.Brokers, a) {
			i.Report(sihe.CodeConfigValue, "remove one of them", "the broker %s stands there twice", a)
		}
		b.Brokers = append(b.Brokers, a)
	}
	if ok && len(b.Brokers) == 0 {
		n.Report(sihe.CodeConfigValue, "e.g. [k1:9092, k2:9092]", "no broker is given")
	}
}

func (r *reader) sasl(n *strictyaml.Node, b *Bus) {
	m, ok := n.Map()
	if !ok {
		return
	}
	if v := m.Need("mechanism"); v != nil {
		b.Mechanism, _ = v.OneOf("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
		if b.Mechanism == "PLAIN" && !b.TLS {
			v.Warn(sihe.CodeConfigUnsafe, "add tls: true, or use SCRAM-SHA-512", "without tls the password goes over the network as it is")
		}
	}
	b.User, _ = r.text(m.Need("user"))
	b.Password, _ = r.secret(m.Need("password"), "password")
	m.Done()
}
