package pipelines

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

// Bounds of the search for circles.
const (
	maxLoops = 10     // that are reported
	maxWalk  = 20_000 // steps
)

// reportLoops proves that no pipelines start each other without end. There is an edge from one pipeline to another when
// what the first writes can make an event that the second listens to. Three things break a circle:
//
//   - A copy causes no events.
//   - A write-back that changes nothing causes none either. So it leads on only to pipelines whose result depends on a
//     field that it sets: a field has one writer (invariant 5), so going around means that a value feeds itself.
//   - A pipeline whose on: names none of the events, or whose when: is false for the constants that are written.
func reportLoops(f *sihe.Findings, all []*Pipeline) {
	next := make([][]int, len(all))
	for i, a := range all {
		for j, b := range all {
			if starts(a, b) {
				next[i] = append(next[i], j)
			}
		}
	}
	for _, loop := range circles(next) {
		p := all[loop[0]]
		names := make([]string, 0, len(loop)+1)
		for _, i := range loop {
			names = append(names, fmt.Sprintf("%s (%s:%d)", all[i].Name, all[i].Path, all[i].Line))
		}
		names = append(names, p.Name)
		*f = append(*f, sihe.Finding{
			Severity: sihe.SeverityError, Code: sihe.CodePipelineLoop, Path: p.Path, Line: p.Line, Column: 1,
			Message:    "pipelines may start each other without end: " + strings.Join(names, " → "),
			Suggestion: "break the circle with on: or when:, or let one of them write nothing that another one reads",
		})
	}
}

// starts says whether a write of one pipeline can make another one write something new.
func starts(a, b *Pipeline) bool {
	if a.Do == sihe.DoCopy || a.Entity != b.From {
		return false
	}
	changed := changes(a)
	if !heard(b, eventsOf(a, changed)) || contradicts(a, b) {
		return false
	}
	return a.Do != sihe.DoWriteBack || reads(b, changed)
}

// changes returns the fields of the target that a write may change: those it sets and what is computed from them.
func changes(p *Pipeline) map[string]bool {
	changed := map[string]bool{"version": true, "updated_at": true, "updated_by": true}
	for _, path := range p.writes() {
		changed[path] = true
	}
	for grown := true; grown; {
		grown = false
		for _, f := range computed(p.Entity.Fields, nil) {
			if !changed[f.Path] && (f.Formula != nil && touches(f.Formula.Sources(), f.Path, changed) || touches(f.Of, "", changed)) {
				changed[f.Path], grown = true, true
			}
		}
	}
	return changed
}

// computed collects the fields that have a formula or are a hash.
func computed(fields, found []*canonical.Field) []*canonical.Field {
	for _, f := range fields {
		if f.Formula != nil || len(f.Of) > 0 {
			found = append(found, f)
		}
		found = computed(f.Fields, found)
	}
	return found
}

// touches says whether a path among the sources is changed, or is around or below a changed one. The formula of a line
// may name its neighbours without their list.
func touches(sources []string, of string, changed map[string]bool) bool {
	around := ""
	if i := strings.LastIndexByte(of, '.'); i >= 0 {
		around = of[:i+1]
	}
	for _, s := range sources {
		for path := range changed {
			if related(s, path) || around != "" && related(around+s, path) {
				return true
			}
		}
	}
	return false
}

func related(a, b string) bool {
	return a == b || strings.HasPrefix(a, b+".") || strings.HasPrefix(b, a+".")
}

// eventsOf returns the names of the events that a write can cause.
func eventsOf(p *Pipeline, changed map[string]bool) map[string]bool {
	events := map[string]bool{}
	var enter func(state string)
	enter = func(state string) { // and whatever the document does next by itself
		if events[state] {
			return
		}
		events[state] = true
		for _, a := range p.Entity.Actions(state) {
			if a.Auto {
				enter(a.To)
			}
		}
	}
	initial, hasStates := p.Entity.Initial()
	switch {
	case p.Do == sihe.DoCreate && hasStates:
		enter(initial.Name)
	case p.Do == sihe.DoCreate:
		events[eventCreated] = true
	case p.Do == sihe.DoWriteBack:
		events[eventUpdated] = true
	}
	for _, s := range p.Entity.States {
		for _, a := range s.Actions {
			moved := a.Name == p.Do
			woken := p.Do == sihe.DoWriteBack && a.Auto && (a.When == nil || touches(a.When.Sources(), "", changed))
			if moved || woken {
				enter(a.To)
			}
		}
	}
	return events
}

func heard(p *Pipeline, events map[string]bool) bool {
	if len(p.On) == 0 {
		return len(events) > 0
	}
	return slices.ContainsFunc(p.On, func(name string) bool { return events[name] })
}

// reads says whether what a pipeline writes, or whether it writes, depends on one of the fields.
func reads(p *Pipeline, changed map[string]bool) bool {
	if p.Do == sihe.DoCreate || p.Do != sihe.DoCopy && p.Do != sihe.DoWriteBack {
		return true // it acts on every event, whatever is in it
	}
	sources := []string{}
	if p.Map != nil {
		for _, s := range p.Map.Lineage() {
			sources = append(sources, s...)
		}
	}
	for _, x := range []*expr.Program{p.When, p.Key} {
		if x != nil {
			sources = append(sources, x.Sources()...)
		}
	}
	return p.Map == nil || touches(sources, "", changed)
}

// contradicts says whether a pipeline's when: is false for a constant that another one has just written.
func contradicts(a, b *Pipeline) bool {
	if a.Map == nil || b.When == nil || strings.Contains(b.When.String(), "||") {
		return false
	}
	equality := regexp.MustCompile(`^(\pL[\pL\pN_]*) == "([^"\\]*)"$`)
	for part := range strings.SplitSeq(b.When.String(), "&&") {
		m := equality.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			continue
		}
		if v, ok := a.Map.Constant(m[1]); ok && v.Text() != m[2] {
			return true
		}
	}
	return false
}

// circles returns circles of a graph, each once, starting with its smallest node.
func circles(next [][]int) [][]int {
	var found [][]int
	steps := 0
	reach := reachable(next)
	for start := range next {
		var path []int
		onPath := make([]bool, len(next))
		var walk func(at int)
		walk = func(at int) {
			path = append(path, at)
			onPath[at] = true
			for _, n := range next[at] {
				if steps++; len(found) == maxLoops || steps > maxWalk {
					break
				}
				if n == start {
					found = append(found, slices.Clone(path))
				} else if n > start && !onPath[n] && reach[n][start] {
					walk(n)
				}
			}
			onPath[at] = false
			path = path[:len(path)-1]
		}
		walk(start)
	}
	return found
}

// reachable says which node leads to which.
func reachable(next [][]int) [][]bool {
	reach := make([][]bool, len(next))
	for i := range next {
		reach[i] = make([]bool, len(next))
		todo := []int{i}
		for len(todo) > 0 {
			at := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for _, n := range next[at] {
				if !reach[i][n] {
					reach[i][n] = true
					todo = append(todo, n)
				}
			}
		}
	}
	return reach
}
