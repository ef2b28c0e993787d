package sihe_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
)

// speakers are the packages that find what is wrong with files, and how their calls are built: the place of the format,
// before which a suggestion may stand.
var speakers = []string{"strictyaml", "canonical", "mappings", "pipelines", "connectors"}

func formatAt() map[string]int {
	return map[string]int{"Report": 2, "Warn": 2, "ReportAt": 3, "report": 4, "problem": 3, "bad": 3, "fail": 1, "refuse": 2}
}

// said collects every format that the packages give to findings, with its place.
func said(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, dir := range speakers {
		err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
			path := filepath.Join(dir, name)
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(path, "connectors/native/") {
				return err
			}
			files := token.NewFileSet()
			f, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if format, ok := formatOf(n); ok {
					all[format] = files.Position(n.Pos()).String()
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func formatOf(n ast.Node) (string, bool) {
	c, ok := n.(*ast.CallExpr)
	if !ok {
		return "", false
	}
	name := ""
	switch x := c.Fun.(type) {
	case *ast.SelectorExpr:
		name = x.Sel.Name
	case *ast.Ident:
		name = x.Name
	}
	at, ok := formatAt()[name]
	for ; ok && at < len(c.Args); at++ {
		if l, fine := c.Args[at].(*ast.BasicLit); fine && l.Kind == token.STRING {
			s, err := strconv.Unquote(l.Value)
			return s, err == nil && strings.ContainsFunc(regexp.MustCompile(`%[a-z]`).ReplaceAllString(s, ""), func(r rune) bool { return r >= 'a' })
		}
		if name != "report" { // the scanner's has its place as one argument, a file's as two
			return "", false
		}
		at -= 2
		ok = false
		if l, fine := c.Args[at+1].(*ast.BasicLit); fine && l.Kind == token.STRING && at+1 == 3 {
			s, err := strconv.Unquote(l.Value)
			return s, err == nil
		}
	}
	return "", false
}

// TestChineseIsComplete: whatever is said about files can be said in Chinese, with every value in it.
func TestChineseIsComplete(t *testing.T) {
	book := sihe.NewPhrasebook()
	all := said(t)
	if len(all) < 250 {
		t.Fatalf("only %d formats were found", len(all))
	}
	for format, at := range all {
		values := 0
		message := regexp.MustCompile(`%(?:\.\d+)?([svdqc])`).ReplaceAllStringFunc(format, func(verb string) string {
			values++
			switch verb[len(verb)-1] {
			case 'd':
				return strconv.Itoa(9000 + values)
			case 'q':
				return `"v` + strconv.Itoa(9000+values) + `"`
			case 'c':
				return string(rune('①' + values))
			}
			return "v" + strconv.Itoa(9000+values)
		})
		message = strings.ReplaceAll(message, "%%", "%")
		zh, ok := book.Chinese(message)
		if !ok || !strings.ContainsFunc(zh, func(r rune) bool { return r >= '一' && r <= '鿿' }) {
			t.Errorf("%s: chinese.txt has no %q", at, format)
			continue
		}
		for i := range values {
			if v := strconv.Itoa(9001 + i); !strings.Contains(zh, v) && !strings.Contains(zh, string(rune('①'+i+1))) {
				t.Errorf("%s: the Chinese of %q lacks value %d: %s", at, format, i+1, zh)
			}
		}
	}
}

// TestChinesePhrases: each stands once and says every value.
func TestChinesePhrases(t *testing.T) {
	b, err := os.ReadFile("chinese.txt")
	if err != nil {
		t.Fatal(err)
	}
	var formats []string
	for i, entry := range strings.Split(strings.TrimSpace(string(b)), "\n\n") {
		lines := strings.Split(entry, "\n")
		if len(lines) != 2 {
			t.Fatalf("entry %d is no pair: %q", i+1, entry)
		}
		if slices.Contains(formats, lines[0]) {
			t.Errorf("%q stands twice", lines[0])
		}
		formats = append(formats, lines[0])
		values := len(regexp.MustCompile(`%(?:\.\d+)?[svdqc]`).FindAllString(lines[0], -1))
		for n := range values {
			if !strings.Contains(lines[1], "{"+strconv.Itoa(n+1)+"}") {
				t.Errorf("%q: value %d is not in %q", lines[0], n+1, lines[1])
			}
		}
	}
}

func TestChinese(t *testing.T) {
	book := sihe.NewPhrasebook()
	for en, want := range map[string]string{
		`unknown name "ordr_no"`: `未知名称 "ordr_no"`,
		`lines.quantity: the value may be null, the target needs decimal`: `lines.quantity：值可能为空，目标需要 decimal`,
		`example "a, b": sub.x is "1", not "2"`:                           `示例 "a, b"：sub.x 是 "1"，而不是 "2"`,
		`did you mean order_no?`:                                          `是否为 order_no？`,
		`give a default: remark ?? ""`:                                    `请给默认值：remark ?? ""`,
		`nothing uses the let "x"`:                                        `没有任何地方使用 let "x"`,
	} {
		if got, ok := book.Chinese(en); !ok || got != want {
			t.Errorf("%s: %s, want %s", en, got, want)
		}
	}
	for _, en := range []string{"", "a new message: of nobody", "order_no: x", "a message that nobody knows needs a book"} {
		if got, ok := book.Chinese(en); ok {
			t.Errorf("%q became %q", en, got)
		}
	}
}
