package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

func (a *app) parkedReplay() *cobra.Command {
	var s which
	var reason string
	var dry bool
	c := &cobra.Command{
		Use: "replay [ID]", Short: "let one, a group, or all run again", Args: cobra.MaximumNArgs(1),
		Long: "First looks what would happen: which would be sent, and which would be parked again and why; --dry-run does no more.\n" +
			"Then it asks, and lets exactly those run again that it has looked at, each followed by what waits behind it, in order.\n" +
			"What was parked meanwhile stays. The reason stands in the audit trail.",
		Example: "  sihe parked replay --code LOOKUP_MISSING --dry-run\n" +
			"  sihe parked replay --code LOOKUP_MISSING --reason \"tax code 7 added\"\n" +
			"  sihe parked replay 4f0c… --reason \"customer approved\" --yes\n  sihe parked replay --all --reason \"ERP is back\" --yes",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				s.id = args[0]
			}
			return a.replayParked(cmd, s, reason, dry)
		},
	}
	s.flags(c)
	c.Flags().BoolVar(&s.all, "all", false, "everything that is parked")
	c.Flags().StringVar(&reason, "reason", "", "why (required)")
	c.Flags().BoolVar(&dry, "dry-run", false, "only tell what would happen")
	return c
}

func (a *app) replayParked(cmd *cobra.Command, s which, reason string, dry bool) error {
	const name = "parked replay"
	if !dry && reason == "" {
		return sihe.Errorf(sihe.CodeReasonMissing, "replay: say why with --reason")
	}
	body := s.body()
	body["dry_run"] = true
	var r pipelines.Rehearsal
	if err := a.command(cmd.Context(), "/hub/parked/replay", body, &r); err != nil {
		return err
	}
	if dry {
		return a.print(name, a.rehearsed(r), r, func(w io.Writer) { a.showRehearsal(w, r) })
	}
	if a.format != "json" && a.format != "yaml" {
		a.showRehearsal(a.out, r)
	}
	if r.Selected > 0 {
		if err := a.confirm(cmd, "replay %d documents and %d events behind them?", "重放 %d 张单据及其后 %d 条事件？", r.Selected, r.Following); err != nil {
			return err
		}
	}
	body = s.body()
	body["as_of"], body["who"], body["reason"] = r.AsOf.Format(time.RFC3339Nano), who(), reason
	var out map[string]int
	if err := a.command(cmd.Context(), "/hub/parked/replay", body, &out); err != nil {
		return err
	}
	return a.print(name, fmt.Sprintf(a.say("%d replayed", "已重放 %d 张"), out["replayed"]), out, func(io.Writer) {})
}

// command posts a body to the running hub.
func (a *app) command(ctx context.Context, path string, body, out any) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	return c.do(ctx, request{method: http.MethodPost, path: path, body: body}, out)
}

func (a *app) rehearsed(r pipelines.Rehearsal) string {
	text := fmt.Sprintf(a.say("%d documents and %d events behind them; nothing was done", "%d 张单据及其后 %d 条事件；未执行任何操作"), r.Selected, r.Following)
	if r.Truncated {
		text += a.say("; there are more than these", "；还有更多未列入")
	}
	return text
}

func (a *app) showRehearsal(w io.Writer, r pipelines.Rehearsal) {
	if len(r.Outcomes) == 0 {
		return
	}
	rows := make([][]string, 0, len(r.Outcomes))
	for _, o := range r.Outcomes {
		rows = append(rows, []string{o.Pipeline, fmt.Sprint(o.Count), amounts(o.Amounts), a.verdict(o.Verdict)})
	}
	table(w, []string{a.say("PIPELINE", "管道"), a.say("COUNT", "张数"), a.say("AMOUNT", "金额"), a.say("WOULD BE", "结果")}, rows)
	if a.format != "wide" {
		return
	}
	rows = rows[:0]
	for _, d := range r.Documents {
		rows = append(rows, []string{d.ID, d.Entity + " " + d.Key, d.Name, string(d.Was), a.verdict(d.Verdict)})
	}
	_, _ = fmt.Fprintln(w)
	table(w, []string{"ID", a.say("DOCUMENT", "单据"), a.say("EVENT", "事件"), a.say("WAS", "之前"), a.say("WOULD BE", "结果")}, rows)
}

func (a *app) parkedDiscard() *cobra.Command {
	var s which
	var reason string
	c := &cobra.Command{
		Use: "discard [ID]", Short: "give one, a group, or all up, with a reason", Args: cobra.MaximumNArgs(1),
		Long: "A discarded document counts as rejected in the balance; what waits behind it goes on. It stays in the trace, with who\n" +
			"gave it up and why. It cannot be undone, save by `sihe replay --again`.",
		Example: "  sihe parked discard 4f0c… --reason \"test order\"\n  sihe parked discard --key CO-2026-0007 --reason \"cancelled by phone\" --yes",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				s.id = args[0]
			}
			return a.discardParked(cmd, s, reason)
		},
	}
	s.flags(c)
	c.Flags().BoolVar(&s.all, "all", false, "everything that is parked")
	c.Flags().StringVar(&reason, "reason", "", "why (required)")
	return c
}

func (a *app) discardParked(cmd *cobra.Command, s which, reason string) error {
	if reason == "" {
		return sihe.Errorf(sihe.CodeReasonMissing, "discard: say why with --reason")
	}
	asOf := time.Now()
	q := s.query()
	q.Set("limit", "500")
	var all []*store.Delivery
	if !a.yes {
		if err := a.ask(cmd.Context(), "/hub/parked?"+q.Encode(), &all); err != nil {
			return err
		}
		if a.format != "json" && a.format != "yaml" {
			a.showParked(a.out, all)
		}
		n := fmt.Sprint(len(all))
		if len(all) == 500 {
			n = a.say("500 or more", "500 张以上")
		}
		if err := a.confirm(cmd, "discard %s documents?", "丢弃 %s 张单据？", cmp.Or(n, "0")); err != nil {
			return err
		}
	}
	body := s.body()
	body["as_of"], body["who"], body["reason"] = asOf.Format(time.RFC3339Nano), who(), reason
	var out map[string]int
	if err := a.command(cmd.Context(), "/hub/parked/discard", body, &out); err != nil {
		return err
	}
	return a.print("parked discard", fmt.Sprintf(a.say("%d discarded", "已丢弃 %d 张"), out["discarded"]), out, func(io.Writer) {})
}
