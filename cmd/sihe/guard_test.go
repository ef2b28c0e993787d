package main

import (
	"bytes"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
)

// smallHub is a hub of one module on ports that the system chooses.
const smallHub = "hub: {name: small, intake: \"127.0.0.1:0\", admin: \"127.0.0.1:0\"}\nsystems: {crm: {module: crm, connector: native}}\n"

// layHub writes hub.yaml, and other files by path, into a folder of the test's own.
func layHub(t testing.TB, hub string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("hub.yaml", hub)
	for path, text := range files {
		write(path, text)
	}
	return dir
}

func TestAdminIsNotExposed(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"0.0.0.0": false, "::": false, "192.0.2.1": false, "::ffff:192.0.2.1": false, "10.0.0.1": false,
	} {
		err := checkAdmin(&net.TCPAddr{IP: net.ParseIP(address), Port: 8687})
		if (err == nil) != good || (!good && sihe.CodeOf(err) != sihe.CodeExposed) {
			t.Errorf("%s: %v", address, err)
		}
	}
	dir := layHub(t, strings.Replace(smallHub, "admin: \"127.0.0.1:0\"", "admin: \"0.0.0.0:0\"", 1), nil)
	for _, command := range []string{"lint", "run"} {
		var out, errOut bytes.Buffer
		code := execute(t.Context(), []string{command, dir, "--lang", "en"}, &out, &errOut, os.Getenv)
		if text := out.String() + errOut.String(); code != exitInvalid || !strings.Contains(text, "hub.yaml:1:50: ADMIN_EXPOSED") {
			t.Errorf("%s: exit %d: %s", command, code, text)
		}
	}
}

// What a hub keeps is readable by its owner alone, and a hub does not start with what others may read or change.
func TestFilesAreTheOwners(t *testing.T) {
	t.Parallel()
	dir := layHub(t, smallHub, nil)
	data := filepath.Join(dir, "data")
	hub := startHub(t, dir)
	files := 0
	err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		files++
		return err
	})
	if err != nil || files < 5 {
		t.Errorf("%d files, %v", files, err)
	}
	hub.stop()
	for _, x := range []struct {
		path     string
		mode, as os.FileMode
	}{
		{filepath.Join(data, tokenFile), 0o640, 0o600},
		{filepath.Join(data, tokenFile), 0o604, 0o600},
		{data, 0o770, 0o700},
	} {
		if err := os.Chmod(x.path, x.mode); err != nil {
			t.Fatal(err)
		}
		var out, errOut bytes.Buffer
		code := execute(t.Context(), []string{"run", dir, "--lang", "en"}, &out, &errOut, os.Getenv)
		if code != exitInvalid || !strings.Contains(errOut.String(), "FILE_MODE") || !strings.Contains(errOut.String(), "chmod") {
			t.Errorf("%s with %o: exit %d: %s", x.path, x.mode, code, errOut.String())
		}
		if err := os.Chmod(x.path, x.as); err != nil {
			t.Fatal(err)
		}
	}
	startHub(t, dir).stop()
}
