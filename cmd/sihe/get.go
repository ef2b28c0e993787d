package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe/pipelines"
)

func (a *app) getCommand() *cobra.Command {
	var limit int
	var after string
	c := &cobra.Command{
		Use:     "get KIND [KEY]",
		Short:   "list the documents of a kind, or show one",
		Long:    "Lists documents as their owners last stated them. A kind is <module>.<entity>; without one, the kinds are listed.",
		Example: "  sihe get\n  sihe get erp.sales_order\n  sihe get finance.invoice INV-2026-0001 -o yaml",
		Args:    cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return a.kinds(cmd.Context())
			case 1:
				return a.list(cmd.Context(), args[0], limit, after)
			}
			return a.document(cmd.Context(), "get", args[0], args[1])
		},
	}
	c.Flags().IntVar(&limit, "limit", 50, "how many at most")
	c.Flags().StringVar(&after, "after", "", "go on behind this key")
	return c
}

func (a *app) describeCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "describe KIND KEY",
		Short:   "show one document with all its fields",
		Example: "  sihe describe erp.sales_order SO-2026-0001",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.document(cmd.Context(), "describe", args[0], args[1])
		},
	}
}

func (a *app) kinds(ctx context.Context) error {
	var kinds []struct {
		Entity string `json:"entity"`
		Count  int    `json:"count"`
		Label  struct{ En, Zh string }
	}
	if err := a.ask(ctx, "/hub/documents", &kinds); err != nil {
		return err
	}
	return a.print("get", "", kinds, func(w io.Writer) {
		rows := make([][]string, 0, len(kinds))
		for _, k := range kinds {
			rows = append(rows, []string{k.Entity, a.say(k.Label.En, k.Label.Zh), fmt.Sprint(k.Count)})
		}
		table(w, []string{a.say("KIND", "类型"), a.say("NAME", "名称"), a.say("DOCUMENTS", "单据数")}, rows)
	})
}

func (a *app) list(ctx context.Context, kind string, limit int, after string) error {
	var page pipelines.Page
	q := url.Values{"limit": {fmt.Sprint(limit)}, "after": {after}}
	if err := a.ask(ctx, "/hub/documents/"+url.PathEscape(kind)+"?"+q.Encode(), &page); err != nil {
		return err
	}
	summary := ""
	if page.Next != "" {
		summary = fmt.Sprintf(a.say("more with --after %s", "更多请加 --after %s"), page.Next)
	}
	return a.print("get", summary, page, func(w io.Writer) {
		rows := make([][]string, 0, len(page.Items))
		for _, d := range page.Items {
			rows = append(rows, []string{d.Key, d.State, fmt.Sprint(d.Version), d.System, a.stamp(d.Time), d.Amount})
		}
		table(w, []string{a.say("KEY", "单号"), a.say("STATE", "状态"), a.say("VERSION", "版本"), a.say("SYSTEM", "系统"), a.say("CHANGED", "变更时间"), a.say("AMOUNT", "金额")}, rows)
	})
}

func (a *app) document(ctx context.Context, command, kind, key string) error {
	var d pipelines.Document
	if err := a.ask(ctx, "/hub/documents/"+url.PathEscape(kind)+"/"+url.PathEscape(key), &d); err != nil {
		return err
	}
	var fields map[string]any
	if err := json.Unmarshal(d.Data, &fields); err != nil {
		return fmt.Errorf("read %s %s: %w", kind, key, err)
	}
	return a.print(command, "", d, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s %s  (%s, %s)\n", kind, d.Key, d.System, a.stamp(d.Time))
		showFields(w, fields, "  ")
	})
}

// showFields prints a record's fields, lists of records as tables.
func showFields(w io.Writer, fields map[string]any, pad string) {
	names := make([]string, 0, len(fields))
	width := 0
	for n := range fields {
		names = append(names, n)
		width = max(width, len(n))
	}
	sort.Strings(names)
	for _, n := range names {
		rows, isList := fields[n].([]any)
		if !isList {
			_, _ = fmt.Fprintf(w, "%s%-*s  %s\n", pad, width, n, printable(scalar(fields[n])))
			continue
		}
		_, _ = fmt.Fprintf(w, "%s%s:\n", pad, n)
		showRows(w, rows)
	}
}

func showRows(w io.Writer, rows []any) {
	columns := map[string]bool{}
	for _, r := range rows {
		if m, ok := r.(map[string]any); ok {
			for k := range m {
				columns[k] = true
			}
		}
	}
	header := make([]string, 0, len(columns))
	for k := range columns {
		header = append(header, k)
	}
	sort.Strings(header)
	var body [][]string
	for _, r := range rows {
		m, ok := r.(map[string]any)
		if !ok {
			continue
		}
		line := make([]string, 0, len(header))
		for _, k := range header {
			line = append(line, scalar(m[k]))
		}
		body = append(body, line)
	}
	var b strings.Builder
	table(&b, header, body)
	for l := range strings.Lines(b.String()) {
		_, _ = fmt.Fprint(w, "    "+l)
	}
}

// ask reads from the running hub.
func (a *app) ask(ctx context.Context, path string, out any) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	return c.do(ctx, request{method: http.MethodGet, path: path}, out)
}
