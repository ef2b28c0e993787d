package strictyaml

import (
	"strings"
)

// end returns the place behind the last character of a node.
func (p *printer) end(n *Node) spot {
	start := spot{n.line - 1, n.column - 1}
	switch {
	case n.kind == scalarKind && n.style == literalStyle:
		return spot{p.literalEnd(n), 0}
	case n.kind == scalarKind && n.style != plainStyle:
		return p.quoteEnd(start)
	case n.kind == scalarKind:
		return p.plainEnd(n, start)
	case n.flow:
		return p.flowEnd(start)
	}
	last := start
	for _, e := range n.entries {
		last = p.end(e.Value)
	}
	for _, x := range n.items {
		last = p.end(x)
	}
	return last
}

// last returns the line behind the last line of a node, counted from 0.
func (p *printer) last(n *Node) int {
	if n.kind == scalarKind && n.style == literalStyle {
		return p.literalEnd(n)
	}
	if block(n) {
		last := n.line
		for _, e := range n.entries {
			last = max(last, p.last(e.Value), e.Key.line)
		}
		for _, x := range n.items {
			last = max(last, p.last(x))
		}
		return last
	}
	return p.end(n).line + 1
}

// quoteEnd finds the closing quote of the text that starts at a place.
func (p *printer) quoteEnd(at spot) spot {
	quote, row := p.file.row(at.line)[at.column], p.file.row(at.line)
	for i := at.column + 1; at.line < len(p.file.lines); {
		if i >= len(row) {
			at.line++
			row, i = p.file.row(at.line), 0
			continue
		}
		switch {
		case quote == '"' && row[i] == '\\':
			i += 2
			continue
		case row[i] == quote && quote == '\'' && i+1 < len(row) && row[i+1] == quote:
			i += 2
			continue
		case row[i] == quote:
			return spot{at.line, i + 1}
		}
		i++
	}
	return at
}

// plainEnd finds the end of a plain text, which may go on over several lines.
func (p *printer) plainEnd(n *Node, at spot) spot {
	text := []rune(n.text)
	row := p.file.row(at.line)
	if at.column+len(text) <= len(row) && string(row[at.column:at.column+len(text)]) == n.text {
		return spot{at.line, at.column + len(text)}
	}
	words := strings.Fields(n.text)
	row = row[min(at.column, len(row)):]
	offset := at.column
	for len(words) > 0 && at.line < len(p.file.lines) {
		rest := string(row)
		for len(words) > 0 {
			trimmed := strings.TrimLeft(rest, " \t")
			after, found := strings.CutPrefix(trimmed, words[0])
			if !found {
				break
			}
			offset += len([]rune(rest)) - len([]rune(after))
			rest, words = after, words[1:]
		}
		if len(words) == 0 {
			return spot{at.line, offset}
		}
		at.line++
		row, offset = p.file.row(at.line), 0
	}
	return at
}

// flowEnd finds the bracket that closes the one at a place.
func (p *printer) flowEnd(at spot) spot {
	depth := 0
	for ; at.line < len(p.file.lines); at = (spot{at.line + 1, 0}) {
		row := p.file.row(at.line)
		for i := at.column; i < len(row); i++ {
			before := rune(' ')
			if i > 0 {
				before = row[i-1]
			}
			switch r := row[i]; {
			case r == '#' && (before == ' ' || before == '\t'):
				i = len(row)
			case (r == '"' || r == '\'') && strings.ContainsRune(" \t[{,:", before):
				stop := p.quoteEnd(spot{at.line, i})
				if stop.line != at.line {
					at.line, row = stop.line, p.file.row(stop.line)
				}
				i = stop.column - 1
			case r == '{' || r == '[':
				depth++
			case r == '}' || r == ']':
				if depth--; depth == 0 {
					return spot{at.line, i + 1}
				}
			}
		}
	}
	return at
}

// literalEnd returns the line behind a | block: its lines stand deeper than the line of its key, or are blank.
func (p *printer) literalEnd(n *Node) int {
	row := p.file.lines[n.line-1]
	margin := len(row) - len(strings.TrimLeft(row, " "))
	keep := strings.HasPrefix(row[min(len(row), n.column-1):], "|+")
	end, limit := n.line, len(p.file.lines)
	if p.file.lines[limit-1] == "" {
		limit-- // only what follows the last line end
	}
	for at := n.line; at < limit; at++ {
		text := p.file.lines[at]
		bare := strings.TrimLeft(text, " ")
		if bare != "" && len(text)-len(bare) <= margin {
			break
		}
		if bare != "" || keep {
			end = at + 1
		}
	}
	return end
}
