// Package examples holds runnable hubs, each a folder with hub.yaml, README and what must come out. The demo company is
// embedded, so that `sihe demo` works with nothing but the binary.
package examples

import (
	"embed"
	"io/fs"
)

//go:embed linjiang/*.yaml
var files embed.FS

// Linjiang returns the demo company's folder: hub.yaml and story.yaml.
func Linjiang() fs.FS {
	sub, err := fs.Sub(files, "linjiang")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}
