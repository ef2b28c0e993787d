package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
)

func (a *app) ownersCommand() *cobra.Command {
	c := &cobra.Command{Use: "owners", Short: "who owns which field"}
	c.AddCommand(&cobra.Command{
		Use:     "explain ENTITY[.FIELD]",
		Short:   "who owns an entity or a field, who may write it, who keeps copies, and where that is written",
		Example: "  sihe owners explain purchase_order.approval_status\n  sihe owners explain erp.sales_order",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.mustCompile(a.hubDir())
			if err != nil {
				return err
			}
			o, err := c.catalog.Explain(args[0])
			if err != nil {
				return err
			}
			return a.print("owners explain", "", o, func(w io.Writer) {
				name := o.Entity
				if o.Path != "" {
					name += "." + o.Path
				}
				_, _ = fmt.Fprintf(w, "%s  %s\n", name, a.say(o.Label.En, o.Label.Zh))
				for _, l := range [][2]string{
					{a.say("owner", "所有者"), o.Owner},
					{a.say("comes from", "来源"), string(o.How)},
					{a.say("set by", "由动作写入"), join(o.Actions)},
					{a.say("copies in", "副本"), join(o.Copies)},
					{a.say("defined in", "定义于"), fmt.Sprintf("%s:%d", o.File, o.Line)},
				} {
					if l[1] != "" {
						_, _ = fmt.Fprintf(w, "  %s: %s\n", l[0], l[1])
					}
				}
				for module, fields := range o.Writers {
					_, _ = fmt.Fprintf(w, "  %s %s: %s\n", module, a.say("writes back", "写回"), join(fields))
				}
				for action, modules := range o.Accepts {
					_, _ = fmt.Fprintf(w, "  %s %s: %s\n", a.say("may ask for", "可请求"), action, join(modules))
				}
			})
		},
	})
	return c
}

func (a *app) docsCommand() *cobra.Command {
	c := &cobra.Command{Use: "docs", Short: "what the hub knows about itself"}
	c.AddCommand(&cobra.Command{
		Use: "errors [CODE]", Short: "every error code: what it means and what to do", Args: cobra.MaximumNArgs(1),
		Example: "  sihe docs errors\n  sihe docs errors HASH_MISMATCH --lang zh",
		RunE: func(_ *cobra.Command, args []string) error {
			all := sihe.Explanations()
			if len(args) == 1 {
				x, ok := sihe.Explain(sihe.Code(strings.ToUpper(args[0])))
				if !ok {
					return sihe.Errorf(sihe.CodeConfigValue, "explain %s: there is no such code", args[0])
				}
				all = []sihe.Explanation{x}
			}
			return a.print("docs errors", "", all, func(w io.Writer) {
				rows := make([][]string, 0, len(all))
				for _, x := range all {
					rows = append(rows, []string{string(x.Code), a.say(x.En, x.Zh), a.say(x.HelpEn, x.HelpZh)})
				}
				table(w, []string{a.say("CODE", "代码"), a.say("MEANS", "含义"), a.say("DO", "处理")}, rows)
			})
		},
	})
	return c
}
