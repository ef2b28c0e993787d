package main

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

// checkWithin is how long one check may take when a person waits for it.
const checkWithin = time.Hour

func (a *app) checkRun() *cobra.Command {
	var all, now, live, repair, dry bool
	var reason string
	c := &cobra.Command{
		Use: "run [NAME…]", Short: "run checks now",
		Long: "Looks at what changed since the last run and at what stands. --all looks at every document, however old;\n" +
			"--now also at what changed less than its time limit ago.\n" +
			"--live also asks the systems, so that one which was restored from a backup shows what it has lost.\n" +
			"--repair also sends again what a target has confirmed or refused before; it asks first, and the reason stands in the\n" +
			"audit trail. --dry-run changes nothing. Exit code 2 when something does not hold.",
		Example: "  sihe check run\n  sihe check run delivery-has-receivable --all\n  sihe check run delivery-has-receivable --live --all\n  sihe check run delivery-has-receivable --repair --dry-run\n" +
			"  sihe check run delivery-has-receivable --repair --reason \"finance was restored from a backup\" --yes",
		RunE: func(cmd *cobra.Command, args []string) error {
			body := map[string]any{"all": all, "now": now, "live": live, "repair": repair, "dry_run": dry}
			if repair {
				if dry {
					reason = "dry run"
				}
				if err := reasoned(reason); err != nil {
					return err
				}
				body["who"], body["reason"] = who(), reason
			}
			return a.runChecks(cmd, args, body, repair && !dry)
		},
	}
	f := c.Flags()
	f.BoolVar(&all, "all", false, "every document, however long ago it changed")
	f.BoolVar(&now, "now", false, "also what changed just now: what is still on its way counts as missing")
	f.BoolVar(&live, "live", false, "also ask the systems on the right whether they still have what they stated, some at a time; all with --all")
	f.BoolVar(&repair, "repair", false, "also send again what is not sent again by itself")
	f.BoolVar(&dry, "dry-run", false, "only tell")
	f.StringVar(&reason, "reason", "", "why (required with --repair)")
	return c
}

// runChecks asks for one check after the other, so that each answer comes as soon as it can.
func (a *app) runChecks(cmd *cobra.Command, names []string, body map[string]any, ask bool) error {
	if len(names) == 0 {
		var all []pipelines.CheckStatus
		if err := a.ask(cmd.Context(), "/hub/checks", &all); err != nil {
			return err
		}
		for _, c := range all {
			if c.Idle == "" {
				names = append(names, c.Check)
			}
		}
	}
	if ask {
		if err := a.confirm(cmd, "repair what %d checks find?", "修复 %d 项核对所发现的问题？", len(names)); err != nil {
			return err
		}
	}
	c, err := a.client()
	if err != nil {
		return err
	}
	c.http.Timeout = checkWithin
	runs := []pipelines.CheckRun{}
	var sum store.Standing
	var failed, unasked int64
	for _, name := range names {
		var one []pipelines.CheckRun
		body["checks"] = []string{name}
		if err := c.do(cmd.Context(), request{method: http.MethodPost, path: "/hub/checks/run", body: body}, &one); err != nil {
			return err
		}
		for _, r := range one {
			runs, sum, failed = append(runs, r), sum.Plus(r.Standing), failed+r.Failed
			unasked += r.Unasked
		}
	}
	summary := fmt.Sprintf(a.say("%d checks, all hold", "共 %d 项核对，全部相符"), len(runs))
	if sum.Total() > 0 || failed > 0 {
		summary = fmt.Sprintf(a.say("%d checks: %s", "共 %d 项核对：%s"), len(runs), a.standing(sum))
	}
	if failed > 0 {
		summary += fmt.Sprintf(a.say("; %d documents cannot be examined", "；%d 张单据无法检查"), failed)
	}
	if unasked > 0 {
		summary += fmt.Sprintf(a.say("; %d documents could not be asked for", "；%d 张单据无法询问"), unasked)
	}
	if err := a.print("check run", summary, runs, func(w io.Writer) { a.showRuns(w, runs) }); err != nil {
		return err
	}
	if sum.Total() > 0 || failed > 0 {
		return errReported
	}
	return nil
}

func (a *app) showRuns(w io.Writer, runs []pipelines.CheckRun) {
	rows := make([][]string, 0, len(runs))
	var repairs [][]string
	var fresh []store.Finding
	for _, r := range runs {
		state := "ok"
		if s := a.standing(r.Standing); s != "" {
			state = s
		}
		if r.Failed > 0 {
			state = fmt.Sprintf("%s: %d", r.Code, r.Failed)
		}
		rows = append(rows, []string{r.Check, fmt.Sprint(r.Examined), count(int64(r.Opened)), count(int64(r.Closed)), state})
		fresh = append(fresh, r.New...)
		for _, x := range r.Repairs {
			repairs = append(repairs, []string{r.Check, a.kind(x.Kind), x.Left, x.Pipeline, a.act(x)})
		}
	}
	table(w, []string{a.say("CHECK", "核对"), a.say("EXAMINED", "检查数"), a.say("NEW", "新增"), a.say("GONE", "消除"), a.say("STANDS", "现存")}, rows)
	if len(fresh) > 0 {
		_, _ = fmt.Fprintln(w)
		a.showFound(w, fresh)
	}
	if len(repairs) > 0 {
		_, _ = fmt.Fprintln(w)
		table(w, []string{a.say("CHECK", "核对"), a.say("FOUND", "结果"), a.say("DOCUMENT", "单据"), a.say("PIPELINE", "流程"), a.say("DONE", "处理")}, repairs)
	}
	_, _ = fmt.Fprintln(w)
}
