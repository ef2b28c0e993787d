package rest

import (
	"maps"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/strictyaml"
)

// route reads a path of the product; holes are the names that may stand in braces in it.
func route(n *strictyaml.Node, holes ...string) string {
	s := n.TextOrEmpty()
	if n == nil || s == "" {
		return s
	}
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "?# \\\r\n\t") || slices.Contains(strings.Split(s, "/"), "..") {
		n.Report(sihe.CodeRestDescription, "write /orders/{key}; a query has a key of its own", "%q is not a path below the product's address", s)
		return s
	}
	for rest := s; ; {
		_, after, opened := strings.Cut(rest, "{")
		hole, next, closed := strings.Cut(after, "}")
		switch {
		case !opened:
			return s
		case !closed || !slices.Contains(holes, hole):
			suggestion := ""
			if len(holes) > 0 {
				suggestion = "known here is {" + strings.Join(holes, "}, {") + "}"
			}
			n.Report(sihe.CodeRestDescription, suggestion, "%q has a place {%s} that means nothing here", s, hole)
			return s
		}
		rest = next
	}
}

// header reads the name of an HTTP header (RFC 9110, 5.1).
func header(n *strictyaml.Node) string {
	s := n.TextOrEmpty()
	if n != nil && (s == "" || strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "") {
		n.Report(sihe.CodeRestDescription, "e.g. Idempotency-Key", "%q is not the name of a header", s)
	}
	return s
}

// statuses reads a list of HTTP status codes.
func statuses(n *strictyaml.Node) []int {
	var all []int
	items, _ := n.List()
	for _, i := range items {
		s, ok := i.Int()
		if ok && (s < 200 || s > 599) {
			i.Report(sihe.CodeRestDescription, "", "%d is not the status of an answer", s)
		}
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}

// check reports what makes no sense in a write as a whole. done and reject are nil where the defaults hold.
func (w *Write) check(n, done, reject, repeats *strictyaml.Node) {
	for _, s := range w.Done {
		switch {
		case done == nil && reject != nil && slices.Contains(w.Reject, s):
			reject.Report(sihe.CodeRestDescription, "add done: without it", "%d means done already", s)
		case done != nil && reject != nil && slices.Contains(w.Reject, s):
			done.Report(sihe.CodeRestDescription, "keep it in one of them", "%d means done and rejected", s)
		}
	}
	if done != nil && reject == nil { // what is done is no longer a no
		w.Reject = slices.DeleteFunc(w.Reject, func(s int) bool { return slices.Contains(w.Done, s) })
	}
	if w.Repeats && w.IDHeader == "" && w.IDField == "" && (!strings.Contains(w.Path, "{key}") || w.Method == "POST") {
		repeats.Report(sihe.CodeRestDescription, "add id_header or id_field", "the product cannot recognise a write without its id")
	}
	if w.Method == "" {
		n.Report(sihe.CodeRestDescription, "write post:, put:, patch: or delete: with the path", "the write has no method")
	}
}

// unresolvable warns of writes that neither can be repeated nor be looked up: after a lost answer a person must look.
func (d *Description) unresolvable(n *strictyaml.Node) {
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, entity := range slices.Sorted(maps.Keys(d.Writes)) {
		if f, ok := d.Finds[entity]; ok && f.By != "" {
			continue
		}
		for _, w := range d.Writes[entity] {
			if !w.Repeats {
				m.Key(entity).Warn(sihe.CodeRestDescription, "add repeats: true with an id, or find: with write:", "after a lost answer nobody can tell whether a write of %s was done", entity)
				break
			}
		}
	}
}

// CheckAgainst reports mappings that are not there or do not fit, and entities and actions that the catalog does not have.
func (d *Description) CheckAgainst(set *mappings.Set, c *canonical.Catalog) {
	for _, name := range slices.Sorted(maps.Keys(d.Records)) {
		r := d.Records[name]
		fits(set, r.Map, r.mapAt, d.Product+"/"+name, r.Entity)
		known(c, r.Entity, r.entityAt)
	}
	for _, entity := range slices.Sorted(maps.Keys(d.Writes)) {
		for _, do := range slices.Sorted(maps.Keys(d.Writes[entity])) {
			w := d.Writes[entity][do]
			fits(set, w.Map, w.mapAt, entity, "")
			e := known(c, entity, w.entityAt)
			if e != nil && !slices.Contains(actions(e), do) {
				w.at.Report(sihe.CodeRestDescription, meant(do, actions(e)), "%s has no action %q", entity, do)
			}
		}
	}
}

// fits reports a mapping that is not there, or does not lead from one to the other. An empty end is any.
func fits(set *mappings.Set, name string, at *strictyaml.Node, from, to string) {
	if at == nil || name == "" {
		return
	}
	m, ok := set.Mapping(name)
	switch {
	case !ok:
		at.Report(sihe.CodeRestDescription, meant(name, set.Names()), "there is no mapping %q", name)
	case m.From != from:
		at.Report(sihe.CodeRestDescription, "", "the mapping %s reads %s, not %s", name, m.From, from)
	case to != "" && m.To != to:
		at.Report(sihe.CodeRestDescription, "", "the mapping %s makes %s, not %s", name, m.To, to)
	}
}

func known(c *canonical.Catalog, entity string, at *strictyaml.Node) *canonical.Entity {
	if at == nil {
		return nil
	}
	module, name, _ := strings.Cut(entity, ".")
	e, _, ok := c.In(module, name)
	if !ok {
		at.Report(sihe.CodeRestDescription, "", "there is no entity %q", entity)
		return nil
	}
	return e
}

// actions are what a write can do to an entity.
func actions(e *canonical.Entity) []string {
	all := []string{sihe.DoCreate, sihe.DoCopy, sihe.DoWriteBack}
	for _, s := range e.States {
		for _, a := range s.Actions {
			all = append(all, a.Name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
