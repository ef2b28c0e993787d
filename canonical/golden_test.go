package canonical_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/goldentest"
)

var update = flag.Bool("update", false, "write what the tests found into the golden files")

// golden runs every archive of a folder.
func golden(t *testing.T, folder string, least int, run func(t *testing.T, a *archive) string) {
	t.Helper()
	goldentest.RunArchives(t, filepath.Join("testdata", folder, "*.txtar"), least, *update, func(t *testing.T, a *txtar.Archive) string {
		x := &archive{comment: string(a.Comment), sources: [2]fstest.MapFS{{}, {}}, files: map[string]string{}}
		for _, f := range a.Files {
			switch {
			case strings.HasPrefix(f.Name, "company/"):
				x.sources[1][f.Name] = &fstest.MapFile{Data: f.Data}
			case strings.HasSuffix(f.Name, ".yaml"):
				x.sources[0][f.Name] = &fstest.MapFile{Data: f.Data}
			default:
				x.files[f.Name] = string(f.Data)
			}
		}
		return run(t, x)
	})
}

// An archive is one golden file without what it wants.
type archive struct {
	comment string
	sources [2]fstest.MapFS // shipped, then the company's
	files   map[string]string
}

func (a *archive) load() (*canonical.Catalog, sihe.Findings) {
	var f sihe.Findings
	c := canonical.Load(&f, a.sources[0], a.sources[1])
	return c, f.Sorted()
}

// entity loads the archive's only entity, or the order of testdata when it has none.
func (a *archive) entity(t *testing.T) *canonical.Entity {
	t.Helper()
	if len(a.sources[0]) == 0 {
		return order(t)
	}
	c, f := a.load()
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	return c.Entities()[0]
}

// order is the entity of testdata/order.yaml.
func order(t testing.TB) *canonical.Entity {
	t.Helper()
	var f sihe.Findings
	c := canonical.Load(&f, os.DirFS("testdata"))
	if len(f) > 0 {
		t.Fatal(f.Err())
	}
	e, ok := c.Entity("erp.sales_order")
	if !ok {
		t.Fatal("no erp.sales_order")
	}
	return e
}

func TestEntityFiles(t *testing.T) {
	golden(t, "entity", 40, func(_ *testing.T, a *archive) string {
		c, findings := a.load()
		var b strings.Builder
		for _, f := range findings {
			if strings.HasPrefix(string(f.Code), "EXPR_") { // its words are the expression language's own
				f.Message, _, _ = strings.Cut(f.Message, ": ")
				f.Suggestion = ""
			}
			if f.Severity == sihe.SeverityWarning {
				fmt.Fprintln(&b, "warning", f)
			} else {
				fmt.Fprintln(&b, f)
			}
		}
		if !findings.Failed() {
			for _, e := range c.Entities() {
				describe(&b, e)
			}
		}
		return b.String()
	})
}

// describe writes what became of an entity file.
func describe(b *strings.Builder, e *canonical.Entity) {
	fmt.Fprintf(b, "%s %s/%s key=%s chain=%s", e.FullName(), e.Label.En, e.Label.Zh, e.Key, e.Chain)
	if e.Number != nil {
		day, _ := expr.ParseDate("2026-03-05")
		field := func(name string) string { return "<" + name + ">" }
		fmt.Fprintf(b, " number=%s counter=%s", e.Number.Key(day, field, 7), e.Number.Counter(day, field))
	}
	fmt.Fprintf(b, " copies=%v accepts=%v unique=%v\n", e.Copies, e.Accepts, e.Unique)
	describeFields(b, e.Fields)
	for _, s := range e.States {
		fmt.Fprintf(b, "  state %s %s/%s", s.Name, s.Label.En, s.Label.Zh)
		for _, a := range s.Actions {
			fmt.Fprintf(b, " [%s→%s", a.Name, a.To)
			if a.When != nil {
				fmt.Fprintf(b, " when %s", a.When)
			}
			if a.Auto {
				b.WriteString(" auto")
			}
			if a.With != nil {
				fmt.Fprintf(b, " with %v", a.With)
			}
			b.WriteString("]")
		}
		b.WriteString("\n")
	}
	if e.View != nil {
		fmt.Fprintf(b, "  view %v\n", e.View)
	}
}

func describeFields(b *strings.Builder, fields []*canonical.Field) {
	for _, f := range fields {
		fmt.Fprintf(b, "  %s %s (%s)", f.Path, f.Kind, f.Type)
		for _, x := range []struct {
			name string
			on   bool
			text string
		}{
			{"ref", f.Ref != "", f.Ref},
			{"formula", f.Formula != nil, fmt.Sprint(f.Formula)},
			{"default", f.Default != nil, fmt.Sprint(f.Default)},
			{"writer", f.Writer != "", f.Writer},
			{"of", f.Of != nil, fmt.Sprint(f.Of)},
			{"max", f.MaxLength > 0, fmt.Sprint(f.MaxLength)},
			{"label", f.Label.En != "L", f.Label.En + "/" + f.Label.Zh},
		} {
			if x.on {
				fmt.Fprintf(b, " %s=%s", x.name, x.text)
			}
		}
		b.WriteString("\n")
		describeFields(b, f.Fields)
	}
}

// refusal shows an error as golden files do.
func refusal(err error) string {
	var e *sihe.Error
	if !errors.As(err, &e) {
		return "error without code: " + err.Error() + "\n"
	}
	return fmt.Sprintf("%s at %q: %s\n", e.Code, e.Path, e.Text)
}

func TestDecode(t *testing.T) {
	golden(t, "decode", 25, func(t *testing.T, a *archive) string {
		e := a.entity(t)
		data := []byte(strings.TrimSuffix(a.files["in.json"], "\n"))
		if hex, ok := a.files["in.go"]; ok {
			data = []byte(unquoteGo(t, hex))
		}
		v, err := canonical.Decode(e.Type, data)
		if strings.Contains(a.comment, "pass over unknown fields") {
			v, err = canonical.DecodeKnown(e.Type, data)
		}
		if err != nil {
			return refusal(err)
		}
		out := string(canonical.Encode(e.Type, v, canonical.Style{})) + "\n"
		if strings.Contains(a.comment, "as numbers") {
			out += string(canonical.Encode(e.Type, v, canonical.Style{Numbers: true})) + "\n"
		}
		if strings.Contains(a.comment, "partial") {
			_, present, err := canonical.DecodePartial(e.Type, data)
			if err != nil {
				t.Fatal(err)
			}
			out += "present: " + strings.Join(present, " ") + "\n"
		}
		again, err := canonical.Decode(e.Type, []byte(strings.SplitN(out, "\n", 2)[0]))
		if err != nil || !again.Equal(v) {
			t.Errorf("decoded again: %v, %v", again, err)
		}
		return out
	})
}

func TestCompute(t *testing.T) {
	golden(t, "compute", 20, func(t *testing.T, a *archive) string {
		e := a.entity(t)
		v, err := canonical.Decode(e.Type, []byte(a.files["in.json"]))
		if err != nil {
			t.Fatal(err)
		}
		before := canonical.Encode(e.Type, v, canonical.Style{})
		w, err := e.Compute(v, world{})
		if diff := cmp.Diff(string(before), string(canonical.Encode(e.Type, v, canonical.Style{}))); diff != "" {
			t.Errorf("the record that was handed in changed:\n%s", diff)
		}
		if err != nil {
			return refusal(err)
		}
		out := canonical.Encode(e.Type, w, canonical.Style{})
		again, err := e.Compute(w, world{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(out), string(canonical.Encode(e.Type, again, canonical.Style{}))); diff != "" {
			t.Errorf("computing again changed:\n%s", diff)
		}
		return strings.ReplaceAll(string(out), ",\"", ",\n\"") + "\n"
	})
}
