package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/sihehub/sihe"
)

// TestShippedFilesAreFormatted: the files of the repository are in the form that `sihe fmt` gives to everybody's.
func TestShippedFilesAreFormatted(t *testing.T) {
	t.Parallel()
	files := 0
	err := yamlFiles("../..", func(path string) error {
		before, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var f sihe.Findings
		files++
		if after, ok := formatted(path, before, &f); !ok || !bytes.Equal(before, after) {
			t.Errorf("%s: run `go run ./cmd/sihe fmt .` %v", path, f)
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files: %v", files, err)
	}
}
