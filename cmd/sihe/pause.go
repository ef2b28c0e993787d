package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
)

func (a *app) pauseCommand() *cobra.Command {
	return a.standCommand("pause", "let a pipeline or a system stand", "/hub/pause",
		"A paused pipeline finishes what it has begun and stands, also over restarts; what comes waits on the bus. A paused system\n"+
			"is not read, and the pipelines that write to its module stand; webhooks are still taken in and stored.",
		"  sihe pause order-to-erp --reason \"price list is being checked\"\n  sihe pause erp --reason \"ERP maintenance until 18:00\"",
		"paused: %s", "已暂停：%s", "nothing stood still by it: it was paused already", "未作改变：已处于暂停状态")
}

func (a *app) resumeCommand() *cobra.Command {
	return a.standCommand("resume", "let it go on", "/hub/resume",
		"Lets a paused pipeline or system go on, also one that the brake has stopped: look at what it was about to write first.",
		"  sihe resume order-to-erp --reason \"price list is right\"\n  sihe resume erp --reason \"maintenance is over\"",
		"resumed: %s", "已恢复：%s", "nothing was paused", "没有处于暂停状态的对象")
}

func (a *app) standCommand(verb, short, path, long, example, en, zh, noneEn, noneZh string) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: verb + " PIPELINE|SYSTEM", Short: short, Long: long, Example: example, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if reason == "" {
				return sihe.Errorf(sihe.CodeReasonMissing, "%s: say why with --reason", verb)
			}
			if err := a.confirm(cmd, verb+" %s?", map[string]string{"pause": "暂停 %s？", "resume": "恢复 %s？"}[verb], args[0]); err != nil {
				return err
			}
			var out map[string][]string
			if err := a.command(cmd.Context(), path, map[string]string{"name": args[0], "who": who(), "reason": reason}, &out); err != nil {
				return err
			}
			names := out[verb+"d"]
			summary := fmt.Sprintf(a.say(en, zh), join(names))
			if len(names) == 0 {
				summary = a.say(noneEn, noneZh)
			}
			return a.print(verb, summary, out, func(io.Writer) {})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why (required)")
	return c
}
