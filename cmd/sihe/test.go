package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines"
)

func (a *app) testCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test [DIR]",
		Short: "run the examples of mappings and the *_test.yaml files, with no system connected",
		Long: "Runs the examples in mapping files and every *_test.yaml beside mappings and pipelines, your own and the shipped\n" +
			"ones. A test says which event comes in and what must be written, or that it is filtered or refused. It runs the real\n" +
			"on:, when:, map:, key:, version: and the ownership gate, and calls nobody. Exit code 2 when a case fails.",
		Example: "  sihe test\n  sihe test myhub -o json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				a.dir = args[0]
			}
			return a.test()
		},
	}
}

// testResult is what `sihe test -o json` has as its result.
type testResult struct {
	Examples int                `json:"examples"` // of mappings; they were run while the files were read
	Cases    []pipelines.Tested `json:"cases"`
}

func (a *app) test() error {
	var f sihe.Findings
	dir := a.hubDir()
	c := compile(dir, &f)
	r := testResult{Cases: []pipelines.Tested{}}
	if c != nil && !f.Failed() {
		f = nil
		for _, name := range c.mappings.Names() {
			m, _ := c.mappings.Mapping(name)
			r.Examples += len(m.Examples)
		}
		r.Cases = append(r.Cases, pipelines.Test(&f, c.catalog, c.mappings, c.plan, testSources(dir, c)...)...)
	}
	f = f.Sorted()
	failed := 0
	for _, x := range r.Cases {
		if !x.OK {
			failed++
		}
	}
	summary := fmt.Sprintf(a.say("%d examples, %d cases, %d failed", "%d 个示例，%d 个用例，%d 个失败"), r.Examples, len(r.Cases), failed)
	if a.format == "json" {
		if err := a.json(envelope{Command: "test", OK: !f.Failed(), Summary: summary, Result: r, Finding: f}); err != nil {
			return err
		}
	} else {
		a.showCases(a.out, r.Cases)
		a.showDifferences(a.out, r.Cases)
		a.showFindings(a.out, slices.DeleteFunc(slices.Clone(f), func(x sihe.Finding) bool { return x.Code == sihe.CodeTestFailed }))
		a.note("%s", summary)
	}
	if f.Failed() {
		return errReported
	}
	return nil
}

// testSources are the folders in which tests stand: those of the mappings and of the pipelines in use.
func testSources(dir string, c *compiled) []fs.FS {
	files := os.DirFS(dir)
	all := append([]fs.FS{mappings.Shipped()}, own(files, "mappings")...)
	return append(all, flows(files, c.config.Use)...)
}

func (a *app) showCases(w io.Writer, all []pipelines.Tested) {
	rows := make([][]string, 0, len(all))
	for _, x := range all {
		if a.quiet && x.OK {
			continue
		}
		result := a.say("ok", "通过")
		if !x.OK {
			result = a.say("FAILED", "失败")
		}
		rows = append(rows, []string{result, x.Name, fmt.Sprintf("%s:%d", x.Path, x.Line)})
	}
	if len(rows) > 0 {
		table(w, []string{a.say("RESULT", "结果"), a.say("CASE", "用例"), a.say("WHERE", "位置")}, rows)
	}
}

// showDifferences lists what was expected and what came, field by field.
func (a *app) showDifferences(w io.Writer, all []pipelines.Tested) {
	for _, x := range all {
		if len(x.Differences) == 0 {
			continue
		}
		_, _ = fmt.Fprintf(w, "\n%s\n", printable(x.Name))
		for _, d := range x.Differences {
			_, _ = fmt.Fprintf(w, "%s:%d:%d: %s\n  - %s\n  + %s\n", x.Path, d.Line, d.Column, d.Field, printable(d.Want), printable(d.Got))
		}
	}
}
