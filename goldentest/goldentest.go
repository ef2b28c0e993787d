// Package goldentest runs cases that stand in txtar archives together with what is expected of them. For tests only.
package goldentest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// A Case is the files of an archive that share the part of their names before the first dot.
type Case struct {
	Name  string
	Files []txtar.File // in their order, without <name>.want
}

// Run calls run for every case of the archives that the pattern names and compares its result with <name>.want. With update
// it writes the results into the archives instead. Fewer than least cases are an error: a pattern must not miss them.
func Run(t *testing.T, pattern string, least int, update bool, run func(t *testing.T, c Case) string) {
	t.Helper()
	count := 0
	for _, path := range paths(t, pattern) {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		cases, want := split(a)
		count += len(cases)
		a.Files = nil
		for _, c := range cases {
			t.Run(c.Name, func(t *testing.T) {
				got := run(t, c)
				a.Files = append(append(a.Files, c.Files...), txtar.File{Name: c.Name + ".want", Data: []byte(got)})
				compare(t, path, want[c.Name], got, update)
			})
		}
		if update {
			write(t, path, a)
		}
	}
	if count < least {
		t.Errorf("only %d cases", count)
	}
}

// RunArchives is Run where each archive is one case, named by its file, and the file `want` in it is what is expected.
func RunArchives(t *testing.T, pattern string, least int, update bool, run func(t *testing.T, a *txtar.Archive) string) {
	t.Helper()
	all := paths(t, pattern)
	if len(all) < least {
		t.Errorf("only %d cases", len(all))
	}
	for _, path := range all {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := ""
			a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool {
				if f.Name == "want" {
					want = string(f.Data)
				}
				return f.Name == "want"
			})
			got := run(t, a)
			compare(t, path, want, got, update)
			if update {
				a.Files = append(a.Files, txtar.File{Name: "want", Data: []byte(got)})
				write(t, path, a)
			}
		})
	}
}

func paths(t *testing.T, pattern string) []string {
	t.Helper()
	all, err := filepath.Glob(pattern)
	if err != nil || len(all) == 0 {
		t.Fatalf("no golden files are %s: %v", pattern, err)
	}
	return all
}

func split(a *txtar.Archive) (cases []Case, want map[string]string) {
	want = map[string]string{}
	for _, f := range a.Files {
		name, rest, _ := strings.Cut(f.Name, ".")
		if rest == "want" {
			want[name] = string(f.Data)
			continue
		}
		i := slices.IndexFunc(cases, func(c Case) bool { return c.Name == name })
		if i < 0 {
			i = len(cases)
			cases = append(cases, Case{Name: name})
		}
		cases[i].Files = append(cases[i].Files, f)
	}
	return cases, want
}

func compare(t *testing.T, path, want, got string, update bool) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" && !update {
		t.Errorf("%s: -want +got\n%s", path, diff)
	}
}

func write(t *testing.T, path string, a *txtar.Archive) {
	t.Helper()
	if err := os.WriteFile(path, txtar.Format(a), 0o600); err != nil {
		t.Fatal(err)
	}
}
