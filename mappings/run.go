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

// A step sets one slot of a record. Its error is already told where it happened.
type step func(r *run, out []expr.Value) error

// A record knows how to fill the slots of one target record.
type record struct {
	width int
	steps []step
}

func (t *record) fill(r *run) (expr.Value, error) {
	slots, outer := make([]expr.Value, t.width), r.frame.Out
	r.frame.Out = slots
	for _, s := range t.steps {
		if err := s(r, slots); err != nil {
			return expr.Value{}, err
		}
	}
	r.frame.Out = outer
	return expr.RecordValue(slots), nil
}

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
	if v, always := o.constant(); always {
		return func(_ *run, out []expr.Value) error {
			out[slot] = v
			return nil
		}
	}
	eval := o.program.Eval
	if o.checked {
		eval = o.eval
	}
	return func(r *run, out []expr.Value) error {
		v, err := eval(&r.frame)
		if err != nil {
			return at.failed(err)
		}
		out[slot] = v
		return nil
	}
}

// guarded takes a step only when a condition holds; nil is no condition.
func guarded(when *expr.Program, at *spot, s step) step {
	if when == nil {
		return s
	}
	return func(r *run, out []expr.Value) error {
		v, err := when.Eval(&r.frame)
		if err != nil {
			return at.failed(err)
		}
		if !v.Bool() {
			return nil
		}
		return s(r, out)
	}
}

func missed(err error) bool { return err != nil && sihe.CodeOf(err) == sihe.CodeXRefMiss }

// failing makes an unknown cross-reference a business no instead of something to wait for.
func failing(s step) step {
	return func(r *run, out []expr.Value) error {
		err := s(r, out)
		var e *sihe.Error
		if missed(err) && errors.As(err, &e) {
			no := *e
			no.Class = sihe.ClassRejected
			return &no
		}
		return err
	}
}

// defaulting takes another value for an unknown cross-reference.
func defaulting(s, preset step) step {
	return func(r *run, out []expr.Value) error {
		err := s(r, out)
		if missed(err) {
			return preset(r, out)
		}
		return err
	}
}
