package main

import (
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe/pipelines/store"
)

func (a *app) balanceCommand() *cobra.Command {
	var date, pipeline string
	c := &cobra.Command{
		Use:     "balance",
		Short:   "received = delivered + unchanged + filtered + rejected + parked + in flight",
		Long:    "The books of the hub, in count and amount per pipeline, day and currency. Exit code 2 when a row does not close.",
		Example: "  sihe balance\n  sihe balance --date 2026-03-05",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var rows []store.Row
			q := url.Values{"date": {date}, "pipeline": {pipeline}}
			if err := a.ask(cmd.Context(), "/hub/balance?"+q.Encode(), &rows); err != nil {
				return err
			}
			open := 0
			for _, r := range rows {
				if d := r.Difference(); d.Count != 0 || d.Amount.Sign() != 0 {
					open++
				}
			}
			summary := a.say("the books close", "账目平衡")
			if open > 0 {
				summary = fmt.Sprintf(a.say("%d rows do not close", "%d 行不平"), open)
			}
			if err := a.print("balance", summary, rows, func(w io.Writer) { a.showBalance(w, rows) }); err != nil {
				return err
			}
			if open > 0 {
				return errReported
			}
			return nil
		},
	}
	c.Flags().StringVar(&date, "date", "", "one business day, e.g. 2026-03-05")
	c.Flags().StringVar(&pipeline, "pipeline", "", "one pipeline")
	return c
}

// showBalance adds the days of each pipeline and currency up, unless each day is asked for with -o wide.
func (a *app) showBalance(w io.Writer, rows []store.Row) {
	var sums []store.Row
	at := map[string]int{}
	for _, r := range rows {
		k := r.Pipeline + "\x00" + r.Currency
		if a.format == "wide" {
			k += r.Day
		} else {
			r.Day = ""
		}
		i, ok := at[k]
		if !ok {
			at[k] = len(sums)
			sums = append(sums, r)
			continue
		}
		sums[i] = sums[i].Plus(r)
	}
	var lines [][]string
	for _, r := range sums {
		d, f := r.Difference(), r.InFlight()
		lines = append(lines, []string{
			r.Pipeline, r.Day, r.Currency, tally(r.Received), tally(r.States[store.Delivered]), tally(r.States[store.Unchanged]),
			tally(r.States[store.Filtered]), tally(r.States[store.Rejected]), tally(r.States[store.Parked]), tally(f), tally(d),
		})
	}
	table(w, []string{
		a.say("PIPELINE", "流程"), a.say("DAY", "日期"), a.say("CURRENCY", "币种"), a.say("RECEIVED", "收到"), a.say("DELIVERED", "送达"), a.say("UNCHANGED", "无变化"),
		a.say("FILTERED", "不适用"), a.say("REJECTED", "拒绝"), a.say("PARKED", "暂存"), a.say("IN FLIGHT", "在途"), a.say("DIFFERENCE", "差额"),
	}, lines)
}

func tally(t store.Tally) string {
	if t.Count == 0 && t.Amount.Sign() == 0 {
		return "·"
	}
	if t.Amount.Sign() == 0 {
		return fmt.Sprint(t.Count)
	}
	return fmt.Sprintf("%d / %s", t.Count, t.Amount)
}
