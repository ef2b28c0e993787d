package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sihehub/sihe/pipelines"
)

// shownDocuments is how many documents are listed; -o wide lists all.
const shownDocuments = 20

func (a *app) planSummary(p planned) string {
	compared := fmt.Sprintf(a.say("raw records: %d, events: %d", "原始记录 %d 条，事件 %d 个"), p.Records, p.Events)
	if !p.Changes() {
		return compared + a.say("; nothing would change", "；没有变化")
	}
	return compared + fmt.Sprintf(a.say("; documents that would change: %d as products state them, %d as they are written", "；会变化的单据：产品陈述 %d 张，写入 %d 张"), len(p.Stated), len(p.Documents))
}

func (a *app) showPlan(w io.Writer, p planned) {
	if len(p.Files) > 0 {
		_, _ = fmt.Fprintf(w, a.say("changed files: %s\n", "更改的文件：%s\n"), join(p.Files))
	}
	for _, l := range []struct {
		en, zh string
		names  []string
	}{{"new pipelines: %s\n", "新增流程：%s\n", p.Begun}, {"pipelines gone: %s\n", "移除流程：%s\n", p.Ended}} {
		if len(l.names) > 0 {
			_, _ = fmt.Fprintf(w, a.say(l.en, l.zh), join(l.names))
		}
	}
	a.showChanges(w, a.say("RECORD", "原始记录"), a.say("STATES", "陈述"), p.Stated)
	a.showTotals(w, a.say("STATED", "陈述"), p.StatedAmounts)
	a.showChanges(w, a.say("DOCUMENT", "单据"), a.say("WRITES", "写入"), p.Documents)
	a.showTotals(w, a.say("WRITTEN", "写入"), p.Amounts)
	if len(p.Coverage) > 0 {
		_, _ = fmt.Fprintln(w)
	}
	for _, x := range p.Coverage {
		examples := join(x.Examples)
		if examples == "" {
			examples = a.say("no example looks at it", "没有示例覆盖")
		}
		_, _ = fmt.Fprintf(w, "%s %s: %s\n", x.Mapping, x.Field, examples)
	}
}

// showChanges lists documents with their fields, one a line. from and to head the columns of what is taken and what comes
// of it.
func (a *app) showChanges(w io.Writer, from, to string, all []*pipelines.DocumentChange) {
	if len(all) == 0 {
		return
	}
	rows := [][]string{}
	for i, d := range all {
		if i == shownDocuments && a.format != "wide" {
			rows = append(rows, []string{"…", "", fmt.Sprintf(a.say("%d more: -o wide", "还有 %d 张：-o wide"), len(all)-i), "", "", ""})
			break
		}
		begin := []string{d.Entity + " " + d.Subject, d.Pipeline, strings.TrimSpace(d.To + " " + d.Key)}
		row := func(field, now, then string) {
			rows = append(rows, append(begin, field, now, then))
			begin = []string{"", "", ""}
		}
		if d.Before != d.After {
			row("", a.outcome(d.Before), a.outcome(d.After))
		}
		for _, f := range d.Fields {
			row(f.Path, f.Before, f.After)
		}
		for _, m := range d.Amounts {
			if !slices.ContainsFunc(d.Fields, func(f pipelines.FieldChange) bool { return f.Path == m.Field }) { // else it stands there
				row(strings.TrimSpace(m.Field+" "+m.Currency), m.Before.String(), m.After.String())
			}
		}
	}
	_, _ = fmt.Fprintln(w)
	table(w, []string{from, a.say("BY", "经由"), to, a.say("FIELD", "字段"), a.say("NOW", "当前"), a.say("THEN", "之后")}, rows)
}

// showTotals lists the net effect on amounts.
func (a *app) showTotals(w io.Writer, what string, all []pipelines.AmountTotal) {
	if len(all) == 0 {
		return
	}
	rows := make([][]string, 0, len(all))
	for _, t := range all {
		net := t.Net.String()
		if t.Net.Sign() > 0 {
			net = "+" + net
		}
		rows = append(rows, []string{t.To, t.Field, t.Currency, fmt.Sprint(t.Documents), t.Before.String(), t.After.String(), net})
	}
	_, _ = fmt.Fprintln(w)
	table(w, []string{what, a.say("AMOUNT", "金额"), a.say("CURRENCY", "币种"), a.say("DOCUMENTS", "单据数"), a.say("NOW", "当前"), a.say("THEN", "之后"), a.say("NET", "净额")}, rows)
}

// outcome says in the reader's language what a document comes to; a code stays as it is.
func (a *app) outcome(s string) string {
	zh := map[string]string{
		"written": "写入", "filtered": "过滤", "refused": "拒绝", "no event": "无事件", "no pipeline": "无流程",
		"published": "发布", "unchanged": "无变化", "not mapped": "未映射", "no system": "无此系统",
	}
	if code, refused := strings.CutPrefix(s, "refused "); refused {
		return a.say("refused ", "拒绝 ") + code
	}
	return a.say(s, zh[s])
}
