package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/config"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/console"
)

func (a *app) planCommand() *cobra.Command {
	var since string
	var exitCode bool
	c := &cobra.Command{
		Use:   "plan [DIR]",
		Short: "show what edited files would change, before anything is sent",
		Long: "Takes the events that the running hub has stored, runs them through the files by which it works and through the\n" +
			"files in the folder, and shows which documents would be written otherwise, which fields, and the net effect on\n" +
			"amounts. Nothing is sent and nothing is stored.",
		Example: "  sihe plan\n  sihe plan myhub --since 168h -o wide\n  sihe plan --exit-code",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				a.dir = args[0]
			}
			return a.plan(cmd.Context(), since, exitCode)
		},
	}
	c.Flags().StringVar(&since, "since", "24h", "events stored since then: 24h, 2026-03-01, or an RFC 3339 time")
	c.Flags().BoolVar(&exitCode, "exit-code", false, "exit with 2 when something would change")
	return c
}

// planned is what `sihe plan -o json` has as its result.
type planned struct {
	Since  time.Time `json:"since"`
	Loaded time.Time `json:"loaded"` // when the running hub took its files
	Files  []string  `json:"files"`  // that differ from those
	pipelines.Comparing
}

func (a *app) plan(ctx context.Context, since string, exitCode bool) error {
	cl, err := a.client()
	if err != nil {
		return err
	}
	p := planned{}
	if p.Since, err = a.moment(since, time.Now()); err != nil {
		return err
	}
	now, next, err := a.sides(ctx, cl, &p)
	if err != nil {
		return err
	}
	c := pipelines.NewComparison(now, next)
	for _, entity := range c.Entities() {
		if err := cl.events(ctx, entity, p.Since, c.Add); err != nil {
			return err
		}
	}
	p.Comparing = c.Result()
	summary := fmt.Sprintf(a.say("%d events; documents that would change: %d", "%d 个事件；会变化的单据：%d 张"), p.Events, len(p.Documents))
	if !p.Changes() {
		summary = fmt.Sprintf(a.say("%d events; nothing would change", "%d 个事件；没有变化"), p.Events)
	}
	if err := a.print("plan", summary, p, func(w io.Writer) { a.showPlan(w, p) }); err != nil {
		return err
	}
	if exitCode && p.Changes() {
		return errReported
	}
	return nil
}

// moment reads a duration before now, a day in the hub's zone, or a time.
func (a *app) moment(s string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	zone := a.zone
	if zone == nil {
		zone = time.UTC
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, sihe.Errorf(sihe.CodeConfigValue, "read --since %s: write 24h, 2026-03-01 or 2026-03-01T08:00:00+08:00", s)
}

// sides compiles the files by which the hub works, and those in the folder.
func (a *app) sides(ctx context.Context, cl *client, p *planned) (now, next pipelines.Files, err error) {
	var running console.Config
	if err := cl.do(ctx, request{method: http.MethodGet, path: "/hub/config"}, &running); err != nil {
		return now, next, err
	}
	dir := a.hubDir()
	edited, err := takeSnapshot(dir)
	if err != nil {
		return now, next, err
	}
	loaded := snapshot{files: running.Files}
	p.Loaded, p.Files = running.Loaded, edited.changed(loaded)
	sides := [2]pipelines.Files{}
	for i, s := range []snapshot{loaded, edited} {
		var f sihe.Findings
		c := compileFiles(dir, s, anyEnv, &f)
		if f.Failed() {
			a.showFindings(a.err, f.Sorted())
			return now, next, errReported
		}
		sides[i] = pipelines.Files{Catalog: c.catalog, Plan: c.plan}
	}
	return sides[0], sides[1], nil
}

// anyEnv resolves references as far as this shell can; secrets do not matter to what is compared.
func anyEnv(kind, name string) (string, bool) {
	if v, ok := config.OSEnv(kind, name); ok {
		return v, true
	}
	return "unset", true
}

// events asks for the stored events of an entity since a moment, page by page.
func (c *client) events(ctx context.Context, entity string, since time.Time, each func(sihe.Event)) error {
	q := url.Values{"entity": {entity}, "since": {since.UTC().Format(time.RFC3339)}}
	for {
		var page console.Events
		if err := c.do(ctx, request{method: http.MethodGet, path: "/hub/events?" + q.Encode()}, &page); err != nil {
			return err
		}
		for _, e := range page.Events {
			each(e.Event())
		}
		if page.Next == "" {
			return nil
		}
		q.Set("after", page.Next)
	}
}

// shownDocuments is how many documents are listed; -o wide lists all.
const shownDocuments = 20

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
	if len(p.Documents) == 0 {
		return
	}
	_, _ = fmt.Fprintln(w)
	a.showChanges(w, p.Documents)
	_, _ = fmt.Fprintln(w)
	rows := make([][]string, 0, len(p.Amounts))
	for _, t := range p.Amounts {
		rows = append(rows, []string{t.To, t.Field, t.Currency, fmt.Sprint(t.Documents), t.Before.String(), t.After.String(), signed(t.Net)})
	}
	if len(rows) > 0 {
		table(w, []string{a.say("WRITTEN", "写入"), a.say("AMOUNT", "金额"), a.say("CURRENCY", "币种"), a.say("DOCUMENTS", "单据数"), a.say("NOW", "当前"), a.say("THEN", "之后"), a.say("NET", "净额")}, rows)
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

func (a *app) showChanges(w io.Writer, all []*pipelines.DocumentChange) {
	rows := [][]string{}
	for i, d := range all {
		if i == shownDocuments && a.format != "wide" {
			rows = append(rows, []string{"…", "", fmt.Sprintf(a.say("%d more: -o wide", "还有 %d 张：-o wide"), len(all)-i), "", "", ""})
			break
		}
		document := d.Entity + " " + d.Subject
		if d.Before != d.After {
			rows = append(rows, []string{document, d.Pipeline, d.To, "", d.Before, d.After})
			document = ""
		}
		for _, f := range d.Fields {
			rows = append(rows, []string{document, d.Pipeline, d.To, f.Path, f.Before, f.After})
			document = ""
		}
		for _, m := range d.Amounts {
			if slices.ContainsFunc(d.Fields, func(f pipelines.FieldChange) bool { return f.Path == m.Field }) {
				continue // it is written, and stands there
			}
			rows = append(rows, []string{document, d.Pipeline, d.To, strings.TrimSpace(m.Field + " " + m.Currency), m.Before.String(), m.After.String()})
		}
	}
	table(w, []string{a.say("DOCUMENT", "单据"), a.say("PIPELINE", "流程"), a.say("WRITES", "写入"), a.say("FIELD", "字段"), a.say("NOW", "当前"), a.say("THEN", "之后")}, rows)
}

// signed shows a difference with its sign.
func signed(d sihe.Decimal) string {
	if d.Sign() > 0 {
		return "+" + d.String()
	}
	return d.String()
}
