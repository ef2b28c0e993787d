package pipelines_test

import (
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines"
)

func TestShippedFiles(t *testing.T) {
	var f sihe.Findings
	c := canonical.Load(&f, canonical.Shipped())
	m := mappings.Load(&f, c, nil, mappings.Shipped())
	if f.Failed() {
		t.Errorf("below: %v", f.Err())
	}
	f = nil
	p := pipelines.Compile(&f, c, m, pipelines.Shipped())
	for _, x := range f.Sorted() {
		t.Errorf("%s %s\n\t%s", x.Severity, x, x.Source)
	}
	if len(p.Pipelines) < 40 {
		t.Errorf("only %d pipelines", len(p.Pipelines))
	}
}
