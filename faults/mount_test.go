//go:build faults

package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// A disk is an ext4 file system in a file.
type disk struct {
	t       *testing.T
	image   string
	folder  string
	options string
}

// newDisk makes and mounts one of so many megabytes; it is unmounted and deleted at the end.
func newDisk(t *testing.T, megabytes int, options string) *disk {
	t.Helper()
	needRoot(t, "mkfs.ext4", "mount", "umount")
	dir := folder(t)
	d := &disk{t: t, image: filepath.Join(dir, "image"), folder: filepath.Join(dir, "mnt"), options: options}
	if err := os.Mkdir(d.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(d.image)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(int64(megabytes) << 20); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	d.command("mkfs.ext4", "-q", "-F", "-m", "0", "-J", "size=4", "-E", "lazy_itable_init=0,lazy_journal_init=0", d.image)
	t.Cleanup(func() {
		for range 50 {
			if out, err := exec.Command("umount", d.folder).CombinedOutput(); err == nil || strings.Contains(string(out), "not mounted") {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		_ = exec.Command("umount", "-l", d.folder).Run() // so that nothing stays in any case
	})
	d.mount()
	return d
}

func (d *disk) command(name string, args ...string) {
	d.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		d.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

func (d *disk) mount() {
	d.t.Helper()
	d.command("mount", "-o", "loop,"+d.options, d.image, d.folder)
}

func (d *disk) umount() {
	d.t.Helper()
	var last string
	for range 50 {
		out, err := exec.Command("umount", d.folder).CombinedOutput()
		if err == nil {
			return
		}
		last = string(out)
		time.Sleep(20 * time.Millisecond)
	}
	d.t.Fatalf("umount: %s", last)
}

// cut is a power cut: what is not on the disk by now never gets there, and every later write fails (FS_IOC_SHUTDOWN with
// NOLOGFLUSH).
func (d *disk) cut() {
	d.t.Helper()
	f, err := os.Open(d.folder)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	how := uint32(2)
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), 0x8004587D, uintptr(unsafe.Pointer(&how))); errno != 0 {
		d.t.Fatalf("cut the power: %v", errno)
	}
}

// free is how many bytes are left.
func (d *disk) free() int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(d.folder, &s); err != nil {
		d.t.Fatal(err)
	}
	return int64(s.Bavail) * s.Bsize
}

// fill takes all but so many bytes; the returned func gives them back.
func (d *disk) fill(left int64) func() {
	d.t.Helper()
	path := filepath.Join(d.folder, fmt.Sprintf("ballast-%d", time.Now().UnixNano()))
	f, err := os.Create(path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	for size := d.free() - left; size > 0; size -= 64 << 10 {
		if err := syscall.Fallocate(int(f.Fd()), 0, 0, size); err == nil {
			break
		}
	}
	return func() { _ = os.Remove(path) }
}
