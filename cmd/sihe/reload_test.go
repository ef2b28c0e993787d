package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
)

// ordersPipeline takes the place of the shipped one, so that its mapping can be edited.
const ordersPipeline = `pipeline: orders
label: {en: Orders, zh: 订单}
from: crm.crm_order
on:   [placed]
map:  orders
to:   erp.sales_order
do:   create
`

// ordersMapping writes its version into two fields.
func ordersMapping(version int) string {
	return fmt.Sprintf(`mapping: orders
from: crm.crm_order
to:   erp.sales_order
fields:
  source_order:    order_no
  source_revision: %[1]d
  ship_to:         concat("v%[1]d ", ship_to ?? "")
  buyer:           customer
  currency:        currency
  order_date:      order_date
  lines:
    for: line in lines
    fields:
      line_no:    line.line_no
      item:       line.item
      quantity:   line.quantity
      unit_price: line.unit_price
      tax_rate:   line.tax_rate
`, version)
}

// A reloading is a hub whose files are watched, as with -w.
type reloading struct {
	*running
	told   *bytes.Buffer // what the user saw; read it after a reload
	result chan error    // of each attempt; errInvalid for files with errors
	swaps  chan pipelines.Swapped
}

var errInvalid = errors.New("the files have errors")

func (r *reloading) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		r.t.Fatal(err)
	}
	if err := replaceFile(path, []byte(text)); err != nil { // never half a file, as good editors do
		r.t.Fatal(err)
	}
}

// tried waits for the next attempt to take files over.
func (r *reloading) tried() error {
	r.t.Helper()
	select {
	case err := <-r.result:
		return err
	case <-time.After(20 * time.Second):
		r.t.Fatal("no change was noticed")
		return nil
	}
}

func startReloading(t *testing.T) *reloading {
	t.Helper()
	t.Setenv("SHOP_WEBHOOK_SECRET", shopSecret)
	r := &reloading{running: &running{t: t, dir: layShop(t)}, told: &bytes.Buffer{}, result: make(chan error, 100), swaps: make(chan pipelines.Swapped, 100)}
	hub, err := os.ReadFile(filepath.Join(r.dir, "hub.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(hub), "use:")
	r.write("hub.yaml", text+"use: [flows/master-data, ./pipelines]\n")
	r.write("pipelines/orders.yaml", ordersPipeline)
	r.write("mappings/orders.yaml", ordersMapping(1))
	r.running = startHub(t, r.dir)
	w := &watcher{app: &app{err: r.told, out: r.told, language: "en"}, house: r.house, every: 10 * time.Millisecond}
	w.done = func(s pipelines.Swapped, f sihe.Findings, err error) {
		if f.Failed() {
			err = errInvalid
		}
		r.swaps <- s
		r.result <- err
	}
	ctx, stop := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { w.watch(ctx) })
	t.Cleanup(func() {
		stop()
		watching.Wait()
	})
	return r
}

// TestReloadUnderLoad edits a mapping again and again while orders pour in: every order is mapped wholly by one version,
// an invalid edit is refused and the files before it stay, and the first order after an edit goes by it.
func TestReloadUnderLoad(t *testing.T) {
	r := startReloading(t)
	r.enterMasters()
	var number, sent atomic.Int64
	number.Store(4000)
	order := func() string {
		no := strconv.FormatInt(number.Add(1), 10)
		if a := r.send(hook{id: "msg_" + no, body: orderBody(no, nil)}); a.status != 202 {
			t.Errorf("answer %d %s", a.status, a.body)
		}
		sent.Add(1)
		return "SHOP-" + no
	}
	ctx, stop := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	for range 2 {
		senders.Go(func() {
			for ctx.Err() == nil {
				order()
				time.Sleep(2 * time.Millisecond)
			}
		})
	}
	firsts := map[string]int{} // order → the version that it must have
	first := func(version int) {
		no := order()
		firsts[no] = version
		r.eventually(func() string {
			if len(r.found("/api/erp/sales_order?source_order="+no)) == 0 {
				return no + " does not arrive"
			}
			return ""
		})
	}
	const versions = 8
	for v := 2; v <= versions; v++ {
		r.write("mappings/orders.yaml", ordersMapping(v))
		if err := r.tried(); err != nil {
			t.Fatalf("version %d: %v\n%s", v, err, r.told)
		}
		first(v)
		if v == versions/2 {
			r.write("mappings/orders.yaml", strings.Replace(ordersMapping(99), "buyer: ", "byer: ", 1))
			if err := r.tried(); !errors.Is(err, errInvalid) {
				t.Fatalf("the invalid edit: %v", err)
			}
			first(v) // the old ones stay
		}
	}
	stop()
	senders.Wait()
	if told := r.told.String(); !strings.Contains(told, "mappings/orders.yaml:8:3") || !strings.Contains(told, "did you mean buyer") || !strings.Contains(told, "not taken over") {
		t.Errorf("the invalid edit is not shown with its place:\n%s", told)
	}
	seen := r.mapped(sent.Load())
	for no, v := range firsts {
		if seen[no] != v {
			t.Errorf("the first order after version %d, %s, went by version %d", v, no, seen[no])
		}
	}
	by := map[int]int{}
	for _, v := range seen {
		by[v]++
	}
	t.Logf("%d orders, by version of the mapping: %v", len(seen), by)
	if code, _, errOut := r.sihe("balance"); code != exitOK {
		t.Errorf("the books do not close: %s", errOut)
	}
}

// mapped waits until all orders have arrived and returns by which version each was mapped.
func (r *reloading) mapped(want int64) map[string]int {
	r.t.Helper()
	seen := map[string]int{}
	r.eventually(func() string {
		clear(seen)
		for _, o := range r.all("/api/erp/sales_order") {
			v, err := strconv.Atoi(scalar(o["source_revision"]))
			if err != nil || !strings.HasPrefix(scalar(o["ship_to"]), fmt.Sprintf("v%d ", v)) {
				r.t.Fatalf("mapped by two versions: revision %v, ship_to %v", o["source_revision"], o["ship_to"])
			}
			seen[scalar(o["source_order"])] = v
		}
		if int64(len(seen)) < want {
			return fmt.Sprintf("%d of %d orders arrived", len(seen), want)
		}
		return ""
	})
	return seen
}

// TestReloadPipelines adds and removes pipelines, and edits what a running hub cannot take over.
func TestReloadPipelines(t *testing.T) {
	r := startReloading(t)
	r.enterMasters()
	second := strings.Replace(ordersPipeline, "pipeline: orders", "pipeline: second", 1)
	r.write("pipelines/second.yaml", strings.Replace(second, "on:   [placed]", "on:   [cancelled]", 1))
	if err := r.tried(); err != nil {
		t.Fatal(err)
	}
	if s := <-r.swaps; fmt.Sprint(s.Begun, s.Ended) != "[second] []" {
		t.Errorf("%+v", s)
	}
	if err := os.Remove(filepath.Join(r.dir, "pipelines", "orders.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := r.tried(); err != nil {
		t.Fatal(err)
	}
	if s := <-r.swaps; fmt.Sprint(s.Begun, s.Ended) != "[] [orders]" {
		t.Errorf("%+v", s)
	}
	r.send(hook{id: "msg_5001", body: orderBody("5001", nil)})
	r.settle()
	if all := r.all("/api/erp/sales_order"); len(all) != 0 {
		t.Errorf("the removed pipeline still works: %v", all)
	}
	r.write("pipelines/orders.yaml", ordersPipeline)
	if err := r.tried(); err != nil {
		t.Fatal(err)
	}
	<-r.swaps
	r.mapped(1) // it goes on where it was

	// what the shop's own orders become
	mapping, err := os.ReadFile(filepath.Join(r.dir, "mappings", "shop-order-to-crm-order.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r.write("mappings/shop-order-to-crm-order.yaml", strings.ReplaceAll(string(mapping), "SHOP-", "WEB-"))
	if err := r.tried(); err != nil {
		t.Fatal(err)
	}
	r.send(hook{id: "msg_5002", body: orderBody("5002", nil)})
	if seen := r.mapped(2); seen["WEB-5002"] != 1 {
		t.Errorf("the shop's orders go by the old mapping: %v", seen)
	}

	shop, err := os.ReadFile(filepath.Join(r.dir, "shop.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r.write("shop.yaml", string(shop)+"# a comment\n")
	if err := r.tried(); sihe.CodeOf(err) != sihe.CodeRestartNeeded || !strings.Contains(err.Error(), "shop.yaml") {
		t.Errorf("want %s for shop.yaml, got %v", sihe.CodeRestartNeeded, err)
	}
	if told := r.told.String(); !strings.Contains(told, string(sihe.CodeRestartNeeded)) {
		t.Errorf("the user is not told: %s", told)
	}
	var config struct{ Files map[string]string }
	r.get("/hub/config", &config)
	if config.Files["shop.yaml"] != string(shop) || config.Files["pipelines/orders.yaml"] != ordersPipeline {
		t.Error("the hub does not show the files by which it works")
	}
}

// TestReloadStorm changes a file all the time: the last change is the one that stays.
func TestReloadStorm(t *testing.T) {
	r := startReloading(t)
	const last = 60
	for v := 2; v <= last; v++ {
		r.write("mappings/orders.yaml", ordersMapping(v))
		time.Sleep(3 * time.Millisecond)
	}
	r.eventually(func() string {
		var config struct{ Files map[string]string }
		r.get("/hub/config", &config)
		if config.Files["mappings/orders.yaml"] != ordersMapping(last) {
			return "the last change was not taken over"
		}
		return ""
	})
	if n := len(r.result); n >= last/2 {
		t.Errorf("%d reloads of %d changes", n, last-1)
	}
}
