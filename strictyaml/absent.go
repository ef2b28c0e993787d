package strictyaml

// What is optional in a file is read by these without asking first whether it is there: an absent node (nil) has nothing.
// What is there and of another kind is reported.

// TextOrEmpty returns a scalar's text, "" for an absent node.
func (n *Node) TextOrEmpty() string {
	if n == nil {
		return ""
	}
	s, _ := n.Text()
	return s
}

// Items returns the items of a list, none for an absent node.
func (n *Node) Items() []*Node {
	if n == nil {
		return nil
	}
	items, _ := n.List()
	return items
}

// Texts returns the texts of a list; what is no text is reported and left out.
func (n *Node) Texts() []string {
	var all []string
	for _, i := range n.Items() {
		if s, ok := i.Text(); ok {
			all = append(all, s)
		}
	}
	return all
}

// Each hands over the entries of a map that were not taken before, in the order of the file.
func (n *Node) Each(f func(name string, value *Node)) {
	if n == nil {
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, e := range m.Entries() {
		f(e.Name, e.Value)
	}
}

// TakeText returns the text of a key, "" when it is absent.
func (m *Map) TakeText(key string) string { return m.Take(key).TextOrEmpty() }

// NeedText returns the text of a key; it reports when the key is absent.
func (m *Map) NeedText(key string) string { return m.Need(key).TextOrEmpty() }
