package main

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines"
)

// TestShippedChecksHold plays the story and asks every shipped check about the documents that it has left behind: it must
// hold, and be about some of them, or it proves nothing.
func TestShippedChecksHold(t *testing.T) {
	t.Parallel()
	var f sihe.Findings
	c := canonical.Load(&f, canonical.Shipped())
	plan := pipelines.Compile(&f, c, mappings.Load(&f, c, nil, mappings.Shipped()), pipelines.Shipped())
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	unseen := map[string]bool{ // the story ends with nothing under way
		"contract-has-approval": true, "exception-has-approval": true, "purchase-order-has-approval": true, "requisition-has-approval": true,
	}
	a := &app{out: t.Output(), err: t.Output(), language: "en", getenv: os.Getenv}
	err := a.demo(t.Context(), t.TempDir(), func(ctx context.Context, d *demonstration) error {
		if err := d.player.play(ctx); err != nil {
			return err
		}
		for _, check := range plan.Checks {
			n, wrong := asked(t, d.house.hub, check)
			for tries := 0; len(wrong) > 0 && tries < 200; tries++ { // what is said last is still on its way
				rest(ctx, 50*time.Millisecond)
				n, wrong = asked(t, d.house.hub, check)
			}
			for _, w := range wrong {
				t.Errorf("%s: %s", check.Name, w)
			}
			if n == 0 != unseen[check.Name] {
				t.Errorf("%s: is about %d documents", check.Name, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Checks) < 20 {
		t.Errorf("only %d checks", len(plan.Checks))
	}
}

// asked compares both sides of a check; it returns how many documents it is about and what is wrong.
func asked(t *testing.T, h *pipelines.Hub, c *pipelines.Check) (n int, wrong []string) {
	t.Helper()
	rights := map[string][]expr.Value{}
	for _, v := range facing(t, h, c.Right) {
		key := value(t, c.Right.By, v).Text()
		rights[key] = append(rights[key], v)
	}
	for _, v := range facing(t, h, c.Left) {
		n++
		key := value(t, c.Left.By, v).Text()
		if len(rights[key]) == 0 {
			wrong = append(wrong, fmt.Sprintf("%q has no %s", key, c.Right.Entity.FullName()))
		}
		for _, r := range rights[key] {
			for _, p := range c.Equal {
				if a, b := value(t, p.Left, v), value(t, p.Right, r); !a.Equal(b) {
					wrong = append(wrong, fmt.Sprintf("%q: %s is %s and %s", key, p.Name, a, b))
				}
			}
		}
	}
	return n, wrong
}

// facing returns the documents of a side that its when: is true for and that meet others on something.
func facing(t *testing.T, h *pipelines.Hub, s pipelines.Side) (all []expr.Value) {
	t.Helper()
	page, err := h.List(s.Entity.FullName(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range page.Items {
		d, err := h.Get(s.Entity.FullName(), x.Key)
		if err != nil {
			t.Fatal(err)
		}
		v, err := canonical.Decode(s.Entity.Type, d.Data)
		if err != nil {
			t.Fatal(err)
		}
		if (s.When == nil || value(t, s.When, v).Bool()) && !value(t, s.By, v).IsNull() {
			all = append(all, v)
		}
	}
	return all
}

func value(t *testing.T, p *expr.Program, source expr.Value) expr.Value {
	t.Helper()
	v, err := p.Eval(&expr.Frame{Source: source, World: mappings.ExampleWorld{}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}
