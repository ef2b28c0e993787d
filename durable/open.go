package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/sihehub/sihe"
)

// lockWait is how long Open waits for another process.
const lockWait = 500 * time.Millisecond

// pageSize is that of new files. Most of what is kept is of one to two kilobytes: pages of the system's usual four would be
// half empty, and a commit would write twice as many. In larger ones each small change costs more.
const pageSize = 8 << 10

// create makes the file under another name and gives it its own when it is synced, so that there is never half a file.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return unusable("make the data folder", err)
	}
	if info, err := os.Stat(path); err == nil && info.Size() > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil // what it is will be seen on opening it
	} else if err == nil {
		return sihe.Permanent(sihe.Errorf(sihe.CodeStoreInit, "open %s: the file is empty; if this hub was never used, remove it", path))
	}
	folder, err := os.MkdirTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return unusable("create "+path, err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	fresh := filepath.Join(folder, "file")
	b, err := openBolt(fresh, false)
	if err != nil {
		return err
	}
	if err := errors.Join(b.Sync(), b.Close()); err != nil {
		return unusable("create "+path, err)
	}
	err = os.Link(fresh, path)
	if errors.Is(err, fs.ErrExist) { // another process was faster
		return nil
	}
	if err != nil { // a file system without links
		err = os.Rename(fresh, path)
	}
	if err == nil {
		err = syncFolder(path)
	}
	if err != nil {
		return unusable("create "+path, err)
	}
	return nil
}

func unusable(attempt string, err error) error {
	code := sihe.CodeStoreUnusable
	switch {
	case errors.Is(err, syscall.EROFS):
		code = sihe.CodeStoreReadOnly
	case errors.Is(err, syscall.ENOSPC):
		code = sihe.CodeDiskFull
	}
	return sihe.Permanent(sihe.Errorf(code, "%s: %w", attempt, err))
}

// inspect walks the pages of the file, unless it is large and sealed, and, when its last sync failed, replaces it by a copy: the cache may show what the disk
// does not have.
func inspect(path string) (walked bool, err error) {
	b, err := openBolt(path, true)
	if err != nil {
		return false, err
	}
	err = func() (err error) {
		defer fault(path, &err)
		defer panicOnFault()()
		return b.View(func(tx *bbolt.Tx) error {
			_, err := os.Stat(unsyncedFile(path))
			synced := err != nil
			if walked = tx.Size() < sealedFrom || !synced || !sealed(path, b.Info().PageSize); !walked {
				return nil
			}
			if err := errors.Join(heads(path, b.Info().PageSize), walk(path, tx, b.Info().PageSize)); err != nil {
				return err
			}
			if synced {
				return nil
			}
			return rewrite(path, tx)
		})
	}()
	return walked, errors.Join(err, b.Close())
}

// rewrite puts a synced copy in the place of the file.
func rewrite(path string, tx *bbolt.Tx) error {
	fresh := path + ".copy"
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // beside our own file
	if err != nil {
		return unusable("copy "+path, err)
	}
	_, err = tx.WriteTo(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(fresh, path)
	}
	if err == nil {
		err = errors.Join(syncFolder(path), os.Remove(unsyncedFile(path)))
	}
	if err != nil {
		return unusable("copy "+path, err)
	}
	return nil
}

// openBolt turns the panics by which bbolt reports a damaged file into an error.
func openBolt(path string, readOnly bool) (b *bbolt.DB, err error) {
	defer fault(path, &err)
	defer panicOnFault()()
	b, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: lockWait, NoFreelistSync: true, PageSize: pageSize, FreelistType: bbolt.FreelistMapType, ReadOnly: readOnly,
	})
	switch {
	case err == nil:
		return b, nil
	case errors.Is(err, berrors.ErrTimeout):
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeStoreLocked, "open %s: another process has it%s", path, holder(path)))
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.ENOSPC):
		return nil, unusable("open "+path, err)
	}
	return nil, sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "open %s: %w", path, err))
}

// fault turns a panic about the file, a page that cannot be read from the disk among them, into an error.
func fault(path string, err *error) {
	if r := recover(); r != nil {
		*err = sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "open %s: %v", path, r))
	}
}

// panicOnFault lets the goroutine survive a page that the disk does not give; the result undoes it.
func panicOnFault() func() {
	old := debug.SetPanicOnFault(true)
	return func() { debug.SetPanicOnFault(old) }
}

func unsyncedFile(path string) string { return path + ".unsynced" }

func holderFile(path string) string { return path + ".pid" }

func writeHolder(path string) {
	_ = os.WriteFile(holderFile(path), []byte(strconv.Itoa(os.Getpid())), 0o600) // only for the message of another process
}

func holder(path string) string {
	b, err := os.ReadFile(holderFile(path))
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (pid %s)", strings.TrimSpace(string(b)))
}
