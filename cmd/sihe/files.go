package main

import (
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/config"
	"github.com/sihehub/sihe/connectors"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/strictyaml"
)

// demoDir is where the demo keeps its hub, below the folder it is started in.
const demoDir = "data/demo"

// hubDir is the folder of the hub that a command is about: the one that was named, else this one, else the demo's.
func (a *app) hubDir() string {
	for _, d := range []string{a.dir, a.getenv("SIHE_DIR")} {
		if d != "" {
			return d
		}
	}
	if _, err := os.Stat(config.File); err != nil {
		if _, err := os.Stat(filepath.Join(demoDir, config.File)); err == nil {
			return demoDir
		}
	}
	return "."
}

// A compiled hub is everything that its files say, checked. What lints starts: run and lint both come through here.
type compiled struct {
	files    snapshot
	folder   fs.FS // the same files
	config   *config.Config
	catalog  *canonical.Catalog
	mappings *mappings.Set
	plan     *pipelines.Plan
}

// compile reads all files of a hub; findings has everything that is wrong with them.
func compile(dir string, f *sihe.Findings) *compiled {
	s, err := takeSnapshot(dir)
	if err != nil {
		unreadable(dir, err, f)
		return nil
	}
	return compileFiles(dir, s, config.OSEnv, f)
}

func unreadable(dir string, err error, f *sihe.Findings) {
	*f = append(*f, sihe.Finding{
		Severity: sihe.SeverityError, Code: sihe.CodeConfigMissing, Path: dir, Line: 1, Column: 1,
		Message: "read the hub's files: " + err.Error(), Suggestion: "make the files readable for this user",
	})
}

// compileFiles compiles the files of one moment. dir is where relative paths of hub.yaml begin.
func compileFiles(dir string, s snapshot, env config.Env, f *sihe.Findings) *compiled {
	folder, err := s.fs()
	if err != nil {
		unreadable(dir, err, f)
		return nil
	}
	c := &compiled{files: s, folder: folder, config: config.Load(dir, folder, env, f)}
	if c.config == nil {
		return nil
	}
	c.catalog = canonical.Load(f, append([]fs.FS{canonical.Shipped()}, own(folder, "entities")...)...)
	c.flows(f)
	return c
}

// flows compiles mappings and pipelines against the catalog.
func (c *compiled) flows(f *sihe.Findings) {
	c.mappings = mappings.Load(f, c.catalog, c.shapes(f), append([]fs.FS{mappings.Shipped()}, own(c.folder, "mappings")...)...)
	for _, s := range c.config.Systems {
		if kind, ok := connectors.Find(s.Connector); ok {
			kind.Lint(c.spec(s, nil, slog.New(slog.DiscardHandler)), f)
		}
	}
	c.plan = pipelines.Compile(f, c.catalog, c.mappings, flows(c.folder, c.config.Use)...)
}

// shapes asks every system's connector for the records of its product.
func (c *compiled) shapes(f *sihe.Findings) mappings.Shapes {
	var all shapes
	for _, s := range c.config.Systems {
		kind, ok := connectors.Find(s.Connector)
		if !ok {
			s.At.Report(sihe.CodeConfigValue, "connectors are "+join(connectorNames()), "there is no connector %q", s.Connector)
		}
		if ok && kind.Describe != nil {
			if x := kind.Describe(c.spec(s, nil, slog.New(slog.DiscardHandler)), f); x != nil {
				all = append(all, x)
			}
		}
	}
	return all
}

func connectorNames() []string {
	var names []string
	for _, k := range connectors.All() {
		names = append(names, k.Name)
	}
	return names
}

// shapes are those of several products.
type shapes []mappings.Shapes

// Shape returns the first shape of that name.
func (s shapes) Shape(name string) (*expr.Type, bool) {
	for _, x := range s {
		if t, ok := x.Shape(name); ok {
			return t, true
		}
	}
	return nil, false
}

// own returns the hub's folder of that name, if it has one.
func own(files fs.FS, name string) []fs.FS {
	if info, err := fs.Stat(files, name); err != nil || !info.IsDir() {
		return nil
	}
	return []fs.FS{strictyaml.Below(files, name)}
}

// flows returns the folders of pipelines that `use` names.
func flows(files fs.FS, use []config.Use) []fs.FS {
	var all []fs.FS
	for _, u := range use {
		source, name := files, path.Clean(strings.TrimPrefix(u.Folder, "./"))
		if rest, shipped := strings.CutPrefix(u.Folder, "flows/"); shipped {
			source, name = pipelines.Shipped(), rest
		}
		if info, err := fs.Stat(source, name); err != nil || !info.IsDir() {
			u.At.Report(sihe.CodeConfigValue, "shipped flows are "+strings.Join(shippedFlows(), ", "), "there is no folder %s", u.Folder)
			continue
		}
		all = append(all, strictyaml.Below(source, name))
	}
	return all
}

func shippedFlows() []string {
	entries, err := fs.ReadDir(pipelines.Shipped(), ".")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, "flows/"+e.Name())
		}
	}
	return names
}
