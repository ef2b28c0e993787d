package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
)

func (a *app) busCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "bus",
		Short:   "decide about messages that the bus has lost",
		Example: "  sihe bus accept order-to-erp --reason \"compared with the shop: nothing is missing\"",
	}
	c.AddCommand(a.busAcceptCommand())
	return c
}

func (a *app) busAcceptCommand() *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use:   "accept PIPELINE",
		Short: "let a pipeline go on with what the bus holds now",
		Long: "A pipeline halts with LOG_GAP when messages were removed, or its group was moved over them, before it carried them, and with\n" +
			"LOG_REPLACED when the bus no longer holds what it has carried: the topic was made anew, cut off or restored. Find out what is\n" +
			"missing (sihe check, the source) and then let it go on: behind the gap, or from the beginning of the new topic, where what was\n" +
			"carried before changes nothing. `normalise:SYSTEM` is what a system sent, `view` what sihe get and trace show.",
		Example: "  sihe bus accept order-to-erp --reason \"compared with the shop: nothing is missing\"\n  sihe bus accept normalise:shop --yes --reason \"topic restored from the mirror\"",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if reason == "" {
				return sihe.Errorf(sihe.CodeReasonMissing, "bus accept: say why with --reason")
			}
			if err := a.confirm(cmd, "let %s go on with what the bus holds now?", "让 %s 从总线现有内容继续？", args[0]); err != nil {
				return err
			}
			var out struct {
				Accepted []pipelines.Break `json:"accepted"`
			}
			if err := a.command(cmd.Context(), "/hub/bus/accept", map[string]string{"name": args[0], "who": who(), "reason": reason}, &out); err != nil {
				return err
			}
			summary := fmt.Sprintf(a.say("%d partitions go on", "%d 个分区继续"), len(out.Accepted))
			if len(out.Accepted) == 0 {
				summary = a.say("there is nothing to accept: the bus holds what was carried", "无需接受：总线仍是已处理的内容")
			}
			return a.print("bus accept", summary, out, func(w io.Writer) { a.showBreaks(w, out.Accepted) })
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why (required)")
	return c
}

func (a *app) showBreaks(w io.Writer, all []pipelines.Break) {
	rows := make([][]string, 0, len(all))
	for _, b := range all {
		rows = append(rows, []string{fmt.Sprintf("%s/%d", b.Topic, b.Partition), string(b.Code), fmt.Sprint(b.Committed), fmt.Sprint(b.Resume), b.Text})
	}
	if len(rows) > 0 {
		table(w, []string{a.say("PARTITION", "分区"), a.say("CODE", "代码"), a.say("STOOD AT", "原位点"), a.say("GOES ON AT", "继续于"), a.say("WHY", "原因")}, rows)
	}
}
