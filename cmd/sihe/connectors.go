package main

import (
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors"
	"github.com/sihehub/sihe/pipelines"
)

func (a *app) connectorsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "connectors",
		Short: "what a hub can be connected to, and whether a system answers",
		Long:  "Lists the kinds of systems that hub.yaml can name, describes the systems of the running hub, and asks one whether it answers.",
	}
	c.AddCommand(a.connectorsList(), a.connectorsDescribe(), a.connectorsCheck())
	return c
}

func (a *app) connectorsList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "the kinds that `connector:` in hub.yaml can name", Args: cobra.NoArgs,
		Example: "  sihe connectors list\n  sihe connectors list -o json",
		RunE: func(*cobra.Command, []string) error {
			type kind struct {
				Name string `json:"name"`
				En   string `json:"en"`
				Zh   string `json:"zh"`
			}
			var all []kind
			var rows [][]string
			for _, k := range connectors.All() {
				all = append(all, kind{k.Name, k.Label.En, k.Label.Zh})
				rows = append(rows, []string{k.Name, a.say(k.Label.En, k.Label.Zh)})
			}
			return a.print("connectors list", "", all, func(w io.Writer) { table(w, []string{a.say("CONNECTOR", "连接器"), a.say("WHAT", "说明")}, rows) })
		},
	}
}

func (a *app) connectorsDescribe() *cobra.Command {
	return &cobra.Command{
		Use: "describe SYSTEM", Short: "what a system of the running hub can do", Args: cobra.ExactArgs(1),
		Long:    "What it can do decides what the hub may promise: a sink that is idempotent, or has a finder, is never written to twice.",
		Example: "  sihe connectors describe erp",
		RunE: func(cmd *cobra.Command, args []string) error {
			var s pipelines.Status
			if err := a.ask(cmd.Context(), "/hub/status", &s); err != nil {
				return err
			}
			for _, x := range s.Systems {
				if x.Name != args[0] {
					continue
				}
				return a.print("connectors describe", "", x, func(w io.Writer) {
					table(w, []string{a.say("SYSTEM", "系统"), a.say("MODULE", "模块"), a.say("CONNECTOR", "连接器"), a.say("CAN", "能力"), a.say("CALLS AT ONCE", "并发")},
						[][]string{{x.Name, x.Module, x.Connector, join(x.Can), fmt.Sprint(x.Concurrent)}})
				})
			}
			return sihe.Errorf(sihe.CodeSystemUnknown, "describe %s: the hub has no system of that name", args[0])
		},
	}
}

func (a *app) connectorsCheck() *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "check SYSTEM", Short: "ask a system whether it answers with its settings", Args: cobra.ExactArgs(1),
		Long:    "Calls the system once, with the address and secrets of hub.yaml, and changes nothing there. Exit code 2 when it does not answer.",
		Example: "  sihe connectors check erp\n  sihe connectors check shop --reason \"new certificate\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			var r pipelines.Reach
			body := map[string]string{"who": who(), "reason": reason}
			if err := a.command(cmd.Context(), "/hub/systems/"+url.PathEscape(args[0])+"/check", body, &r); err != nil {
				return err
			}
			summary := fmt.Sprintf(a.say("%s answers, in %d ms", "%s 应答正常，用时 %d 毫秒"), r.System, r.Took)
			if !r.OK {
				summary = fmt.Sprintf(a.say("%s does not answer as it should: %s %s", "%s 应答异常：%s %s"), r.System, r.Code, printable(r.Text))
			}
			if err := a.print("connectors check", summary, r, func(io.Writer) {}); err != nil || r.OK {
				return err
			}
			return errReported
		},
	}
	c.Flags().StringVar(&reason, "reason", "connection check", "why, for the audit trail")
	return c
}
