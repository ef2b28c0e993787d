package main

import (
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

func (a *app) checkExplain() *cobra.Command {
	return &cobra.Command{
		Use: "explain NAME|NUMBER", Short: "why something was found: both sides, their values, since when, what was tried", Args: cobra.ExactArgs(1),
		Long: "Of a check: everything that stands. Of a document: what every check about it makes of it, as it is now.\n" +
			"Exit code 2 when something does not hold.",
		Example: "  sihe check explain delivery-has-receivable\n  sihe check explain DN-2026-0001 -o json",
		RunE: func(cmd *cobra.Command, args []string) error {
			var all []pipelines.Explanation
			if err := a.ask(cmd.Context(), "/hub/checks/explain?of="+url.QueryEscape(args[0]), &all); err != nil {
				return err
			}
			wrong := 0
			for _, x := range all {
				if !x.Holds && !x.Pending {
					wrong++
				}
			}
			summary := a.say("it holds", "相符")
			if wrong > 0 {
				summary = fmt.Sprintf(a.say("%d do not hold", "%d 项不符"), wrong)
			}
			if err := a.print("check explain", summary, all, func(w io.Writer) {
				for _, x := range all {
					a.showExplanation(w, x)
				}
			}); err != nil {
				return err
			}
			if wrong > 0 {
				return errReported
			}
			return nil
		},
	}
}

func (a *app) showExplanation(w io.Writer, x pipelines.Explanation) {
	state := a.say("holds", "相符")
	switch {
	case x.Pending:
		state = fmt.Sprintf(a.say("changed less than %s ago, is given time", "%s 内有变化，尚在时限内"), x.Within)
	case !x.Holds:
		state = a.say("does not hold", "不符")
	}
	_, _ = fmt.Fprintf(w, "%s  %s: %s\n", x.Check, a.say(x.Label.En, x.Label.Zh), state)
	_, _ = fmt.Fprintf(w, a.say("  they meet on %s\n", "  以 %s 对应\n"), printable(x.By))
	a.showExplainedSide(w, x.Left, x.By)
	a.showExplainedSide(w, x.Right, x.By)
	for _, f := range x.Stands {
		a.showExplainedFind(w, f)
	}
	_, _ = fmt.Fprintln(w)
}

func (a *app) showExplainedSide(w io.Writer, s pipelines.ExplainedSide, by string) {
	head := "  " + s.Entity + ", " + s.By + " = " + printable(by)
	if s.When != "" {
		head += a.say(", when ", "，条件 ") + s.When
	}
	_, _ = fmt.Fprintln(w, head)
	if len(s.Documents) == 0 {
		_, _ = fmt.Fprintf(w, "    %s\n", a.say("there is none", "没有"))
	}
	for _, d := range s.Documents {
		line := fmt.Sprintf("    %s %s v%d", d.Key, d.State, d.Version)
		if d.Amount != nil {
			line += "  " + thousands(d.Amount.String()) + " " + d.Currency
		}
		if !d.Wanted {
			line += a.say("  (not under when)", "  （不符合条件）")
		}
		_, _ = fmt.Fprintln(w, printable(line))
		if d.Error != "" {
			_, _ = fmt.Fprintf(w, "      ! %s\n", printable(d.Error))
		}
		for _, v := range d.Values {
			_, _ = fmt.Fprintf(w, "      %s = %s\n", v.Expression, printable(v.Value))
		}
	}
}

func (a *app) showExplainedFind(w io.Writer, f pipelines.ExplainedFind) {
	line := "  ! " + a.kind(f.Kind)
	if s := a.unequal(f.Finding); s != "" {
		line += ": " + s
	}
	if f.Second {
		line += a.say(" (the second one)", "（第二张）")
	}
	if f.Known {
		line += fmt.Sprintf(a.say(", for %s", "，已持续 %s"), a.age(f.Since, time.Now()))
	} else {
		line += a.say(", not yet found by a run", "，尚未被核对发现")
	}
	_, _ = fmt.Fprintln(w, printable(line))
	for _, d := range f.Deliveries {
		_, _ = fmt.Fprintf(w, "    %s %s %s %s %s\n", d.Pipeline, d.Name, d.State, d.Code, a.stamp(d.Since))
	}
	for _, t := range f.Tries {
		_, _ = fmt.Fprintf(w, "    %s %s %s (%s)\n", a.stamp(t.At), a.act(pipelines.Repair{Action: pipelines.Action(t.Action)}), t.Pipeline, printable(t.Who))
	}
	if f.Remedy == string(pipelines.ActAlert) || f.Kind == store.FindingExtra {
		_, _ = fmt.Fprintf(w, "    → %s\n", a.say("this check only tells; look at both documents in their systems", "此项核对只提示；请在各自系统中查看这两张单据"))
	}
}
