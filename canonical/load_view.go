package canonical

import "github.com/sihehub/sihe/strictyaml"

// readView keeps the hints for the console as they are.
func (d *draft) readView(n *strictyaml.Node) {
	if _, ok := n.Map(); ok {
		d.e.View, _ = n.Value().(map[string]any)
	}
}
