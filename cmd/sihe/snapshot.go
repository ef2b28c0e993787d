package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/config"
	"github.com/sihehub/sihe/strictyaml"
)

// A snapshot is a hub's files at one moment: hub.yaml, entities, mappings, the folders of pipelines that it uses, and what
// the settings of its systems name. What is compiled is what is kept, even while somebody saves a file.
type snapshot struct {
	files map[string]string // contents by slashed path; a folder's name ends with a slash
	flows []string          // the hub's own folders of pipelines
}

// maxRead bounds one file; what is too large for YAML is reported by whoever reads it as YAML.
const maxRead = 1 << 20

// takeSnapshot reads the files of dir. A file that goes while it is read is an error: ask again.
func takeSnapshot(dir string) (snapshot, error) {
	s := snapshot{files: map[string]string{}}
	files := os.DirFS(dir)
	if err := s.add(files, config.File); err != nil {
		return s, err
	}
	names := append([]string{"entities", "mappings"}, s.named()...)
	for _, name := range append(names, s.flows...) {
		if err := s.add(files, name); err != nil {
			return s, err
		}
	}
	return s, nil
}

// named lists what hub.yaml names: the folders under use, which are kept in flows, and all that could be a path in the
// settings of systems.
func (s *snapshot) named() []string {
	var none sihe.Findings // the compiler reports what is wrong with the file
	n, ok := strictyaml.Parse(config.File, []byte(s.files[config.File]), &none)
	if !ok {
		return nil
	}
	all, _ := n.Value().(map[string]any)
	for _, u := range texts(all["use"]) {
		if !strings.HasPrefix(u, "flows/") {
			s.flows = append(s.flows, path.Clean(u))
		}
	}
	var names []string
	for _, x := range texts(all["systems"]) {
		names = append(names, path.Clean(x))
	}
	return names
}

// texts lists the texts in a value of YAML.
func texts(v any) (all []string) {
	switch x := v.(type) {
	case string:
		return []string{x}
	case []any:
		for _, e := range x {
			all = append(all, texts(e)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(x)) {
			all = append(all, texts(x[name])...)
		}
	}
	return all
}

// add takes a file, or the YAML files of a folder; what is not there is left out.
func (s *snapshot) add(files fs.FS, name string) error {
	if !fs.ValidPath(name) || name == "." {
		return nil
	}
	info, err := fs.Stat(files, name)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return err
	case err != nil:
		return nil // it is not there, or is a setting that is no path at all
	case info.Mode().IsRegular():
		return s.read(files, name)
	case !info.IsDir():
		return nil // a pipe would keep us waiting
	}
	return fs.WalkDir(files, name, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			s.files[p+"/"] = ""
			return nil
		case !strings.HasSuffix(p, ".yaml") || strings.HasSuffix(p, "_test.yaml"):
			return nil
		}
		return s.read(files, p)
	})
}

func (s *snapshot) read(files fs.FS, name string) error {
	f, err := files.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxRead))
	s.files[name] = string(b)
	return err
}

// fs returns the files as a file system.
func (s snapshot) fs() (fs.FS, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(w, s.files[name]); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
}

// changed lists the files in which two snapshots differ, sorted. Folders alone say nothing.
func (s snapshot) changed(from snapshot) []string {
	var names []string
	for name, text := range s.files {
		if was, ok := from.files[name]; !ok || was != text {
			names = append(names, name)
		}
	}
	for name := range from.files {
		if _, ok := s.files[name]; !ok {
			names = append(names, name)
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, "/") })
	slices.Sort(names)
	return names
}

// swappable says whether a running hub can take a change of the file over: mappings and pipelines.
func (s snapshot) swappable(name string) bool {
	for _, folder := range append([]string{"mappings"}, s.flows...) {
		if strings.HasPrefix(name, folder+"/") {
			return true
		}
	}
	return false
}
