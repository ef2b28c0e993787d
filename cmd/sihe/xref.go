package main

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

func (a *app) xrefCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "xref",
		Short: "under which number which system has a document",
		Long: "The hub learns by itself which number a system gave to a document. Where it cannot, e.g. for master data that was there\n" +
			"before, a person links the numbers; whatever waited for that goes on at once.",
	}
	c.AddCommand(a.xrefGet(), a.xrefLink(), a.xrefUnlink())
	return c
}

func (a *app) xrefGet() *cobra.Command {
	var system, entity string
	c := &cobra.Command{
		Use: "get [KEY]", Short: "the numbers of a document, or of all", Args: cobra.MaximumNArgs(1),
		Long:    "KEY is the document's number in any system. Exit code 2 when nothing is linked under it. At most 500.",
		Example: "  sihe xref get C001\n  sihe xref get --system erp --entity crm.party",
		RunE: func(cmd *cobra.Command, args []string) error {
			key := ""
			if len(args) == 1 {
				key = args[0]
			}
			all, err := a.links(cmd.Context(), system, entity, key)
			if err != nil {
				return err
			}
			if key != "" && len(all) == 0 {
				return sihe.Errorf(sihe.CodeDocumentUnknown, "look up %s: no system has another number for it", key)
			}
			summary := fmt.Sprintf(a.say("%d links", "%d 条对照"), len(all))
			return a.print("xref get", summary, all, func(w io.Writer) {
				rows := make([][]string, 0, len(all))
				for _, x := range all {
					rows = append(rows, []string{x.Entity, x.Canonical, x.System, x.Own})
				}
				table(w, []string{a.say("DOCUMENT", "单据"), a.say("NUMBER", "单号"), a.say("SYSTEM", "系统"), a.say("NUMBER THERE", "外部编号")}, rows)
			})
		},
	}
	c.Flags().StringVar(&system, "system", "", "those of a system")
	c.Flags().StringVar(&entity, "entity", "", "those of a kind of document")
	return c
}

func (a *app) links(ctx context.Context, system, entity, key string) (all []store.XRef, err error) {
	q := url.Values{"system": {system}, "entity": {entity}, "key": {key}, "limit": {"500"}}
	return all, a.ask(ctx, "/hub/xref?"+q.Encode(), &all)
}

func (a *app) xrefLink() *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "link SYSTEM ENTITY KEY NUMBER", Short: "note the number that a system has for a document", Args: cobra.ExactArgs(4),
		Long:    "A number that the system had for the document before is replaced, and shown first.",
		Example: "  sihe xref link erp crm.party C001 100234 --reason \"same tax id\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changeLink(cmd, "link", store.XRef{System: args[0], Entity: args[1], Canonical: args[2], Own: args[3]}, reason)
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why (required)")
	return c
}

func (a *app) xrefUnlink() *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "unlink SYSTEM ENTITY KEY", Short: "forget the number that a system has for a document", Args: cobra.ExactArgs(3),
		Example: "  sihe xref unlink erp crm.party C001 --reason \"linked to the wrong customer\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changeLink(cmd, "unlink", store.XRef{System: args[0], Entity: args[1], Canonical: args[2]}, reason)
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why (required)")
	return c
}

func (a *app) changeLink(cmd *cobra.Command, verb string, x store.XRef, reason string) error {
	if reason == "" {
		return sihe.Errorf(sihe.CodeReasonMissing, "%s: say why with --reason", verb)
	}
	now, err := a.links(cmd.Context(), x.System, x.Entity, x.Canonical)
	if err != nil {
		return err
	}
	before := a.say("no number", "无编号")
	for _, n := range now {
		if n.Canonical == x.Canonical {
			before = n.Own
		}
	}
	after := x.Own
	if after == "" {
		after = a.say("no number", "无编号")
	}
	if err := a.confirm(cmd, "%s %s in %s: %s → %s?", "%s %s 在 %s 中：%s → %s？", x.Entity, x.Canonical, x.System, before, after); err != nil {
		return err
	}
	body := map[string]string{"system": x.System, "entity": x.Entity, "key": x.Canonical, "own_key": x.Own, "who": who(), "reason": reason}
	var out map[string]bool
	if err := a.command(cmd.Context(), "/hub/xref/"+verb, body, &out); err != nil {
		return err
	}
	return a.print("xref "+verb, fmt.Sprintf("%s %s: %s → %s", x.Entity, x.Canonical, before, after), out, func(io.Writer) {})
}
