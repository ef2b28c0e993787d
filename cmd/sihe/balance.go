package main

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

func (a *app) balanceCommand() *cobra.Command {
	var date, pipeline string
	var recount bool
	c := &cobra.Command{
		Use:   "balance",
		Short: "received = delivered + unchanged + filtered + rejected + parked + in flight",
		Long: "The books of the hub, in count and amount per pipeline, entity, day and currency. With --date or --recount every delivery\n" +
			"is counted again and compared: with what was counted while it moved, and with the events that the view of the bus knows.\n" +
			"Exit code 2 when a row does not close.",
		Example: "  sihe balance\n  sihe balance --date 2026-03-05\n  sihe balance --recount --pipeline delivery-to-receivable -o wide",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if date != "" {
				if _, err := time.Parse(time.DateOnly, date); err != nil {
					return sihe.Errorf(sihe.CodeConfigValue, "--date %s: write a day, e.g. 2026-03-05", date)
				}
			}
			return a.balance(cmd, date, pipeline, recount || date != "")
		},
	}
	c.Flags().StringVar(&date, "date", "", "one business day, e.g. 2026-03-05")
	c.Flags().StringVar(&pipeline, "pipeline", "", "one pipeline")
	c.Flags().BoolVar(&recount, "recount", false, "count every delivery again")
	return c
}

func (a *app) balance(cmd *cobra.Command, date, pipeline string, recount bool) error {
	q := url.Values{"date": {date}, "pipeline": {pipeline}}
	if recount {
		q.Set("recount", "true")
	}
	cl, err := a.client()
	if err != nil {
		return err
	}
	cl.http.Timeout = checkWithin
	var rows []store.Recount
	if err := cl.do(cmd.Context(), request{method: "GET", path: "/hub/balance?" + q.Encode()}, &rows); err != nil {
		return err
	}
	var open []store.Recount
	for i := range rows {
		r := &rows[i]
		if !recount {
			r.Held = r.States // nobody has looked
		}
		if !r.Closes() {
			open = append(open, *r)
		}
	}
	summary := a.say("the books close", "账目平衡")
	if len(open) > 0 {
		summary = fmt.Sprintf(a.say("%d rows do not close", "%d 行不平"), len(open))
	}
	var result any = rows
	if !recount {
		kept := make([]store.Row, len(rows))
		for i, r := range rows {
			kept[i] = r.Row
		}
		result = kept
	}
	if err := a.print("balance", summary, result, func(w io.Writer) { a.showBalance(w, rows); a.showOpen(w, open) }); err != nil {
		return err
	}
	if len(open) > 0 {
		return errReported
	}
	return nil
}

// showBalance adds the days of each pipeline, entity and currency up, unless each day is asked for with -o wide.
func (a *app) showBalance(w io.Writer, rows []store.Recount) {
	var sums []store.Row
	at := map[string]int{}
	for _, c := range rows {
		r := c.Row
		k := r.Pipeline + "\x00" + r.Entity + "\x00" + r.Currency
		if a.format == "wide" {
			k += "\x00" + r.Day
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
	lines := make([][]string, 0, len(sums))
	for _, r := range sums {
		d, f := r.Difference(), r.InFlight()
		line := []string{r.Pipeline, r.Entity}
		if a.format == "wide" {
			line = append(line, r.Day)
		}
		lines = append(lines, append(line,
			r.Currency, tally(r.Received), tally(r.States[store.Delivered]), tally(r.States[store.Unchanged]),
			tally(r.States[store.Filtered]), tally(r.States[store.Rejected]), tally(r.States[store.Parked]), tally(f), tally(d),
		))
	}
	head := []string{a.say("PIPELINE", "流程"), a.say("ENTITY", "实体")}
	if a.format == "wide" {
		head = append(head, a.say("DAY", "日期"))
	}
	table(w, append(head,
		a.say("CURRENCY", "币种"), a.say("RECEIVED", "收到"), a.say("DELIVERED", "送达"), a.say("UNCHANGED", "无变化"),
		a.say("FILTERED", "不适用"), a.say("REJECTED", "拒绝"), a.say("PARKED", "滞留"), a.say("IN FLIGHT", "在途"), a.say("DIFFERENCE", "差额"),
	), lines)
}

// showOpen says of each row that does not close what is wrong with it.
func (a *app) showOpen(w io.Writer, rows []store.Recount) {
	if len(rows) == 0 {
		return
	}
	_, _ = fmt.Fprintln(w)
	for _, r := range rows {
		var wrong []string
		if d := r.Difference(); d.Count != 0 || d.Amount.Sign() != 0 {
			wrong = append(wrong, fmt.Sprintf(a.say("counted in no state: %s", "未计入任何状态：%s"), tally(d)))
		}
		if l := r.Lost(); l.Count != 0 || l.Amount.Sign() != 0 {
			wrong = append(wrong, fmt.Sprintf(a.say("counted, but not there: %s", "已计数但不存在：%s"), tally(l)))
		}
		for _, s := range r.Astray() {
			wrong = append(wrong, fmt.Sprintf(a.say("%s: counted %s, there are %s", "%s：计数 %s，实有 %s"), s, tally(r.States[s]), tally(r.Held[s])))
		}
		if r.Unreceived > 0 {
			wrong = append(wrong, fmt.Sprintf(a.say("on the bus, but never received: %d", "总线上有但从未收到：%d"), r.Unreceived))
		}
		_, _ = fmt.Fprintf(w, "! %s %s %s %s: %s\n", r.Pipeline, r.Entity, r.Day, r.Currency, strings.Join(wrong, "; "))
	}
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
