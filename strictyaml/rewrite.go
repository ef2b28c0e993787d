package strictyaml

// Rewrite replaces texts below a node: each is called for every scalar, not for keys, and returns the text to put there
// and whether to. A text never becomes structure: it is not parsed again.
func (n *Node) Rewrite(each func(*Node) (text string, replace bool)) {
	switch n.kind {
	case mapKind:
		for _, e := range n.entries {
			e.Value.Rewrite(each)
		}
	case listKind:
		for _, x := range n.items {
			x.Rewrite(each)
		}
	case scalarKind:
		if text, replace := each(n); replace {
			n.text = text
		}
	case brokenKind:
	}
}
