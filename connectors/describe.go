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
}

func readRESTSettings(s Spec, f *sihe.Findings) (restSettings, bool) {
	var r restSettings
	if s.Settings == nil {
		*f = append(*f, sihe.Finding{
			Severity: sihe.SeverityError, Code: sihe.CodeRestDescription, Path: "hub.yaml", Line: 1, Column: 1,
			Message: "system " + s.System + " has no settings", Suggestion: "write settings: {describe: ./" + s.System + ".yaml, url: https://…}",
		})
		return r, false
	}
	m, ok := s.Settings.Map()
	if !ok {
		return r, false
	}
	r.describe = m.Need("describe")
	if u := m.Take("url"); u != nil {
		r.url, _ = u.Text()
	}
	m.Done()
	return r, r.describe != nil
}

// readDescription reads the description file of a system with connector rest.
func readDescription(s Spec, f *sihe.Findings) (*rest.Description, restSettings) {
	settings, ok := readRESTSettings(s, f)
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
