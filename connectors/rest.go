package connectors

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/rest"
	"github.com/sihehub/sihe/mappings"
)

// describeREST reads the shapes of the records of a described product.
func describeREST(s Spec, f *sihe.Findings) mappings.Shapes {
	d, _ := readDescription(s, f)
	if d == nil {
		return nil
	}
	return d
}

func openREST(s Spec, f *sihe.Findings) (*Opened, error) {
	d, settings := readDescription(s, f)
	if d == nil {
		return nil, nil
	}
	r, err := rest.Open(rest.Options{
		System: s.System, URL: settings.url, Description: d, Secrets: s.Secrets, Mappings: s.Mappings, Client: s.Client, Now: s.Wall,
	})
	if err != nil {
		return nil, err
	}
	return &Opened{Connector: r, Normalise: r.Normalise(), Remap: r.Remap}, nil
}
