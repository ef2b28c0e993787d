package main

import (
	"bytes"
	"os"
	"testing"
)

// TestDemo plays the whole story with real files, a real bus and real HTTP, and compares every figure.
func TestDemo(t *testing.T) {
	t.Parallel()
	var out, errOut bytes.Buffer
	if code := execute(t.Context(), []string{"demo", "--check", "--data", t.TempDir(), "--lang", "en"}, &out, &errOut, os.Getenv); code != exitOK {
		t.Fatalf("exit %d\n%s%s", code, out.String(), errOut.String())
	}
	if !bytes.Contains(out.Bytes(), []byte("all as expected")) {
		t.Errorf("unexpected output: %s", out.String())
	}
}
