package pipelines

import (
	"maps"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
)

// Files are what a hub works by, or would work by.
type Files struct {
	Catalog *canonical.Catalog
	Plan    *Plan
	Origins []Origin
}

// A Comparison finds out what other files would make of what has been. Records go through the mappings by which they become
// canonical; events go through on:, when:, key:, map: and the gate; by the files as they are and by those to come, side by
// side. It asks nobody and sends nothing. Cross-references give the canonical key, on both sides. It is not safe for
// concurrent use.
//
// First all records are added, then all events: an event that stems from a record which comes out differently is compared
// in its old form under the old files and in its new form under the new ones.
type Comparison struct {
	now, next Files
	all       map[string][2]*Pipeline
	from      map[string][]string // names of pipelines by the entity that they listen to
	origins   map[string][2]*Origin
	written   ledger
	stated    ledger
	said      [2]map[string]said // the last of each document, on both sides
	seen      map[string]bool    // ids of records
	pending   pending
	result    Comparing
}

// NewComparison begins one.
func NewComparison(now, next Files) *Comparison {
	c := &Comparison{
		now: now, next: next, all: map[string][2]*Pipeline{}, from: map[string][]string{}, origins: map[string][2]*Origin{},
		said: [2]map[string]said{{}, {}}, seen: map[string]bool{}, pending: newPending(),
	}
	for i, f := range []Files{now, next} {
		for _, x := range f.Plan.Pipelines {
			pair := c.all[x.Name]
			pair[i] = x
			c.all[x.Name] = pair
		}
		for _, x := range f.Origins {
			pair := c.origins[x.System]
			pair[i] = &x
			c.origins[x.System] = pair
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.all)) {
		pair := c.all[name]
		switch {
		case pair[0] == nil:
			c.result.Begun = append(c.result.Begun, name)
		case pair[1] == nil:
			c.result.Ended = append(c.result.Ended, name)
		}
		for _, p := range pair {
			if p != nil && !slices.Contains(c.from[p.From.FullName()], name) {
				c.from[p.From.FullName()] = append(c.from[p.From.FullName()], name)
			}
		}
	}
	return c
}

// Systems lists the systems whose records are worth while, sorted: those that the running hub has, and that map records on
// either side.
func (c *Comparison) Systems() []string {
	names := slices.Sorted(maps.Keys(c.origins))
	return slices.DeleteFunc(names, func(name string) bool {
		pair := c.origins[name]
		return pair[0] == nil || len(pair[0].Kinds) == 0 && (pair[1] == nil || len(pair[1].Kinds) == 0)
	})
}

// Entities lists the entities whose events are worth while, sorted.
func (c *Comparison) Entities() []string { return slices.Sorted(maps.Keys(c.from)) }

// Add compares one stored event in all pipelines that listen to its entity. Events of one subject must come in their order.
func (c *Comparison) Add(e sihe.Event) {
	c.result.Events++
	if r := c.pending.take(e.ID, c.cascade); r != nil {
		r.stored = &e
		c.cascade(r)
		return
	}
	c.carry("", happening{event: e, there: true}, happening{event: e, there: true})
}

// A happening is an event on one side of a comparison.
type happening struct {
	event sihe.Event
	there bool
	again bool // it says what was said before: only what copies the state of the document sees it
}

// carry compares what the pipelines make of an event, which may be another one under the new files, or none. record is the
// raw record that it stems from, where that matters.
func (c *Comparison) carry(record string, was, is happening) {
	for _, name := range c.listeners(was, is) {
		c.result.Trials++
		pair := c.all[name]
		before, after := try(pair[0], c.now.Catalog, was), try(pair[1], c.next.Catalog, is)
		e := is.event
		if !is.there {
			e = was.event
		}
		d := differ(before, after)
		if d != nil {
			d.Pipeline, d.Entity, d.Subject, d.Event, d.Name, d.Record = name, e.Entity(), e.Subject, e.ID, e.Name(), record
		}
		if w := decisive(before, after).write; absolute(w.Do) {
			c.written.keepLast(name+"\x00"+w.Entity+"\x00"+w.Key, d)
		} else {
			c.written.keep(d)
		}
	}
}

// listeners names the pipelines that listen to an event on either side.
func (c *Comparison) listeners(was, is happening) []string {
	var names []string
	for _, h := range []happening{was, is} {
		if h.there {
			names = append(names, c.from[h.event.Entity()]...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// A ledger keeps differences in the order in which they were found.
type ledger struct {
	changes []*DocumentChange
	last    map[string]int // of what sets absolute values: its place in changes, by document
}

// keep adds a difference; nil is none.
func (l *ledger) keep(d *DocumentChange) {
	if d != nil {
		l.changes = append(l.changes, d)
	}
}

// keepLast adds what became of a document in place of what was there before: it counts as its last event leaves it.
func (l *ledger) keepLast(document string, d *DocumentChange) {
	i, ok := l.last[document]
	switch {
	case ok:
		l.changes[i] = d
	case d != nil:
		if l.last == nil {
			l.last = map[string]int{}
		}
		l.last[document] = len(l.changes)
		l.changes = append(l.changes, d)
	}
}

// found returns the differences that are left.
func (l *ledger) found() []*DocumentChange {
	return slices.DeleteFunc(slices.Clone(l.changes), func(d *DocumentChange) bool { return d == nil })
}
