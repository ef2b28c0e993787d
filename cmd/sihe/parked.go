package main

import (
	"fmt"
	"io"
	"maps"
	"net/url"
	"os/user"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

func (a *app) parkedCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "parked",
		Short: "documents that wait for a person",
		Long: "A document that cannot be delivered is parked with the later ones of its number behind it; everything else flows.\n" +
			"Repair the cause (a mapping, a lookup, a master record, or the document itself), then replay; or discard with a reason.\n\n" +
			"  list      by cause, with counts and amounts\n" +
			"  show      one of them: payload, what is made of it, the error and its place, history, what waits behind\n" +
			"  diff      what the files as they are now make of it, field by field\n" +
			"  edit      change its payload, with a reason; the first one is kept\n" +
			"  replay    one, a group, or all; first as a dry run\n" +
			"  discard   give it up, with a reason",
	}
	c.AddCommand(a.parkedList(), a.parkedShow(), a.parkedDiff(), a.parkedEdit(), a.parkedReplay(), a.parkedDiscard())
	return c
}

// A which says which parked documents are meant.
type which struct {
	pipeline, id, subject, entity, code, path string
	all                                       bool
}

func (s *which) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&s.pipeline, "pipeline", "", "those of a pipeline")
	f.StringVar(&s.subject, "key", "", "those of a document")
	f.StringVar(&s.entity, "entity", "", "those of a kind of document")
	f.StringVar(&s.code, "code", "", "those with this error")
	f.StringVar(&s.path, "path", "", "those with an error at this field, e.g. lines[].item")
}

func (s *which) query() url.Values {
	q := url.Values{}
	for name, v := range map[string]string{"pipeline": s.pipeline, "id": s.id, "subject": s.subject, "entity": s.entity, "code": s.code, "path": s.path} {
		if v != "" {
			q.Set(name, v)
		}
	}
	return q
}

func (s *which) body() map[string]any {
	b := map[string]any{"all": s.all}
	for name, v := range s.query() {
		b[name] = v[0]
	}
	return b
}

// A group is what is parked for one cause, and the command that lets it run again.
type group struct {
	store.Group
	Replay string `json:"replay"`
}

func replayCommand(g store.Group) string {
	args := []string{"sihe parked replay", "--pipeline", quoted(g.Pipeline), "--code", quoted(string(g.Code))}
	if g.Path != "" {
		args = append(args, "--path", quoted(g.Path))
	}
	return strings.Join(append(args, "--reason", `"…"`), " ")
}

// quoted makes one word for a shell.
func quoted(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.:/", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (a *app) parkedList() *cobra.Command {
	var s which
	c := &cobra.Command{
		Use: "list", Short: "what is parked, by cause", Args: cobra.NoArgs,
		Long: "Lists what is parked by its cause: how many, which amounts, since when, and the command that lets the group run again.\n" +
			"With -o wide or a filter, the documents themselves, the oldest first, at most 500.",
		Example: "  sihe parked list\n  sihe parked list -o wide\n  sihe parked list --code LOOKUP_MISSING --path lines[].tax_code",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.format == "wide" || len(s.query()) > 0 {
				return a.listParked(cmd, s)
			}
			var groups []store.Group
			if err := a.ask(cmd.Context(), "/hub/parked/groups", &groups); err != nil {
				return err
			}
			all, count := make([]group, 0, len(groups)), int64(0)
			for _, g := range groups {
				all, count = append(all, group{g, replayCommand(g)}), count+g.Count
			}
			summary := fmt.Sprintf(a.say("%d parked for %d reasons", "%d 张单据滞留，共 %d 种原因"), count, len(all))
			if count == 0 {
				summary = a.say("nothing is parked", "没有滞留的单据")
			}
			return a.print("parked list", summary, all, func(w io.Writer) { a.showGroups(w, all) })
		},
	}
	s.flags(c)
	return c
}

func (a *app) showGroups(w io.Writer, all []group) {
	if len(all) == 0 {
		return
	}
	rows := make([][]string, 0, len(all))
	for _, g := range all {
		rows = append(rows, []string{g.Pipeline, string(g.Code), g.Path, fmt.Sprint(g.Count), amounts(g.Amounts), a.stamp(g.Since), g.Subject})
	}
	table(w, []string{
		a.say("PIPELINE", "管道"), a.say("CODE", "代码"), a.say("FIELD", "字段"), a.say("COUNT", "张数"), a.say("AMOUNT", "金额"),
		a.say("OLDEST", "最早"), a.say("E.G.", "例如"),
	}, rows)
	if a.quiet {
		return
	}
	_, _ = fmt.Fprintln(w, a.say("\nonce the cause is repaired:", "\n修复原因后执行："))
	for _, g := range all {
		_, _ = fmt.Fprintf(w, "  %s\n", printable(g.Replay))
	}
}

// amounts writes one amount a currency.
func amounts(by map[string]sihe.Decimal) string {
	all := make([]string, 0, len(by))
	for _, currency := range slices.Sorted(maps.Keys(by)) {
		all = append(all, thousands(by[currency].String())+" "+currency)
	}
	return strings.Join(all, ", ")
}

func (a *app) listParked(cmd *cobra.Command, s which) error {
	q := s.query()
	q.Set("limit", "500")
	var all []*store.Delivery
	if err := a.ask(cmd.Context(), "/hub/parked?"+q.Encode(), &all); err != nil {
		return err
	}
	summary := fmt.Sprintf(a.say("%d parked", "%d 张单据滞留"), len(all))
	if len(all) == 500 {
		summary = a.say("the oldest 500; there may be more", "仅列出最早的 500 张，可能还有更多")
	}
	return a.print("parked list", summary, all, func(w io.Writer) { a.showParked(w, all) })
}

func (a *app) showParked(w io.Writer, all []*store.Delivery) {
	if len(all) == 0 {
		return
	}
	rows := make([][]string, 0, len(all))
	for _, d := range all {
		amount := ""
		if d.Amount != nil {
			amount = thousands(d.Amount.String()) + " " + d.Currency
		}
		rows = append(rows, []string{a.stamp(d.Since), d.Pipeline, d.ID, d.Entity + " " + d.Subject, amount, string(d.Code), d.Path, d.Text})
	}
	table(w, []string{
		a.say("SINCE", "开始"), a.say("PIPELINE", "管道"), "ID", a.say("DOCUMENT", "单据"), a.say("AMOUNT", "金额"), a.say("CODE", "代码"),
		a.say("FIELD", "字段"), a.say("ERROR", "错误"),
	}, rows)
}

func who() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "cli"
}
