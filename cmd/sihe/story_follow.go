package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sihehub/sihe/pipelines/store"
)

// figures counts the values that a story compares.
func (s *story) figures() int {
	n := 0
	for _, st := range s.Steps {
		for _, x := range st.Expect {
			n += leaves(x.Is)
			if x.Count >= 0 {
				n++
			}
		}
	}
	return n
}

func leaves(v any) int {
	n := 0
	switch x := v.(type) {
	case nil:
	case map[string]any:
		for _, e := range x {
			n += leaves(e)
		}
	case []any:
		for _, e := range x {
			n += leaves(e)
		}
	default:
		n = 1
	}
	return n
}

// follow shows each step and, while it is under way, every document that goes from one system to another.
func (d *demonstration) follow(ctx context.Context, pause time.Duration) {
	var after uint64
	last := ""
	show := func() {
		var lines []store.Activity
		if err := d.player.client.do(ctx, request{method: http.MethodGet, path: fmt.Sprintf("/hub/activity?after=%d", after)}, &lines); err != nil {
			return // shown with the next step
		}
		for _, l := range lines {
			after = l.Seq
			if line := d.line(l); line != "" && line != last {
				d.app.note("%s", line)
				last = line
			}
		}
	}
	d.player.begins = func(s step) {
		d.app.note("\n%s  %-3s %s", s.At.Format("2006-01-02"), s.Name, d.app.say(s.Says.En, s.Says.Zh))
	}
	d.player.done = func(step) { show() }
	d.player.pace = func(ctx context.Context) {
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	show()
}

// line is one document's way: from where, to where, under which number, with which amount.
func (d *demonstration) line(l store.Activity) string {
	from := fmt.Sprintf("%s %s", l.Entity, l.Key)
	switch l.State {
	case store.Delivered:
	case store.Rejected, store.Parked, store.Unknown:
		return fmt.Sprintf("    ! %s: %s %s %s", from, l.Pipeline, l.State, l.Code)
	default:
		return ""
	}
	to := ""
	if l.Target != nil {
		to = l.Target.Entity
		if l.Target.Key != l.Key {
			to += " " + l.Target.Key
		}
	}
	amount := ""
	if l.Amount != nil {
		amount = "  " + strings.TrimSpace(l.Amount.String()+" "+l.Currency)
	}
	return fmt.Sprintf("    %s → %s%s", from, to, amount)
}
