package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// A Brake bounds what one pipeline may change within a window, unless its own file says otherwise. 0 and nil: no limit.
type Brake struct {
	Window  time.Duration
	Records int                     // documents written
	Share   int                     // percent of the target's documents changed
	Cancels int                     // documents cancelled, reversed or deleted
	Amount  map[string]sihe.Decimal // by currency
}

// brake reads the limits of all pipelines. Each key can be none.
func (r *reader) brake(n *strictyaml.Node) {
	b := &r.c.Brake
	*b = Brake{Window: time.Hour, Share: 30, Cancels: 100}
	if n == nil {
		return
	}
	if isNone(n) {
		*b = Brake{}
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	if v := m.Take("window"); v != nil {
		b.Window = span(v, time.Minute, 7*day)
	}
	limit := func(key string, into *int, read func(*strictyaml.Node) int) {
		v := m.Take(key)
		switch {
		case v == nil:
		case isNone(v):
			*into = 0
		default:
			*into = read(v)
		}
	}
	whole := func(v *strictyaml.Node) int { return count(v, 1, 100_000_000, "documents") }
	limit("records", &b.Records, whole)
	limit("share", &b.Share, share)
	limit("cancels", &b.Cancels, whole)
	if v := m.Take("amount"); v != nil && !isNone(v) {
		b.Amount = amounts(v)
	}
	m.Done()
}

// share reads "30%".
func share(n *strictyaml.Node) int {
	s, ok := n.Text()
	digits, percent := strings.CutSuffix(s, "%")
	v, err := strconv.Atoi(digits)
	if ok && (!percent || err != nil || v < 1 || v > 100) {
		n.Report(sihe.CodeConfigValue, "write 1% to 100%", "%q is not a share", s)
	}
	return v
}

// amounts reads {CNY: 1000000.00}.
func amounts(n *strictyaml.Node) map[string]sihe.Decimal {
	m, ok := n.Map()
	if !ok {
		return nil
	}
	all := map[string]sihe.Decimal{}
	for _, e := range m.Entries() {
		if len(e.Name) != 3 || strings.Trim(e.Name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			e.Key.Report(sihe.CodeConfigValue, "write a code of ISO 4217, e.g. CNY", "%q is not a currency", e.Name)
		}
		d, ok := e.Value.Decimal()
		if ok && d.Sign() <= 0 {
			e.Value.Report(sihe.CodeConfigValue, "write an amount above zero, or none", "%s is not a limit", e.Value.Literal())
		}
		all[e.Name] = d
	}
	return all
}
