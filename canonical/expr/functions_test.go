package expr

import (
	"slices"
	"strings"
	"testing"
)

// TestExamples computes the example of every function's manual.
func TestExamples(t *testing.T) {
	scope, frame := Sample()
	if n := len(Functions()); n < 40 {
		t.Errorf("only %d functions", n)
	}
	for _, f := range Functions() {
		p, problems := Compile(f.Example, scope)
		if len(problems) > 0 {
			t.Errorf("%s: %s: %v", f.Name, f.Example, problems)
			continue
		}
		v, err := p.Eval(frame)
		if err != nil || v.String() != f.Result {
			t.Errorf("%s: %s = %s, %v; the manual says %s", f.Name, f.Example, v, err, f.Result)
		}
		if f.En == "" || f.Zh == "" || !strings.Contains(f.Example, f.Name+"(") {
			t.Errorf("%s: the manual is not complete: %+v", f.Name, f)
		}
	}
}

// TestLambdaFunctions keeps the list in messages equal to the functions that take a lambda.
func TestLambdaFunctions(t *testing.T) {
	var takes []string
	for _, f := range Functions() {
		if strings.Contains(f.Signature, "=>") {
			takes = append(takes, f.Name)
		}
	}
	said := strings.Fields(lambdaFunctions)
	slices.Sort(said)
	if !slices.Equal(takes, said) {
		t.Errorf("functions with a lambda: %v, messages say %v", takes, said)
	}
}
