package config

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// isName says whether a text is a name: small letters, digits and dashes, at most 40.
func isName(s string) bool {
	return s != "" && len(s) <= 40 && s[0] >= 'a' && s[0] <= 'z' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func (r *reader) name(n *strictyaml.Node) string {
	s, ok := r.text(n)
	if ok && !isName(s) {
		n.Report(sihe.CodeConfigValue, "use small letters, digits and dashes, a letter first, at most 40", "%q is not a name", s)
	}
	return s
}

// address reads host:port. Whoever is called needs both; a listener may leave the host out (all of them) and give port 0
// (any free one).
func (r *reader) address(n *strictyaml.Node, otherwise string, called bool) string {
	s, ok := r.text(n)
	if n == nil {
		return otherwise
	}
	if !ok {
		return s
	}
	host, port, err := net.SplitHostPort(s)
	p, notNumber := strconv.ParseUint(port, 10, 16)
	if err != nil || notNumber != nil || strings.ContainsAny(host, " /@") || (called && (host == "" || p == 0)) {
		n.Report(sihe.CodeConfigValue, "write host:port, e.g. "+otherwise, "%q is not an address", s)
	}
	return s
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address) // what is no address has been reported
	return port
}

func hostOf(address string) (string, bool) {
	host, _, err := net.SplitHostPort(address)
	return host, err == nil
}

// exposed says whether a listener on the host can be reached from other machines. A name other than localhost shows
// only when the hub listens.
func exposed(host string) bool {
	if host == "" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && !ip.IsLoopback()
}

func (r *reader) zone(n *strictyaml.Node) *time.Location {
	name, ok := "Asia/Shanghai", true
	if n != nil {
		name, ok = r.text(n)
	}
	z, err := time.LoadLocation(name)
	if ok && (err != nil || name == "" || name == "Local") { // Local is another one on every machine
		n.Report(sihe.CodeConfigValue, "use an IANA name, e.g. Asia/Shanghai", "unknown time zone %q", name)
	}
	if err != nil {
		return time.UTC
	}
	return z
}

// count reads a whole number between bounds.
func count(n *strictyaml.Node, least, most int, what string) int {
	v, ok := n.Int()
	if ok && (v < least || v > most) {
		n.Report(sihe.CodeConfigValue, "write "+strconv.Itoa(least)+" to "+strconv.Itoa(most), "%d %s", v, what)
	}
	return v
}

// use reads the folders of pipelines.
func (r *reader) use(n *strictyaml.Node) {
	if n == nil {
		return
	}
	items, _ := n.List()
	for _, i := range items {
		s, ok := i.Text()
		if !ok {
			continue
		}
		switch {
		case !strings.HasPrefix(s, "flows/") && !strings.HasPrefix(s, "./"), strings.Contains(s, "..") || strings.Contains(s, "//"):
			i.Report(sihe.CodeConfigValue, "write flows/<name> for a shipped flow or ./<folder> for your own", "%q is neither a shipped flow nor a folder of this hub", s)
		case slices.ContainsFunc(r.c.Use, func(u Use) bool { return strings.TrimRight(u.Folder, "/") == strings.TrimRight(s, "/") }):
			i.Report(sihe.CodeConfigValue, "remove one of them", "%q is used twice", s)
		}
		r.c.Use = append(r.c.Use, Use{Folder: s, At: i})
	}
}
