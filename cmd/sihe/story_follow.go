package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// settled is how long nothing may happen before a step's documents are shown.
const settled = 120 * time.Millisecond

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

// A follower shows a person what a story does: each step, and every document that went from one wing to another.
type follower struct {
	*demonstration
	after uint64 // the last line of activity that was shown
}

// follow makes the player show its steps and pause after each.
func (d *demonstration) follow(ctx context.Context, pause time.Duration) {
	f := &follower{demonstration: d}
	f.fetch(ctx) // what an earlier run did is not shown again
	d.player.begins = func(s step) {
		d.app.note("\n%s  %s", s.At.Format("2006-01-02"), d.app.say(s.Says.En, s.Says.Zh))
	}
	d.player.done = func(step) { f.show(ctx) }
	d.player.pace = func(ctx context.Context) { rest(ctx, pause) }
}

func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// fetch returns what happened since the last time.
func (f *follower) fetch(ctx context.Context) []store.Activity {
	var all []store.Activity
	for {
		var lines []store.Activity
		err := f.player.client.do(ctx, request{method: http.MethodGet, path: fmt.Sprintf("/hub/activity?after=%d", f.after)}, &lines)
		if err != nil || len(lines) == 0 {
			return all // an error shows in what follows
		}
		f.after = lines[len(lines)-1].Seq
		all = append(all, lines...)
	}
}

// show waits until nothing happens any more and prints each document's way once, and copies by kind.
func (f *follower) show(ctx context.Context) {
	lines := f.fetch(ctx)
	for ctx.Err() == nil {
		rest(ctx, settled)
		more := f.fetch(ctx)
		if len(more) == 0 {
			break
		}
		lines = append(lines, more...)
	}
	copies := map[string][]string{}
	var order []string
	seen := map[string]bool{}
	for _, l := range lines {
		if l.Kind != store.KindDelivery || l.Target == nil {
			continue
		}
		if l.Target.Do == sihe.DoCopy && l.State == store.Delivered {
			if _, ok := copies[l.Entity]; !ok {
				order = append(order, l.Entity)
			}
			if to := l.Target.Module; !slices.Contains(copies[l.Entity], to) {
				copies[l.Entity] = append(copies[l.Entity], to)
			}
			continue
		}
		if s := f.line(l); s != "" && !seen[s] {
			seen[s] = true
			f.app.note("%s", s)
		}
	}
	for _, e := range order {
		slices.Sort(copies[e])
		f.app.note("    · %s %s", f.noun(e), fmt.Sprintf(f.app.say("copied to %s", "同步到 %s"), strings.ToUpper(join(copies[e]))))
	}
}

// line is one document's way: from where, to where, under which number, with which amount.
func (f *follower) line(l store.Activity) string {
	from := f.noun(l.Entity) + " " + l.Key
	switch l.State {
	case store.Delivered:
	case store.Rejected, store.Parked, store.Unknown:
		return fmt.Sprintf("    ! %s: %s %s %s", from, l.Pipeline, l.State, l.Code)
	default:
		return ""
	}
	to := f.noun(l.Target.Entity) + " " + l.Target.Key
	amount := ""
	if l.Amount != nil && l.Amount.Sign() != 0 {
		amount = thousands(l.Amount.String()) + " " + l.Currency
	}
	return "    " + runewidth.FillRight(from, 44) + "→ " + runewidth.FillRight(to, 44) + fmt.Sprintf("%16s", amount)
}

// noun is a kind of document in the reader's language, with its wing.
func (f *follower) noun(entity string) string {
	module, _, _ := strings.Cut(entity, ".")
	name := entity
	if e, ok := f.catalog.Entity(entity); ok {
		name = e.Label.In(f.app.language)
	}
	wing := strings.ToUpper(module)
	if module == "finance" {
		wing = f.app.say("FIN", "财务")
	}
	return wing + " " + strings.ToLower(name)
}

// thousands puts commas into the whole part of a number.
func thousands(s string) string {
	whole, fraction, _ := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return sign + whole
}
