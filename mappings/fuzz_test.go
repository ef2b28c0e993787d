package mappings_test

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
)

func FuzzLoad(f *testing.F) {
	paths, err := filepath.Glob("testdata/golden/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, x := range a.Files {
			if strings.HasSuffix(x.Name, ".yaml") {
				f.Add(x.Data)
			}
		}
	}
	c := catalog(f)
	data := order()
	f.Fuzz(func(t *testing.T, file []byte) {
		var found sihe.Findings
		s := mappings.Load(&found, c, shapes{}, fstest.MapFS{"f.yaml": {Data: file}})
		for _, x := range found {
			if x.Line < 1 || x.Column < 1 || x.Code == "" || x.Message == "" || x.Path != "f.yaml" {
				t.Errorf("a finding without a place: %+v", x)
			}
		}
		for _, name := range s.Names() {
			if found.Failed() {
				t.Errorf("a file with errors was loaded: %v", found)
			}
			m, _ := s.Mapping(name)
			out, err := m.Map(world{}, data)
			if err != nil || strings.Contains(m.To, "/") {
				continue
			}
			if _, err := canonical.Decode(m.Target, out); err != nil {
				t.Errorf("what was mapped cannot be read: %v\n%s", err, out)
			}
		}
	})
}
