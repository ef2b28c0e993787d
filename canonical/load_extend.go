package canonical

import (
	"github.com/sihehub/sihe"
)

// extend adds what a company's file says to an entity.
func (l *loader) extend(x extension) {
	d := l.drafts[x.entity]
	if d == nil {
		known := make([]string, 0, len(l.drafts))
		for name := range l.drafts {
			known = append(known, name)
		}
		x.m.Take("extends").Report(sihe.CodeEntityReference, didYouMeanOr(x.entity, known, ""), "unknown entity %q", x.entity)
	}
}
