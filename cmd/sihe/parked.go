package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/user"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

func (a *app) parkedCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "parked",
		Short: "documents that wait for a person",
		Long: "A document that cannot be delivered is parked with the later ones of its number behind it; everything else flows.\n" +
			"Repair the cause, then replay; or discard with a reason.",
	}
	c.AddCommand(a.parkedList(), a.parkedShow(), a.parkedAct("replay", "replayed"), a.parkedAct("discard", "discarded"))
	return c
}

func (a *app) parkedList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "what is parked, by cause", Args: cobra.NoArgs,
		Example: "  sihe parked list\n  sihe parked list -o wide",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var all []*store.Delivery
			if err := a.ask(cmd.Context(), "/hub/parked", &all); err != nil {
				return err
			}
			summary := fmt.Sprintf(a.say("%d parked", "暂存 %d 张"), len(all))
			return a.print("parked list", summary, all, func(w io.Writer) { a.showParked(w, all) })
		},
	}
}

func (a *app) showParked(w io.Writer, all []*store.Delivery) {
	if len(all) == 0 {
		return
	}
	if a.format == "wide" {
		rows := make([][]string, 0, len(all))
		for _, d := range all {
			rows = append(rows, []string{d.Pipeline, d.ID, d.Entity + " " + d.Subject, string(d.Code), d.Path, d.Text})
		}
		table(w, []string{a.say("PIPELINE", "流程"), "ID", a.say("DOCUMENT", "单据"), a.say("CODE", "代码"), a.say("FIELD", "字段"), a.say("ERROR", "错误")}, rows)
		return
	}
	type cause struct{ pipeline, code, path string }
	type group struct {
		cause
		count   int
		amount  sihe.Decimal
		example string
	}
	groups := map[cause]*group{}
	for _, d := range all {
		c := cause{d.Pipeline, string(d.Code), d.Path}
		g, ok := groups[c]
		if !ok {
			g = &group{cause: c, example: d.Subject}
			groups[c] = g
		}
		g.count++
		if d.Amount != nil {
			g.amount = g.amount.Add(*d.Amount)
		}
	}
	var sorted []*group
	for _, g := range groups {
		sorted = append(sorted, g)
	}
	slices.SortFunc(sorted, func(x, y *group) int { return cmp.Or(y.count-x.count, cmp.Compare(x.pipeline, y.pipeline)) })
	rows := make([][]string, 0, len(sorted))
	for _, g := range sorted {
		rows = append(rows, []string{g.pipeline, g.code, g.path, fmt.Sprint(g.count), g.amount.String(), g.example})
	}
	table(w, []string{a.say("PIPELINE", "流程"), a.say("CODE", "代码"), a.say("FIELD", "字段"), a.say("COUNT", "张数"), a.say("AMOUNT", "金额"), a.say("E.G.", "例如")}, rows)
}

func (a *app) parkedShow() *cobra.Command {
	return &cobra.Command{
		Use: "show PIPELINE ID", Short: "one parked document: payload, error, history", Args: cobra.ExactArgs(2),
		Example: "  sihe parked show crm-order-to-sales-order 4f0c…",
		RunE: func(cmd *cobra.Command, args []string) error {
			var k pipelines.KeptEvent
			if err := a.ask(cmd.Context(), "/hub/parked/"+url.PathEscape(args[0])+"/"+url.PathEscape(args[1]), &k); err != nil {
				return err
			}
			return a.print("parked show", "", k, func(w io.Writer) {
				d := k.Delivery
				_, _ = fmt.Fprintf(w, "%s %s %s\n%s %s %s\n", d.Pipeline, d.Entity, d.Subject, d.Code, d.Path, printable(d.Text))
				if x, ok := sihe.Explain(d.Code); ok {
					_, _ = fmt.Fprintf(w, "→ %s\n", a.say(x.HelpEn, x.HelpZh))
				}
				for _, h := range d.History {
					_, _ = fmt.Fprintf(w, "  %s %s %s\n", a.stamp(h.At), h.State, h.Code)
				}
				b, err := json.MarshalIndent(k.Data, "", "  ")
				if err == nil {
					_, _ = fmt.Fprintf(w, "%s\n", printable(string(b)))
				}
				_, _ = fmt.Fprint(w, printable(k.Raw))
			})
		},
	}
}

// parkedAct is replay or discard: one, a group, or all, with a reason that the audit trail keeps.
func (a *app) parkedAct(verb, done string) *cobra.Command {
	var s pipelines.Selection
	var code, reason string
	var all bool
	c := &cobra.Command{
		Use: verb + " [ID]", Short: verb + " one, a group or all", Args: cobra.MaximumNArgs(1),
		Example: "  sihe parked " + verb + " 4f0c… --reason \"…\" --yes\n  sihe parked " + verb + " --code LOOKUP_MISSING --reason \"…\" --yes",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				s.ID = args[0]
			}
			s.Code = sihe.Code(code)
			if !a.yes {
				return a.preview(cmd.Context(), verb, s)
			}
			body := map[string]any{"pipeline": s.Pipeline, "id": s.ID, "code": s.Code, "subject": s.Subject, "all": all, "reason": reason, "who": who()}
			out := map[string]int{}
			cl, err := a.client()
			if err != nil {
				return err
			}
			if err := cl.do(cmd.Context(), request{method: http.MethodPost, path: "/hub/parked/" + verb, body: body}, &out); err != nil {
				return err
			}
			return a.print("parked "+verb, fmt.Sprintf("%d %s", out[done], done), out, func(io.Writer) {})
		},
	}
	f := c.Flags()
	f.StringVar(&s.Pipeline, "pipeline", "", "those of a pipeline")
	f.StringVar(&s.Subject, "key", "", "those of a document")
	f.StringVar(&code, "code", "", "those with this error")
	f.BoolVar(&all, "all", false, "everything that is parked")
	f.StringVar(&reason, "reason", "", "why (required)")
	return c
}

// preview shows what would be done; --yes does it.
func (a *app) preview(ctx context.Context, verb string, s pipelines.Selection) error {
	var all []*store.Delivery
	q := url.Values{"pipeline": {s.Pipeline}, "code": {string(s.Code)}, "subject": {s.Subject}}
	if err := a.ask(ctx, "/hub/parked?"+q.Encode(), &all); err != nil {
		return err
	}
	if s.ID != "" {
		all = slices.DeleteFunc(all, func(d *store.Delivery) bool { return d.ID != s.ID })
	}
	summary := fmt.Sprintf(a.say("%d would be meant by %s; add --yes to do it", "%[2]s 将涉及 %[1]d 张；加 --yes 执行"), len(all), verb)
	return a.print("parked "+verb, summary, all, func(w io.Writer) { a.showParked(w, all) })
}

func who() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "cli"
}
