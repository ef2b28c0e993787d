package strictyaml

import (
	"slices"
	"strings"
)

// A printer writes a tree line by line, taking scalars and comments from the source as they stand.
type printer struct {
	file  *file
	order Order
	path  []string
	lines []line
	maps  int // numbers the containers, so that only neighbours in one are aligned
}

// A child is an entry of a block map or an item of a block list, with the source lines that belong to it, counted from 0.
type child struct {
	key   *Node // nil: an item
	value *Node
	lead  []string // comments and blank lines above it
	start int      // its own first line
	end   int      // behind its last line
}

func (p *printer) document(root *Node) {
	children := p.children(root, 0, len(p.file.lines))
	head := 0
	if len(children) > 0 {
		head = children[0].start
		children[0].lead = nil // what stands at the top of a file belongs to the file
	}
	p.trivia(p.file.lines[:head], 0)
	p.block(root, children, 0, "")
	if n := len(children); n > 0 {
		p.trivia(p.file.lines[children[n-1].end:], 0)
	}
	p.trim()
}

// children cuts the lines from first to limit into the parts of a block map or list.
func (p *printer) children(n *Node, first, limit int) []child {
	var all []child
	for _, e := range n.entries {
		all = append(all, child{key: e.Key, value: e.Value, start: e.Key.line - 1})
	}
	for _, x := range n.items {
		all = append(all, child{value: x, start: p.dash(x)})
	}
	for i := range all {
		c := &all[i]
		until := limit
		if i+1 < len(all) {
			until = all[i+1].start
		}
		c.end = p.last(c.value)
		if c.key != nil {
			c.end = max(c.end, c.key.line)
		}
		c.end = min(c.end, until)
		if block(c.value) { // comments that stand deeper than its siblings belong to what is in it
			column := n.column - 1
			for at := c.end; at < until; at++ {
				text := strings.TrimLeft(p.file.lines[at], " \t")
				if text != "" && len(p.file.lines[at])-len(text) <= column {
					break
				}
				if text != "" {
					c.end = at + 1
				}
			}
		}
		c.lead = p.file.lines[min(first, c.start):c.start]
		first = c.end
	}
	return all
}

func block(n *Node) bool { return (n.kind == mapKind || n.kind == listKind) && !n.flow }

// dash returns the line of an item's dash.
func (p *printer) dash(x *Node) int {
	at := x.line - 1
	if x.column > 1 && strings.Contains(string(p.file.row(at)[:x.column-1]), "-") {
		return at
	}
	for at > 0 && !strings.HasPrefix(strings.TrimLeft(p.file.lines[at], " "), "-") {
		at--
	}
	return at
}

// block prints a block map or list. first is what the first line of it begins with in place of its indentation: "- ".
func (p *printer) block(n *Node, children []child, indent int, first string) {
	p.maps++
	group := p.maps
	if n.kind == mapKind && p.order != nil {
		children = p.sorted(n, children)
	}
	for i, c := range children {
		margin := strings.Repeat(" ", indent)
		if i == 0 && first != "" {
			margin = first
		}
		at := indent
		if i == 0 && indent > 0 {
			c.lead = withoutBlankStart(c.lead)
		}
		if i == 0 && first != "" {
			at = len(first) - len("- ") // no comment fits between a dash and its map
		}
		p.trivia(c.lead, at)
		if c.key == nil {
			p.path = append(p.path, "-")
			p.item(c, indent, margin, group)
		} else {
			p.path = append(p.path, c.key.text)
			p.entry(c, indent, margin, group)
		}
		p.path = p.path[:len(p.path)-1]
	}
}

func (p *printer) sorted(n *Node, children []child) []child {
	names := make([]string, len(n.entries))
	for i, e := range n.entries {
		names[i] = e.Name
	}
	names = p.order(slices.Clone(p.path), names)
	out := slices.Clone(children)
	slices.SortStableFunc(out, func(a, b child) int { return slices.Index(names, a.key.text) - slices.Index(names, b.key.text) })
	return out
}

func (p *printer) entry(c child, indent int, margin string, group int) {
	head := margin + p.raw(c.key) + ":"
	if !block(c.value) {
		p.scalarLine(head, c, indent, group)
		return
	}
	at, column := c.key.line-1, p.endColumn(c.key)+1
	p.lines = append(p.lines, line{head: head, comment: p.commentAfter(at, column), commentColumn: p.commentColumn(at, column)})
	deeper := indent + 2
	p.inside(c, deeper, "")
}

// item prints one item of a list. A map in it begins on the line of the dash.
func (p *printer) item(c child, indent int, margin string, group int) {
	if !block(c.value) {
		p.scalarLine(margin+"-", c, indent, group)
		return
	}
	p.inside(c, indent+2, margin+"- ")
}

// inside prints the container of a child, and the comments at its end.
func (p *printer) inside(c child, indent int, first string) {
	from := c.start
	if c.key != nil {
		from = c.key.line
	}
	children := p.children(c.value, from, c.end)
	if len(children) > 0 && first != "" {
		children[0].lead = nil
	}
	foot := c.end
	if len(children) > 0 {
		foot = children[len(children)-1].end
	}
	p.block(c.value, children, indent, first)
	p.trivia(p.file.lines[foot:c.end], indent)
}

func withoutBlankStart(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	return lines
}

// trivia prints comments and blank lines, at most one blank line in a row.
func (p *printer) trivia(lines []string, indent int) {
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if l == "" {
			if n := len(p.lines); n > 0 && !p.lines[n-1].blank() {
				p.lines = append(p.lines, line{})
			}
			continue
		}
		p.lines = append(p.lines, line{head: strings.Repeat(" ", indent) + l, whole: true})
	}
}

// trim removes blank lines at the end.
func (p *printer) trim() {
	for n := len(p.lines); n > 0 && p.lines[n-1].blank(); n = len(p.lines) {
		p.lines = p.lines[:n-1]
	}
}
