package pipelines

import (
	"cmp"
	"slices"

	"github.com/sihehub/sihe/mappings"
)

// Result returns what was found so far: documents in the order of their events, totals and coverage by name.
func (c *Comparison) Result() Comparing {
	r := c.result
	r.Documents, r.Amounts, r.Coverage = []*DocumentChange{}, []AmountTotal{}, []Coverage{}
	for _, x := range c.changes {
		if x != nil {
			r.Documents = append(r.Documents, x)
		}
	}
	r.Amounts = append(r.Amounts, totals(r.Documents)...)
	r.Coverage = append(r.Coverage, c.coverage(r.Documents)...)
	return r
}

func totals(documents []*DocumentChange) (all []AmountTotal) {
	at := map[[3]string]int{}
	for _, d := range documents {
		for _, m := range d.Amounts {
			k := [3]string{d.To, m.Field, m.Currency}
			i, ok := at[k]
			if !ok {
				i = len(all)
				at[k] = i
				all = append(all, AmountTotal{To: d.To, Field: m.Field, Currency: m.Currency})
			}
			t := &all[i]
			t.Documents++
			t.Before, t.After = t.Before.Add(m.Before), t.After.Add(m.After)
			t.Net = t.After.Sub(t.Before)
		}
	}
	slices.SortFunc(all, func(a, b AmountTotal) int {
		return cmp.Or(cmp.Compare(a.To, b.To), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Currency, b.Currency))
	})
	return all
}

// coverage finds the examples of the mapping to come that look at the fields that would change.
func (c *Comparison) coverage(documents []*DocumentChange) (all []Coverage) {
	seen := map[[2]string]bool{}
	for _, d := range documents {
		next := c.all[d.Pipeline][1]
		if next == nil || next.Map == nil {
			continue
		}
		for _, f := range d.Fields {
			path := withoutRows(f.Path)
			k := [2]string{next.Map.Name, path}
			if seen[k] || path == "" || path[0] == ':' {
				continue
			}
			seen[k] = true
			all = append(all, Coverage{Mapping: next.Map.Name, Field: path, Examples: covering(next.Map, path)})
		}
	}
	slices.SortFunc(all, func(a, b Coverage) int {
		return cmp.Or(cmp.Compare(a.Mapping, b.Mapping), cmp.Compare(a.Field, b.Field))
	})
	return all
}

// covering returns the names of the examples whose result has a value at the path.
func covering(m *mappings.Mapping, path string) []string {
	names := []string{}
	for _, x := range m.Examples {
		fields := map[string]string{}
		flatten(fields, "", x.Out)
		for f := range fields {
			if withoutRows(f) == path {
				names = append(names, x.Name)
				break
			}
		}
	}
	return names
}
