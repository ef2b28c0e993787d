package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines"
)

// ownFlow makes a shipped flow the hub's own, so that it can be edited: its files come into the folder pipelines, and hub.yaml
// uses that instead.
func ownFlow(t *testing.T, dir, flow string, edit func(name, text string) string) {
	t.Helper()
	files, err := fs.Sub(pipelines.Shipped(), flow)
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.yaml") {
			return err
		}
		b, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		writeFile(t, filepath.Join(dir, "pipelines", path), edit(path, string(b)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	hub := readText(t, filepath.Join(dir, "hub.yaml"))
	writeFile(t, filepath.Join(dir, "hub.yaml"), strings.Replace(hub, "flows/"+flow, "./pipelines", 1))
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(path, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestPlan plays the demo, edits the mapping of its orders, and asks what that would change: which documents, fields and
// amounts. The running hub goes on by its own files and nothing is sent.
func TestPlan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := &app{out: t.Output(), err: t.Output(), getenv: os.Getenv, language: "en", format: "table"}
	err := a.demo(t.Context(), dir, func(ctx context.Context, d *demonstration) error {
		if err := d.player.play(ctx); err != nil {
			return err
		}
		plan := func(args ...string) (code int, out, errOut string) {
			var o, e bytes.Buffer
			code = execute(ctx, append([]string{"plan", dir, "--lang", "en"}, args...), &o, &e, os.Getenv)
			return code, o.String(), e.String()
		}
		before := settledKinds(t, d.player.client)
		if code, out, errOut := plan("--exit-code"); code != exitOK || !strings.Contains(out, "nothing would change") {
			t.Errorf("without an edit: exit %d\n%s%s", code, out, errOut)
		}
		editOrders(t, dir)
		checkPlan(t, plan)
		if after := kindsOf(t, d.player.client); after != before {
			t.Errorf("planning changed something:\n%s\n%s", before, after)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// editOrders gives every order a tenth off on its way to ERP.
func editOrders(t *testing.T, dir string) {
	t.Helper()
	ownFlow(t, dir, "order-to-cash", func(name, text string) string {
		if name == "crm-order-to-sales-order.yaml" {
			text = strings.Replace(text, "map:  crm-order-to-sales-order", "map:  discounted", 1)
		}
		return text
	})
	mapping, err := fs.ReadFile(mappings.Shipped(), "crm-order-to-sales-order.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(mapping), "mapping: crm-order-to-sales-order", "mapping: discounted", 1)
	text = strings.Replace(text, "unit_price: line.unit_price", "unit_price: round(line.unit_price * 0.9, 2)", 1)
	text, _, _ = strings.Cut(text, "examples:")
	writeFile(t, filepath.Join(dir, "mappings", "discounted.yaml"), text)
}

// settledKinds is what the hub knows once nothing has come for a while.
func settledKinds(t *testing.T, c *client) string {
	t.Helper()
	last, quiet := kindsOf(t, c), 0
	for deadline := time.Now().Add(time.Minute); quiet < 10 && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		now := kindsOf(t, c)
		if quiet++; now != last {
			last, quiet = now, 0
		}
	}
	return last
}

// kindsOf is what the hub knows, as one text.
func kindsOf(t *testing.T, c *client) string {
	t.Helper()
	var kinds json.RawMessage
	if err := c.do(t.Context(), request{method: "GET", path: "/hub/documents"}, &kinds); err != nil {
		t.Fatal(err)
	}
	return string(kinds)
}

func checkPlan(t *testing.T, plan func(args ...string) (int, string, string)) {
	t.Helper()
	code, out, errOut := plan()
	t.Logf("exit %d\n%s%s", code, out, errOut)
	if code != exitOK {
		t.Errorf("a plan alone is no failure: exit %d", code)
	}
	for _, want := range []string{
		"CO-2026-0001", "lines[0].unit_price", "gross_total CNY", "erp.sales_order", "-11332.20", "mappings/discounted.yaml", "discounted lines.unit_price: no example looks at it",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the plan lacks %s", want)
		}
	}
	code, out, errOut = plan("--exit-code", "-o", "json")
	var e struct {
		OK     bool
		Result planned
	}
	if err := json.Unmarshal([]byte(out), &e); err != nil || code != exitInvalid {
		t.Fatalf("exit %d %v\n%s%s", code, err, out, errOut)
	}
	gross := sihe.Decimal{}
	for _, d := range e.Result.Documents {
		if d.Pipeline != "crm-order-to-sales-order" || d.Before != "written" || d.After != "written" {
			t.Errorf("it would change too: %+v", d)
		}
		for _, m := range d.Amounts {
			if m.Field == "gross_total" {
				gross = gross.Add(m.After).Sub(m.Before)
			}
		}
	}
	found := false
	for _, x := range e.Result.Amounts {
		if x.To == "erp.sales_order" && x.Field == "gross_total" && x.Currency == "CNY" {
			found = true
			if x.Net.Cmp(gross) != 0 || x.Net.Sign() >= 0 || x.Documents != len(e.Result.Documents) {
				t.Errorf("the totals do not add up: %+v, documents %s", x, gross)
			}
		}
	}
	if !found {
		t.Errorf("no net effect on gross_total: %+v", e.Result.Amounts)
	}
}
