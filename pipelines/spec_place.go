package pipelines

import (
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/strictyaml"
)

// Places tell where a file says something, by key: "when", "needs.customer".
type places map[string]mappings.Place

// keys notes where those keys of a map stand that it has.
func (p places) keys(m *strictyaml.Map, prefix string, names ...string) {
	for _, name := range names {
		if n := m.Key(name); n != nil {
			p[prefix+name] = placeOf(n)
		}
	}
}

func placeOf(n *strictyaml.Node) mappings.Place {
	return mappings.Place{Path: n.Path(), Line: n.Line(), Column: n.Column(), Source: n.Source()}
}

// of returns the place of a key, or another one when the file does not have it.
func (p places) of(key string, or mappings.Place) mappings.Place {
	if at, ok := p[key]; ok {
		return at
	}
	return or
}
