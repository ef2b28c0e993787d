package config

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/goldentest"
)

var update = flag.Bool("update", false, "write what the tests get into their golden files")

// testEnv is the environment of all cases.
func testEnv(kind, name string) (string, bool) {
	v, ok := map[string]string{
		"env NAME":               "linjiang",
		"env PORT":               "9000",
		"env PASSWORD":           "canary-1",
		"env EMPTY":              "",
		"env INJECT":             "x, admin: 0.0.0.0:1}\nsystems: {evil: {module: crm}} # ${env:PASSWORD}",
		"env URL":                "https://k3.example.com",
		"file /run/secrets/fs":   "canary-2",
		"file hubs/lin/sub/file": "canary-3",
	}[kind+" "+name]
	return v, ok
}

// Each archive holds pairs of <case>.yaml and <case>.want: what is found, with a mark at its place, or else the hub with
// everything resolved.
func TestGolden(t *testing.T) {
	goldentest.Run(t, "testdata/*.txtar", 40, *update, func(t *testing.T, c goldentest.Case) string {
		got := described(c.Files[0].Data)
		if strings.Contains(got, "canary") || strings.Contains(got, "hunter2") {
			t.Errorf("a secret shows:\n%s", got)
		}
		return got
	})
}

func described(data []byte) string {
	var f sihe.Findings
	var b strings.Builder
	c := Load("hubs/lin", fstest.MapFS{File: {Data: data}}, testEnv, &f)
	for _, x := range f.Sorted() {
		fmt.Fprintf(&b, "%s %s\n", x.Severity, x)
		if x.Source != "" {
			fmt.Fprintf(&b, "  %s\n  %s^\n", x.Source, strings.Repeat(" ", min(x.Column-1, 200)))
		}
	}
	if c != nil {
		dump(&b, c)
	}
	return b.String()
}

func dump(b *strings.Builder, c *Config) {
	fmt.Fprintf(b, "hub %s data %s intake %s admin %s language %s zone %s\n", c.Name, c.Data, c.Intake, c.Admin, c.Language, c.Zone)
	if c.Reserve != 64<<20 {
		fmt.Fprintf(b, "reserve %d MB\n", c.Reserve>>20)
	}
	fmt.Fprintf(b, "bus %+v\n", c.Bus)
	for _, s := range c.Systems {
		fmt.Fprintf(b, "system %s module %s connector %s at %d:%d\n", s.Name, s.Module, s.Connector, s.At.Line(), s.At.Column())
		if s.Poll.Every != 0 {
			fmt.Fprintf(b, "  poll every %s\n", s.Poll.Every)
		}
		if s.Poll.Schedule != nil {
			fmt.Fprintf(b, "  poll %s\n", scheduled(*s.Poll.Schedule))
		}
		if s.Settings != nil {
			fmt.Fprintf(b, "  settings %v\n", s.Settings.Value())
		}
		for _, name := range slices.Sorted(maps.Keys(s.Secrets)) {
			fmt.Fprintf(b, "  secret %s %v of %d bytes\n", name, s.Secrets[name], len(s.Secrets[name].Reveal()))
		}
	}
	for _, u := range c.Use {
		fmt.Fprintf(b, "use %s at %d:%d\n", u.Folder, u.At.Line(), u.At.Column())
	}
	for _, name := range slices.Sorted(maps.Keys(c.Limits)) {
		fmt.Fprintf(b, "limit %s %+v\n", name, c.Limits[name])
	}
	for _, name := range slices.Sorted(maps.Keys(c.Schedules)) {
		fmt.Fprintf(b, "schedule %s %s\n", name, scheduled(c.Schedules[name]))
	}
	if want := (Brake{Window: time.Hour, Share: 30, Cancels: 100}); !reflect.DeepEqual(c.Brake, want) {
		fmt.Fprintf(b, "brake %+v\n", c.Brake)
	}
	if want := (Checks{Every: 5 * time.Minute, Window: 90 * 24 * time.Hour, Full: 24 * time.Hour, Calls: 1000, Repairs: 20, Repeats: 3}); c.Checks != want {
		fmt.Fprintf(b, "checks %+v\n", c.Checks)
	}
	fmt.Fprintf(b, "retention %+v\n", c.Retention)
}

func scheduled(s Schedule) string {
	return fmt.Sprintf("%q in %s, missed: %s", s.Cron, s.Zone, s.Missed)
}

func TestNoFile(t *testing.T) {
	t.Parallel()
	for name, fsys := range map[string]fs.FS{"missing": fstest.MapFS{}, "a folder": fstest.MapFS{"hub.yaml/x": {}}} {
		var f sihe.Findings
		if c := Load("d", fsys, testEnv, &f); c != nil || len(f) != 1 || f[0].Code != sihe.CodeConfigMissing || f[0].Path != "d/hub.yaml" {
			t.Errorf("%s: %v, %v", name, c, f)
		}
	}
}

// Peek finds a hub whose secrets only the running process has, but not one whose data folder is unknown.
func TestPeek(t *testing.T) {
	t.Parallel()
	const text = "hub: {name: \"${env:NOWHERE}\", admin: \"${env:NOWHERE}\", zone: \"${env:NOWHERE}\", data: DATA}\n" +
		"bus: {kafka: {brokers: [\"${env:NOWHERE}\"], sasl: {mechanism: SCRAM-SHA-512, user: \"${env:NOWHERE}\", password: \"${env:NOWHERE}\"}}}\n" +
		"systems: {crm: {module: crm, connector: rest, settings: {url: \"${env:NOWHERE}\"}, secrets: {token: \"${env:NOWHERE}\"}}}\n"
	for data, good := range map[string]bool{"./d": true, `"/srv/${env:NAME}"`: true, `"${env:NOWHERE}"`: false} {
		var f sihe.Findings
		fsys := fstest.MapFS{File: {Data: []byte(strings.Replace(text, "DATA", data, 1))}}
		if c := Peek("d", fsys, testEnv, &f); (c != nil) != good || f.Failed() == good {
			t.Errorf("%s: %+v, %v", data, c, f)
		}
		var g sihe.Findings
		if c := Load("d", fsys, testEnv, &g); c != nil || len(g) < 7 {
			t.Errorf("load takes %s: %v", data, g)
		}
	}
}

func TestOSEnv(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("SIHE_TEST_SET", "value")
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, x := range []struct {
		kind, name, want string
		found            bool
	}{
		{"env", "SIHE_TEST_SET", "value", true},
		{"env", "SIHE_TEST_NOT_SET", "", false},
		{"file", write("secret", " s3cret \r\n\n"), " s3cret ", true},
		{"file", write("long", strings.Repeat("x", maxReferenced+1)), "", false},
		{"file", dir, "", false},
		{"file", filepath.Join(dir, "none"), "", false},
		{"vault", "x", "", false},
	} {
		got, found := OSEnv(x.kind, x.name)
		if found != x.found || (found && got != x.want) {
			t.Errorf("%s %s: %.20q %v", x.kind, x.name, got, found)
		}
	}
}
