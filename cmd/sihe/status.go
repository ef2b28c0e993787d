package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "show systems, pipelines and what waits",
		Long: "Shows the running hub: first what does not go on, since when and why (a system that is left alone, a poll that is failing, a\n" +
			"pipeline that the brake has stopped), then systems and pipelines, and what is kept how long.",
		Example: "  sihe status\n  sihe status -o wide",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var s pipelines.Status
			if err := a.ask(cmd.Context(), "/hub/status", &s); err != nil {
				return err
			}
			summary := a.say("everything goes on", "一切正常")
			if !s.OK {
				summary = a.say("something needs a look", "有情况需要处理")
			}
			return a.print("status", summary, s, func(w io.Writer) { a.showStatus(w, s) })
		},
	}
}

func (a *app) showStatus(w io.Writer, s pipelines.Status) {
	_, _ = fmt.Fprintf(w, a.say("hub %s, up for %s, memory of %d KiB\n\n", "%s，已运行 %s，存储 %d KiB\n\n"), s.Hub, s.Now.Sub(s.Started).Round(time.Second), s.Store.Bytes>>10)
	a.showTroubles(w, s)
	a.showStanding(w, s)
	if s.Checks.Total() > 0 {
		_, _ = fmt.Fprintf(w, a.say("checks: %s (sihe check list)\n\n", "核对：%s（sihe check list）\n\n"), a.standing(s.Checks))
	}
	rows := make([][]string, 0, len(s.Systems))
	for _, x := range s.Systems {
		rows = append(rows, []string{x.Name, x.Module, x.Connector, strings.Join(x.Can, " "), a.systemHealth(x)})
	}
	table(w, []string{a.say("SYSTEM", "系统"), a.say("MODULE", "模块"), a.say("CONNECTOR", "连接器"), a.say("CAN", "能力"), a.say("HEALTH", "状态")}, rows)
	_, _ = fmt.Fprintln(w)
	rows = rows[:0]
	for _, x := range s.Streets {
		if a.format != "wide" && x.Received == 0 && x.Lag == 0 && (x.Health == nil || x.Health.OK) {
			continue
		}
		waits := x.States[store.Waiting] + x.States[store.Writing] + x.States[store.Retrying]
		rows = append(rows, []string{
			x.Name, count(x.Received), count(x.States[store.Delivered]), count(x.States[store.Unchanged]), count(x.States[store.Filtered]),
			count(x.States[store.Rejected]), count(x.States[store.Parked]), count(x.States[store.Unknown]), count(waits + x.Lag), health(x.Health),
		})
	}
	table(w, []string{
		a.say("PIPELINE", "流程"), a.say("RECEIVED", "收到"), a.say("DELIVERED", "送达"), a.say("UNCHANGED", "无变化"), a.say("FILTERED", "不适用"),
		a.say("REJECTED", "拒绝"), a.say("PARKED", "暂存"), a.say("UNKNOWN", "不明"), a.say("WAITING", "等待"), a.say("HEALTH", "状态"),
	}, rows)
	_, _ = fmt.Fprintln(w)
	a.showKeeps(w, s.Store.Keeps)
}

// showTroubles lists what does not go on, and why.
func (a *app) showTroubles(w io.Writer, s pipelines.Status) {
	var rows [][]string
	for _, x := range s.Health {
		if !x.OK {
			rows = append(rows, []string{x.Name, string(x.Code), a.stamp(x.Since), x.Message})
		}
	}
	if len(rows) > 0 {
		table(w, []string{a.say("DOES NOT GO ON", "未能继续"), a.say("CODE", "代码"), a.say("SINCE", "起始"), a.say("WHY", "原因")}, rows)
		_, _ = fmt.Fprintln(w)
	}
}

// count leaves a zero out, so that what matters is seen.
func count(n int64) string {
	if n == 0 {
		return "·"
	}
	return fmt.Sprint(n)
}

func health(h *pipelines.Health) string {
	switch {
	case h == nil || h.OK:
		return "ok"
	}
	return fmt.Sprintf("%s since %s", h.Code, h.Since.Local().Format("15:04:05"))
}
