package sihe_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/sihehub/sihe"
)

// declared reads the constants of type Code from the sources of the root package.
func declared(t *testing.T) map[sihe.Code]string {
	t.Helper()
	files, err := filepath.Glob("codes*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[sihe.Code]string{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || len(v.Values) == 0 {
				return true
			}
			typ, isNamed := v.Type.(*ast.Ident)
			lit, isLiteral := v.Values[0].(*ast.BasicLit)
			if !isNamed || !isLiteral || typ.Name != "Code" {
				return true
			}
			s, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			if other, twice := all[sihe.Code(s)]; twice {
				t.Errorf("%s: %s is declared as %s too", name, s, other)
			}
			all[sihe.Code(s)] = v.Names[0].Name
			return true
		})
	}
	return all
}

// TestCodes holds every code to what the manual and the API promise: both languages, what to do, a status.
func TestCodes(t *testing.T) {
	shape := regexp.MustCompile(`^[A-Z][A-Z0-9_]{2,39}$`)
	chinese := regexp.MustCompile(`\p{Han}`)
	codes := declared(t)
	if len(codes) < 100 {
		t.Fatalf("only %d codes found", len(codes))
	}
	explained := map[sihe.Code]bool{}
	for _, x := range sihe.Explanations() {
		if explained[x.Code] {
			t.Errorf("%s is explained twice", x.Code)
		}
		explained[x.Code] = true
		if !shape.MatchString(string(x.Code)) {
			t.Errorf("%s is no code", x.Code)
		}
		if x.En == "" || x.HelpEn == "" || !chinese.MatchString(x.Zh) || !chinese.MatchString(x.HelpZh) {
			t.Errorf("%s lacks a text: %+v", x.Code, x)
		}
		if http.StatusText(x.HTTPStatus) == "" {
			t.Errorf("%s has no HTTP status", x.Code)
		}
		if _, ok := codes[x.Code]; !ok {
			t.Errorf("%s is explained but not declared", x.Code)
		}
	}
	for code, name := range codes {
		if !explained[code] {
			t.Errorf("%s (%s) is declared but not explained", name, code)
		}
	}
}
