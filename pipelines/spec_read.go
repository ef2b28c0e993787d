package pipelines

import (
	"io/fs"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
)

func compile(_ *sihe.Findings, _ *canonical.Catalog, _ *mappings.Set, _ []fs.FS) *Plan { return &Plan{} }
