package strictyaml

import "io/fs"

// Below shows one folder of a file system, but keeps the folder in the names, so that findings tell the whole path.
func Below(files fs.FS, dir string) fs.FS { return below{files, dir} }

type below struct {
	fs.FS
	dir string
}

// ReadDir lists the root as if it held that folder alone.
func (b below) ReadDir(name string) ([]fs.DirEntry, error) {
	if name != "." {
		return fs.ReadDir(b.FS, name)
	}
	info, err := fs.Stat(b.FS, b.dir)
	if err != nil {
		return nil, err
	}
	return []fs.DirEntry{renamed{fs.FileInfoToDirEntry(info), b.dir}}, nil
}

type renamed struct {
	fs.DirEntry
	name string
}

func (r renamed) Name() string { return r.name }
