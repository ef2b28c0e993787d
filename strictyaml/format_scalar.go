package strictyaml

import (
	"strings"
)

// A spot is a place in the source, counted from 0.
type spot struct{ line, column int }

// scalarLine prints a key or dash with a value that is no block.
func (p *printer) scalarLine(head string, c child, indent, group int) {
	v := c.value
	if v.kind == scalarKind && v.style == plainStyle && v.text == "" { // nothing stands there
		at, column := c.start, len(p.file.row(c.start))
		if c.key != nil {
			at, column = c.key.line-1, p.endColumn(c.key)+1
		} else if i := strings.IndexByte(p.file.lines[at], '-'); i >= 0 {
			column = i + 1
		}
		p.lines = append(p.lines, line{head: head, comment: p.commentAfter(at, column), commentColumn: p.commentColumn(at, column)})
		return
	}
	p.value(head, v, indent, p.column(c), c.end)
	last := &p.lines[len(p.lines)-1]
	if last.whole || v.kind == scalarKind && v.style == literalStyle {
		return
	}
	last.group, last.valueColumn = group, width(string(p.file.row(v.line - 1)[:v.column-1]))
}

// column is where the key or the dash of a child stands.
func (p *printer) column(c child) int {
	if c.key != nil {
		return c.key.column - 1
	}
	row := p.file.row(c.start)
	if c.value.line-1 == c.start {
		row = row[:c.value.column-1]
	}
	return max(strings.LastIndexByte(string(row), '-'), 0)
}

// value prints a value behind head, on one line where it stands on one. old is the column of its key or dash.
func (p *printer) value(head string, v *Node, indent, old, end int) {
	if head != "" {
		head += " "
	}
	stop := p.end(v)
	switch {
	case v.kind == scalarKind && v.style == literalStyle:
		p.literal(head, v, indent, end)
	case stop.line == v.line-1 && v.kind == scalarKind:
		p.one(head, p.raw(v), stop)
	case stop.line == v.line-1:
		p.one(head, p.flow(v), stop)
	default:
		p.verbatim(head, v, indent-old, indent+1, stop)
	}
}

func (p *printer) one(head, value string, stop spot) {
	p.lines = append(p.lines, line{
		head: strings.TrimRight(head, " "), value: value, comment: p.commentAfter(stop.line, stop.column), commentColumn: p.commentColumn(stop.line, stop.column),
	})
}

// verbatim keeps a value of several lines as it stands, moved by some columns, but at least to a column.
func (p *printer) verbatim(head string, v *Node, by, least int, stop spot) {
	from := v.line - 1
	p.lines = append(p.lines, line{head: head + strings.TrimRight(string(p.file.row(from)[v.column-1:]), " \t"), whole: true})
	for at := from + 1; at <= min(stop.line, len(p.file.lines)-1); at++ {
		text := strings.TrimRight(p.file.lines[at], " \t")
		bare := strings.TrimLeft(text, " ")
		if bare == "" {
			p.lines = append(p.lines, line{kept: true})
			continue
		}
		p.lines = append(p.lines, line{head: strings.Repeat(" ", max(len(text)-len(bare)+by, least)) + bare, whole: true})
	}
}

// literal prints a | block with its lines two spaces deeper than its key.
func (p *printer) literal(head string, v *Node, indent, end int) {
	header := strings.TrimRight(string(p.file.row(v.line - 1)[v.column-1:]), " \t")
	p.lines = append(p.lines, line{head: head + header, whole: true})
	deep := -1
	for at := v.line; at < end; at++ {
		text := p.file.lines[at]
		bare := strings.TrimLeft(text, " ")
		if deep < 0 && bare != "" {
			deep = len(text) - len(bare)
		}
		if strings.TrimSpace(text) == "" && (deep < 0 || len(text) <= deep) {
			p.lines = append(p.lines, line{kept: true})
			continue
		}
		p.lines = append(p.lines, line{head: strings.Repeat(" ", indent+2) + text[min(max(deep, 0), len(text)):], whole: true})
	}
}

// flow prints a map {…} or list […] on one line.
func (p *printer) flow(v *Node) string {
	var parts []string
	switch v.kind {
	case mapKind:
		entries := v.entries
		if p.order != nil {
			names := make([]string, len(entries))
			byName := map[string]Entry{}
			for i, e := range entries {
				names[i], byName[e.Name] = e.Name, e
			}
			sorted := make([]Entry, 0, len(entries))
			for _, name := range p.order(append([]string(nil), p.path...), names) {
				sorted = append(sorted, byName[name])
			}
			entries = sorted
		}
		for _, e := range entries {
			p.path = append(p.path, e.Name)
			parts = append(parts, strings.TrimSuffix(p.raw(e.Key)+": "+p.flow(e.Value), ": "))
			p.path = p.path[:len(p.path)-1]
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case listKind:
		p.path = append(p.path, "-")
		for _, x := range v.items {
			parts = append(parts, p.flow(x))
		}
		p.path = p.path[:len(p.path)-1]
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		return p.raw(v)
	}
}

// raw returns a scalar of one line as it stands in the source.
func (p *printer) raw(v *Node) string {
	if v.style == plainStyle {
		return v.text
	}
	row := p.file.row(v.line - 1)
	return string(row[v.column-1 : min(p.endColumn(v), len(row))])
}

func (p *printer) endColumn(v *Node) int { return p.end(v).column }

// commentAfter returns the comment behind a place of a line.
func (p *printer) commentAfter(at, column int) string {
	row := p.file.row(at)
	rest := strings.TrimSpace(string(row[min(column, len(row)):]))
	if strings.HasPrefix(rest, "#") {
		return rest
	}
	return ""
}

func (p *printer) commentColumn(at, column int) int {
	row := p.file.row(at)
	for i := min(column, len(row)); i < len(row); i++ {
		if row[i] == '#' {
			return width(string(row[:i]))
		}
	}
	return 0
}
