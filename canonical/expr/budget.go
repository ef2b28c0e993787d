package expr

import (
	"fmt"

	"github.com/sihehub/sihe"
)

// fail stops the computation; Eval turns it into its error. Closures without error results are half as long and a third
// faster, and an error ends the whole expression anyway.
func fail(code sihe.Code, format string, args ...any) {
	panic(sihe.Permanent(sihe.Errorf(code, format, args...)))
}

// caught makes Eval's error of what stopped it. What is not an *sihe.Error is a bug and goes on to the event's boundary.
func (p *Program) caught(stopped any) error {
	switch r := stopped.(type) {
	case *sihe.Error:
		e := *r
		e.Text = fmt.Sprintf("compute `%s`: %s", clip(p.text, 80), e.Text)
		return &e
	case outside:
		return r.err
	}
	panic(stopped)
}

// clip shortens a text to n runes for a message.
func clip(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i] + "…"
		}
	}
	return s
}

// spend counts n operations against the event's budget.
func (f *Frame) spend(n int) {
	if f.steps += n; f.steps > MaxSteps {
		fail(sihe.CodeExprBudget, "more than %d steps for one event", MaxSteps)
	}
}

// made counts the bytes of a text that was made and returns it as a value.
func (f *Frame) made(s string) Value {
	f.room(len(s))
	return TextValue(s)
}

// room counts n bytes of text before they are made.
func (f *Frame) room(n int) {
	if f.text += n; f.text > MaxTextBytes {
		fail(sihe.CodeExprBudget, "more than %d bytes of text for one event", MaxTextBytes)
	}
}

// outside carries an error of the World through the closures with the class that it has.
type outside struct{ err error }

// xref asks the World.
func (f *Frame) xref(entity, key string) (string, bool) {
	if f.World == nil {
		fail(sihe.CodeExprValue, "find %s %.60q in the target: no target is known here", entity, key)
	}
	id, ok, err := f.World.XRef(entity, key)
	if err != nil {
		panic(outside{err})
	}
	return id, ok
}
