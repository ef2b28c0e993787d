package rest_test

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/connectors/rest"
	"github.com/sihehub/sihe/goldentest"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/strictyaml"
)

var update = flag.Bool("update", false, "write what the tests get into their golden files")

// Each case is lines to put in place of others in the description of acme (`old` → `new`), or a whole description, and
// what is found, with its place.
func TestDescriptions(t *testing.T) {
	var f sihe.Findings
	c := canonical.Load(&f, entities)
	goldentest.Run(t, "testdata/descriptions.txtar", 30, *update, func(_ *testing.T, x goldentest.Case) string {
		return found(c, string(x.Files[0].Data))
	})
}

func found(c *canonical.Catalog, text string) string {
	if old, changed, ok := strings.Cut(text, " → "); ok {
		old, changed = strings.TrimSpace(old), strings.TrimSpace(changed)
		if !strings.Contains(acme, old) {
			return "the description has no " + old + "\n"
		}
		text = strings.Replace(strings.TrimPrefix(acme, "\n"), old, changed, 1)
	}
	var f sihe.Findings
	var b strings.Builder
	n, ok := strictyaml.Parse("acme.yaml", []byte(text), &f)
	if ok {
		if d := rest.Describe(n, "acme.yaml", &f); d != nil {
			sources := []fs.FS{files}
			if d.Product != "acme" {
				sources = nil
			}
			set := mappings.Load(&f, c, d, sources...)
			d.CheckAgainst(set, c)
			dump(&b, d)
		}
	}
	var all strings.Builder
	for _, x := range f.Sorted() {
		fmt.Fprintf(&all, "%s %s\n", x.Severity, x)
		if x.Source != "" {
			fmt.Fprintf(&all, "  %s\n  %s^\n", x.Source, strings.Repeat(" ", min(x.Column-1, 200)))
		}
	}
	if f.Failed() {
		return all.String()
	}
	return all.String() + b.String()
}

func dump(b *strings.Builder, d *rest.Description) {
	fmt.Fprintf(b, "product %s %+v check %q auth %+v secrets %v\n", d.Product, d.Label, d.Check, d.Auth, d.Secrets())
	if d.Webhook != nil {
		fmt.Fprintf(b, "webhook %+v\n", *d.Webhook)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Records)) {
		r := d.Records[name]
		fmt.Fprintf(b, "record %s key %s changed %s version %s becomes %s %s by %s: %s\n", name, r.Key, r.Changed, r.Version, r.Entity, r.Name, r.Map, r.Type)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Reads)) {
		fmt.Fprintf(b, "read %s %+v\n", name, *d.Reads[name])
	}
	for _, entity := range slices.Sorted(maps.Keys(d.Writes)) {
		for _, do := range slices.Sorted(maps.Keys(d.Writes[entity])) {
			w := d.Writes[entity][do]
			fmt.Fprintf(b, "write %s %s: %s %s map %q key %q id in %q %q repeats %v done %v reject %v reason %q ok %+v\n",
				entity, do, w.Method, w.Path, w.Map, w.Key, w.IDHeader, w.IDField, w.Repeats, w.Done, w.Reject, w.Reason, w.OK)
		}
	}
	for _, entity := range slices.Sorted(maps.Keys(d.Finds)) {
		fmt.Fprintf(b, "find %s %+v\n", entity, *d.Finds[entity])
	}
}

// What is wrong with an opened connector is told without showing what is secret.
func TestOpenErrors(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		url    string
		change func(o *rest.Options)
		code   sihe.Code
	}{
		"no address":         {"", nil, sihe.CodeRestDescription},
		"a password":         {"https://u:canary@acme.example", nil, sihe.CodeRestDescription},
		"a query":            {"https://acme.example/?token=canary", nil, sihe.CodeRestDescription},
		"no scheme":          {"acme.example/canary", nil, sihe.CodeRestDescription},
		"another scheme":     {"file:///etc/canary", nil, sihe.CodeRestDescription},
		"control characters": {"https://acme.example/\x00canary", nil, sihe.CodeRestDescription},
		"no secret":          {"https://acme.example", func(o *rest.Options) { delete(o.Secrets, "token") }, sihe.CodeRestSecret},
		"an empty secret":    {"https://acme.example", func(o *rest.Options) { o.Secrets["hook"] = "" }, sihe.CodeRestSecret},
		"a short secret":     {"https://acme.example", func(o *rest.Options) { o.Secrets["hook"] = "whsec_Y2FuYXJ5" }, sihe.CodeRestSecret},
		"no base64":          {"https://acme.example", func(o *rest.Options) { o.Secrets["hook"] = "whsec_canary!" + strings.Repeat("x", 40) }, sihe.CodeRestSecret},
		"no mapping":         {"https://acme.example", func(o *rest.Options) { o.Mappings = &mappings.Set{} }, sihe.CodeRestDescription},
	} {
		o := options(t, x.url)
		if x.change != nil {
			x.change(&o)
		}
		_, err := rest.Open(o)
		if sihe.ClassOf(err) != sihe.ClassPermanent || sihe.CodeOf(err) != x.code {
			t.Errorf("%s: %v", name, err)
		}
		clean(t, err)
	}
	p := newProduct(t)
	o := options(t, p.URL)
	o.Secrets["token"] = "canary\r\nHost: evil"
	r, err := rest.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Write(t.Context(), job("w1", "x"))
	if err == nil || len(p.took("POST")) != 0 {
		t.Errorf("a token that is no header: %v", err)
	}
	clean(t, err)
}
