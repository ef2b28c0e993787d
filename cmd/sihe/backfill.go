package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/console"
)

func (a *app) backfillCommand() *cobra.Command {
	var o rerunFlags
	var read bool
	c := &cobra.Command{
		Use:   "backfill [SYSTEM]",
		Short: "let the latest state of every document go through a pipeline, or read a source again",
		Long: "For a pipeline that is new, or a system that was added later: takes the latest state of every document that the pipeline\n" +
			"listens to, as the hub knows it, and carries it, in the lowest lane of the target's budget. SYSTEM means every pipeline that\n" +
			"writes to its module. The rules of `sihe replay` hold: it is harmless where nothing has changed, and nothing is made twice.\n" +
			"The names under on: count as always: a pipeline that listens to certain events only takes documents whose last event was\n" +
			"one of them; replay the stored events to carry earlier ones.\n\n" +
			"With --read SYSTEM the system itself is polled again, from --since or from its beginning. Records that are known already\n" +
			"are recognised and end as unchanged.",
		Example: "  sihe backfill --pipeline party-to-erp --dry-run\n  sihe backfill --pipeline party-to-erp --reason \"new pipeline\"\n" +
			"  sihe backfill erp --reason \"ERP connected\"\n  sihe backfill shop --read --since 720h --reason \"permission was missing\"\n" +
			"  sihe backfill list\n  sihe backfill stop 4 --reason \"too many\"",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			system := ""
			if len(args) == 1 {
				system = args[0]
			}
			if (system == "") == (o.pipeline == "") {
				return sihe.Errorf(sihe.CodeConfigValue, "backfill: name a SYSTEM, or a pipeline with --pipeline")
			}
			body, err := a.rerunBody(o)
			if err != nil {
				return err
			}
			if read {
				return a.readAgain(cmd, system, o, body)
			}
			body["system"] = system
			return a.backfill(cmd, o, body)
		},
	}
	f := c.Flags()
	f.StringVar(&o.pipeline, "pipeline", "", "one pipeline")
	f.StringVar(&o.since, "since", "", "only documents that changed since: 24h, 2026-03-01 or RFC 3339")
	f.BoolVar(&read, "read", false, "read SYSTEM again instead")
	o.shared(c)
	c.AddCommand(a.rerunList("backfill"), a.rerunStop("backfill"))
	return c
}

func (a *app) backfill(cmd *cobra.Command, o rerunFlags, body map[string]any) error {
	if o.dry || !a.yes {
		body["dry_run"] = true
		var b console.Backfilling
		if err := a.command(cmd.Context(), "/hub/backfill", body, &b); err != nil {
			return err
		}
		sum := pipelines.Rehearsal{AsOf: time.Now()}
		for _, name := range b.Pipelines {
			if x := b.Rehearsed[name]; x != nil {
				sum.Selected += x.Selected
				sum.Truncated = sum.Truncated || x.Truncated
				sum.Outcomes = append(sum.Outcomes, x.Outcomes...)
				sum.Documents = append(sum.Documents, x.Documents...)
			}
		}
		if o.dry {
			return a.print("backfill", a.foreseen(sum), b, func(w io.Writer) { a.showRehearsal(w, sum) })
		}
		if a.format != "json" && a.format != "yaml" {
			a.showRehearsal(a.out, sum)
		}
		if err := a.confirm(cmd, "carry %s documents through %s?", "将 %s 张单据送入 %s？", countOf(sum), join(b.Pipelines)); err != nil {
			return err
		}
		body["dry_run"] = false
	}
	var b console.Backfilling
	if err := a.command(cmd.Context(), "/hub/backfill", body, &b); err != nil {
		return err
	}
	return a.follow(cmd.Context(), "backfill", b.Reruns, o.detach)
}

// readAgain lets the hub poll a source from an earlier point.
func (a *app) readAgain(cmd *cobra.Command, system string, o rerunFlags, body map[string]any) error {
	if system == "" || o.dry || o.key != "" || o.again {
		return sihe.Errorf(sihe.CodeConfigValue, "backfill --read: name the SYSTEM; beside it only --since and --reason")
	}
	since := a.say("its beginning", "最初")
	if o.since != "" {
		since = o.since
	}
	if err := a.confirm(cmd, "read %s again from %s?", "从%[2]s起重新读取 %[1]s？", system, since); err != nil {
		return err
	}
	again := map[string]any{"system": system, "who": body["who"], "reason": body["reason"]}
	if t, ok := body["since"]; ok {
		again["since"] = t
	}
	var out map[string]bool
	if err := a.command(cmd.Context(), "/hub/rewind", again, &out); err != nil {
		return err
	}
	summary := fmt.Sprintf(a.say("%s is read again from %s", "将从%[2]s起重新读取 %[1]s"), system, since)
	return a.print("backfill", summary, out, func(io.Writer) {})
}
