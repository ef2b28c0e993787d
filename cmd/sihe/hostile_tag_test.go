package main

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/config"
	restful "github.com/sihehub/sihe/connectors/rest"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/strictyaml"
)

// Every value of every shipped file is spoilt in turn: by a tag, by nothing, by another kind of value. Whatever reads it
// finds an error there, or takes it, but does not panic.
func TestSpoiltValues(t *testing.T) {
	t.Parallel()
	var clean sihe.Findings
	catalog := canonical.Load(&clean, canonical.Shipped())
	set := mappings.Load(&clean, catalog, nil, mappings.Shipped())
	if clean.Failed() {
		t.Fatal(clean.Err())
	}
	kinds := map[string]struct {
		files fs.FS
		load  func(f *sihe.Findings, one fs.FS)
	}{
		"entities":  {canonical.Shipped(), func(f *sihe.Findings, one fs.FS) { canonical.Load(f, one) }},
		"mappings":  {mappings.Shipped(), func(f *sihe.Findings, one fs.FS) { mappings.Load(f, catalog, nil, one) }},
		"pipelines": {pipelines.Shipped(), func(f *sihe.Findings, one fs.FS) { pipelines.Compile(f, catalog, set, one) }},
		"tests": {pipelines.Shipped(), func(f *sihe.Findings, one fs.FS) {
			pipelines.Test(f, catalog, set, &pipelines.Plan{}, one)
		}},
		"hub": {fstest.MapFS{"hub.yaml": {Data: []byte(spoiltHub)}}, func(f *sihe.Findings, one fs.FS) { config.Load(".", one, config.OSEnv, f) }},
		"descriptions": {fstest.MapFS{"d.yaml": {Data: []byte(spoiltDescription)}}, func(f *sihe.Findings, one fs.FS) {
			strictyaml.Files(one, f, func(path string, n *strictyaml.Node) {
				if d := restful.Describe(n, path, f); d != nil {
					d.CheckAgainst(set, catalog)
				}
			})
		}},
	}
	for kind, k := range kinds {
		spoilt := 0
		err := fs.WalkDir(k.files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.yaml") != (kind == "tests") {
				return err
			}
			data, err := fs.ReadFile(k.files, path)
			if err != nil {
				return err
			}
			for i, by := range spoilers(string(data)) {
				spoilt++
				func() {
					defer func() {
						if r := recover(); r != nil {
							t.Fatalf("%s, change %d: panic: %v\n%s", path, i, r, by)
						}
					}()
					var f sihe.Findings
					k.load(&f, fstest.MapFS{path: {Data: []byte(by)}})
				}()
			}
			return nil
		})
		if err != nil || spoilt < 30 {
			t.Errorf("%s: %d changes, %v", kind, spoilt, err)
		}
	}
}

// spoilers changes one value after the other; of a long file some.
func spoilers(text string) (all []string) {
	at := 0
	for i := strings.Index(text, ":\n"); i >= 0; i = strings.Index(text[at:], ":\n") { // a whole block
		at += i + 1
		all = append(all, text[:at]+" !x"+text[at:])
	}
	at = 0
	step := 1 + strings.Count(text, ": ")/8
	for n := 0; ; n++ {
		i := strings.Index(text[at:], ": ")
		if i < 0 {
			return all
		}
		at += i + 2
		if n%step != 0 {
			continue
		}
		for _, by := range []string{"!x ", "[] #", "{} #", "[{a: b}] #", "{a: {b: c}} #", " #", "9 #", "\"\" #", "|\n     x #"} {
			if all = append(all, text[:at]+by+text[at:]); strings.HasSuffix(by, "#") && strings.Contains(line(text, at), "{") {
				all[len(all)-1] = text[:at] + strings.TrimSuffix(by, "#") + ", " + text[at:] // inside braces a comment would eat too much
			}
		}
	}
}

func line(text string, at int) string {
	start := strings.LastIndex(text[:at], "\n") + 1
	end := strings.Index(text[at:], "\n")
	return text[start : at+max(end, 0)]
}

const spoiltHub = `
hub: {name: h, data: ./d, intake: "127.0.0.1:1", admin: "127.0.0.1:2", language: zh, zone: Asia/Shanghai}
bus: {partitions: 4, kafka: {brokers: ["k1:9092"], tls: true, ca_file: ca.pem, replication: 3, sasl: {mechanism: PLAIN, user: u, password: "${env:HOME}"}}}
systems:
  crm: {module: crm, connector: native, settings: {a: b}, secrets: {c: "${env:HOME}"}}
use: [./pipelines]
limits: {crm: {rate: 5/s, concurrent: 2}}
retention: {raw: 5d, canonical: 5d, delivered: 5d}
`

const spoiltDescription = `
product: shop
label: {en: Shop, zh: 店}
check: /ping
auth: {bearer: token}
records:
  order: {key: id, changed: at, version: v, fields: {id: {type: text, required: true}, kind: {type: enum, of: [a, b]}, lines: {type: list, fields: {x: {type: int}}}}, becomes: {entity: crm.party, name: n, map: m}}
webhook: {verify: standard-webhooks, secret: hook, tolerance: 5m, type: t, of: {a: order}, data: d}
read: {order: {get: /o, query: {since: "{cursor}"}, items: i, page: p, overlap: 5m, first: f}}
write: {crm.party: {create: {post: /p, map: m, key: k, id_header: I, id_field: f, repeats: true, done: [200], reject: [409], reason: r, ok: {path: p, equals: [a]}}}}
find: {crm.party: {get: "/p/{key}", write: {get: /p, query: {q: "{id}"}, items: i, key: k}}}
`
