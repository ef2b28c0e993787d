package main

import (
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

func (a *app) traceCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "trace KEY",
		Short: "show the whole way of a document",
		Long: "Finds a document by any number that any system gave it and shows its chain: every document, where it is, under\n" +
			"which number, when, and with which amount. With -o wide, every delivery too.",
		Example: "  sihe trace CO-2026-0001\n  sihe trace INV-2026-0001 -o json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var t pipelines.Trace
			if err := a.ask(cmd.Context(), "/hub/trace/"+url.PathEscape(args[0]), &t); err != nil {
				return err
			}
			summary := ""
			if n := len(t.Open); n > 0 {
				summary = fmt.Sprintf(a.say("%d deliveries are still on their way", "%d 个投递仍在途中"), n)
			}
			return a.print("trace", summary, t, func(w io.Writer) { a.showTrace(w, t) })
		},
	}
}

func (a *app) showTrace(w io.Writer, t pipelines.Trace) {
	_, _ = fmt.Fprintf(w, a.say("%s, chain %s: %d documents\n\n", "%s，链路 %s：%d 张单据\n\n"), t.Key, t.Chain, len(t.Documents))
	rows := make([][]string, 0, len(t.Lines))
	for _, l := range t.Lines {
		switch {
		case l.Step != nil:
			s := l.Step
			amount := ""
			if s.Amount != nil {
				amount = s.Amount.String() + " " + s.Currency
			}
			rows = append(rows, []string{s.Time.Local().Format("2006-01-02 15:04"), s.System, s.Entity, s.Key, s.Name, amount})
		case l.Delivery != nil && (a.format == "wide" || !quiet(l.Delivery.State)):
			d := l.Delivery
			target := ""
			if d.Target != nil {
				target = d.Target.Entity + " " + d.Target.Key
			}
			rows = append(rows, []string{l.At.Local().Format("2006-01-02 15:04"), "", "  " + d.Pipeline, target, string(d.State), string(d.Why.Code)})
		}
	}
	table(w, []string{a.say("WHEN", "时间"), a.say("SYSTEM", "系统"), a.say("DOCUMENT", "单据"), a.say("NUMBER", "单号"), a.say("WHAT", "事件"), a.say("AMOUNT", "金额")}, rows)
	if t.Truncated {
		_, _ = fmt.Fprintln(w, a.say("… and more", "……还有更多"))
	}
}

// quiet deliveries went as they should.
func quiet(s store.State) bool {
	return s == store.Delivered || s == store.Unchanged || s == store.Filtered
}
