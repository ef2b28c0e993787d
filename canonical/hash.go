package canonical

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/sihehub/sihe/canonical/expr"
)

// A selection is a part of a record: the slots of some fields, and of each all or again a part.
type selection struct {
	slot  int
	below []selection // nil: all of it
}

// pick selects the fields with these dotted paths, in the order of the type.
func pick(fields []*Field, paths []string, prefix string) []selection {
	var part []selection
	for _, f := range fields {
		path := prefix + f.Name
		for _, p := range paths {
			if p == path {
				part = append(part, selection{slot: f.slot})
				break
			}
			if strings.HasPrefix(p, path+".") {
				part = append(part, selection{slot: f.slot, below: pick(f.Fields, paths, path+".")})
				break
			}
		}
	}
	return part
}

// Hash returns the SHA-256 in hex over the canonical JSON of what a field of type hash is made of, as it is in v.
// Equal content gives equal hashes: zeros at the end of a number do not count, and an empty list is the same as none.
func (e *Entity) Hash(f *Field, v expr.Value) string {
	sum := sha256.Sum256(appendPart(nil, e.Type, v, f.pick))
	return hex.EncodeToString(sum[:])
}

// appendPart writes the selected part of a record, or of each record of a list.
func appendPart(b []byte, t *expr.Type, v expr.Value, part []selection) []byte {
	if part == nil {
		return Append(b, t, v, Style{plain: true})
	}
	if t.Kind == expr.KindList {
		b = append(b, '[')
		for i, item := range v.List() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendPart(b, t.Elem, item, part)
		}
		return append(b, ']')
	}
	b = append(b, '{')
	for _, s := range part {
		item := v.Slot(s.slot)
		if absent(item) {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(appendText(b, t.Fields[s.slot].Name), ':')
		b = appendPart(b, t.Fields[s.slot].Type, item, s.below)
	}
	return append(b, '}')
}

// absent says whether a value is null or an empty list.
func absent(v expr.Value) bool {
	return v.IsNull() || v.Kind() == expr.KindList && len(v.List()) == 0
}
