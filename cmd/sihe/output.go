package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"

	"github.com/sihehub/sihe"
)

// An envelope is what every command prints with -o json: one shape for programs to read.
type envelope struct {
	Command string        `json:"command"`
	OK      bool          `json:"ok"`
	Summary string        `json:"summary,omitempty"`
	Result  any           `json:"result,omitempty"`
	Error   *errorOutput  `json:"error,omitempty"`
	Finding sihe.Findings `json:"-"`

	Explained []explained `json:"findings,omitempty"` // Finding, in the reader's language
}

// An explained finding says what its code means and what to do, in the reader's language. Text and Advice are its message
// and suggestion in Chinese, where a Chinese reader can be told so.
type explained struct {
	sihe.Finding
	Meaning string `json:"meaning,omitempty"`
	Help    string `json:"help,omitempty"`
	Text    string `json:"text,omitempty"`
	Advice  string `json:"advice,omitempty"`
}

func (a *app) explain(f sihe.Findings) []explained {
	all := make([]explained, 0, len(f))
	var book *sihe.Phrasebook
	if a.language == "zh" && len(f) > 0 {
		book = sihe.NewPhrasebook()
	}
	for _, x := range f {
		e, _ := sihe.Explain(x.Code)
		y := explained{Finding: x, Meaning: a.say(e.En, e.Zh), Help: a.say(e.HelpEn, e.HelpZh)}
		if book != nil {
			y.Text, _ = book.Chinese(x.Message)
			y.Advice, _ = book.Chinese(x.Suggestion)
		}
		all = append(all, y)
	}
	return all
}

type errorOutput struct {
	Code    sihe.Code `json:"code"`
	Message string    `json:"message"`
	Path    string    `json:"path,omitempty"` // of the field
	Help    string    `json:"help,omitempty"`
}

// print writes a result: as JSON or YAML, or by the given function for people.
func (a *app) print(command, summary string, result any, people func(w io.Writer)) error {
	switch a.format {
	case "json":
		return a.json(envelope{Command: command, OK: true, Summary: summary, Result: result})
	case "yaml":
		return a.yaml(result)
	}
	people(a.out)
	if summary != "" && !a.quiet {
		_, _ = fmt.Fprintln(a.out, summary)
	}
	return nil
}

func (a *app) json(e envelope) error {
	e.Explained = a.explain(e.Finding)
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(e)
}

// fail shows an error once, in the asked form.
func (a *app) fail(command string, err error) {
	out := errorOutput{Code: sihe.CodeOf(err), Message: err.Error()}
	var refused *apiError
	if errors.As(err, &refused) {
		out = errorOutput{Code: refused.Detail.Code, Message: refused.Detail.Message, Path: refused.Detail.Path, Help: refused.Detail.Help}
	} else if x, ok := sihe.Explain(out.Code); ok && out.Code != sihe.CodeInternal {
		out.Help = a.say(x.HelpEn, x.HelpZh)
		out.Message = strings.TrimPrefix(out.Message, string(out.Code)+" ")
	}
	if a.format == "json" {
		_ = a.json(envelope{Command: command, Error: &out})
		return
	}
	if out.Code == sihe.CodeInternal {
		_, _ = fmt.Fprintf(a.err, "sihe: %s\n", printable(out.Message))
		return
	}
	at := ""
	if out.Path != "" {
		at = " " + printable(out.Path)
	}
	_, _ = fmt.Fprintf(a.err, "sihe: %s%s: %s\n", out.Code, at, printable(out.Message))
	if out.Help != "" {
		_, _ = fmt.Fprintf(a.err, "  → %s\n", out.Help)
	}
}

// note tells people something on the side; -q and programs do not see it.
func (a *app) note(format string, args ...any) {
	if !a.quiet && a.format != "json" && a.format != "yaml" {
		_, _ = fmt.Fprintf(a.err, format+"\n", args...)
	}
}

// table writes rows under a header in columns; wide characters take two places.
func table(w io.Writer, header []string, rows [][]string) {
	widths := make([]int, len(header))
	for _, row := range append([][]string{header}, rows...) {
		for i, c := range row {
			widths[i] = max(widths[i], runewidth.StringWidth(printable(c)))
		}
	}
	for _, row := range append([][]string{header}, rows...) {
		var b strings.Builder
		for i, c := range row {
			c = printable(c)
			b.WriteString(c)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-runewidth.StringWidth(c)+2))
			}
		}
		_, _ = fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// printable shows control and direction-changing characters as escapes, so that data cannot play with the terminal.
func printable(s string) string {
	if !strings.ContainsFunc(s, unsafeRune) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unsafeRune(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func unsafeRune(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
}
