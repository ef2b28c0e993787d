package erp_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sihehub/sihe"
)

// EXT-01: an order for three booster sets after the first order explodes over two levels.
func TestTwoLevels(t *testing.T) {
	b := newBench(t)
	seed(b)
	b.on(3, 5)
	b.create("erp.sales_order", firstOrder(nil))
	b.copied("finance.credit", "C001", 2, record{"party_no": "C001", "limit": "900000.00", "currency": "CNY", "exposure": "0.00", "hold": false, "state": "active"})
	so := b.create("erp.sales_order", order("CO-2", "C001", "P-BS1", "3", "16000.00"))
	doc := b.get("/sales_order/" + so)
	want(t, doc, "lines.0.reserved_quantity", "1", "lines.0.to_make_quantity", "2")
	p := b.get("/order_promise/" + at(doc, "promise"))
	want(t, p, "capacity_hours", "16", "estimated_cost", "19320.00")
	net := map[string]string{"M-CAST": "4", "M-IMP": "4", "M-SHAFT": "4", "M-SEAL": "0", "M-MOT75": "4", "M-PKG": "0", "M-CTRL": "0"}
	for _, m := range p["materials"].([]any) {
		want(t, m.(record), "net_quantity", net[at(m, "item")])
		delete(net, at(m, "item"))
	}
	if len(net) > 0 {
		t.Errorf("no need computed for %v", net)
	}
	works := b.list("/production_order?sales_order=" + so)
	if len(works) != 2 {
		t.Fatalf("%d work orders", len(works))
	}
	want(t, works[0], "item", "P-BS1", "planned_quantity", "2", "materials.0.supply_order", at(works[1], "order_no"), "materials.0.planned_quantity", "0")
	want(t, works[1], "item", "P-CP100", "planned_quantity", "4", "parent_order", at(works[0], "order_no"), "planned_end", at(works[1], "planned_start"))
	if at(works[0], "planned_start") <= at(works[1], "planned_end") {
		t.Errorf("the set starts on %s, its pumps end on %s", at(works[0], "planned_start"), at(works[1], "planned_end"))
	}
}

// The second level is made, kept for the first one, and the set for its order.
func TestTwoLevelsMade(t *testing.T) {
	b := newBench(t)
	seed(b)
	b.opening("P-CP100", "WH-FG", "1", "2300.00")
	for _, item := range []string{"M-MOT75", "M-SEAL"} {
		b.opening(item, "WH-RM", "30", "3000.00")
	}
	b.copied("finance.credit", "C001", 2, record{"party_no": "C001", "limit": "900000.00", "currency": "CNY", "exposure": "0.00", "hold": false, "state": "active"})
	all := order("CO-1", "C001", "P-CP100", "13", "4750.00")
	b.create("erp.sales_order", all)
	so := b.create("erp.sales_order", order("CO-2", "C001", "P-BS1", "2", "16000.00"))
	works := b.list("/production_order?sales_order=" + so)
	set, pumps := "/production_order/"+at(works[0], "order_no"), "/production_order/"+at(works[1], "order_no")
	b.refuse(set+"/release", nil, sihe.CodeMaterialShort)
	for _, step := range []string{"release", "pick", "complete"} {
		b.post(pumps+"/"+step, nil)
	}
	b.level("P-CP100@WH-FG", "15", "15", "0")
	for _, step := range []string{"release", "pick", "complete"} {
		b.post(set+"/"+step, nil)
	}
	want(t, b.get(set), "state", "completed", "good_quantity", "1")
	want(t, b.get("/sales_order/"+so), "lines.0.reserved_quantity", "2", "lines.0.to_make_quantity", "0")
	b.level("P-BS1@WH-FG", "2", "2", "0")
}

// NEG-18: two orders race for the last piece; one gets it, the other is short, nobody gets it twice.
func TestRaceForTheLastPiece(t *testing.T) {
	b := newBench(t)
	seed(b)
	b.create("erp.sales_order", order("CO-0", "C001", "P-SP50", "7", "3028.40"))
	var wg sync.WaitGroup
	keys := make([]string, 2)
	for i := range keys {
		wg.Go(func() {
			r, err := b.write(sihe.Write{Entity: "erp.sales_order", Do: sihe.DoCreate, Writer: "crm"}, order(fmt.Sprintf("CO-%d", i+1), "C001", "P-SP50", "1", "3028.40"))
			if err != nil {
				t.Error(err)
			}
			keys[i] = r.Key
		})
	}
	wg.Wait()
	got := map[string]int{}
	for _, key := range keys {
		doc := b.get("/sales_order/" + key)
		want(t, doc, "state", "released")
		got[at(doc, "lines.0.reserved_quantity")+"+"+at(doc, "lines.0.to_make_quantity")]++
	}
	if len(got) != 2 {
		t.Errorf("reserved and to make: %v", got)
	}
	b.level("P-SP50@WH-FG", "8", "8", "0")
}

// list returns all documents of a query, in the order of their keys.
func (b *bench) list(path string) []record {
	b.t.Helper()
	var all []record
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	after := ""
	for {
		out := b.get(path + sep + "limit=50" + after)
		for _, x := range out["items"].([]any) {
			all = append(all, x.(record))
		}
		if at(out, "next") == "" {
			return all
		}
		after = "&after=" + url.QueryEscape(at(out, "next"))
	}
}

// What must hold whatever happens: on hand ≥ reserved ≥ 0, reserved is what active reservations say, and quantity and
// value of every place are exactly the sum of its moves.
func TestStockLedgerProperties(t *testing.T) {
	start := rand.Uint64()
	t.Logf("seed %d", start)
	b := newBench(t)
	seed(b)
	b.post("/warehouse", record{"warehouse_no": "WH-2", "name": "WH-2", "kind": "finished"})
	b.copied("finance.credit", "C001", 2, record{"party_no": "C001", "limit": "90000000.00", "currency": "CNY", "exposure": "0.00", "hold": false, "state": "active"})
	var wg sync.WaitGroup
	var done, refused atomic.Int64
	for worker := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(start, uint64(worker)))
			for i := range 40 {
				if b.randomStep(r, fmt.Sprintf("CO-%d-%d", worker, i)) {
					done.Add(1)
				} else {
					refused.Add(1)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d steps done, %d refused", done.Load(), refused.Load())
	if done.Load() == 0 || refused.Load() == 0 {
		t.Error("the steps prove nothing")
	}
	b.checkLedger()
}

// randomStep does one thing to stock and says whether it was accepted.
func (b *bench) randomStep(r *rand.Rand, source string) bool {
	items := []string{"P-CP100", "P-SP50", "P-GP30", "M-SEAL", "M-MOT22"}
	item := items[r.IntN(len(items))]
	home := "WH-RM"
	if item[0] == 'P' {
		home = "WH-FG"
	}
	quantity := fmt.Sprintf("%d.%d", r.IntN(4), 1+r.IntN(9))
	m := record{"item": item, "quantity": quantity}
	switch r.IntN(6) {
	case 0:
		m["move_type"], m["from_location"], m["to_location"], m["value"] = "other_in", "other", home, fmt.Sprintf("%d.%02d", r.IntN(3000), r.IntN(100))
	case 1:
		m["move_type"], m["from_location"], m["to_location"] = "other_out", home, "other"
	case 2:
		m["move_type"], m["from_location"], m["to_location"] = "transfer", home, "WH-2"
	case 3:
		m["move_type"], m["from_location"], m["to_location"] = "transfer", "WH-2", home
	default:
		return b.randomOrder(r, order(source, "C001", item, quantity, "9000.00"))
	}
	status, doc := b.call(http.MethodPost, "/stock_move", m)
	if status >= 300 {
		b.t.Errorf("%v: %d %v", m, status, doc)
		return false
	}
	return b.accepted("/stock_move/"+at(doc, "move_no")+"/post", nil)
}

// accepted makes a call that may only be refused for want of stock, or because the order was not released.
func (b *bench) accepted(path string, body any) bool {
	status, out := b.call(http.MethodPost, path, body)
	if status < 300 {
		return true
	}
	switch code := sihe.Code(at(out, "error.code")); code {
	case sihe.CodeStockShort, sihe.CodeGuard, sihe.CodeMoveInvalid:
	default:
		b.t.Errorf("POST %s: %d %v", path, status, out)
	}
	return false
}

// randomOrder places an order and then ships part of what it got, cancels it, or leaves it.
func (b *bench) randomOrder(r *rand.Rand, o record) bool {
	receipt, err := b.write(sihe.Write{Entity: "erp.sales_order", Do: sihe.DoCreate, Writer: "crm"}, o)
	if err != nil {
		b.t.Error(err)
		return false
	}
	switch r.IntN(3) {
	case 0:
		return b.accepted("/sales_order/"+receipt.Key+"/cancel", nil)
	case 1:
		status, dn := b.call(http.MethodPost, "/delivery", record{"sales_order": receipt.Key})
		if status >= 300 {
			b.t.Errorf("deliver %s: %v", receipt.Key, dn)
			return false
		}
		return b.accepted("/delivery/"+at(dn, "delivery_no")+"/post", nil)
	}
	return true
}

func (b *bench) checkLedger() {
	b.t.Helper()
	type sums struct{ quantity, value sihe.Decimal }
	places := map[string]sums{}
	for _, m := range b.list("/stock_move?state=posted") {
		q, v := sihe.MustDecimal(at(m, "quantity")), sihe.MustDecimal(at(m, "value"))
		from, to := at(m, "item")+"@"+at(m, "from_location"), at(m, "item")+"@"+at(m, "to_location")
		places[from] = sums{places[from].quantity.Sub(q), places[from].value.Sub(v)}
		places[to] = sums{places[to].quantity.Add(q), places[to].value.Add(v)}
	}
	reserved := map[string]sihe.Decimal{}
	for _, x := range b.list("/reservation?state=active") {
		key := at(x, "item") + "@" + at(x, "warehouse")
		reserved[key] = reserved[key].Add(sihe.MustDecimal(at(x, "open_quantity")))
	}
	for _, o := range b.list("/sales_order") {
		if s := at(o, "state"); s == "cancelled" {
			continue
		}
		sum := sihe.Decimal{}
		for _, f := range []string{"reserved", "to_make", "to_buy", "delivered"} {
			sum = sum.Add(sihe.MustDecimal(at(o, "lines.0."+f+"_quantity")))
		}
		if !same(sum.String(), at(o, "lines.0.quantity")) {
			b.t.Errorf("%s: %s ordered, %s reserved, to make, to buy or delivered", at(o, "order_no"), at(o, "lines.0.quantity"), sum)
		}
	}
	levels := b.list("/stock_level")
	if len(levels) < 16 {
		b.t.Fatalf("%d stock levels", len(levels))
	}
	for _, l := range levels {
		key, onHand, held := at(l, "level_no"), sihe.MustDecimal(at(l, "on_hand_quantity")), sihe.MustDecimal(at(l, "reserved_quantity"))
		if held.Sign() < 0 || onHand.Cmp(held) < 0 {
			b.t.Errorf("%s: on hand %s, reserved %s", key, onHand, held)
		}
		if !held.Equal(reserved[key]) {
			b.t.Errorf("%s: reserved %s, reservations %s", key, held, reserved[key])
		}
		if s := places[key]; !onHand.Equal(s.quantity) || !sihe.MustDecimal(at(l, "value")).Equal(s.value) {
			b.t.Errorf("%s: on hand %s worth %s, moves say %s worth %s", key, onHand, at(l, "value"), s.quantity, s.value)
		}
		if onHand.Sign() == 0 && !same(at(l, "value"), "0") {
			b.t.Errorf("%s: nothing on hand is worth %s", key, at(l, "value"))
		}
	}
}
