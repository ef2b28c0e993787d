//go:build planted

package planted

import (
	"path/filepath"
	"slices"
	"testing"
)

// Every bug can still be planted.
func TestPlaces(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(runtimeBugs, otherBugs)
	if len(all) != 30 {
		t.Errorf("%d bugs", len(all))
	}
	for _, b := range all {
		if _, err := b.plant(root, t.TempDir()); err != nil {
			t.Error(err)
		}
	}
}
