package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestPagesAreFresh: the pages that the program writes about itself say what it does now.
func TestPagesAreFresh(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "zh"} {
		for _, topic := range []string{"functions", "entities", "errors"} {
			var out, errOut bytes.Buffer
			code := execute(t.Context(), []string{"docs", topic, "--markdown", "--lang", language, "-C", t.TempDir()}, &out, &errOut, func(string) string { return "" })
			if code != exitOK {
				t.Fatalf("docs %s: %d %s", topic, code, errOut.String())
			}
			name := filepath.Join("..", "..", "docs", language, topic+".md")
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			have, err := os.ReadFile(filepath.Clean(name))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(have, out.Bytes()) {
				t.Errorf("%s is out of date: run `make docs`", name)
			}
		}
	}
}
