//go:build bench

package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sihehub/sihe"
)

// secret signs the orders.
const secret = "whsec_c2loZS1iZW5jaC10ZXN0LXNlY3JldC0zMi1ieXRlcyE="

func key() []byte {
	k, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_")) // a constant
	return k
}

// lines is how many lines an order has.
const lines = 5

// A request is one order as the shop sends it: 1.5 KB, five lines, signed by Standard Webhooks.
type request struct {
	id   string
	body []byte
	head map[string]string
}

// newRequest makes the order of a number. Every order has other quantities and prices.
func newRequest(n int, at time.Time) request {
	id := fmt.Sprintf("%08d", n)
	var b strings.Builder
	fmt.Fprintf(&b, `{"type":"order.created","data":{"id":"%s","created_at":"2026-03-05T02:00:00Z","customer":"C%03d",`, id, n%500)
	b.WriteString(`"address":"湖北省武汉市江岸区沿江大道1号 华东水务一号泵站 三楼收货处","currency":"CNY","remark":"please deliver between 9 and 17, ring at the gate; the pallets go to hall 3","items":[`)
	for i := range lines {
		if i > 0 {
			b.WriteByte(',')
		}
		q, p := amounts(n, i)
		fmt.Fprintf(&b, `{"sku":"P-CP200-%d","name":"Centrifugal pump CP200, %d kW, stainless steel, with motor and base frame","unit":"pcs","quantity":"%s","price":"%s","vat":"0.13","colour":"RAL 5010","warehouse":"W01","note":"serial numbers on the packing list"}`, i, i+2, q, p)
	}
	b.WriteString(`]}}`)
	stamp := strconv.FormatInt(at.Unix(), 10)
	r := request{id: id, body: []byte(b.String())}
	r.head = map[string]string{"webhook-id": "msg_" + id, "webhook-timestamp": stamp, "webhook-signature": "v1," + sign("msg_"+id, stamp, r.body)}
	return r
}

func sign(id, stamp string, body []byte) string {
	m := hmac.New(sha256.New, key())
	m.Write([]byte(id + "." + stamp + "."))
	m.Write(body)
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

func amounts(n, line int) (quantity, price string) {
	return fmt.Sprintf("%d.50", 1+(n+line)%90), fmt.Sprintf("%d.%02d", 100+(n*7+line)%4000, (n+line)%100)
}

// A shopOrder is what the shop sends, as far as anybody needs it.
type shopOrder struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	Customer  string    `json:"customer"`
	Address   string    `json:"address"`
	Currency  string    `json:"currency"`
	Items     []struct {
		SKU      string       `json:"sku"`
		Quantity sihe.Decimal `json:"quantity"`
		Price    sihe.Decimal `json:"price"`
		VAT      sihe.Decimal `json:"vat"`
	} `json:"items"`
}

// A salesOrder is what the target gets.
type salesOrder struct {
	SourceOrder string       `json:"source_order"`
	Revision    int          `json:"source_revision"`
	Buyer       string       `json:"buyer"`
	OrderDate   string       `json:"order_date"`
	ShipTo      string       `json:"ship_to"`
	Currency    string       `json:"currency"`
	Lines       []salesLine  `json:"lines"`
	Gross       sihe.Decimal `json:"source_gross_total"`
	Net         sihe.Decimal `json:"source_net_total"`
	Tax         sihe.Decimal `json:"source_tax_total"`
}

type salesLine struct {
	LineNo    int          `json:"line_no"`
	Item      string       `json:"item"`
	Quantity  sihe.Decimal `json:"quantity"`
	UnitPrice sihe.Decimal `json:"unit_price"`
	TaxRate   sihe.Decimal `json:"tax_rate"`
}

// mapOrder is the mapping as a programmer would write it.
func mapOrder(in *shopOrder, zone *time.Location) (*salesOrder, error) {
	out := &salesOrder{
		SourceOrder: "SHOP-" + in.ID, Revision: 1, Buyer: in.Customer, OrderDate: in.CreatedAt.In(zone).Format(time.DateOnly),
		ShipTo: in.Address, Currency: in.Currency, Lines: make([]salesLine, 0, len(in.Items)),
	}
	one := sihe.DecimalFromInt(1)
	for i, x := range in.Items {
		l := salesLine{LineNo: i + 1, Item: x.SKU, Quantity: x.Quantity.Round(6), UnitPrice: x.Price.Round(2), TaxRate: x.VAT.Round(6)}
		gross := l.Quantity.Mul(l.UnitPrice).Round(2)
		net, err := gross.TryDiv(one.Add(l.TaxRate), 2, sihe.HalfUp)
		if err != nil {
			return nil, err
		}
		out.Gross, out.Net, out.Tax = out.Gross.Add(gross), out.Net.Add(net), out.Tax.Add(gross.Sub(net))
		out.Lines = append(out.Lines, l)
	}
	return out, nil
}

// compare says what is wrong with a document that arrived, or "".
func compare(n int, got []byte, zone *time.Location) string {
	var in struct {
		Data shopOrder `json:"data"`
	}
	if err := json.Unmarshal(newRequest(n, time.Time{}).body, &in); err != nil {
		return err.Error()
	}
	want, err := mapOrder(&in.Data, zone)
	if err != nil {
		return err.Error()
	}
	var have salesOrder
	if err := json.Unmarshal(got, &have); err != nil {
		return err.Error()
	}
	a, b := fmt.Sprint(*want), fmt.Sprint(have)
	if a != b {
		return "sent " + a + ", arrived " + b
	}
	return ""
}
