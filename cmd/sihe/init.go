package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/config/schema"
)

//go:embed all:new
var newHub embed.FS

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "init DIR",
		Short:   "begin a hub of your own",
		Long:    "Makes a folder with a hub.yaml that runs at once, and with room for your own entities, mappings and pipelines. Nothing that exists is overwritten.",
		Example: "  sihe init myhub && sihe run myhub",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.init(args[0])
		},
	}
}

func (a *app) init(dir string) error {
	files, err := fs.Sub(newHub, "new")
	if err != nil {
		return err
	}
	err = fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(dir, path)
		if d.IsDir() {
			return os.MkdirAll(target, 0o750)
		}
		b, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		b = bytes.Replace(b, []byte(repositorySchemas), []byte(schemaDir+"/"), 1)
		if err := writeNew(target, b); err != nil {
			return err
		}
		a.note("  %s", target)
		return nil
	})
	if err != nil {
		return err
	}
	if err := writeSchemas(dir); err != nil {
		return err
	}
	a.note(a.say("next: sihe lint %s && sihe run %s", "下一步：sihe lint %s && sihe run %s"), dir, dir)
	return nil
}

// schemaDir is where a hub keeps the JSON Schemas for editors; loaders pass over hidden folders.
const schemaDir = ".schema"

// repositorySchemas is how files in the repository's folder new refer to them.
const repositorySchemas = "../../../config/schema/"

// writeSchemas gives the hub the schemas of this version.
func writeSchemas(dir string) error {
	to := filepath.Join(dir, schemaDir)
	if err := os.MkdirAll(to, 0o750); err != nil {
		return fmt.Errorf("make %s: %w", to, err)
	}
	for _, kind := range schema.Kinds() {
		b, _ := schema.Of(kind)
		name := filepath.Join(to, kind+".json")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// writeNew writes a file that does not exist yet.
func writeNew(path string, b []byte) error {
	f, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return sihe.Errorf(sihe.CodeConfigValue, "write %s: it exists already", path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}
