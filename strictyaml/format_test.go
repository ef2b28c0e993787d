package strictyaml

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sihehub/sihe"
)

// abc sorts a, b, c to the front.
func abc(_, names []string) []string {
	var sorted []string
	for _, n := range []string{"a", "b", "c"} {
		if slices.Contains(names, n) {
			sorted = append(sorted, n)
		}
	}
	for _, n := range names {
		if !slices.Contains(sorted, n) {
			sorted = append(sorted, n)
		}
	}
	return sorted
}

func TestFormat(t *testing.T) {
	const path = "testdata/formatted.txtar"
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(a.Files); i += 2 {
		in, out := a.Files[i], &a.Files[i+1]
		name := strings.TrimSuffix(in.Name, ".in")
		data := in.Data
		if name == "crlf" {
			data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
		}
		t.Run(name, func(t *testing.T) {
			var f sihe.Findings
			got, ok := Format(in.Name, data, abc, &f)
			if !ok {
				t.Fatal(f)
			}
			if *update {
				out.Data = got
			} else if diff := cmp.Diff(string(out.Data), string(got)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			again, ok := Format(in.Name, got, abc, &f)
			if !ok || !bytes.Equal(again, got) {
				t.Errorf("a second time: %v\n%s", f, again)
			}
		})
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(a), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFormatLeavesErrors: what cannot be read, and what could lose a comment, stays as it is and is reported.
func TestFormatLeavesErrors(t *testing.T) {
	for name, x := range map[string]struct {
		text string
		code sihe.Code
	}{
		"syntax":    {"a: [1\nb: 2\n", sihe.CodeYAMLSyntax},
		"duplicate": {"a: 1\na: 2\n", sihe.CodeYAMLDuplicate},
		"comment":   {"a: # about the value\n  \"x\"\nb: 1\n", sihe.CodeYAMLFormat},
	} {
		var f sihe.Findings
		out, ok := Format(name, []byte(x.text), abc, &f)
		if ok || len(f) == 0 || f[0].Code != x.code {
			t.Errorf("%s: %v %s\n%s", name, ok, f, out)
		}
	}
}

// FuzzFormat: formatting never panics; what it returns is read as the same, and is not changed by formatting it again.
func FuzzFormat(f *testing.F) {
	a, err := txtar.ParseFile("testdata/formatted.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, x := range a.Files {
		f.Add(x.Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var found sihe.Findings
		out, ok := Format("f", data, abc, &found)
		if !ok {
			if !found.Failed() {
				t.Fatal("refused without a reason")
			}
			return
		}
		again, ok := Format("f", out, abc, &found)
		if !ok || !bytes.Equal(again, out) {
			t.Fatalf("first:\n%q\nsecond:\n%q\n%v", out, again, found)
		}
	})
}
