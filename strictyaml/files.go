package strictyaml

import (
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/sihehub/sihe"
)

// Files parses every *.yaml file of a tree, in the order of their paths, and hands each over. Files named *_test.yaml
// and hidden files and folders are left out. A nil tree has no files.
func Files(fsys fs.FS, f *sihe.Findings, each func(path string, n *Node)) {
	files(fsys, f, func(name string) bool { return !strings.HasSuffix(name, testSuffix) }, each)
}

// Tests is Files for those named *_test.yaml alone.
func Tests(fsys fs.FS, f *sihe.Findings, each func(path string, n *Node)) {
	files(fsys, f, func(name string) bool { return strings.HasSuffix(name, testSuffix) }, each)
}

const testSuffix = "_test.yaml"

func files(fsys fs.FS, f *sihe.Findings, wanted func(name string) bool, each func(path string, n *Node)) {
	if fsys == nil {
		return
	}
	unreadable := func(path string, err error) {
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		(&file{path: path, findings: f}).report(1, 1, sihe.CodeYAMLRead, "", "read: %v", err)
	}
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			unreadable(path, err)
			return nil
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != ".":
			return fs.SkipDir
		case d.IsDir() || !isYAML(d.Name()) || !wanted(d.Name()):
			return nil
		}
		data, err := read(fsys, path)
		if err != nil {
			unreadable(path, err)
			return nil
		}
		if n, ok := Parse(path, data, f); ok {
			each(path, n)
		}
		return nil
	})
	if err != nil {
		unreadable(".", err)
	}
}

func isYAML(name string) bool {
	return strings.HasSuffix(name, ".yaml") && !strings.HasPrefix(name, ".")
}

// read stops one byte after what Parse accepts, so that a huge file costs no memory.
func read(fsys fs.FS, path string) (data []byte, err error) {
	f, err := fsys.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, MaxSize+1))
}
