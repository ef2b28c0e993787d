package canonical

import (
	"github.com/sihehub/sihe/canonical/expr"
)

// bitset marks slots of a record.
type bitset struct {
	few  uint64
	more []uint64 // beyond the first 64 slots
}

func newBits(n int) bitset {
	if n <= 64 {
		return bitset{}
	}
	return bitset{more: make([]uint64, (n+63)/64-1)}
}

// add marks a slot; false when it was marked before.
func (b *bitset) add(i int) bool {
	word := &b.few
	if i >= 64 {
		word = &b.more[i/64-1]
	}
	bit := uint64(1) << (i % 64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

// presence remembers which fields of a record, or of the records of a list, were there.
type presence struct {
	fields []*presence // nil where a field was not there
}

// field marks one field and returns what remembers the fields below it.
func (p *presence) field(t *expr.Type, slot int) *presence {
	if p == nil {
		return nil
	}
	if p.fields == nil {
		p.fields = make([]*presence, len(t.Fields))
	}
	if p.fields[slot] == nil {
		p.fields[slot] = &presence{}
	}
	return p.fields[slot]
}

// paths appends the dotted paths of everything that was present.
func (p *presence) paths(t *expr.Type, prefix string, all []string) []string {
	if p == nil || p.fields == nil {
		return all
	}
	for t.Kind == expr.KindList {
		t = t.Elem
	}
	for slot, below := range p.fields {
		if below == nil {
			continue
		}
		path := prefix + t.Fields[slot].Name
		all = below.paths(t.Fields[slot].Type, path+".", append(all, path))
	}
	return all
}
