package main

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/sihehub/sihe"
)

// TestRefusals plays examples/linjiang/refusals.yaml through the whole house: what must not happen does not.
func TestRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := &app{out: t.Output(), err: t.Output(), language: "en", getenv: os.Getenv}
	err := a.demo(t.Context(), dir, func(ctx context.Context, d *demonstration) error {
		d.player.patience = 15 * time.Second
		var f sihe.Findings
		d.player.story = readStory(os.DirFS(dir), "refusals.yaml", &f)
		if err := f.Err(); err != nil {
			return err
		}
		return d.player.play(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
}
