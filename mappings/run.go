package mappings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// maxRows bounds the rows that one event may build or look at, whatever its expressions cost.
const maxRows = 20_000

// A run is one record on its way through a mapping.
type run struct {
	frame expr.Frame
	spent int // rows looked at
}

// A step sets slots of a record. Its error is already told where it happened.
type step interface {
	take(r *run, out []expr.Value) error
}

// A record knows how to fill the slots of one target record.
type record struct {
	width int
	steps []step
}

// add puts a step behind the others. Neighbours that only compute values are taken together.
func (t *record) add(s step) {
	if next, plain := s.(*assignments); plain && len(t.steps) > 0 {
		if last, ok := t.steps[len(t.steps)-1].(*assignments); ok {
			last.all, last.at = append(last.all, next.all...), append(last.at, next.at...)
			return
		}
	}
	t.steps = append(t.steps, s)
}

func (t *record) fill(r *run) (expr.Value, error) {
	slots, outer := make([]expr.Value, t.width), r.frame.Out
	r.frame.Out = slots
	for _, s := range t.steps {
		if err := s.take(r, slots); err != nil {
			return expr.Value{}, err
		}
	}
	r.frame.Out = outer
	return expr.RecordValue(slots), nil
}

// Assignments are a step of values that are computed and need no more than that.
type assignments struct {
	all []expr.Assignment
	at  []*spot
}

func (a *assignments) take(r *run, _ []expr.Value) error {
	if i, err := r.frame.Assign(a.all); err != nil {
		return a.at[i].failed(err)
	}
	return nil
}

// A doing is any other step.
type doing func(r *run, out []expr.Value) error

func (d doing) take(r *run, out []expr.Value) error { return d(r, out) }

// A let is a name that the fields share.
type let struct {
	program *expr.Program
	at      *spot
}

// A spot is where a target field stands, in the target and in the file.
type spot struct {
	m     *Mapping
	path  string // of the target field; "" for a let
	name  string // its last part
	place Place
}

// failed tells an error where it happened.
func (s *spot) failed(err error) error {
	var e *sihe.Error
	if !errors.As(err, &e) {
		return err
	}
	located := *e
	located.Text = fmt.Sprintf("map %s: %s (%s:%d)", s.m.Name, e.Text, s.place.Path, s.place.Line)
	located.Path = s.path
	return &located
}

// below puts the number of a row into the path of an error that happened in it.
func below(err error, list string, row int) error {
	var e *sihe.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	if rest, ok := strings.CutPrefix(e.Path, list+"."); ok {
		return e.At(fmt.Sprintf("%s[%d].%s", list, row, rest))
	}
	return err
}

// assign computes one value.
func assign(slot int, o *operand, at *spot) step {
	if !o.checked {
		return &assignments{all: []expr.Assignment{{Slot: slot, Program: o.program, Value: o.value}}, at: []*spot{at}}
	}
	return doing(func(r *run, out []expr.Value) error {
		v, err := o.eval(&r.frame)
		if err != nil {
			return at.failed(err)
		}
		out[slot] = v
		return nil
	})
}

// guarded takes a step only when a condition holds; nil is no condition.
func guarded(when *expr.Program, at *spot, s step) step {
	if when == nil {
		return s
	}
	return doing(func(r *run, out []expr.Value) error {
		v, err := when.Eval(&r.frame)
		if err != nil {
			return at.failed(err)
		}
		if !v.Bool() {
			return nil
		}
		return s.take(r, out)
	})
}

func missed(err error) bool { return err != nil && sihe.CodeOf(err) == sihe.CodeXRefMiss }

// failing makes an unknown cross-reference a business no instead of something to wait for.
func failing(s step) step {
	return doing(func(r *run, out []expr.Value) error {
		err := s.take(r, out)
		var e *sihe.Error
		if missed(err) && errors.As(err, &e) {
			no := *e
			no.Class = sihe.ClassRejected
			return &no
		}
		return err
	})
}

// defaulting takes another value for an unknown cross-reference.
func defaulting(s, preset step) step {
	return doing(func(r *run, out []expr.Value) error {
		err := s.take(r, out)
		if missed(err) {
			return preset.take(r, out)
		}
		return err
	})
}
