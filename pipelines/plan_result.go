package pipelines

import (
	"cmp"
	"slices"

	"github.com/sihehub/sihe/mappings"
)

// Result returns what was found: documents in the order in which they were compared, totals and coverage by name. It ends
// the comparison: a record whose event has not come yet is compared as if none had been stored.
func (c *Comparison) Result() Comparing {
	c.pending.rest(c.cascade)
	r := c.result
	r.Stated, r.Documents = notNil(c.stated.found()), notNil(c.written.found())
	r.StatedAmounts, r.Amounts = notNil(totals(r.Stated)), notNil(totals(r.Documents))
	r.Coverage = notNil(coverage(slices.Concat(r.Stated, r.Documents)))
	return r
}

// notNil is an empty list where there is none, as programs expect it.
func notNil[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
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

// coverage finds the examples of the mappings to come that look at the fields that would change.
func coverage(documents []*DocumentChange) (all []Coverage) {
	seen := map[[2]string]bool{}
	for _, d := range documents {
		next := d.maps[1]
		if next == nil {
			continue
		}
		for _, f := range d.Fields {
			path := withoutRows(f.Path)
			k := [2]string{next.Name, path}
			if seen[k] || !d.sets(path) {
				continue
			}
			seen[k] = true
			all = append(all, Coverage{Mapping: next.Name, Field: path, Examples: covering(next, path)})
		}
	}
	slices.SortFunc(all, func(a, b Coverage) int {
		return cmp.Or(cmp.Compare(a.Mapping, b.Mapping), cmp.Compare(a.Field, b.Field))
	})
	return all
}

// sets says whether one of the mappings sets a field, which is not computed from others then.
func (d *DocumentChange) sets(path string) bool {
	return slices.ContainsFunc(d.maps[:], func(m *mappings.Mapping) bool { return m != nil && slices.Contains(m.Targets(), path) })
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
