package mappings_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/mappings"
)

// order is a record of 1.5 KB with five lines.
func order() []byte {
	var lines []string
	for i := range 5 {
		status := "active"
		if i == 4 {
			status = "cancelled"
		}
		lines = append(lines, fmt.Sprintf(`{"item":"P-%03d","quantity":"%d.50","unit_price":"%d.99","discount":"0.05","unit":"pcs","status":%q}`, i, i+1, 19+i*100, status))
	}
	return fmt.Appendf(nil, `{"order_no":"CRM-SO-2026-000318","customer":"C-10086","客户名称":"  上海云帆贸易有限公司 ","status":"approved","channel":"web",`+
		`"order_date":"2026-11-21T23:40:00Z","expected":null,"currency":"CNY","tax_rate":"0.13","pieces":12,"vip":false,"remark":%q,"freight":"35.00",`+
		`"ship_to":{"city":"上海市","street":"浦东新区张江路 88 号"},"lines":[%s]}`, strings.Repeat("a remark of some length; ", 22), strings.Join(lines, ","))
}

// example loads the mapping of the language's description.
func example(b testing.TB) *mappings.Mapping {
	b.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata", "golden", "accepted.txtar"))
	if err != nil {
		b.Fatal(err)
	}
	var f sihe.Findings
	s := mappings.Load(&f, catalog(b), nil, fstest.MapFS{"whole.yaml": {Data: a.Files[0].Data}})
	m, ok := s.Mapping("whole")
	if !ok {
		b.Fatal(f.Err())
	}
	return m
}

func BenchmarkMap(b *testing.B) {
	m, data := example(b), order()
	b.Run("mapping file", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := m.Map(world{}, data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("map only", func(b *testing.B) {
		v, err := canonical.Decode(m.Source, data)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := m.Apply(world{}, v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("by hand", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := byHand(world{}, data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("by hand, map only", func(b *testing.B) {
		var in handOrder
		if err := json.Unmarshal(data, &in); err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := handMap(world{}, &in); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The same mapping as a programmer would write it, with encoding/json.
type (
	handOrder struct {
		OrderNo   string       `json:"order_no"`
		Customer  string       `json:"customer"`
		Name      *string      `json:"客户名称"`
		Status    string       `json:"status"`
		OrderDate time.Time    `json:"order_date"`
		Expected  *string      `json:"expected"`
		Currency  string       `json:"currency"`
		TaxRate   sihe.Decimal `json:"tax_rate"`
		ShipTo    *handAddress `json:"ship_to"`
		Lines     []handLine   `json:"lines"`
	}
	handAddress struct {
		City   string  `json:"city"`
		Street *string `json:"street,omitempty"`
	}
	handLine struct {
		Item      string        `json:"item"`
		Quantity  sihe.Decimal  `json:"quantity"`
		UnitPrice sihe.Decimal  `json:"unit_price"`
		Discount  *sihe.Decimal `json:"discount"`
		Unit      *string       `json:"unit"`
		Status    string        `json:"status"`
	}
	handSales struct {
		OrderNo   string        `json:"crm_order_no"`
		Buyer     string        `json:"buyer"`
		BuyerName string        `json:"buyer_name"`
		BizDate   string        `json:"biz_date"`
		DueDate   string        `json:"due_date"`
		Status    string        `json:"doc_status"`
		Currency  string        `json:"currency"`
		Total     sihe.Decimal  `json:"total"`
		Address   handAddress   `json:"address"`
		Lines     []handOutLine `json:"lines"`
	}
	handOutLine struct {
		Seq      int          `json:"seq"`
		Item     string       `json:"item"`
		Quantity sihe.Decimal `json:"quantity"`
		UoM      string       `json:"uom"`
		Amount   sihe.Decimal `json:"amount"`
		Tax      sihe.Decimal `json:"tax"`
	}
)

func byHand(w expr.World, data []byte) ([]byte, error) {
	var in handOrder
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, err
	}
	out, err := handMap(w, &in)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

func handMap(w expr.World, in *handOrder) (*handSales, error) {
	day := in.OrderDate.In(shanghai)
	buyer, _, err := w.XRef("party", in.Customer)
	if err != nil {
		return nil, err
	}
	out := &handSales{
		OrderNo: in.OrderNo, Buyer: buyer, BizDate: day.Format(time.DateOnly), DueDate: day.AddDate(0, 0, 7).Format(time.DateOnly),
		Status: map[string]string{"draft": "A", "approved": "C", "closed": "B"}[in.Status], Currency: in.Currency, Lines: []handOutLine{},
	}
	if in.Expected != nil {
		out.DueDate = *in.Expected
	}
	if in.Name != nil {
		out.BuyerName = strings.TrimSpace(*in.Name)
	}
	if in.ShipTo != nil {
		out.Address = *in.ShipTo
	}
	one := sihe.DecimalFromInt(1)
	for _, l := range in.Lines {
		if l.Status != "active" {
			continue
		}
		item, _, err := w.XRef("item", l.Item)
		if err != nil {
			return nil, err
		}
		var discount sihe.Decimal
		if l.Discount != nil {
			discount = *l.Discount
		}
		uom, known := map[string]string{"pcs": "个", "set": "套"}[*l.Unit]
		if !known {
			uom = "件"
		}
		amount := l.Quantity.Mul(l.UnitPrice).Mul(one.Sub(discount)).Round(2)
		tax := amount.Mul(in.TaxRate).Round(2)
		out.Lines = append(out.Lines, handOutLine{Seq: len(out.Lines) + 1, Item: item, Quantity: l.Quantity, UoM: uom, Amount: amount, Tax: tax})
		out.Total = out.Total.Add(amount).Add(tax)
	}
	return out, nil
}

var shanghai = must(time.LoadLocation("Asia/Shanghai"))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The two must give the same, or the comparison means nothing.
func TestByHandAgrees(t *testing.T) {
	m, data := example(t), order()
	a, err := m.Map(world{}, data)
	if err != nil {
		t.Fatal(err)
	}
	b, err := byHand(world{}, data)
	if err != nil {
		t.Fatal(err)
	}
	x, err := canonical.Decode(m.Target, a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := canonical.Decode(m.Target, b)
	if err != nil {
		t.Fatal(err)
	}
	if !x.Equal(y) {
		t.Errorf("the mapping gives\n%s\nby hand it is\n%s", a, b)
	}
	if len(data) < 1400 || len(data) > 1600 {
		t.Errorf("the order has %d bytes", len(data))
	}
}
