package mappings_test

import (
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
)

func TestShipped(t *testing.T) {
	var f sihe.Findings
	c := canonical.Load(&f, canonical.Shipped())
	if f.Failed() {
		t.Fatalf("entities: %v", f.Err())
	}
	s := mappings.Load(&f, c, nil, mappings.Shipped())
	for _, x := range f.Sorted() {
		t.Errorf("%s %s\n\t%s", x.Severity, x, x.Source)
	}
	if len(s.Names()) < 30 {
		t.Errorf("only %d mappings", len(s.Names()))
	}
	for _, name := range s.Names() {
		m, _ := s.Mapping(name)
		if len(m.Targets()) != len(m.Lineage()) {
			t.Errorf("%s: %d targets, lineage of %d", name, len(m.Targets()), len(m.Lineage()))
		}
	}
}
