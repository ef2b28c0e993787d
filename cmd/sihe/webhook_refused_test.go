package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

func (r *running) refusals() {
	big := `{"type":"order.created","data":{"id":"` + strings.Repeat("9", 2<<20) + `"}}`
	for _, c := range []struct {
		name   string
		hook   hook
		status int
		code   sihe.Code
	}{
		{"signed, but not JSON", hook{body: `{"type":"order.created","data":{`}, 400, sihe.CodeJSONSyntax},
		{"signed, but two values", hook{body: orderBody("1", nil) + "{}"}, 400, sihe.CodeJSONSyntax},
		{"signed, but empty", hook{body: ""}, 400, sihe.CodeJSONSyntax},
		{"signed, but not UTF-8", hook{body: "{\"a\":\"\xff\"}"}, 400, sihe.CodeJSONSyntax},
		{"signed, but without the record", hook{body: `{"type":"order.created"}`}, 400, sihe.CodeRestBody},
		{"not signed", hook{body: orderBody("2", nil), sign: func(h http.Header) {
			h.Del("webhook-signature")
		}}, 401, sihe.CodeUnauthenticated},
		{"empty signature", hook{body: orderBody("2", nil), sign: func(h http.Header) {
			h.Set("webhook-signature", "v1,")
		}}, 401, sihe.CodeUnauthenticated},
		{"not signed, and not JSON", hook{body: "{", sign: func(h http.Header) { h.Del("webhook-signature") }}, 401, sihe.CodeUnauthenticated},
		{"wrong signature", hook{body: orderBody("2", nil), sign: func(h http.Header) {
			h.Set("webhook-signature", signature(h.Get("webhook-id"), h.Get("webhook-timestamp"), orderBody("3", nil)))
		}}, 401, sihe.CodeUnauthenticated},
		{"another id than signed", hook{body: orderBody("2", nil), sign: func(h http.Header) { h.Set("webhook-id", "msg_other") }}, 401, sihe.CodeUnauthenticated},
		{"no id", hook{body: orderBody("2", nil), sign: func(h http.Header) { h.Del("webhook-id") }}, 401, sihe.CodeUnauthenticated},
		{"stale", hook{body: orderBody("2", nil), age: 6 * time.Minute}, 401, sihe.CodeUnauthenticated},
		{"from the future", hook{body: orderBody("2", nil), age: -6 * time.Minute}, 401, sihe.CodeUnauthenticated},
		{"oversized", hook{body: big}, 413, sihe.CodeBodyTooLarge},
		{"oversized, chunked", hook{body: big, reader: struct{ io.Reader }{strings.NewReader(big)}}, 413, sihe.CodeBodyTooLarge},
		{"not announced as JSON", hook{body: orderBody("2", nil), kind: "application/x-www-form-urlencoded"}, 415, sihe.CodeRestContentType},
		{"packed", hook{body: orderBody("2", nil), sign: func(h http.Header) { h.Set("Content-Encoding", "gzip") }}, 415, sihe.CodeContentEncoding},
		{"unknown system", hook{body: orderBody("2", nil), path: "/in/nobody"}, 404, sihe.CodeSystemUnknown},
		{"a system without webhooks", hook{body: orderBody("2", nil), path: "/in/erp"}, 404, sihe.CodeNoIntake},
		{"a path below", hook{body: orderBody("2", nil), path: "/in/shop/orders"}, 404, sihe.CodeSystemUnknown},
		{"GET", hook{method: http.MethodGet}, 405, sihe.CodeMethod},
		{"PUT", hook{method: http.MethodPut, body: orderBody("2", nil)}, 405, sihe.CodeMethod},
	} {
		r.t.Run(c.name, func(t *testing.T) {
			r := r.with(t)
			before := r.rawEnd()
			a := r.send(c.hook)
			if code := a.code(t); a.status != c.status || code != string(c.code) {
				t.Errorf("want %d %s, got %d %s", c.status, c.code, a.status, a.body)
			}
			if strings.Contains(a.body, shopSecret) {
				t.Error("the answer shows the secret")
			}
			if after := r.rawEnd(); after != before {
				t.Errorf("%d records were stored", after-before)
			}
		})
	}
	if got := r.send(hook{body: `{"type":"newsletter.sent","data":{}}`}); got.status != http.StatusAccepted {
		r.t.Errorf("a signed request of no interest: %d %s", got.status, got.body)
	}
}

// slowRequest begins a request whose body does not come.
func (p *process) slowRequest() net.Conn {
	p.t.Helper()
	c, err := net.Dial("tcp", p.intake)
	if err != nil {
		p.t.Fatal(err)
	}
	fmt.Fprintf(c, "POST /in/shop HTTP/1.1\r\nHost: hub\r\nContent-Length: 100\r\n\r\n{")
	time.Sleep(100 * time.Millisecond) // it is under way
	return c
}

// cutOff sends what a broken connection leaves of a request: half a body, and half a chunk.
func (r *running) cutOff() {
	body := orderBody("1002", nil)
	q := r.hooked(hook{body: body})
	var head bytes.Buffer
	for name, v := range q.Header {
		fmt.Fprintf(&head, "%s: %s\r\n", name, v[0])
	}
	for name, rest := range map[string]string{
		"half a body":    fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body[:len(body)/2]),
		"half a chunk":   fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s", len(body), body[:len(body)/2]),
		"a broken chunk": "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + body + "\r\n0\r\n\r\n",
		"no last chunk":  fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(body), body),
	} {
		r.t.Run(name, func(t *testing.T) {
			before := r.rawEnd()
			c, err := net.Dial("tcp", r.house.intake.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			fmt.Fprintf(c, "POST /in/shop HTTP/1.1\r\nHost: hub\r\n%s%s", head.String(), rest)
			if err := c.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(c) // the hub closes: nothing can ride behind
			if err != nil {
				t.Fatal(err)
			}
			if s := string(raw); !strings.HasPrefix(s, "HTTP/1.1 400 ") || !strings.Contains(s, string(sihe.CodeBodyIncomplete)) {
				t.Errorf("answer %q", s)
			}
			if after := r.rawEnd(); after != before {
				t.Errorf("%d records were stored", after-before)
			}
		})
	}
}

// unknownCustomer sends an order of a customer that nobody has entered: it waits, visibly, and goes on when he comes.
func (r *running) unknownCustomer() {
	a := r.send(hook{id: "msg_1003", body: orderBody("1003", func(o map[string]any) { o["customer"] = "C002" })})
	if a.status != http.StatusAccepted {
		r.t.Fatalf("answer %d %s", a.status, a.body)
	}
	r.eventually(func() string {
		if x := street(r.t, r.settle(), "crm-order-to-sales-order"); x.States[store.Waiting] != 1 {
			return fmt.Sprintf("want one order that waits, got %v", x.States)
		}
		return ""
	})
	code, out, _ := r.sihe("trace", "SHOP-1003", "-o", "wide")
	if code != exitOK || !strings.Contains(out, string(sihe.CodeWaitingFor)) {
		r.t.Errorf("trace does not show the waiting: exit %d\n%s", code, out)
	}
	if orders := r.found("/api/erp/sales_order?source_order=SHOP-1003"); len(orders) != 0 {
		r.t.Errorf("there is a sales order already: %v", orders)
	}
	r.enterCustomer("C002", "Huadong Chemical")
	r.eventually(func() string {
		if n := len(r.found("/api/erp/sales_order?source_order=SHOP-1003")); n != 1 {
			return fmt.Sprintf("want one sales order once the customer is known, got %d", n)
		}
		return ""
	})
}

// missingField sends a signed order without its currency, and looks after it on the command line.
func (r *running) missingField() {
	spoilt := orderBody("1004", func(o map[string]any) { delete(o, "currency") })
	if a := r.send(hook{id: "msg_1004", body: spoilt}); a.status != http.StatusAccepted {
		r.t.Fatalf("answer %d %s", a.status, a.body)
	}
	var list struct {
		OK     bool
		Result []store.Delivery
	}
	parked := func() []store.Delivery {
		list.Result = nil
		code, out, errOut := r.sihe("parked", "list", "--pipeline", "normalise:shop", "-o", "json")
		if err := json.Unmarshal([]byte(out), &list); err != nil || code != exitOK {
			r.t.Fatalf("parked list: exit %d %v\n%s%s", code, err, out, errOut)
		}
		return list.Result
	}
	r.eventually(func() string {
		if n := len(parked()); n != 1 {
			return fmt.Sprintf("want one parked record, got %d", n)
		}
		return ""
	})
	d := list.Result[0]
	if d.Pipeline != "normalise:shop" || d.Code == "" || !strings.Contains(d.Path, "currency") {
		r.t.Errorf("parked without code and path: %+v", d)
	}
	code, out, _ := r.sihe("parked", "show", d.Pipeline, d.ID)
	for _, want := range []string{string(d.Code), "currency", `"1004"`} {
		if code != exitOK || !strings.Contains(out, want) {
			r.t.Errorf("parked show lacks %s: exit %d\n%s", want, code, out)
		}
	}
	if code, out, errOut := r.sihe("parked", "replay", d.ID, "--reason", "look again"); code != exitInvalid || !strings.Contains(out+errOut, string(sihe.CodeNotConfirmed)) {
		r.t.Errorf("replay without --yes: exit %d\n%s%s", code, out, errOut)
	}
	if code, out, errOut := r.sihe("parked", "replay", d.ID, "--yes"); code != exitInvalid || !strings.Contains(out+errOut, string(sihe.CodeReasonMissing)) {
		r.t.Errorf("replay without a reason: exit %d\n%s%s", code, out, errOut)
	}
	if code, out, errOut := r.sihe("parked", "replay", d.ID, "--reason", "look again", "--yes"); code != exitOK || !strings.Contains(out, "1 replayed") {
		r.t.Errorf("replay: exit %d\n%s%s", code, out, errOut)
	}
	r.eventually(func() string { // it is as bad as before
		if all := parked(); len(all) != 1 || len(all[0].History) <= len(d.History) {
			return "want the replayed record parked again"
		}
		return ""
	})
	if code, out, errOut := r.sihe("parked", "discard", d.ID, "--reason", "the shop sends it again", "--yes"); code != exitOK || !strings.Contains(out, "1 discarded") {
		r.t.Errorf("discard: exit %d\n%s%s", code, out, errOut)
	}
	if n := len(parked()); n != 0 {
		r.t.Errorf("want nothing parked, got %d", n)
	}
	r.send(hook{id: "msg_1004_again", body: orderBody("1004", nil)})
	r.eventually(func() string {
		if n := len(r.found("/api/erp/sales_order?source_order=SHOP-1004")); n != 1 {
			return fmt.Sprintf("want one sales order of the repaired record, got %d", n)
		}
		return ""
	})
	if code, out, errOut := r.sihe("balance"); code != exitOK {
		r.t.Errorf("the books do not close: exit %d\n%s%s", code, out, errOut)
	}
}
