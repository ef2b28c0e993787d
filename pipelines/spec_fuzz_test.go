package pipelines_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines"
)

// FuzzCompile: whatever the file says, it is compiled or refused with a place, and nothing refused is in the plan.
func FuzzCompile(f *testing.F) {
	paths, err := filepath.Glob("testdata/spec/golden/*.txtar")
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
	var found sihe.Findings
	c := canonical.Load(&found, os.DirFS("testdata/spec/entities"))
	m := mappings.Load(&found, c, nil, os.DirFS("testdata/spec/mappings"))
	if found.Failed() {
		f.Fatal(found.Err())
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var found sihe.Findings
		plan := pipelines.Compile(&found, c, m, fstest.MapFS{"f.yaml": {Data: file}})
		for _, x := range found {
			if x.Line < 1 || x.Column < 1 || x.Code == "" || x.Message == "" || x.Path == "" {
				t.Errorf("a finding without a place: %+v", x)
			}
		}
		if n := len(plan.Pipelines) + len(plan.Checks); n > 1 || n == 1 && found.Failed() && len(plan.Checks) == 1 {
			t.Errorf("%d pipelines and checks from one file: %v", n, found)
		}
	})
}
