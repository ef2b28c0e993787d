package canonical

import (
	"errors"
	"slices"
	"strconv"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// A step computes one field, in every line of the lists around it.
type step struct {
	field  *Field
	around []*Field // lists and records, the outermost first
}

// Compute returns the record with defaults filled in where a field is absent, formulas and hashes computed, money with
// all its places, and absent lists empty. Then it checks the file's rules: required, min, max, length, scale, enum. w
// answers for event_time and may be nil where no default asks for it. Errors are Permanent, with the field's path. A key
// may be missing where the entity has a number pattern. Computing twice gives the same as once. With an error, the record
// comes as far as it could be computed: a rule may still complete it.
func (e *Entity) Compute(v expr.Value, w expr.World) (expr.Value, error) {
	header := unshared(e.Fields, v, len(e.Type.Fields))
	first := e.present(e.Fields, header)
	keep := func(err *sihe.Error) {
		if first == nil {
			first = err
		}
	}
	c := computation{entity: e, record: expr.RecordValue(header)}
	c.frame.Source, c.frame.World = c.record, w
	for i := range e.plan {
		keep(c.run(&e.plan[i], header, e.plan[i].around, nil))
	}
	for _, f := range e.Fields {
		keep(e.checked(f, &header[f.slot]))
	}
	if first != nil {
		return c.record, first
	}
	return c.record, nil
}

// unshared copies the slots of a record and of everything below, so that they may be written.
func unshared(fields []*Field, v expr.Value, size int) []expr.Value {
	slots := make([]expr.Value, size)
	copy(slots, v.Slots())
	for _, f := range fields {
		switch x := slots[f.slot]; {
		case f.Kind == KindRecord && x.Kind() == expr.KindRecord:
			slots[f.slot] = expr.RecordValue(unshared(f.Fields, x, len(f.Fields)))
		case f.Kind == KindList && (x.IsNull() || x.Kind() == expr.KindList):
			items := slices.Clone(x.List())
			for i, item := range items {
				items[i] = expr.RecordValue(unshared(f.Fields, item, len(f.Fields)))
			}
			slots[f.slot] = expr.ListValue(items)
		}
	}
	return slots
}

// present reports the first required field that is missing and will not be computed: formulas may rely on them.
func (e *Entity) present(fields []*Field, slots []expr.Value) *sihe.Error {
	for _, f := range fields {
		v := slots[f.slot]
		if v.IsNull() && f.Formula == nil && f.Default == nil && e.mustHave(f) {
			return missing(f)
		}
		if f.Kind == KindRecord && v.Kind() == expr.KindRecord {
			if err := e.present(f.Fields, v.Slots()); err != nil {
				return under(f.Name, err)
			}
		}
		if f.Kind != KindList {
			continue
		}
		if !v.IsNull() && v.Kind() != expr.KindList {
			return refuse(sihe.CodeValueType, "check the record: found %s, needed %s", v.Kind(), typeName(f.Type)).At(f.Name)
		}
		for i, item := range v.List() {
			if err := e.present(f.Fields, item.Slots()); err != nil {
				return under(f.Name+"["+strconv.Itoa(i)+"]", err)
			}
		}
	}
	return nil
}

// mustHave says whether a field may not be null. A key that has a number pattern comes later.
func (e *Entity) mustHave(f *Field) bool {
	return f.Required && f.Path != e.Key || f.Path == e.Key && e.Number == nil
}

func missing(f *Field) *sihe.Error {
	return refuse(sihe.CodeValueRequired, "check the record: %s is missing", f.Label.En).At(f.Name)
}

// A computation is one call of Compute.
type computation struct {
	entity *Entity
	record expr.Value
	frame  expr.Frame
}

// run computes a step below a record. vars are the slots of the lines that were entered so far.
func (c *computation) run(s *step, slots []expr.Value, around []*Field, vars []expr.Value) *sihe.Error {
	if len(around) == 0 {
		c.frame.Vars = vars
		return c.set(s.field, slots)
	}
	f := around[0]
	enter := func(inner []expr.Value) *sihe.Error {
		seen := inner
		if vars != nil {
			seen = slices.Concat(vars, inner)
		}
		return c.run(s, inner, around[1:], seen)
	}
	v := slots[f.slot]
	if v.Kind() == expr.KindRecord {
		return underOr(f.Name, enter(v.Slots()))
	}
	for i, item := range v.List() {
		if err := enter(item.Slots()); err != nil {
			return under(f.Name+"["+strconv.Itoa(i)+"]", err)
		}
	}
	return nil
}

func underOr(name string, err *sihe.Error) *sihe.Error {
	if err == nil {
		return nil
	}
	return under(name, err)
}

// set computes one field of one record.
func (c *computation) set(f *Field, slots []expr.Value) *sihe.Error {
	program := f.Formula
	switch {
	case f.Kind == KindHash:
		slots[f.slot] = expr.TextValue(c.entity.Hash(f, c.record))
		return nil
	case program == nil && !slots[f.slot].IsNull():
		return nil
	case program == nil:
		program = f.Default
	}
	v, err := program.Eval(&c.frame)
	if err != nil {
		var own *sihe.Error
		if !errors.As(err, &own) {
			own = refuse(sihe.CodeInternal, "compute %s: %v", f.Path, err)
		}
		return own.At(f.Name)
	}
	slots[f.slot] = v
	return nil
}
