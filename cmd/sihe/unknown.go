package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

func (a *app) unknownCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "unknown",
		Short: "writes of which nobody knows whether they were done",
		Long: "When an answer is lost, the hub looks the document up at the target before it repeats anything. A target that it cannot\n" +
			"ask waits here for a person: look there, then say what you found.",
	}
	c.AddCommand(a.unknownList(), a.unknownResolve())
	return c
}

func (a *app) unknownList() *cobra.Command {
	var s which
	c := &cobra.Command{
		Use: "list", Short: "what is unknown, the oldest first", Args: cobra.NoArgs,
		Example: "  sihe unknown list\n  sihe unknown list --pipeline order-to-erp -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var all []*store.Delivery
			if err := a.ask(cmd.Context(), "/hub/unknown?"+s.query().Encode(), &all); err != nil {
				return err
			}
			summary := fmt.Sprintf(a.say("%d writes of unknown outcome", "%d 个写入结果待查"), len(all))
			return a.print("unknown list", summary, all, func(w io.Writer) { a.showUnknown(w, all) })
		},
	}
	s.flags(c)
	return c
}

func (a *app) showUnknown(w io.Writer, all []*store.Delivery) {
	if len(all) == 0 {
		return
	}
	rows := make([][]string, 0, len(all))
	for _, d := range all {
		target := ""
		if d.Target != nil {
			target = d.Target.System + " " + d.Target.Do + " " + d.Target.Entity + " " + d.Target.Key
		}
		rows = append(rows, []string{a.stamp(d.Since), d.Pipeline, d.ID, d.Entity + " " + d.Subject, target, fmt.Sprint(d.LookUps), string(d.Code), d.Text})
	}
	table(w, []string{
		a.say("SINCE", "开始"), a.say("PIPELINE", "管道"), "ID", a.say("DOCUMENT", "单据"), a.say("TARGET", "目标"), a.say("LOOK-UPS", "查询次数"),
		a.say("CODE", "代码"), a.say("WHY", "原因"),
	}, rows)
}

func (a *app) unknownResolve() *cobra.Command {
	var done, notDone bool
	var key, reason string
	var version int64
	c := &cobra.Command{
		Use: "resolve PIPELINE ID", Short: "say what became of a write", Args: cobra.ExactArgs(2),
		Long: "Look at the target first. --done ends the delivery (with --key, the document's number there); --not-done lets it be\n" +
			"written again: if it had been done, the document would be there twice.",
		Example: "  sihe unknown resolve order-to-erp 4f0c… --done --key SO-00017 --reason \"seen in the ERP\"\n" +
			"  sihe unknown resolve order-to-erp 4f0c… --not-done --reason \"not in the ERP, journal checked\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case done == notDone:
				return sihe.Errorf(sihe.CodeConfigValue, "resolve: say --done or --not-done")
			case reason == "":
				return sihe.Errorf(sihe.CodeReasonMissing, "resolve: say why with --reason")
			}
			ask, zh := "end %s as done?", "确认 %s 已完成？"
			if notDone {
				ask, zh = "write %s again? If it was done after all, it will be there twice", "重新写入 %s？若其实已完成，目标中将出现重复"
			}
			if err := a.confirm(cmd, ask, zh, args[1]); err != nil {
				return err
			}
			body := map[string]any{"pipeline": args[0], "id": args[1], "done": done, "key": key, "version": version, "who": who(), "reason": reason}
			var out map[string]bool
			if err := a.command(cmd.Context(), "/hub/unknown/resolve", body, &out); err != nil {
				return err
			}
			return a.print("unknown resolve", a.say("resolved", "已处理"), out, func(io.Writer) {})
		},
	}
	f := c.Flags()
	f.BoolVar(&done, "done", false, "the target has it")
	f.BoolVar(&notDone, "not-done", false, "the target does not have it")
	f.StringVar(&key, "key", "", "number of the document there, with --done")
	f.Int64Var(&version, "version", 0, "version of the document there, with --done")
	f.StringVar(&reason, "reason", "", "why (required)")
	return c
}
