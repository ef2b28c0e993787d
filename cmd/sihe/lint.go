package main

import (
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

// showFindings prints each finding with its line and a mark under the place.
func (a *app) showFindings(w io.Writer, f sihe.Findings) {
	for _, x := range f {
		kind := ""
		if x.Severity == sihe.SeverityWarning {
			kind = a.say("warning: ", "警告：")
		}
		_, _ = fmt.Fprintf(w, "%s:%d:%d: %s%s %s", x.Path, x.Line, x.Column, kind, x.Code, printable(x.Message))
		if x.Suggestion != "" {
			_, _ = fmt.Fprintf(w, " (%s)", printable(x.Suggestion))
		}
		_, _ = fmt.Fprintln(w)
		if x.Source == "" {
			continue
		}
		line := []rune(strings.ReplaceAll(x.Source, "\t", " "))
		before := string(line[:min(max(x.Column-1, 0), len(line))])
		_, _ = fmt.Fprintf(w, "%6d | %s\n       | %s^\n", x.Line, printable(string(line)), strings.Repeat(" ", runewidth.StringWidth(before)))
	}
}
