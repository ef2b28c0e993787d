package main

import (
	"fmt"
	"io"
	"net/url"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

func (a *app) traceCommand() *cobra.Command {
	var export, verify string
	c := &cobra.Command{
		Use:   "trace [KEY]",
		Short: "show the whole way of a document",
		Long: "Finds a document by any number that any system gave it, or that it bears (waybill, tax invoice, bank reference), and shows\n" +
			"its chain: every document, where it is, under which number, since when, in which state, and with which amount. With -o\n" +
			"wide, every event and delivery.\n\n" +
			"--export writes a dossier that needs no hub to be read: documents, events with their payloads, deliveries with attempts,\n" +
			"history and what was sent, audit rows, amounts, the meaning of every code, and hashes. --verify says whether one was changed.",
		Example: "  sihe trace CO-2026-0001\n  sihe trace INV-2026-0001 -o json\n  sihe trace CO-2026-0001 --export CO-2026-0001.json\n" +
			"  sihe trace --verify CO-2026-0001.json",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case verify != "":
				return a.verifyDossier(verify)
			case len(args) == 0:
				return sihe.Errorf(sihe.CodeConfigValue, "trace: name a document's number")
			case export != "":
				return a.exportDossier(cmd.Context(), args[0], export)
			}
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
	c.Flags().StringVar(&export, "export", "", "write a dossier to this file")
	c.Flags().StringVar(&verify, "verify", "", "look whether a dossier is as it was written")
	return c
}

// showTrace prints one line a document, or with -o wide every event and what became of it.
func (a *app) showTrace(w io.Writer, t pipelines.Trace) {
	if a.format == "wide" {
		a.showSteps(w, t)
	} else {
		a.showChain(w, t)
	}
	if t.Truncated {
		_, _ = fmt.Fprintln(w, a.say("… and more", "……还有更多"))
	}
}

func (a *app) showChain(w io.Writer, t pipelines.Trace) {
	docs := slices.DeleteFunc(slices.Clone(t.Documents), func(d pipelines.TraceDoc) bool { return d.Detail })
	slices.SortStableFunc(docs, func(x, y pipelines.TraceDoc) int { return x.Since.Compare(y.Since) })
	rows := make([][]string, 0, len(docs))
	for _, d := range docs {
		amount := ""
		if d.Amount != nil {
			amount = thousands(d.Amount.String()) + " " + d.Currency
		}
		own := make([]string, 0, len(d.Own))
		for _, x := range d.Own {
			if x.Own != d.Key {
				own = append(own, x.System+":"+x.Own)
			}
		}
		rows = append(rows, []string{a.stamp(d.Since), a.stamp(d.Time), d.System, a.say(d.Label.En, d.Label.Zh), d.Key, d.State, amount, join(own)})
	}
	table(w, []string{a.say("SINCE", "开始"), a.say("CHANGED", "变更"), a.say("SYSTEM", "系统"), a.say("DOCUMENT", "单据"), a.say("NUMBER", "单号"), a.say("STATE", "状态"), a.say("AMOUNT", "金额"), a.say("ELSEWHERE", "外部单号")}, rows)
	if n := len(t.Documents) - len(docs); n > 0 {
		a.note(a.say("%d details such as stock moves and vouchers: -o wide", "另有 %d 条明细（库存流水、凭证等）：-o wide"), n)
	}
}

func (a *app) showSteps(w io.Writer, t pipelines.Trace) {
	rows := make([][]string, 0, len(t.Lines))
	for _, l := range t.Lines {
		switch {
		case l.Step != nil:
			s := l.Step
			amount := ""
			if s.Amount != nil {
				amount = thousands(s.Amount.String()) + " " + s.Currency
			}
			rows = append(rows, []string{a.stamp(s.Time), s.System, s.Entity, s.Key, s.Name, amount})
		case l.Delivery != nil && l.Delivery.State != store.Filtered:
			d := l.Delivery
			target := ""
			if d.Target != nil {
				target = d.Target.Module + " " + d.Target.Entity + " " + d.Target.Key
			}
			rows = append(rows, []string{"", "", "  → " + d.Pipeline, target, string(d.State), string(d.Code)})
		}
	}
	table(w, []string{a.say("WHEN", "时间"), a.say("SYSTEM", "系统"), a.say("DOCUMENT", "单据"), a.say("NUMBER", "单号"), a.say("WHAT", "事件"), a.say("AMOUNT", "金额")}, rows)
}
