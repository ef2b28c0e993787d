package pipelines

import (
	"io/fs"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// A definition is one file.
type definition struct {
	*strictyaml.Map
	shipped  bool
	replaces bool // it takes the place of a shipped one
}

// Kinds of files, by the key that names what they define.
const (
	kindPipeline = "pipeline"
	kindCheck    = "check"
)

// gather reads the files of all sources, shipped ones first, by kind. Those whose place others take are left out.
func (r *reader) gather(sources []fs.FS) map[string][]definition {
	all := map[string][]definition{}
	sources = slices.Clone(sources)
	slices.SortStableFunc(sources, shippedFirst)
	for _, s := range sources {
		shipped := strictyaml.IsShipped(s)
		strictyaml.Files(s, r.findings, func(_ string, n *strictyaml.Node) {
			m, ok := n.Map()
			if !ok {
				return
			}
			for _, kind := range []string{kindPipeline, kindCheck} {
				if m.Key(kind) != nil {
					all[kind] = append(all[kind], definition{m, shipped, r.replacing(kind).Read(m, kind, shipped)})
					return
				}
			}
			n.Report(sihe.CodeYAMLMissing, "start with `pipeline: name` or `check: name`", "the file is neither a pipeline nor a check")
		})
	}
	for kind := range all {
		r.replacing(kind).Check(sihe.CodePipelineReplaces, kind)
		all[kind] = slices.DeleteFunc(all[kind], func(d definition) bool { return d.shipped && r.replacing(kind).Gone(d.Map, kind) })
	}
	return all
}

func shippedFirst(a, b fs.FS) int {
	switch x, y := strictyaml.IsShipped(a), strictyaml.IsShipped(b); {
	case x == y:
		return 0
	case x:
		return -1
	}
	return 1
}

func (r *reader) replacing(kind string) *strictyaml.Replacing {
	if r.replaced[kind] == nil {
		r.replaced[kind] = &strictyaml.Replacing{}
	}
	return r.replaced[kind]
}
