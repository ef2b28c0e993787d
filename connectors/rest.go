package connectors

import (
	"net"
	"net/url"

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

// normaliseREST names the mappings of the records that come in.
func normaliseREST(s Spec, f *sihe.Findings) map[string]Normalise {
	d, _ := readDescription(s, f)
	if d == nil {
		return nil
	}
	all := map[string]Normalise{}
	for kind, m := range d.Normalise(s.Mappings.Mapping) {
		all[kind] = Normalise{Map: m, Name: d.Records[kind].Name}
	}
	return all
}

// lintREST checks the description against hub.yaml, the mappings and the entities.
func lintREST(s Spec, f *sihe.Findings) {
	d, settings := readDescription(s, f)
	if d == nil {
		return
	}
	if problem := rest.Address(settings.url, d); problem != "" {
		at := s.Settings
		if settings.urlAt != nil {
			at = settings.urlAt
		}
		at.Report(sihe.CodeRestDescription, "", "%s", problem)
	} else if settings.urlAt != nil && unsafeAddress(settings.url) && d.Auth != (rest.Auth{}) {
		settings.urlAt.Warn(sihe.CodeConfigUnsafe, "use https", "without TLS the credentials go over the network as they are")
	}
	for _, name := range d.Secrets() {
		if _, ok := s.Secrets[name]; !ok {
			s.At.Report(sihe.CodeRestSecret, "add secrets: {"+name+": \"${env:…}\"}", "the description wants the secret %s", name)
		}
	}
	d.CheckAgainst(s.Mappings, s.Catalog)
}

// unsafeAddress says whether calls to an address can be overheard by other machines.
func unsafeAddress(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
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
