package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

const addressing = "Name it by PIPELINE and ID, by its ID alone, or by the document's number when only one of it is parked."

// pick finds the one parked document that the arguments name, and returns its path in the API.
func (a *app) pick(ctx context.Context, args []string) (path string, err error) {
	if len(args) == 2 {
		return "/hub/parked/" + url.PathEscape(args[0]) + "/" + url.PathEscape(args[1]), nil
	}
	for _, name := range []string{"id", "subject"} {
		var all []*store.Delivery
		if err := a.ask(ctx, "/hub/parked?"+url.Values{name: {args[0]}}.Encode(), &all); err != nil {
			return "", err
		}
		switch len(all) {
		case 0:
			continue
		case 1:
			return "/hub/parked/" + url.PathEscape(all[0].Pipeline) + "/" + url.PathEscape(all[0].ID), nil
		}
		found := make([]string, 0, len(all))
		for _, d := range all {
			found = append(found, d.Pipeline+" "+d.ID)
		}
		return "", sihe.Errorf(sihe.CodeAmbiguous, "find the parked document %s: it is %s", args[0], strings.Join(found, "; "))
	}
	return "", sihe.Errorf(sihe.CodeDocumentUnknown, "find the parked document %s: nothing of that id or number is parked", args[0])
}

func (a *app) parkedShow() *cobra.Command {
	return &cobra.Command{
		Use: "show [PIPELINE] ID", Short: "one parked document with all that helps to decide", Args: cobra.RangeArgs(1, 2),
		Long: "Shows the error with its place in the mapping, what would become of the document now, what would be written, its\n" +
			"history, the events that wait behind it, and its payload (with the first one, if it was edited). " + addressing,
		Example: "  sihe parked show CO-2026-0001\n  sihe parked show crm-order-to-sales-order 4f0c…",
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := a.pick(cmd.Context(), args)
			if err != nil {
				return err
			}
			var x pipelines.Inspection
			if err := a.ask(cmd.Context(), path, &x); err != nil {
				return err
			}
			return a.print("parked show", "", x, func(w io.Writer) { a.showInspection(w, x) })
		},
	}
}

func (a *app) showInspection(w io.Writer, x pipelines.Inspection) {
	d := x.Delivery
	_, _ = fmt.Fprintf(w, "%s %s  %s  %s %s\n", d.Entity, printable(d.Subject), printable(d.Name), d.Pipeline, d.ID)
	_, _ = fmt.Fprintf(w, "%s %s %s\n", d.Code, printable(d.Path), printable(d.Text))
	if x.Place != nil {
		_, _ = fmt.Fprintf(w, "  %s:%d: %s\n", x.Place.Path, x.Place.Line, printable(strings.TrimSpace(x.Place.Text)))
	}
	if e, ok := sihe.Explain(d.Code); ok {
		_, _ = fmt.Fprintf(w, "  → %s\n", a.say(e.HelpEn, e.HelpZh))
	}
	_, _ = fmt.Fprintf(w, "%s %s\n", a.say("now:", "现在："), a.verdict(x.Now))
	_, _ = fmt.Fprintln(w, a.say("history:", "经过："))
	for _, h := range d.History {
		_, _ = fmt.Fprintf(w, "  %s  %s %s\n", a.stamp(h.At), h.State, h.Code)
	}
	for _, e := range x.Edits {
		_, _ = fmt.Fprintf(w, "  %s  %s\n", a.stamp(e.At), printable(fmt.Sprintf(a.say("edited by %s: %s", "%s 修改：%s"), e.Who, e.Why)))
	}
	if n := len(x.Behind); n > 0 {
		_, _ = fmt.Fprintf(w, a.say("behind it: %d later events", "其后还有 %d 条事件等待")+"\n", n)
		for _, b := range x.Behind {
			_, _ = fmt.Fprintf(w, "  %s v%d %s\n", printable(b.Name), b.Version, b.ID)
		}
	}
	showJSON(w, a.say("would be written:", "将写入："), x.Mapped)
	showJSON(w, a.say("was sent last:", "上次发送："), x.Sent)
	showJSON(w, a.say("as it came:", "原始内容："), x.Original)
	if len(x.Data) > 0 {
		showJSON(w, a.say("payload:", "内容："), x.Data)
	} else {
		_, _ = fmt.Fprintf(w, "%s\n%s\n", a.say("payload, which is no JSON:", "内容（不是 JSON）："), printable(x.Raw))
	}
}

func showJSON(w io.Writer, title string, v any) {
	b, err := json.MarshalIndent(v, "  ", "  ")
	if err == nil && string(b) != "null" {
		_, _ = fmt.Fprintf(w, "%s\n  %s\n", title, printable(string(b)))
	}
}

// verdict says in words what would become of a document.
func (a *app) verdict(v pipelines.Verdict) string {
	words := map[store.State]string{
		store.Delivered: a.say("it would be sent", "将会发送"),
		store.Unchanged: a.say("nothing would change there", "目标无变化"),
		store.Filtered:  a.say("it is not for this pipeline", "不适用于该管道"),
		store.Rejected:  a.say("it would be rejected", "将被拒绝"),
		store.Parked:    a.say("it would be parked again", "将再次滞留"),
		store.Waiting:   a.say("it would wait", "将等待前置"),
	}
	if v.Left && v.To != store.Filtered && v.To != store.Unchanged {
		words[v.To] = fmt.Sprintf(a.say("it is left as it is: %s", "保持原样：%s"), v.To)
	}
	return strings.TrimSpace(cmp.Or(words[v.To], string(v.To)) + "  " + string(v.Code) + " " + printable(v.Path) + " " + printable(v.Text))
}

func (a *app) parkedDiff() *cobra.Command {
	return &cobra.Command{
		Use: "diff [PIPELINE] ID", Short: "what is different now, field by field", Args: cobra.RangeArgs(1, 2),
		Long: "Compares what was sent for a parked document with what the files as they are now make of it, field by field, with\n" +
			"the line of the mapping and the fields that it comes from. When it was never mapped, every field is new. " + addressing,
		Example: "  sihe parked diff CO-2026-0001\n  sihe parked diff crm-order-to-sales-order 4f0c… -o json",
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := a.pick(cmd.Context(), args)
			if err != nil {
				return err
			}
			var d pipelines.ParkedDiff
			if err := a.ask(cmd.Context(), path+"/diff", &d); err != nil {
				return err
			}
			summary := fmt.Sprintf(a.say("%d fields differ; now: %s", "%d 个字段不同；现在：%s"), len(d.Fields), a.verdict(d.Now))
			return a.print("parked diff", summary, d, func(w io.Writer) { a.showDiff(w, d) })
		},
	}
}

func (a *app) showDiff(w io.Writer, d pipelines.ParkedDiff) {
	_, _ = fmt.Fprintf(w, "%s %s  %s\n", d.Pipeline, printable(d.Key), a.say("was: ", "之前：")+string(d.Before.To)+" "+string(d.Before.Code)+" "+printable(d.Before.Path))
	rows := make([][]string, 0, len(d.Fields)+len(d.Payload))
	for _, f := range d.Payload {
		rows = append(rows, []string{a.say("payload ", "内容 ") + f.Path, cmp.Or(f.Before, "·"), cmp.Or(f.After, "·"), "", ""})
	}
	for _, f := range d.Fields {
		at := ""
		if f.Place != nil {
			at = fmt.Sprintf("%s:%d", f.Place.Path, f.Place.Line)
		}
		rows = append(rows, []string{f.Path, cmp.Or(f.Before, "·"), cmp.Or(f.After, "·"), join(f.From), at})
	}
	if len(rows) > 0 {
		table(w, []string{a.say("FIELD", "字段"), a.say("BEFORE", "之前"), a.say("NOW", "现在"), a.say("FROM", "来自"), a.say("MAPPING", "映射")}, rows)
	}
}
