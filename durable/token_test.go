package durable_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// Only the rooms that complete a sync may make a token, so that acknowledging too early does not compile (invariant 1);
// and only durable opens bbolt files.
func TestWhoMakesTokens(t *testing.T) {
	const root = ".."
	rooms := map[string]int{"durable": 0, "pipelines/bus": 0}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		room, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		room = filepath.ToSlash(room)
		ast.Inspect(file, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.SelectorExpr:
				if x.Sel.Name != "Synced" {
					return true
				}
				if _, ok := rooms[room]; !ok {
					t.Errorf("%s makes a token", path)
				}
				rooms[room]++
			case *ast.ImportSpec:
				if strings.HasPrefix(x.Path.Value, `"go.etcd.io/bbolt`) && room != "durable" {
					t.Errorf("%s imports bbolt", path)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for room, n := range rooms {
		if n == 0 {
			t.Errorf("%s makes no token: the test looks in the wrong place", room)
		}
	}
}
