package canonical_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
)

// seeds hands over every file of the golden archives of a folder whose name ends so.
func seeds(f *testing.F, folder, suffix string) {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no archives in %s: %v", folder, err)
	}
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, x := range a.Files {
			if strings.HasSuffix(x.Name, suffix) {
				f.Add(x.Data)
			}
		}
	}
}

// What is read is written and read again as the same; nothing panics; every refusal has a code of its own.
func FuzzDecode(f *testing.F) {
	seeds(f, "decode", ".json")
	seeds(f, "compute", ".json")
	f.Add([]byte(goodOrder))
	e := order(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := canonical.Decode(e.Type, data)
		if err != nil {
			if sihe.CodeOf(err) == sihe.CodeInternal || sihe.ClassOf(err) != sihe.ClassPermanent {
				t.Fatalf("%v, class %v", err, sihe.ClassOf(err))
			}
			return
		}
		for _, s := range []canonical.Style{{}, {Numbers: true}, {Nulls: true}} {
			out := canonical.Encode(e.Type, v, s)
			again, present, err := canonical.DecodePartial(e.Type, out)
			if err != nil || !again.Equal(v) {
				t.Fatalf("%s came back as %v, %v", out, again, err)
			}
			if s.Nulls && !v.IsNull() && len(present) < len(e.Type.Fields) {
				t.Fatalf("%s: only %v were present", out, present)
			}
			if string(canonical.Encode(e.Type, again, s)) != string(out) {
				t.Fatalf("%s is written differently the second time", out)
			}
		}
		out := canonical.Encode(e.Type, v, canonical.Style{})
		if whole := e.Validate(out); e.Check(v) == nil && whole != nil { // the Schema cannot say all that Check knows
			t.Fatalf("%s: Check lets it pass, the JSON Schema not: %v", out, whole)
		}
		if w, err := e.Compute(v, world{}); err == nil {
			out := canonical.Encode(e.Type, w, canonical.Style{})
			if err := e.Validate(out); err != nil {
				t.Fatalf("%s: computed, but %v", out, err)
			}
		} else if sihe.CodeOf(err) == sihe.CodeInternal {
			t.Fatal(err)
		}
	})
}

// A file never panics; what is wrong has a place and a code; what loads can be used.
func FuzzLoad(f *testing.F) {
	seeds(f, "entity", ".yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		var findings sihe.Findings
		c := canonical.Load(&findings, fstest.MapFS{"x.yaml": &fstest.MapFile{Data: data}})
		for _, x := range findings {
			if x.Path == "" || x.Line < 1 || x.Column < 1 || x.Code == "" || x.Message == "" {
				t.Fatalf("finding without a place or code: %+v", x)
			}
			if _, known := sihe.Explain(x.Code); !known {
				t.Fatalf("%s is not explained", x.Code)
			}
		}
		if findings.Failed() {
			return
		}
		for _, e := range c.Entities() {
			if !json.Valid(e.Schema()) {
				t.Fatalf("schema: %s", e.Schema())
			}
			v, err := canonical.Decode(e.Type, []byte("{}"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.Compute(v, world{}); sihe.CodeOf(err) == sihe.CodeInternal && err != nil {
				t.Fatal(err)
			}
			if err := e.Validate([]byte("{}")); err != nil && sihe.CodeOf(err) == sihe.CodeInternal {
				t.Fatal(err)
			}
		}
	})
}
