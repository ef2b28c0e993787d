package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

// selfApproving lets CRM approve its own order: approval_status belongs to OA.
const selfApproving = `mapping: self-approving
from: crm.crm_order
to:   erp.sales_order
fields:
  source_order:    order_no
  source_revision: revision
  buyer:           customer
  currency:        currency
  order_date:      order_date
  approval_status: "approved"
`

// TestOwnershipAtRunTime takes the compiler's gate away: a plan that it would never have let pass is run. The hub's own
// gate refuses each write, keeps it for a person to see, and the target never hears of it.
func TestOwnershipAtRunTime(t *testing.T) {
	t.Setenv("SHOP_WEBHOOK_SECRET", shopSecret)
	dir := layShop(t)
	if err := os.WriteFile(filepath.Join(dir, "mappings", "self-approving.yaml"), []byte(selfApproving), 0o600); err != nil {
		t.Fatal(err)
	}
	var f sihe.Findings
	c := compile(dir, &f)
	if f.Failed() {
		t.Fatal(f.Err())
	}
	bad, _ := c.mappings.Mapping("self-approving")
	for i, p := range c.plan.Pipelines {
		if p.Name == "crm-order-to-sales-order" {
			forged := *p
			forged.Map = bad
			c.plan.Pipelines[i] = &forged
		}
	}
	r := serveHub(t, dir, c)
	r.enterMasters()
	if a := r.send(hook{body: orderBody("3001", nil)}); a.status != http.StatusAccepted {
		t.Fatalf("answer %d %s", a.status, a.body)
	}
	var list struct{ Result []store.Delivery }
	r.eventually(func() string {
		list.Result = nil
		code, out, errOut := r.sihe("parked", "list", "--pipeline", "crm-order-to-sales-order", "-o", "json")
		if err := json.Unmarshal([]byte(out), &list); err != nil || code != exitOK {
			t.Fatalf("parked list: exit %d %v\n%s%s", code, err, out, errOut)
		}
		if len(list.Result) != 1 {
			return fmt.Sprintf("want one refused write, got %d", len(list.Result))
		}
		return ""
	})
	d := list.Result[0]
	if d.State != store.Parked || d.Code != sihe.CodeFieldNotWritable || d.Path != "approval_status" || d.Subject != "SHOP-3001" {
		t.Errorf("want %s at approval_status, got %+v", sihe.CodeFieldNotWritable, d)
	}
	if orders := r.found("/api/erp/sales_order"); len(orders) != 0 {
		t.Errorf("the order was written: %v", orders)
	}
	var s pipelines.Status
	r.get("/hub/status", &s)
	if s.OK {
		t.Error("the status says that all is well")
	}
}

// TestOwnershipAtTheModule goes round the hub: a write with another writer straight to the native module is refused there
// too, changes nothing, and stands in the report of what was refused.
func TestOwnershipAtTheModule(t *testing.T) {
	r := startShop(t)
	r.enterMasters()
	r.send(hook{body: orderBody("3002", nil)})
	var order map[string]any
	r.eventually(func() string {
		all := r.found("/api/erp/sales_order?source_order=SHOP-3002")
		if len(all) != 1 {
			return "there is no sales order"
		}
		order = all[0]
		return ""
	})
	r.settle()
	key := scalar(order["order_no"])
	erp := r.house.opened["erp"].Connector.(sihe.Sink)
	before := map[string]any{}
	r.get("/api/erp/sales_order/"+key, &before)
	for _, w := range []struct {
		sihe.Write
		code sihe.Code
	}{
		{sihe.Write{ID: "w1", Writer: "finance", Do: sihe.DoWriteBack, Data: []byte(`{"approval_status":"approved"}`)}, sihe.CodeFieldNotWritable},
		{sihe.Write{ID: "w2", Writer: "oa", Do: sihe.DoWriteBack, Data: []byte(`{"currency":"USD"}`)}, sihe.CodeOABusinessField},
		{sihe.Write{ID: "w3", Writer: "crm", Do: sihe.DoWriteBack, Data: []byte(`{"billing_status":"full"}`)}, sihe.CodeFieldNotWritable},
		{sihe.Write{ID: "w4", Writer: "oa", Do: "release", Data: []byte(`{}`)}, sihe.CodeOABusinessField},
	} {
		w.Entity, w.Key, w.Time, w.Version = "erp.sales_order", key, time.Now(), 99
		if _, err := erp.Write(t.Context(), w.Write); sihe.CodeOf(err) != w.code {
			t.Errorf("%s %s %s: want %s, got %v", w.Writer, w.Do, w.Data, w.code, err)
		}
	}
	after := map[string]any{}
	r.get("/api/erp/sales_order/"+key, &after)
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("the order changed:\n%v\n%v", before, after)
	}
	var report struct {
		Refused []struct{ Writer, Entity, Key, Do, Field, Code, Write string }
	}
	r.get("/api/erp/reports/refused", &report)
	if len(report.Refused) != 4 {
		t.Fatalf("want four refusals in the report, got %+v", report.Refused)
	}
	first := report.Refused[3]
	if first.Writer != "finance" || first.Key != key || first.Field != "approval_status" || first.Code != string(sihe.CodeFieldNotWritable) || first.Write != "w1" {
		t.Errorf("the report says %+v", first)
	}
}
