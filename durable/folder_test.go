package durable_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A new file's name is durable before anything is acknowledged in it: the folder is synced after the name was given.
func TestFolderIsSyncedAfterTheName(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not there")
	}
	folder := t.TempDir()
	log := filepath.Join(t.TempDir(), "log")
	c := exec.Command(strace, "-f", "-qq", "-o", log, "-e", "trace=openat,linkat,rename,renameat,renameat2,fsync", os.Args[0])
	c.Env = append(os.Environ(), "DURABLE_PLAY=hold", "DURABLE_PATH="+filepath.Join(folder, "d.db"))
	if out, err := c.CombinedOutput(); err != nil && strings.Contains(string(out), "ptrace") {
		t.Skipf("strace may not trace here: %s", out)
	}
	trace, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	opened := regexp.MustCompile(`openat\(.*"` + regexp.QuoteMeta(folder) + `", .*\) = (\d+)`)
	named, fd, synced := false, "", false
	for line := range strings.Lines(string(trace)) {
		switch {
		case strings.Contains(line, `/d.db"`) && (strings.Contains(line, "linkat(") || strings.Contains(line, "rename")):
			named = true
		case named && fd != "" && strings.Contains(line, "fsync("+fd):
			synced = true
		}
		if m := opened.FindStringSubmatch(line); named && m != nil {
			fd = m[1]
		}
	}
	if !named || !synced {
		t.Errorf("the name was given: %v, the folder was synced after that: %v\n%s", named, synced, trace)
	}
}
