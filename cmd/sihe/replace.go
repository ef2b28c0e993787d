package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/sihehub/sihe"
)

// replaceFile replaces a file as a whole and syncs it: whoever reads it, also after a crash, sees the old one or the new
// one, never a part. An error has the code of what is wrong with the disk.
func replaceFile(path string, b []byte) error {
	err := writeAnew(path, b)
	if err == nil {
		return nil
	}
	code := sihe.CodeStoreUnusable
	switch {
	case errors.Is(err, syscall.ENOSPC):
		code = sihe.CodeDiskFull
	case errors.Is(err, syscall.EROFS):
		code = sihe.CodeStoreReadOnly
	}
	return sihe.Permanent(sihe.Errorf(code, "write %s: %w", path, err))
}

func writeAnew(path string, b []byte) error {
	next := path + ".next"
	f, err := os.OpenFile(filepath.Clean(next), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(next, path)
}
