package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/config/schema"
	"github.com/sihehub/sihe/strictyaml"
)

func (a *app) fmtCommand() *cobra.Command {
	check := false
	c := &cobra.Command{
		Use:   "fmt [DIR | FILE]",
		Short: "write YAML files in their canonical form, comments and all",
		Long: "Puts keys in the order of the manual, two spaces per level, one space after a colon unless neighbours are aligned.\n" +
			"Comments stay, the meaning never changes: every result is read again and compared before it is written. A file with\n" +
			"errors is reported and left as it is. With --check nothing is written, and the exit code is 2 when something would be.",
		Example: "  sihe fmt myhub\n  sihe fmt --check",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := a.hubDir()
			if len(args) == 1 {
				dir = args[0]
			}
			return a.fmt(dir, check)
		},
	}
	c.Flags().BoolVar(&check, "check", false, "change nothing, exit 2 when a file is not in its canonical form")
	return c
}

// fmtResult is what `sihe fmt -o json` has as its result.
type fmtResult struct {
	Files   int      `json:"files"`   // that were looked at
	Changed []string `json:"changed"` // or would be, with --check
}

func (a *app) fmt(dir string, check bool) error {
	var f sihe.Findings
	r := fmtResult{Changed: []string{}}
	err := yamlFiles(dir, func(path string) error {
		before, err := os.ReadFile(filepath.Clean(path))
		if err != nil {
			return fmt.Errorf("format %s: %w", path, err)
		}
		r.Files++
		after, ok := formatted(path, before, &f)
		if !ok || bytes.Equal(before, after) {
			return nil
		}
		r.Changed = append(r.Changed, path)
		if check {
			return nil
		}
		return replace(path, after)
	})
	if err != nil {
		return err
	}
	f = f.Sorted()
	bad := f.Failed() || check && len(r.Changed) > 0
	summary := fmt.Sprintf(a.say("%d files, %d changed", "%d 个文件，%d 个已改写"), r.Files, len(r.Changed))
	if check {
		summary = fmt.Sprintf(a.say("%d files, %d not in canonical form", "%d 个文件，%d 个格式不规范"), r.Files, len(r.Changed))
	}
	if a.format == "json" {
		err = a.json(envelope{Command: "fmt", OK: !bad, Summary: summary, Result: r, Finding: f})
	} else {
		for _, path := range r.Changed {
			_, _ = fmt.Fprintln(a.out, path)
		}
		a.showFindings(a.out, f)
		a.note("%s", summary)
	}
	if err == nil && bad {
		return errReported
	}
	return err
}

// formatted returns the canonical form of a file; false when it has errors. A file of no known kind stays as it is.
func formatted(path string, data []byte, f *sihe.Findings) ([]byte, bool) {
	mark := len(*f)
	n, ok := strictyaml.Parse(path, data, f)
	if !ok || (*f)[mark:].Failed() {
		return nil, false
	}
	*f = (*f)[:mark] // Format finds the same again
	m, ok := n.Map()
	if !ok {
		return data, true
	}
	var keys []string
	for _, e := range m.Entries() {
		keys = append(keys, e.Name)
	}
	kind := schema.KindOf(keys)
	if kind == "" {
		return data, true
	}
	order, err := schema.Order(kind)
	if err != nil {
		return nil, false // the schemas are embedded and tested
	}
	return strictyaml.Format(path, data, order, f)
}

// yamlFiles calls each for every YAML file below dir, or for dir itself when it is a file. Hidden folders and the hub's
// data are passed over.
func yamlFiles(dir string, each func(path string) error) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return sihe.Errorf(sihe.CodeConfigValue, "format %s: there is no such file or folder", path)
		case err != nil:
			return err
		case d.IsDir() && path != dir && (strings.HasPrefix(d.Name(), ".") || d.Name() == "data" || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".yaml":
			return nil
		}
		return each(path)
	})
}

// replace writes a file so that it is the old or the new one, never half of one.
func replace(path string, data []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("format %s: %w", path, err)
	}
	t, err := os.CreateTemp(filepath.Dir(path), ".fmt-*")
	if err != nil {
		return fmt.Errorf("format %s: %w", path, err)
	}
	_, err = t.Write(data)
	err = errors.Join(err, t.Chmod(info.Mode().Perm()), t.Sync(), t.Close())
	if err == nil {
		err = os.Rename(t.Name(), path)
	}
	if err != nil {
		_ = os.Remove(t.Name())
		return fmt.Errorf("format %s: %w", path, err)
	}
	return nil
}
