package mappings_test

import (
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
)

// What a mapping makes is, once settled, the same as what it writes read again: both ways lead into a store.
func TestSettledIsAsRead(t *testing.T) {
	var f sihe.Findings
	c := canonical.Load(&f, canonical.Shipped())
	s := mappings.Load(&f, c, nil, mappings.Shipped())
	if f.Failed() {
		t.Fatal(f.Err())
	}
	compared := 0
	for _, name := range s.Names() {
		m, _ := s.Mapping(name)
		e, ok := c.Entity(m.To)
		if !ok {
			continue
		}
		for _, x := range m.Examples {
			v, err := canonical.Decode(m.Source, x.In)
			if err != nil {
				t.Fatalf("%s %s: %v", name, x.Name, err)
			}
			made, err := m.Apply(world{}, v)
			if err != nil {
				continue
			}
			read, err := canonical.Decode(e.Type, m.Encode(made))
			if err != nil {
				t.Fatalf("%s %s: %v", name, x.Name, err)
			}
			settled := e.Settled(made)
			a, b := canonical.Encode(e.Type, settled, canonical.Style{}), canonical.Encode(e.Type, read, canonical.Style{})
			if !settled.Equal(read) || string(a) != string(b) {
				t.Errorf("%s %s:\n%s\n%s", name, x.Name, a, b)
			}
			compared++
		}
	}
	if compared < 30 {
		t.Errorf("only %d examples", compared)
	}
}
