package config

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// A Limit keeps a system from being overrun: calls per second and calls at once, 0 for the connector's own; and says when
// it is left alone because it is ill.
type Limit struct {
	PerSecond  int
	Concurrent int
	Failures   int           // in a row that open the breaker; 0: the hub's default; -1: never
	Pause      time.Duration // of the breaker's first opening; 0: the hub's default
	Longest    time.Duration // pauses double up to this; 0: the hub's default
}

func (r *reader) limits(n *strictyaml.Node) {
	if n == nil {
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, e := range m.Entries() {
		if !slices.Contains(r.names, e.Name) {
			suggestion := ""
			if s := strictyaml.Suggest(e.Name, r.names); s != "" {
				suggestion = "did you mean " + s + "?"
			}
			e.Key.Report(sihe.CodeConfigValue, suggestion, "no system is called %q", e.Name)
		}
		l, ok := e.Value.Map()
		if !ok {
			continue
		}
		var limit Limit
		if v := l.Take("rate"); v != nil {
			limit.PerSecond = rate(v)
		}
		if v := l.Take("concurrent"); v != nil {
			limit.Concurrent = count(v, 1, 1000, "calls at once")
		}
		if v := l.Take("breaker"); v != nil {
			limit.breaker(v)
		}
		l.Done()
		r.c.Limits[e.Name] = limit
	}
}

// breaker reads {failures:, pause:, longest:}, or none.
func (l *Limit) breaker(n *strictyaml.Node) {
	if isNone(n) {
		l.Failures = -1
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	if v := m.Take("failures"); v != nil {
		l.Failures = count(v, 3, 1000, "failures in a row")
	}
	longest := m.Take("longest")
	l.Pause = span(m.Take("pause"), time.Second, time.Hour)
	l.Longest = span(longest, time.Second, 24*time.Hour)
	if l.Pause > 0 && l.Longest > 0 && l.Longest < l.Pause {
		longest.Report(sihe.CodeConfigValue, "make it longer than pause", "the longest pause is %s, shorter than the first one", l.Longest)
	}
	m.Done()
}

// isNone says whether a value is the word none, which takes a default away.
func isNone(n *strictyaml.Node) bool { return n.IsScalar() && n.Literal() == "none" }

// span reads a duration between two bounds; 0 when it is absent.
func span(n *strictyaml.Node, least, most time.Duration) time.Duration {
	if n == nil {
		return 0
	}
	d, ok := n.Duration()
	if ok && (d < least || d > most) {
		n.Report(sihe.CodeConfigValue, "write "+least.String()+" to "+most.String(), "%s is too short or too long", n.Literal())
	}
	return d
}

// rate reads "5/s".
func rate(n *strictyaml.Node) int {
	s, ok := n.Text()
	digits, perSecond := strings.CutSuffix(s, "/s")
	v, err := strconv.ParseUint(digits, 10, 31)
	if ok && (!perSecond || err != nil || v < 1) {
		n.Report(sihe.CodeConfigValue, "write calls per second, e.g. 5/s", "%q is not a rate", s)
	}
	return int(v)
}
