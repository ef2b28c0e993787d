package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
)

// TestPlanOfRecords lets the shop send orders to a running hub, edits how its orders become ours, and asks what that would
// change: in the orders as they are stated, and in the sales orders that come of them. Nothing of it happens.
func TestPlanOfRecords(t *testing.T) {
	r := startShop(t)
	r.enterMasters()
	for _, no := range []string{"1001", "1002", "1001"} { // one comes twice
		r.send(hook{id: "msg_" + no, body: orderBody(no, nil)})
	}
	r.send(hook{id: "msg_1003", body: orderBody("1003", func(o map[string]any) { delete(o, "currency") })}) // is parked
	r.eventually(func() string {
		if len(r.found("/api/erp/sales_order")) != 2 || len(r.parked()) != 1 {
			return "want two sales orders and a parked record"
		}
		return ""
	})
	r.settle()
	before := kindsOf(t, r.client)
	if p := r.planned(exitOK); len(p.Stated)+len(p.Documents) != 0 || p.Records != 4 {
		t.Errorf("without an edit: %+v", p)
	}
	t.Run("another price", func(t *testing.T) { r.with(t).planPrice() })
	t.Run("a record that is no longer refused", func(t *testing.T) { r.with(t).planRefused() })
	if after := kindsOf(t, r.client); after != before {
		t.Errorf("planning changed something:\n%s\n%s", before, after)
	}
}

func (r *running) parked() (all []json.RawMessage) {
	r.t.Helper()
	code, out, errOut := r.sihe("parked", "list", "-o", "json")
	var e struct{ Result []json.RawMessage }
	if err := json.Unmarshal([]byte(out), &e); err != nil || code != exitOK {
		r.t.Fatalf("exit %d %v\n%s%s", code, err, out, errOut)
	}
	return e.Result
}

// planned is what `sihe plan --exit-code -o json` finds.
func (r *running) planned(want int) planned {
	r.t.Helper()
	code, out, errOut := r.sihe("plan", "--exit-code", "-o", "json")
	var e struct {
		OK     bool
		Result planned
	}
	if err := json.Unmarshal([]byte(out), &e); err != nil || code != want || !e.OK {
		r.t.Fatalf("exit %d, want %d: %v\n%s%s", code, want, err, out, errOut)
	}
	return e.Result
}

// edit replaces text in a file of the hub until the test ends.
func (r *running) edit(file string, pairs ...string) {
	r.t.Helper()
	path := filepath.Join(r.dir, file)
	was := readText(r.t, path)
	is := strings.NewReplacer(pairs...).Replace(was)
	if is == was {
		r.t.Fatal("nothing was edited")
	}
	writeFile(r.t, path, is)
	r.t.Cleanup(func() { writeFile(r.t, path, was) })
}

const shopMapping = "mappings/shop-order-to-crm-order.yaml"

func (r *running) planPrice() {
	t := r.t
	r.edit(shopMapping, "round(item.price, 2)", "round(item.price * 0.9, 2)", `unit_price: "2599.00"`, `unit_price: "2339.10"`)
	p := r.planned(exitInvalid)
	if len(p.Stated) != 2 || len(p.Documents) != 2 {
		t.Fatalf("want two orders stated and two sales orders written otherwise: %+v", p)
	}
	for _, d := range p.Stated {
		if d.Pipeline != "normalise:shop" || d.Entity != "shop/order" || d.To != "crm.crm_order" || d.Key != "SHOP-"+d.Subject || d.Before != d.After || d.Record == "" {
			t.Errorf("stated: %+v", d)
		}
	}
	for _, d := range p.Documents { // each once, in its new form
		if d.Pipeline != "crm-order-to-sales-order" || d.To != "erp.sales_order" || d.Record == "" || d.Before != "written" || d.After != "written" {
			t.Errorf("written: %+v", d)
		}
	}
	for _, all := range [][]string{{"crm.crm_order", "gross_total", "-1039.60"}, {"erp.sales_order", "gross_total", "-1039.60"}, {"crm.crm_order", "tax_total", "-119.60"}} {
		found := false
		for _, x := range append(p.StatedAmounts, p.Amounts...) {
			found = found || x.To == all[0] && x.Field == all[1] && x.Net.String() == all[2] && x.Currency == "CNY" && x.Documents == 2
		}
		if !found {
			t.Errorf("no net effect %v: %+v %+v", all, p.StatedAmounts, p.Amounts)
		}
	}
	code, out, errOut := r.sihe("plan")
	for _, want := range []string{
		"changed files: " + shopMapping, "shop/order 1001", "normalise:shop", "crm.crm_order SHOP-1002", "lines[0].unit_price", "2339.10", "-1039.60",
		"crm-order-to-sales-order", "erp.sales_order", "shop-order-to-crm-order lines.unit_price: two pumps",
		"raw records: 4", "2 as products state them, 2 as they are written",
	} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("exit %d, the plan lacks %s:\n%s%s", code, want, out, errOut)
		}
	}
	if strings.Contains(out, "lines.gross") {
		t.Error("a field that is computed needs no example")
	}
	code, out, _ = r.sihe("plan", "--lang", "zh")
	for _, want := range []string{"更改的文件：", "原始记录 4 条", "陈述", "产品陈述 2 张，写入 2 张"} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("exit %d, the Chinese plan lacks %s:\n%s", code, want, out)
		}
	}
}

func (r *running) planRefused() {
	t := r.t
	r.edit("shop.yaml", "currency:   {type: text, required: true}", "currency:   {type: text}")
	r.edit(shopMapping, "currency:   currency", `currency:   currency ?? "CNY"`)
	p := r.planned(exitInvalid)
	if len(p.Stated) != 1 || len(p.Documents) != 1 {
		t.Fatalf("want one order and one sales order: %+v", p)
	}
	if d := p.Stated[0]; d.Subject != "1003" || d.Before != "refused "+string(sihe.CodeExprEmpty) || d.After != "published" || d.Key != "SHOP-1003" {
		t.Errorf("stated: %+v", d)
	}
	if d := p.Documents[0]; d.Subject != "SHOP-1003" || d.Before != "no event" || d.After != "written" || d.To != "erp.sales_order" {
		t.Errorf("written: %+v", d)
	}
}
