package config

import (
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

var reference = regexp.MustCompile(`\$\{([a-z]+):([^}]*)\}`) //nolint:gochecknoglobals // read only

// resolve replaces ${env:NAME} and ${file:PATH} in a scalar that has been parsed, so a value never changes the structure.
func (r *reader) resolve(n *strictyaml.Node, s string) string {
	return reference.ReplaceAllStringFunc(s, func(ref string) string {
		p := reference.FindStringSubmatch(ref)
		v, ok := r.env(p[1], p[2])
		if !ok {
			n.Report(sihe.CodeConfigReference, "set it before starting, or correct the name", "%s is not defined", ref)
		}
		return v
	})
}

func (r *reader) text(n *strictyaml.Node, otherwise string) string {
	if n == nil {
		return otherwise
	}
	s, _ := n.Text()
	return r.resolve(n, s)
}

func (r *reader) name(n *strictyaml.Node) string {
	s := r.text(n, "")
	if n != nil && !nameRE.MatchString(s) {
		n.Report(sihe.CodeConfigValue, "use small letters, digits and dashes, at most 40", "%q is not a name", s)
	}
	return s
}

func (r *reader) address(n *strictyaml.Node, otherwise string) string {
	s := r.text(n, otherwise)
	host, port, err := net.SplitHostPort(s)
	if p, perr := strconv.Atoi(port); err != nil || perr != nil || p < 0 || p > 65535 {
		n.Report(sihe.CodeConfigValue, "write host:port, e.g. "+otherwise, "%q is not an address", s)
	}
	_ = host
	return s
}

func (r *reader) zone(n *strictyaml.Node) *time.Location {
	name := r.text(n, "Asia/Shanghai")
	z, err := time.LoadLocation(name)
	if err != nil {
		n.Report(sihe.CodeConfigValue, "use an IANA name, e.g. Asia/Shanghai", "unknown time zone %q", name)
		return time.UTC
	}
	return z
}

// A Secret never shows itself: printing, logging and encoding give ***.
type Secret string

// Reveal returns the secret itself, for the call that needs it.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string { return "***" }

// GoString hides it from %#v.
func (s Secret) GoString() string { return "***" }

// MarshalText hides it from every encoder.
func (s Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

func (r *reader) limits(n *strictyaml.Node) {
	if n == nil {
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, e := range m.Entries() {
		l, ok := e.Value.Map()
		if !ok {
			continue
		}
		if !r.hasSystem(e.Name) {
			e.Key.Report(sihe.CodeConfigValue, strictyaml.Suggest(e.Name, r.systemNames()), "no system is called %q", e.Name)
		}
		var limit Limit
		if v := l.Take("rate"); v != nil {
			limit.PerSecond = rate(v)
		}
		if v := l.Take("concurrent"); v != nil {
			limit.Concurrent, _ = v.Int()
		}
		l.Done()
		r.c.Limits[e.Name] = limit
	}
}

// rate reads "5/s".
func rate(n *strictyaml.Node) int {
	s, _ := n.Text()
	digits, ok := strings.CutSuffix(s, "/s")
	v, err := strconv.Atoi(digits)
	if !ok || err != nil || v < 1 {
		n.Report(sihe.CodeConfigValue, "write calls per second, e.g. 5/s", "%q is not a rate", s)
	}
	return v
}

func (r *reader) retention(n *strictyaml.Node) {
	const day = 24 * time.Hour
	r.c.Retention = Retention{Raw: 30 * day, Canonical: 0, Delivered: 400 * day}
	if n == nil {
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	for key, v := range map[string]*time.Duration{"raw": &r.c.Retention.Raw, "canonical": &r.c.Retention.Canonical, "delivered": &r.c.Retention.Delivered} {
		if x := m.Take(key); x != nil {
			*v, _ = x.Duration()
		}
	}
	m.Done()
}
