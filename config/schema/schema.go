// Package schema holds the JSON Schemas (draft-07) of all kinds of YAML files. Editors with yaml-language-server read them
// through the first line of a file; `sihe fmt` takes the order of keys from them. The strict loaders, not the schemas,
// decide what is right.
package schema

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

//go:embed *.json
var files embed.FS

// Files returns all schemas, <kind>.json each.
func Files() fs.FS { return files }

// Kinds returns the names of all kinds, sorted.
func Kinds() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the folder is embedded
	}
	kinds := make([]string, 0, len(entries))
	for _, e := range entries {
		kinds = append(kinds, strings.TrimSuffix(e.Name(), ".json"))
	}
	return kinds
}

// Of returns the schema of a kind.
func Of(kind string) ([]byte, bool) {
	b, err := files.ReadFile(kind + ".json")
	return b, err == nil
}

// KindOf tells the kind of a file by the keys at its top, "" when it is none of them.
func KindOf(keys []string) string {
	for _, x := range []struct{ key, kind string }{
		{"test", "test"},
		{"hub", "hub"},
		{"entity", "entity"},
		{"extends", "entity"},
		{"pipeline", "pipeline"},
		{"check", "check"},
		{"mapping", "mapping"},
		{"lookups", "mapping"},
		{"process", "process"},
		{"story", "story"},
		{"profile", "chart"},
		{"product", "description"},
	} {
		if slices.Contains(keys, x.key) {
			if x.kind == "check" && slices.Contains(keys, "product") {
				continue // a product's check: is an address
			}
			return x.kind
		}
	}
	return ""
}
