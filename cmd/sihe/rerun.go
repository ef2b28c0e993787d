package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

// followEvery is how often the progress of a rerun is asked for.
const followEvery = 300 * time.Millisecond

// follow shows how far the reruns are until all of them have ended, unless nobody wants to wait. When the watching ends
// early they go on.
func (a *app) follow(ctx context.Context, command string, all []pipelines.RerunStatus, detach bool) error {
	for !detach && slices.ContainsFunc(all, func(s pipelines.RerunStatus) bool { return s.State == store.RerunRunning }) {
		select {
		case <-time.After(followEvery):
		case <-ctx.Done():
			detach = true
			continue
		}
		for i := range all {
			if err := a.ask(ctx, fmt.Sprintf("/hub/reruns/%d", all[i].ID), &all[i]); err != nil {
				return err
			}
			a.progress(all[i])
		}
	}
	summary := make([]string, 0, len(all))
	for _, s := range all {
		summary = append(summary, fmt.Sprintf("%s %d %s: %s", s.Kind, s.ID, s.State, a.told(s)))
	}
	return a.print(command, strings.Join(summary, "\n"), all, func(io.Writer) {})
}

// progress shows one line on the error output of a terminal that is not quiet.
func (a *app) progress(s pipelines.RerunStatus) {
	if s.State == store.RerunRunning {
		a.note(a.say("%s: %d of %d; %s", "%s：%d / %d；%s"), s.Pipeline, s.Read, s.Total, a.told(s))
	}
}

// told lists the outcomes in words.
func (a *app) told(s pipelines.RerunStatus) string {
	words := map[string]string{
		"delivered": a.say("delivered", "已送达"), "unchanged": a.say("unchanged", "无变化"), "filtered": a.say("filtered", "不适用"),
		"rejected": a.say("rejected", "被拒绝"), "parked": a.say("parked", "滞留"), "waiting": a.say("waiting", "等待"), "writing": a.say("being written", "写入中"),
		"retrying": a.say("retrying", "重试中"), "unknown": a.say("unknown", "结果待查"), "open": a.say("open already", "已在处理中"),
		"ahead": a.say("come by themselves", "稍后自行处理"), "left": a.say("left as they are", "保持原样"),
	}
	parts := []string{}
	for _, name := range slices.Sorted(maps.Keys(s.Outcomes)) {
		parts = append(parts, fmt.Sprintf("%d %s", s.Outcomes[name], cmp.Or(words[name], name)))
	}
	if len(parts) == 0 {
		return a.say("nothing was meant", "没有符合的事件")
	}
	return strings.Join(parts, ", ")
}

func (a *app) rerunList(command string) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "replays and backfills, the latest first", Args: cobra.NoArgs,
		Example: "  sihe " + command + " list\n  sihe " + command + " list -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var all []pipelines.RerunStatus
			if err := a.ask(cmd.Context(), "/hub/reruns", &all); err != nil {
				return err
			}
			return a.print(command+" list", "", all, func(w io.Writer) {
				rows := make([][]string, 0, len(all))
				for _, s := range all {
					rows = append(rows, []string{
						fmt.Sprint(s.ID), s.Kind, s.Pipeline, s.State, a.stamp(s.Started), fmt.Sprintf("%d / %d", s.Read, s.Total), a.told(s), s.Who, cmp.Or(s.Error, s.Why),
					})
				}
				table(w, []string{
					a.say("NO.", "编号"), a.say("KIND", "类型"), a.say("PIPELINE", "管道"), a.say("STATE", "状态"), a.say("STARTED", "开始"), a.say("READ", "已读"),
					a.say("OUTCOMES", "结果"), a.say("WHO", "操作人"), a.say("REASON", "原因"),
				}, rows)
			})
		},
	}
}

func (a *app) rerunStop(command string) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "stop NO", Short: "end one early; what it has taken up goes its way", Args: cobra.ExactArgs(1),
		Example: "  sihe " + command + " stop 3 --reason \"wrong period\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			if reason == "" {
				return sihe.Errorf(sihe.CodeReasonMissing, "stop: say why with --reason")
			}
			if err := a.confirm(cmd, "stop %s?", "停止 %s？", args[0]); err != nil {
				return err
			}
			var s pipelines.RerunStatus
			if err := a.command(cmd.Context(), "/hub/reruns/"+args[0]+"/stop", map[string]string{"who": who(), "reason": reason}, &s); err != nil {
				return err
			}
			return a.print(command+" stop", fmt.Sprintf("%s %d %s: %s", s.Kind, s.ID, s.State, a.told(s)), s, func(io.Writer) {})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why (required)")
	return c
}
