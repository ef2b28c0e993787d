package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
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
