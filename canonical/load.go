package canonical

import (
	"io/fs"

	"github.com/sihehub/sihe"
)

func load(f *sihe.Findings, sources []fs.FS) *Catalog {
	_, _ = f, sources
	return &Catalog{full: map[string]*Entity{}, held: map[string]*Entity{}}
}

type level struct{}
