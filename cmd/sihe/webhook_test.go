package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sihehub/sihe/pipelines/store"
)

// A hook is one request as the shop would make it; zero fields make it right.
type hook struct {
	id     string
	method string
	path   string
	body   string
	age    time.Duration
	kind   string // Content-Type
	sign   func(h http.Header)
	reader io.Reader // instead of the body: no Content-Length
}

// orderBody is the shop's order; edit may spoil it.
func orderBody(no string, edit func(order map[string]any)) string {
	order := map[string]any{
		"id": no, "created_at": "2026-03-05T02:00:00Z", "customer": "C001", "address": "Shanghai", "currency": "CNY",
		"items": []any{map[string]any{"sku": "P-GP30", "quantity": 2, "price": "2599.00", "vat": "0.13"}},
	}
	if edit != nil {
		edit(order)
	}
	b, err := json.Marshal(map[string]any{"type": "order.created", "data": order})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// signature is that of Standard Webhooks 1.0: HMAC-SHA256 over "<id>.<timestamp>.<body>".
func signature(id, stamp, body string) string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(shopSecret, "whsec_"))
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (r *running) hooked(h hook) *http.Request {
	r.t.Helper()
	return r.hookedAt(r.house.intake.Addr().String(), h)
}

// hookedAt makes the request to the intake at an address.
func (r *running) hookedAt(address string, h hook) *http.Request {
	r.t.Helper()
	var body io.Reader = strings.NewReader(h.body)
	if h.reader != nil {
		body = h.reader
	}
	or := func(s, preset string) string {
		if s == "" {
			return preset
		}
		return s
	}
	q, err := http.NewRequestWithContext(r.t.Context(), or(h.method, http.MethodPost), "http://"+address+or(h.path, "/in/shop"), body)
	if err != nil {
		r.t.Fatal(err)
	}
	id, stamp := or(h.id, "msg_"+r.t.Name()), strconv.FormatInt(time.Now().Add(-h.age).Unix(), 10)
	q.Header.Set("Content-Type", or(h.kind, "application/json"))
	q.Header.Set("webhook-id", id)
	q.Header.Set("webhook-timestamp", stamp)
	q.Header.Set("webhook-signature", signature(id, stamp, h.body))
	if h.sign != nil {
		h.sign(q.Header)
	}
	return q
}

// An answer is what the intake said.
type hookAnswer struct {
	status int
	header http.Header
	body   string
}

func (r *running) send(h hook) hookAnswer {
	r.t.Helper()
	a, err := http.DefaultClient.Do(r.hooked(h))
	if err != nil {
		r.t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return hookAnswer{a.StatusCode, a.Header, string(b)}
}

// code returns the error's code and that it has a text.
func (a hookAnswer) code(t *testing.T) string {
	t.Helper()
	var e struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || e.Error.Code == "" || e.Error.Message == "" {
		t.Errorf("the answer is no clear error: %d %q", a.status, a.body)
	}
	if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		t.Errorf("the answer is %s", kind)
	}
	return e.Error.Code
}

// TestWebhook sends the shop's requests to a whole hub over real HTTP: good ones, the same one a hundred times, and every
// kind of bad one.
func TestWebhook(t *testing.T) {
	r := startShop(t)
	r.enterMasters()
	t.Run("the same delivery a hundred times at once is one order", func(t *testing.T) { r.with(t).hundred() })
	t.Run("refused", func(t *testing.T) { r.with(t).refusals() })
	t.Run("cut off", func(t *testing.T) { r.with(t).cutOff() })
	t.Run("an unknown customer is waited for", func(t *testing.T) { r.with(t).unknownCustomer() })
	t.Run("a record without a required field is parked", func(t *testing.T) { r.with(t).missingField() })
}

// with is the same hub in a subtest.
func (r *running) with(t *testing.T) *running {
	c := *r
	c.t = t
	return &c
}

func (r *running) hundred() {
	h := hook{id: "msg_1001", body: orderBody("1001", nil)}
	var senders sync.WaitGroup
	for range 100 {
		senders.Go(func() {
			for {
				a := r.send(h)
				if a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "" {
					time.Sleep(10 * time.Millisecond) // too many at once: it asked to come again
					continue
				}
				if a.status != http.StatusAccepted {
					r.t.Errorf("answer %d %s", a.status, a.body)
				}
				return
			}
		})
	}
	senders.Wait()
	r.eventually(func() string {
		if n := len(r.found("/api/erp/sales_order?source_order=SHOP-1001")); n == 0 {
			return "there is no sales order"
		}
		return ""
	})
	s := r.settle()
	orders := r.found("/api/erp/sales_order?source_order=SHOP-1001")
	if len(orders) != 1 || scalar(orders[0]["gross_total"]) != "5198.00" || scalar(orders[0]["buyer"]) != "C001" {
		r.t.Errorf("want one sales order of 5198.00, got %v", orders)
	}
	if got := r.facts("crm.crm_order", "SHOP-1001"); len(got) != 1 || got[0] != "placed" {
		r.t.Errorf("want one event, placed, got %v", got)
	}
	for _, x := range s.Systems {
		if x.Name == "shop" && strings.Join(x.Can, " ") != "webhook" {
			r.t.Errorf("the shop is described with a webhook alone, but can %v", x.Can)
		}
	}
	if x := street(r.t, s, "normalise:shop"); x.Received != 1 || x.States[store.Delivered] != 1 {
		r.t.Errorf("normalise:shop: %+v", x)
	}
	if r.rawEnd() != 100 {
		r.t.Errorf("want every accepted delivery on the raw topic, got %d", r.rawEnd())
	}
	code, out, errOut := r.sihe("trace", "SHOP-1001")
	if code != exitOK || !strings.Contains(out, scalar(orders[0]["order_no"])) {
		r.t.Errorf("trace: exit %d\n%s%s", code, out, errOut)
	}
}
