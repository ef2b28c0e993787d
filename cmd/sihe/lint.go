package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
)

func (a *app) lintCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lint [DIR]",
		Short: "check every file of a hub and show all errors at once",
		Long: "Checks hub.yaml, entities, mappings and pipelines with the compiler that `sihe run` uses: what lints starts.\n" +
			"Exit code 2 when there is an error.",
		Example: "  sihe lint\n  sihe lint myhub -o json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				a.dir = args[0]
			}
			return a.lint()
		},
	}
}

func (a *app) lint() error {
	var f sihe.Findings
	c := compile(a.hubDir(), &f)
	f = f.Sorted()
	summary := a.findingsSummary(f)
	if c != nil && !f.Failed() {
		summary = fmt.Sprintf(a.say("%d entities, %d pipelines: %s", "%d 个实体，%d 个流程：%s"), len(c.catalog.Entities()), len(c.plan.Pipelines), summary)
	}
	if a.format == "json" {
		if err := a.json(envelope{Command: "lint", OK: !f.Failed(), Summary: summary, Finding: f}); err != nil {
			return err
		}
	} else {
		a.showFindings(a.out, f)
		a.note("%s", summary)
	}
	if f.Failed() {
		return errReported
	}
	return nil
}

func (a *app) findingsSummary(f sihe.Findings) string {
	errorCount := 0
	for _, x := range f {
		if x.Severity == sihe.SeverityError {
			errorCount++
		}
	}
	if len(f) == 0 {
		return a.say("no errors", "没有错误")
	}
	return fmt.Sprintf(a.say("%d errors, %d warnings", "%d 个错误，%d 个警告"), errorCount, len(f)-errorCount)
}

// showFindings prints each finding with its line and a mark under the place. A Chinese reader gets the message in Chinese;
// where there is none, what the code means stands before the English one. What to do about the code follows.
func (a *app) showFindings(w io.Writer, f sihe.Findings) {
	for _, x := range a.explain(f) {
		kind, message, help := "", cmp.Or(x.Text, x.Message), ""
		if x.Severity == sihe.SeverityWarning {
			kind = a.say("warning: ", "警告：")
		}
		if a.language == "zh" && x.Meaning != "" {
			help = "       → " + x.Help + "\n"
			if x.Text == "" {
				message = x.Meaning + "：" + message
			}
		}
		_, _ = fmt.Fprintf(w, "%s:%d:%d: %s%s %s", printable(x.Path), x.Line, x.Column, kind, x.Code, printable(message))
		if x.Suggestion != "" {
			_, _ = fmt.Fprintf(w, a.say(" (%s)", "（%s）"), printable(cmp.Or(x.Advice, x.Suggestion)))
		}
		_, _ = fmt.Fprintln(w)
		showSource(w, x.Finding)
		_, _ = fmt.Fprint(w, help)
	}
}

// maxShown bounds the part of a line that is shown around a place, in runes.
const maxShown = 160

// showSource prints the line of a finding with a mark under its column; wide characters take two places.
func showSource(w io.Writer, x sihe.Finding) {
	if x.Source == "" {
		return
	}
	line := []rune(strings.ReplaceAll(x.Source, "\t", " "))
	at := min(max(x.Column-1, 0), len(line))
	from := 0
	if len(line) > maxShown {
		from = max(0, at-maxShown/2)
		line = line[from:min(from+maxShown, len(line))]
	}
	before := printable(string(line[:at-from]))
	_, _ = fmt.Fprintf(w, "%6d | %s\n       | %s^\n", x.Line, printable(string(line)), strings.Repeat(" ", runewidth.StringWidth(before)))
}
