package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/config"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

func (a *app) checkCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check",
		Short: "compare what the systems say of the same thing (reconciliation)",
		Long: "A check says: for every document here there is one there, with equal values. Checks run by themselves; what they find\n" +
			"stands until it holds again. What its owner has written is sent again by itself where the check's file says so;\n" +
			"what a target has confirmed or refused only on command.",
	}
	c.AddCommand(a.checkList(), a.checkRun(), a.checkExplain())
	return c
}

func (a *app) checkList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "all checks: when each ran, and what it found", Args: cobra.NoArgs,
		Long:    "Exit code 2 when something stands.",
		Example: "  sihe check list\n  sihe check list -o wide",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var all []pipelines.CheckStatus
			if err := a.ask(cmd.Context(), "/hub/checks", &all); err != nil {
				return err
			}
			var sum store.Standing
			for _, c := range all {
				sum = sum.Plus(c.Standing)
			}
			summary := fmt.Sprintf(a.say("%d checks, all hold", "共 %d 项核对，全部相符"), len(all))
			if sum.Total() > 0 {
				summary = fmt.Sprintf(a.say("%d checks: %s", "共 %d 项核对：%s"), len(all), a.standing(sum))
			}
			if err := a.print("check list", summary, all, func(w io.Writer) { a.showChecks(w, all) }); err != nil {
				return err
			}
			if sum.Total() > 0 {
				return errReported
			}
			return nil
		},
	}
}

// standing says in words what stands.
func (a *app) standing(s store.Standing) string {
	var parts []string
	for _, x := range []struct {
		n      int
		en, zh string
	}{{s.Missing, "%d missing", "缺失 %d"}, {s.Different, "%d different", "不一致 %d"}, {s.Extra, "%d extra", "多余 %d"}, {s.Gone, "%d gone", "丢失 %d"}} {
		if x.n != 0 {
			parts = append(parts, fmt.Sprintf(a.say(x.en, x.zh), x.n))
		}
	}
	if len(s.Amounts) > 0 {
		parts = append(parts, amounts(s.Amounts))
	}
	return strings.Join(parts, a.say(", ", "，"))
}

func (a *app) showChecks(w io.Writer, all []pipelines.CheckStatus) {
	rows := make([][]string, 0, len(all))
	for _, c := range all {
		state := "ok"
		switch {
		case c.Idle != "":
			state = a.say("idle: ", "空闲：") + c.Idle
		case c.Last.Run.IsZero():
			state = a.say("not yet run", "尚未运行")
		case c.Last.Code != "":
			state = string(c.Last.Code)
		case c.Standing.Total() > 0:
			state = a.standing(store.Standing{Missing: c.Standing.Missing, Different: c.Standing.Different, Extra: c.Standing.Extra, Gone: c.Standing.Gone})
		}
		row := []string{c.Check, a.say(c.Label.En, c.Label.Zh), a.stamp(c.Last.Run), state, amounts(c.Standing.Amounts)}
		if a.format == "wide" {
			row = append(row, c.Left+" → "+c.Right, c.Within.String(), a.remedy(c), fmt.Sprint(c.Last.Examined), c.Last.Took.Round(time.Millisecond).String(), a.stamp(c.Next), c.Last.Message)
		}
		rows = append(rows, row)
	}
	head := []string{a.say("CHECK", "核对"), a.say("MEANING", "含义"), a.say("LAST RUN", "上次运行"), a.say("FOUND", "结果"), a.say("AMOUNT", "金额")}
	if a.format == "wide" {
		head = append(head, a.say("BETWEEN", "对象"), a.say("WITHIN", "时限"), a.say("REPAIR", "处理"), a.say("EXAMINED", "检查数"), a.say("TOOK", "用时"), a.say("NEXT", "下次"), a.say("ERROR", "错误"))
	}
	table(w, head, rows)
}

func (a *app) remedy(c pipelines.CheckStatus) string {
	return c.Missing + ", " + c.Different + ", " + c.Extra
}

// age is how long ago something was, in the largest unit that fits.
func (a *app) age(since, now time.Time) string {
	d := now.Sub(since)
	switch {
	case since.IsZero():
		return ""
	case d < time.Minute:
		return fmt.Sprintf(a.say("%d s", "%d 秒"), int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf(a.say("%d min", "%d 分钟"), int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf(a.say("%d h", "%d 小时"), int(d.Hours()))
	}
	return fmt.Sprintf(a.say("%d days", "%d 天"), int(d.Hours()/24))
}

// showFound lists what was found, a line each.
func (a *app) showFound(w io.Writer, all []store.Finding) {
	rows := make([][]string, 0, len(all))
	for _, f := range all {
		amount := ""
		if f.Amount != nil {
			amount = thousands(f.Amount.String()) + " " + f.Currency
		}
		rows = append(rows, []string{f.Check, a.kind(f.Kind), cmp.Or(f.Left, f.By), f.Right, a.unequal(f), amount, a.age(f.Since, time.Now()), fmt.Sprint(len(f.Tries))})
	}
	table(w, []string{
		a.say("CHECK", "核对"), a.say("FOUND", "结果"), a.say("LEFT", "左侧"), a.say("RIGHT", "右侧"), a.say("DIFFERENT", "差异"),
		a.say("AMOUNT", "金额"), a.say("AGE", "已持续"), a.say("TRIES", "尝试"),
	}, rows)
}

func (a *app) kind(k string) string {
	switch k {
	case store.FindingMissing:
		return a.say("missing", "缺失")
	case store.FindingDifferent:
		return a.say("different", "不一致")
	case store.FindingGone:
		return a.say("gone", "丢失")
	}
	return a.say("extra", "多余")
}

func (a *app) unequal(f store.Finding) string {
	var parts []string
	for _, u := range f.Fields {
		s := u.Field + ": " + u.Left + " ≠ " + u.Right
		if u.Difference != nil {
			s += " (" + u.Difference.String() + ")"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "; ")
}

// act says in words what was done about a finding.
func (a *app) act(r pipelines.Repair) string {
	words := map[pipelines.Action][2]string{
		pipelines.ActReplay:  {"sent again", "已重发"},
		pipelines.ActResend:  {"the owner's values written again", "已重写归属方的数值"},
		pipelines.ActPark:    {"parked for a person", "已转滞留待人工处理"},
		pipelines.ActWait:    {"its delivery is under way", "投递仍在进行"},
		pipelines.ActCommand: {"the target has answered it before: only --repair sends it again", "目标已答复过：只有 --repair 才会重发"},
		pipelines.ActLimit:   {"repaired too often today: left to a person", "今日已多次修复：留待人工处理"},
		pipelines.ActNothing: {"no event of it is for the pipeline", "没有适用于该流程的事件"},
		pipelines.ActThere:   {"the target has it; only the hub was not told", "目标已有此单，只是未通知枢纽"},
		pipelines.ActDouble:  {"the target could make a second one: left to a person", "目标可能重复生成：留待人工处理"},
	}
	w, ok := words[r.Action]
	if !ok {
		return string(r.Action)
	}
	s := a.say(w[0], w[1])
	if r.Text != "" {
		s += " (" + r.Text + ")"
	}
	return s
}

// reasoned is the error for a command that changes something without saying why.
func reasoned(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return sihe.Errorf(sihe.CodeReasonMissing, "repair: say why with --reason")
	}
	return nil
}

// checksOf says to the hub what hub.yaml says of checks.
func checksOf(c config.Checks) pipelines.Checks {
	all := pipelines.Checks{Every: c.Every, Window: c.Window, Full: c.Full, Calls: c.Calls, Repairs: c.Repairs, Repeats: c.Repeats}
	if c.Repairs == 0 {
		all.Repairs = -1 // not the default: none
	}
	return all
}
