package main

import (
	"errors"
	"io/fs"
	"net"
	"os"

	"github.com/sihehub/sihe"
)

// checkAdmin refuses an admin listener that other machines can reach: it has no TLS of its own, so the token would go
// over the network as it is (RELIABILITY, security baseline: Listening).
func checkAdmin(at net.Addr) error {
	if tcp, ok := at.(*net.TCPAddr); ok && tcp.IP.IsLoopback() {
		return nil
	}
	return sihe.Permanent(sihe.Errorf(sihe.CodeExposed, "listen on %s (hub.admin in hub.yaml): other machines can reach it, and it has no TLS", at))
}

// checkSecret refuses a file with a secret that others than its owner may read or change. A missing one is fine.
func checkSecret(path string) error { return checkMode(path, 0o077, "chmod 600") }

// checkFolder refuses a data folder in which others than its owner could put files of their own.
func checkFolder(path string) error { return checkMode(path, 0o022, "chmod 700") }

func checkMode(path string, forbidden fs.FileMode, remedy string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return sihe.Permanent(sihe.Errorf(sihe.CodeFileMode, "look at %s: %w", path, err))
	}
	if info.Mode().Perm()&forbidden != 0 {
		return sihe.Permanent(sihe.Errorf(sihe.CodeFileMode, "use %s: its mode is %04o, so others may use it too; %s it", path, info.Mode().Perm(), remedy))
	}
	return nil
}
