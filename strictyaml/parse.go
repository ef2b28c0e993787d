package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"github.com/sihehub/sihe"
)

// Bounds of one file.
const (
	MaxSize  = 256 << 10 // bytes
	MaxDepth = 32        // maps and lists inside each other

	MaxFindings = 100 // of one file; more help nobody
)

// A file is what the nodes of one document share.
type file struct {
	path     string
	lines    []string // without line ends
	rows     [][]rune // the same, as far as they were asked for
	findings *sihe.Findings
	reported int
	failed   bool
}

// row returns the runes of a line, counted from 0; none after the last one.
func (d *file) row(line int) []rune {
	if line >= len(d.lines) {
		return nil
	}
	if d.rows == nil {
		d.rows = make([][]rune, len(d.lines))
	}
	if d.rows[line] == nil {
		d.rows[line] = []rune(d.lines[line])
	}
	return d.rows[line]
}

// Parse reads one document. It returns false when the file cannot be used at all. A node that it returns may have been
// complained about in f all the same.
func Parse(path string, data []byte, f *sihe.Findings) (*Node, bool) {
	d := &file{path: path, findings: f}
	if len(data) > MaxSize {
		d.report(1, 1, sihe.CodeYAMLSize, "", "a file may have %d bytes, this one has more", MaxSize)
		return nil, false
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	d.lines = strings.Split(string(data), "\n")
	for i, l := range d.lines {
		d.lines[i] = strings.TrimSuffix(l, "\r")
	}
	if !d.checkCharacters() {
		return nil, false
	}
	if line := d.directive(); line > 0 {
		d.report(line, 1, sihe.CodeYAMLFeature, "remove the line", "a directive (%%) is not used in these files")
		return nil, false
	}
	root, err := load(data)
	if err != nil {
		d.reportSyntax(err)
		return nil, false
	}
	if root == nil {
		d.report(1, 1, sihe.CodeYAMLSyntax, "", "the file is empty")
		return nil, false
	}
	return d.node(root), true
}

// directive returns the line of a %YAML or %TAG directive, 0 when there is none.
func (d *file) directive() int {
	for i, l := range d.lines {
		if strings.HasPrefix(l, "%") {
			return i + 1
		}
		if l = strings.TrimSpace(l); l != "" && l[0] != '#' {
			return 0
		}
	}
	return 0
}

// load returns the root of the only document, or nil when there is none.
func load(data []byte) (root *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil { // CVE-2022-28948 was a panic of the scanner
			err = fmt.Errorf("the YAML scanner failed: %v", r)
		}
	}()
	limits := yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(MaxDepth)))
	l, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithUniqueKeys(false), limits)
	if err != nil {
		return nil, err
	}
	var first, second yaml.Node
	switch err := l.Load(&first); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	switch err := l.Load(&second); {
	case err == nil:
		return nil, severalDocuments{second.Line, second.Column}
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	if first.Kind == yaml.DocumentNode && len(first.Content) == 1 {
		return first.Content[0], nil
	}
	return &first, nil
}

type severalDocuments struct{ line, column int }

func (severalDocuments) Error() string { return "a file holds one document; `---` starts a second one" }

func (d *file) reportSyntax(err error) {
	var several severalDocuments
	if errors.As(err, &several) {
		d.report(max(several.line, 1), max(several.column, 1), sihe.CodeYAMLFeature, "put it into a file of its own", "%s", several.Error())
		return
	}
	var bad *yaml.LoadError
	if !errors.As(err, &bad) {
		d.report(1, 1, sihe.CodeYAMLSyntax, "", "%s", err.Error())
		return
	}
	code, message, suggestion, mark := sihe.CodeYAMLSyntax, bad.Message, "", bad.Mark
	const quoteOrBlock = "put constant text in quotes, an expression into a | block"
	line := ""
	if mark.Line >= 1 && mark.Line <= len(d.lines) {
		line = d.lines[mark.Line-1]
	}
	switch {
	case strings.Contains(message, "depth"):
		code, message = sihe.CodeYAMLSize, fmt.Sprintf("maps and lists are nested deeper than %d", MaxDepth)
	case strings.Contains(message, "mapping values are not allowed"):
		message, suggestion = "a plain value cannot contain \": \"", quoteOrBlock
	case strings.Contains(message, "cannot start any token") && strings.HasPrefix(strings.TrimLeft(line, " "), "\t"):
		message, suggestion = "a tab cannot indent a line", "use spaces"
	case strings.Contains(message, "cannot start any token"):
		message, suggestion = "a value cannot start with this character", quoteOrBlock
	case strings.Contains(message, "unexpected end of stream") && bad.ContextMark.Line > 0:
		message, mark = "a quote is not closed", bad.ContextMark
	case strings.Contains(message, "unknown anchor"):
		code, message, suggestion = sihe.CodeYAMLFeature, "an alias (*) is not used in these files", "write the value out; put an expression into a | block"
	case afterQuote(line, mark.Column):
		message, suggestion = "a value that starts with a quote ends with it", "put an expression into a | block"
	case strings.Contains(message, "did not find expected key"), strings.Contains(message, "did not find expected '-'"):
		message = "the line does not fit the indentation of the lines above"
	case strings.Contains(message, "',' or"), strings.Contains(message, "expected node content"):
		message = "a list […] or map {…} lacks a comma or its end"
	}
	d.report(max(mark.Line, 1), max(mark.Column, 1), code, suggestion, "%s", message)
}

// afterQuote says whether the text before a column ends a quoted value.
func afterQuote(line string, column int) bool {
	r := []rune(line)
	before := strings.TrimRight(string(r[:min(max(column-1, 0), len(r))]), " ")
	return strings.HasSuffix(before, `"`) || strings.HasSuffix(before, `'`)
}

// report adds an error at a place of the file.
func (d *file) report(line, column int, code sihe.Code, suggestion, format string, args ...any) {
	d.add(sihe.SeverityError, line, column, code, suggestion, fmt.Sprintf(format, args...))
}

// maxMessage is how many runes of a message are shown: it may quote what somebody has written.
const maxMessage = 600

func clip(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	if r := []rune(s); len(r) > maxMessage {
		return string(r[:maxMessage]) + "…"
	}
	return s
}

func (d *file) add(severity sihe.Severity, line, column int, code sihe.Code, suggestion, message string) {
	d.failed = d.failed || severity == sihe.SeverityError
	switch d.reported++; {
	case d.reported > MaxFindings:
		return
	case d.reported == MaxFindings:
		severity, code, suggestion, message = sihe.SeverityError, sihe.CodeYAMLSize, "", "there is more to complain about in this file than is shown"
	}
	x := sihe.Finding{Severity: severity, Code: code, Message: clip(message), Path: d.path, Line: line, Column: column, Suggestion: suggestion}
	if line >= 1 && line <= len(d.lines) {
		x.Source = d.lines[line-1]
	}
	*d.findings = append(*d.findings, x)
}
