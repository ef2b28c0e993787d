package expr

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sihehub/sihe"
)

// An origin is where a value stands, for lineage and currency. The zero origin is nowhere.
type origin struct {
	root    rootKind
	path    string    // dotted, below the root
	sources []string  // of a variable without a path
	money   *currency // of amounts below it; nil: not known
}

type rootKind uint8

const (
	rootNone rootKind = iota
	rootSource
	rootOut
	rootVar
)

// A direct is a variable or an item that is read as it is, so that its field can be read in one step.
type direct struct {
	place place
	index int
}

type place uint8

const (
	placeNone place = iota
	placeVar
	placeItem
)

// originSources returns the source paths behind an origin.
func (c *checker) originSources(o origin) []string {
	switch o.root {
	case rootSource:
		if o.path != "" {
			return []string{o.path}
		}
	case rootVar:
		return o.sources
	case rootOut:
		var all []string
		for path, sources := range c.scope.OutSet {
			if path == o.path || strings.HasPrefix(path, o.path+".") {
				all = append(all, sources...)
			}
		}
		for path := o.path; len(all) == 0 && path != ""; { // a part of what was set as a whole
			path = path[:max(0, strings.LastIndexByte(path, '.'))]
			all = append(all, c.scope.OutSet[path]...)
		}
		return all
	case rootNone:
	}
	return nil
}

// below returns the origin of a field of a record that stands at o.
func (o origin) below(name string) origin {
	if o.root == rootSource || o.root == rootOut {
		o.path = strings.TrimPrefix(o.path+"."+name, ".")
	}
	return o
}

// A loop is one lambda, or one path through a list, that is being compiled.
type loop struct {
	name  string // of its parameter
	level int    // its place in Frame.items
	id    int
	item  node
	used  bool
}

// name resolves a bare name, innermost first.
func (c *checker) name(s *syntax) node {
	if !s.quoted {
		switch s.text {
		case "true", "false":
			return constantOf(s, &Type{Kind: KindBool}, BoolValue(s.text == "true"))
		case "null":
			return constantOf(s, &Type{Kind: KindNull, Nullable: true}, Value{})
		}
	}
	for _, l := range slices.Backward(c.loops) {
		if l.name == s.text {
			l.used = true
			n := l.item
			n.at, n.end = s.at, s.end
			return c.narrowed(n)
		}
	}
	for i, v := range slices.Backward(c.scope.Vars) {
		if v.Name == s.text {
			return c.variable(s, i, v)
		}
	}
	if !s.quoted && s.text == "event_time" {
		return c.eventTime(s)
	}
	if !s.quoted && s.text == "out" && c.scope.Out != nil {
		return c.bad(s, sihe.CodeExprName, "write out.field", "read out: name one of its fields")
	}
	if c.scope.Source != nil {
		if i, ok := c.scope.Source.Slot(s.text); ok {
			return c.sourceField(s, i)
		}
	}
	return c.unknownName(s)
}

func (c *checker) unknownName(s *syntax) node {
	var known []string
	for _, l := range c.loops {
		known = append(known, l.name)
	}
	for _, v := range c.scope.Vars {
		known = append(known, v.Name)
	}
	if c.scope.Source != nil {
		known = append(known, c.scope.Source.names()...)
	}
	if hint := closest(s.text, known); hint != "" {
		return c.bad(s, sihe.CodeExprName, hint, "unknown name %q", s.text)
	}
	if f, ok := c.functions[s.text]; ok {
		return c.bad(s, sihe.CodeExprName, "write "+f.Signature, "read %q: a function needs its arguments", s.text)
	}
	return c.bad(s, sihe.CodeExprName, "", "unknown name %q", s.text)
}

func (t *Type) names() []string {
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = f.Name
	}
	return names
}

func (c *checker) eventTime(s *syntax) node {
	if !c.scope.EventTime {
		return c.bad(s, sihe.CodeExprName, "", "read event_time: it is not known here")
	}
	return node{typ: &Type{Kind: KindTime}, at: s.at, end: s.end, steps: 1, run: func(f *Frame) Value {
		if f.World == nil {
			fail(sihe.CodeExprValue, "read event_time: it is not known")
		}
		return TimeValue(f.World.EventTime())
	}}
}

// variable reads one of Scope.Vars.
func (c *checker) variable(s *syntax, i int, v Var) node {
	c.vars = max(c.vars, i+1)
	c.named[v.Name] = true
	n := node{typ: v.Type, at: s.at, end: s.end, steps: 1, path: "var" + strconv.Itoa(i), direct: direct{placeVar, i}}
	n.origin = origin{root: rootVar, sources: v.Sources}
	if v.Path != "" {
		n.origin = origin{root: rootSource, path: v.Path, money: c.sourceCurrency()}
	}
	typ, kind, name := v.Type, v.Type.Kind, v.Name
	n.run = func(f *Frame) Value {
		if v := f.Vars[i]; v.kind == kind {
			return v
		}
		return odd(f.Vars[i], typ, name)
	}
	return c.narrowed(c.priced(n))
}

// sourceField reads a field of the source by its bare name.
func (c *checker) sourceField(s *syntax, slot int) node {
	field := c.scope.Source.Fields[slot]
	n := node{typ: field.Type, at: s.at, end: s.end, steps: 1, path: "source." + field.Name}
	n.origin = origin{root: rootSource, path: field.Name, money: c.sourceCurrency()}
	typ, kind, name := field.Type, field.Type.Kind, field.Name
	n.run = func(f *Frame) Value {
		v := f.Source.Slot(slot)
		if v.kind == kind {
			return v
		}
		return odd(v, typ, name)
	}
	return c.narrowed(c.priced(n))
}

// odd lets an int be a decimal and null be null, and refuses what its type does not allow.
func odd(v Value, t *Type, name string) Value {
	switch {
	case v.kind == KindNull && t.Nullable, t.Kind == KindNull, v.kind == KindInt && t.Kind == KindDecimal:
		return v
	case v.kind == KindNull && t.Kind == KindList:
		return ListValue(nil)
	case v.kind == KindNull:
		fail(sihe.CodeExprEmpty, "read %s: it is null although it is required", name)
	default:
		fail(sihe.CodeExprValue, "read %s: found %s instead of %s", name, v.kind, t.Kind)
	}
	return Value{}
}

// narrowed drops "or null" from a path that was tested against null around here.
func (c *checker) narrowed(n node) node {
	if n.typ != nil && n.path != "" && n.typ.Nullable && c.known[n.path] > 0 {
		n.typ = n.typ.OrNull(false)
	}
	return n
}

// field reads record.name, out.name, or one field of every item of a list.
func (c *checker) field(s *syntax) node {
	if base := s.args[0]; base.form == formName && base.text == "out" && !base.quoted && c.scope.Out != nil {
		return c.outField(s)
	}
	base := c.value(s.args[0])
	return c.fieldOf(s, base)
}

func (c *checker) fieldOf(s *syntax, base node) node {
	if base.typ == nil {
		return c.silent(s)
	}
	if base.typ.Kind == KindList && base.typ.Elem.Kind == KindRecord {
		return c.pluck(s, base)
	}
	if base.typ.Kind != KindRecord {
		return c.bad(s, sihe.CodeExprType, "", "read .%s: %s is %s and has no fields", s.text, c.written(base), base.typ)
	}
	slot, ok := base.typ.Slot(s.text)
	if !ok {
		return c.bad(s, sihe.CodeExprName, closest(s.text, base.typ.names()), "unknown field %q of %s", s.text, c.written(base))
	}
	typ := base.typ.Fields[slot].Type
	n := node{typ: typ.OrNull(typ.Nullable || base.typ.Nullable), at: s.at, end: s.end, steps: base.steps + 1}
	n.sources, n.origin = base.sources, base.origin.below(s.text)
	if base.path != "" {
		n.path = base.path + "." + s.text
	}
	n.run = fieldReader(base, slot, n.typ, s.text)
	return c.narrowed(c.priced(n))
}

// fieldReader reads a slot of a record.
func fieldReader(base node, slot int, want *Type, name string) func(*Frame) Value {
	i, kind, nullable := base.direct.index, want.Kind, base.typ.Nullable
	switch {
	case base.direct.place == placeVar && !nullable:
		return func(f *Frame) Value {
			if v := f.Vars[i].Slot(slot); v.kind == kind {
				return v
			}
			return odd(f.Vars[i].Slot(slot), want, name)
		}
	case base.direct.place == placeItem && !nullable:
		return func(f *Frame) Value {
			if v := f.items[i].Slot(slot); v.kind == kind {
				return v
			}
			return odd(f.items[i].Slot(slot), want, name)
		}
	}
	read := base.run
	return func(f *Frame) Value {
		v := read(f).Slot(slot)
		if v.kind == kind {
			return v
		}
		return odd(v, want, name)
	}
}

// outField reads a field of the record being built.
func (c *checker) outField(s *syntax) node {
	slot, ok := c.scope.Out.Slot(s.text)
	if !ok {
		return c.bad(s, sihe.CodeExprName, closest(s.text, c.scope.Out.names()), "the target has no field %q", s.text)
	}
	if !c.outIsSet(s.text) {
		return c.bad(s, sihe.CodeExprNotYet, "move its line above this one", "read out.%s: it is not set before this", s.text)
	}
	c.outs = max(c.outs, slot+1)
	typ, name := c.scope.Out.Fields[slot].Type, "out."+s.text
	n := node{typ: typ, at: s.at, end: s.end, steps: 1, path: name, origin: origin{root: rootOut, path: s.text}}
	n.origin.money = c.outCurrency()
	kind := typ.Kind
	n.run = func(f *Frame) Value {
		if v := f.Out[slot]; v.kind == kind {
			return v
		}
		return odd(f.Out[slot], typ, name)
	}
	return c.narrowed(c.priced(n))
}

func (c *checker) outIsSet(name string) bool {
	for path := range c.scope.OutSet {
		if path == name || strings.HasPrefix(path, name+".") {
			return true
		}
	}
	return false
}
