package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
)

// A rerunFlags says what is to be carried again and how.
type rerunFlags struct {
	pipeline, since, until, key, reason string
	again, dry, detach                  bool
}

func (a *app) replayCommand() *cobra.Command {
	var o rerunFlags
	c := &cobra.Command{
		Use:   "replay",
		Short: "let stored events of a period go through a pipeline again",
		Long: "Reads the events of the period from the bus, in their order, and carries them again by the files as they are now, in the\n" +
			"lowest lane of the target's budget. It is harmless where nothing has changed:\n\n" +
			"  unchanged   the target has it as it would be written; or a newer state of the document was carried: nothing older is\n" +
			"              ever written over something newer\n" +
			"  filtered    it is not for this pipeline\n" +
			"  open        it is on its way, or parked (`sihe parked replay`), already\n" +
			"  left        it was delivered and could not be mapped now, or was discarded; or nobody could tell whether the target has it\n" +
			"  delivered   written: copies and write-backs that differ, and what was filtered or rejected before\n" +
			"  parked      as always\n\n" +
			"What makes a document, or acts on one, and was delivered is not done again. With --again it is written once more under the\n" +
			"id of the first time: a target that has it does nothing, or is looked up first, and one that has lost it, e.g. by an old\n" +
			"backup, gets it again. A target that can do neither is left alone. --again also writes copies that seem to be there.\n\n" +
			"It goes on over restarts; Ctrl-C only ends the watching. A target may refuse a version that it has (as a native module does):\n" +
			"such a write counts as unchanged.",
		Example: "  sihe replay --pipeline order-to-erp --since 24h --dry-run\n" +
			"  sihe replay --pipeline order-to-erp --since 2026-03-01T00:00:00+08:00 --until 2026-03-05T00:00:00+08:00 --reason \"condition corrected\"\n" +
			"  sihe replay --pipeline order-to-erp --key CO-2026-0001 --again --reason \"ERP restored from a backup\"\n" +
			"  sihe replay list\n  sihe replay stop 3 --reason \"wrong period\"",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.replay(cmd, o) },
	}
	f := c.Flags()
	f.StringVar(&o.pipeline, "pipeline", "", "which (required)")
	f.StringVar(&o.since, "since", "", "since when: 24h, 2026-03-01 or RFC 3339 (default: everything that is kept)")
	f.StringVar(&o.until, "until", "", "until when (default: now)")
	o.shared(c)
	c.AddCommand(a.rerunList("replay"), a.rerunStop("replay"))
	return c
}

func (o *rerunFlags) shared(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.key, "key", "", "only this document")
	f.BoolVar(&o.again, "again", false, "also what was delivered, under the same write id")
	f.BoolVar(&o.dry, "dry-run", false, "only tell what would happen")
	f.BoolVar(&o.detach, "detach", false, "do not wait for the end")
	f.StringVar(&o.reason, "reason", "", "why (required)")
}

// body is what the API is asked.
func (a *app) rerunBody(o rerunFlags) (map[string]any, error) {
	b := map[string]any{"pipeline": o.pipeline, "key": o.key, "again": o.again, "dry_run": o.dry, "who": who(), "reason": o.reason}
	if _, err := a.client(); err != nil { // it knows the zone in which a day begins
		return nil, err
	}
	for name, v := range map[string]string{"since": o.since, "until": o.until} {
		if v == "" {
			continue
		}
		t, err := a.moment(v, time.Now())
		if err != nil {
			return nil, err
		}
		b[name] = t.Format(time.RFC3339Nano)
	}
	if !o.dry && o.reason == "" {
		return nil, sihe.Errorf(sihe.CodeReasonMissing, "say why with --reason")
	}
	return b, nil
}

func (a *app) replay(cmd *cobra.Command, o rerunFlags) error {
	if o.pipeline == "" {
		return sihe.Errorf(sihe.CodeConfigValue, "replay: name the pipeline with --pipeline")
	}
	body, err := a.rerunBody(o)
	if err != nil {
		return err
	}
	if o.dry || !a.yes {
		body["dry_run"] = true
		var x pipelines.Rehearsal
		if err := a.command(cmd.Context(), "/hub/replay", body, &x); err != nil {
			return err
		}
		if o.dry {
			return a.print("replay", a.foreseen(x), x, func(w io.Writer) { a.showRehearsal(w, x) })
		}
		if a.format != "json" && a.format != "yaml" {
			a.showRehearsal(a.out, x)
		}
		if err := a.confirm(cmd, "carry %s events of %s again?", "重新执行 %[2]s 的 %[1]s 条事件？", countOf(x), o.pipeline); err != nil {
			return err
		}
		body["dry_run"] = false
	}
	var s pipelines.RerunStatus
	if err := a.command(cmd.Context(), "/hub/replay", body, &s); err != nil {
		return err
	}
	return a.follow(cmd.Context(), "replay", []pipelines.RerunStatus{s}, o.detach)
}

func countOf(x pipelines.Rehearsal) string {
	if x.Truncated {
		return fmt.Sprintf("> %d", x.Selected)
	}
	return fmt.Sprint(x.Selected)
}

func (a *app) foreseen(x pipelines.Rehearsal) string {
	text := fmt.Sprintf(a.say("%d events looked at; nothing was done", "已查看 %d 条；未执行任何操作"), x.Selected)
	if x.Truncated {
		text += a.say("; there are more", "；还有更多")
	}
	return text
}
