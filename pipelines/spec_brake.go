package pipelines

import (
	"strconv"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// Bounds of brake:.
const (
	minWindow  = time.Minute
	maxWindow  = 7 * 24 * time.Hour
	maxRecords = 100_000_000
)

// brake reads {window:, records:, share:, cancels:, amount:}; each limit, and the whole, can be none.
func (d *draft) brake(n *strictyaml.Node) {
	switch {
	case n == nil:
		return
	case isNone(n):
		d.Brake = Brake{Records: NoLimit, Share: NoLimit, Cancels: NoLimit, Amount: map[string]sihe.Decimal{}}
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	d.Brake.Window = within(m.Take("window"), "window", minWindow, maxWindow)
	d.Brake.Records = limit(m.Take("records"), "records", whole)
	d.Brake.Share = limit(m.Take("share"), "share", percent)
	d.Brake.Cancels = limit(m.Take("cancels"), "cancels", whole)
	d.Brake.Amount = d.amounts(m.Take("amount"))
	m.Done()
}

// brakeFits reports limits of what the pipeline never does.
func (d *draft) brakeFits(n *strictyaml.Node) {
	if n == nil || !n.IsMap() || d.Entity == nil || d.From == nil {
		return
	}
	m, _ := n.Map()
	if at := m.Key("share"); at != nil && d.Do == sihe.DoCreate && d.Brake.Share > 0 {
		at.Report(sihe.CodePipelineBounds, "use records:", "do: create changes no documents that are there, so share never counts")
	}
	if at := m.Key("cancels"); at != nil && d.Brake.Cancels > 0 && !d.cancels() {
		at.Report(sihe.CodePipelineBounds, "remove it", "neither do: %s nor an event of %s cancels anything, so cancels never counts", d.Do, d.From.FullName())
	}
	if at := m.Key("amount"); at != nil && len(d.Brake.Amount) > 0 && d.From.Amount == "" {
		at.Report(sihe.CodePipelineBounds, "remove it", "%s has no amount, so amount never counts", d.From.FullName())
	}
}

// cancels says whether some write of the pipeline can count as one that takes a document back.
func (d *draft) cancels() bool {
	if cancelling(d.Do) {
		return true
	}
	heard := d.On
	if len(heard) == 0 {
		heard = eventNames(d.From)
	}
	for _, name := range heard {
		if cancelling(name) {
			return true
		}
	}
	return false
}

func isNone(n *strictyaml.Node) bool { return n.IsScalar() && n.Literal() == "none" }

// limit reads one limit; 0 when it is absent.
func limit(n *strictyaml.Node, what string, read func(*strictyaml.Node, string) int) int {
	switch {
	case n == nil:
		return 0
	case isNone(n):
		return NoLimit
	}
	return read(n, what)
}

func whole(n *strictyaml.Node, what string) int {
	i, ok := n.Int()
	if ok && (i < 1 || i > maxRecords) {
		n.Report(sihe.CodePipelineBounds, "write none for no limit", "%s must be from 1 to %d, found %d", what, maxRecords, i)
	}
	return i
}

func percent(n *strictyaml.Node, what string) int {
	s, ok := n.Text()
	digits, isPercent := strings.CutSuffix(s, "%")
	i, err := strconv.Atoi(digits)
	if ok && (!isPercent || err != nil || i < 1 || i > 100) {
		n.Report(sihe.CodePipelineBounds, "write e.g. 20%, or none for no limit", "%s must be from 1%% to 100%%, found %q", what, s)
	}
	return i
}

// amounts reads {CNY: 1000000.00}; nil when it is absent.
func (d *draft) amounts(n *strictyaml.Node) map[string]sihe.Decimal {
	if n == nil {
		return nil
	}
	all := map[string]sihe.Decimal{}
	if isNone(n) {
		return all
	}
	m, ok := n.Map()
	if !ok {
		return nil
	}
	for _, e := range m.Entries() {
		if len(e.Name) != 3 || strings.Trim(e.Name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			e.Key.Report(sihe.CodePipelineBounds, "write a code of ISO 4217, e.g. CNY", "%q is not a currency", e.Name)
		}
		v, ok := e.Value.Decimal()
		if ok && v.Sign() <= 0 {
			e.Value.Report(sihe.CodePipelineBounds, "write an amount above zero", "%s is no limit", e.Value.Literal())
		}
		all[e.Name] = v
	}
	return all
}
