package connectors

import (
	"io/fs"
	"path"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/rest"
	"github.com/sihehub/sihe/strictyaml"
)

// restSettings are what hub.yaml says of a system with connector rest.
type restSettings struct {
	describe *strictyaml.Node
	url      string
	urlAt    *strictyaml.Node
}

func readRESTSettings(s Spec) (restSettings, bool) {
	var r restSettings
	if s.Settings == nil {
		s.At.Report(sihe.CodeRestDescription, "write settings: {describe: ./"+s.System+".yaml, url: https://…}", "system %s has no settings", s.System)
		return r, false
	}
	m, ok := s.Settings.Map()
	if !ok {
		return r, false
	}
	r.describe = m.Need("describe")
	if r.urlAt = m.Take("url"); r.urlAt != nil {
		r.url, _ = r.urlAt.Text()
	}
	m.Done()
	return r, r.describe != nil
}

// readDescription reads the description file of a system with connector rest.
func readDescription(s Spec, f *sihe.Findings) (*rest.Description, restSettings) {
	settings, ok := readRESTSettings(s)
	if !ok {
		return nil, settings
	}
	name, _ := settings.describe.Text()
	name = path.Clean(name)
	data, err := fs.ReadFile(s.Files, name)
	if err != nil {
		settings.describe.Report(sihe.CodeRestDescription, "name a file inside the hub's folder", "read the description of %s: %v", s.System, err)
		return nil, settings
	}
	n, ok := strictyaml.Parse(name, data, f)
	if !ok {
		return nil, settings
	}
	return rest.Describe(n, name, f), settings
}
