package canonical_test

import (
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
)

func TestShippedEntitiesLoad(t *testing.T) {
	var f sihe.Findings
	c := canonical.Load(&f, canonical.Shipped())
	for _, x := range f.Sorted() {
		t.Error(x)
	}
	if n := len(c.Entities()); n < 40 {
		t.Errorf("%d entities", n)
	}
}
