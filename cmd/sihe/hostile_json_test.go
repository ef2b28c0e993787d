package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines/store"
)

// hostileJSON are documents; a % is the field whose value they are about, with a quoted name before it. What is no error
// for a text field says so.
func hostileJSON() map[string]string {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	objects := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	var names strings.Builder
	for i := range 70_000 {
		fmt.Fprintf(&names, `,"k%d":1`, i)
	}
	return map[string]string{
		"65 deep":           `{%:` + deep(65) + `}`,
		"100,000 deep":      `{%:` + deep(100_000) + `}`,
		"objects":           `{%:` + objects(100_000) + `}`,
		"1,000,000 [":       `{%:` + strings.Repeat("[", 1_000_000),
		"only [":            strings.Repeat("[", 1_000_000),
		"1 MB of digits":    `{%:` + strings.Repeat("9", 1_000_000) + `}`,
		"digits":            `{%:` + strings.Repeat("9", 65) + `}`,
		"digits in a text":  `{"amount":"` + strings.Repeat("9", 100_000) + `"}`,
		"huge exponent":     `{"amount":1e1000000000}`,
		"huge exponent 2":   `{"amount":"1e1000000000"}`,
		"tiny exponent":     `{"amount":1e-1000000000}`,
		"NaN":               `{"amount":NaN}`,
		"NaN in a text":     `{"amount":"NaN"}`,
		"Infinity":          `{"amount":-Infinity}`,
		"plus":              `{"amount":+1}`,
		"leading zero":      `{"amount":01}`,
		"hexadecimal":       `{"amount":0x10}`,
		"duplicate names":   `{%:"a",%:"b"}`,
		"escaped duplicate": `{"amount":"1","\u0061mount":"2"}`,
		"nested duplicate":  `{"stranger":{"a":1,"a":2}}`,
		"lone surrogate":    `{%:"\ud800"}`,
		"surrogates":        `{%:"\udc00\ud800"}`,
		"not UTF-8":         "{%:\"\xff\xfe\"}",
		"overlong UTF-8":    "{%:\"\xc0\xaf\"}",
		"GBK":               "{%:\"\xbf\xcd\xbb\xa7\"}",
		"UTF-16":            "\xff\xfe{\x00}\x00",
		"NUL":               "{%:\"a\x00b\"}",
		"control":           "{%:\"a\x1bb\"}",
		"bidi in a name":    "{\"na\u202eme\":\"a\"}",
		"kelvin":            "{\"\u212aind\":\"a\"}",
		"another case":      `{"AMOUNT":"1"}`,
		"__proto__":         `{"__proto__":{"admin":true}}`,
		"70,000 names":      `{%:"a"` + names.String() + `}`,
		"a name of 1 MB":    `{"` + strings.Repeat("k", 1_000_000) + `":1}`,
		"trailing":          `{%:"a"}{}`,
		"trailing text":     `{%:"a"} x`,
		"trailing comma":    `{%:"a",}`,
		"comment":           `{/**/%:"a"}`,
		"single quotes":     `{'a':1}`,
		"cut":               `{%:"a`,
		"empty":             ``,
		"blank":             " \n\t",
		"scalar":            `"x"`,
		"null":              `null`,
		"list":              `[{}]`,
		"list for text":     `{%:["a"]}`,
		"object for text":   `{%:{"a":1}}`,
		"true for text":     `{%:true}`,
	}
}

const hostileRecord = "entity: paper\nmodule: crm\nlabel: {en: Paper, zh: 单}\nkey: no\nnumber: \"PP-{seq:4}\"\ncopies: [erp]\n" +
	"fields:\n  no: {type: text, label: {en: No., zh: 编号}}\n  name: {type: text, label: {en: Name, zh: 名称}}\n" +
	"  currency: {type: currency, default: \"CNY\", label: {en: c, zh: 币种}}\n  amount: {type: money, label: {en: Amount, zh: 金额}}\n" +
	"  loops: {type: int, formula: \"sum(lines, a => sum(lines, b => sum(lines, c => 1)))\", label: {en: l, zh: 数}}\n" +
	"  lines: {type: list, label: {en: Lines, zh: 明细}, fields: {n: {type: int, label: {en: n, zh: 数}}}}\n"

const hostileMap = "mapping: paper\nfrom: crm.paper\nto: erp.slip\nfields:\n  text: name\n  worth: amount\n  count: sum(lines, a => sum(lines, b => sum(lines, c => 1)))\n"

const hostileSlip = "entity: slip\nmodule: erp\nlabel: {en: Slip, zh: 条}\nkey: no\nnumber: \"S-{seq:4}\"\naccepts: {create: [crm]}\n" +
	"fields:\n  no: {type: text, label: {en: No., zh: 编号}}\n  text: {type: text, label: {en: T, zh: 文}}\n" +
	"  currency: {type: currency, default: \"CNY\", label: {en: c, zh: 币种}}\n  worth: {type: money, label: {en: W, zh: 值}}\n  count: {type: int, label: {en: n, zh: 数}}\n"

// loops is a record with n lines, over which its formula loops three deep.
func loops(n int) string {
	return `{"lines":[` + strings.TrimSuffix(strings.Repeat(`{"n":1},`, n), ",") + `]}`
}

// Each document is refused with a code by whoever reads canonical JSON, soon and in little memory.
func TestHostileRecords(t *testing.T) {
	c := compileHostile(t)
	paper, ok := c.catalog.Entity("crm.paper")
	m, known := c.mappings.Mapping("paper")
	if !ok || !known {
		t.Fatal("the hub is not what it should be")
	}
	for name, text := range hostileJSON() {
		data := []byte(strings.ReplaceAll(text, "%", `"name"`))
		if name == "null" {
			continue // no record at all, which is for whoever asked to judge
		}
		bounded(t, name, func() {
			_, err := canonical.Decode(paper.Type, data)
			_, mapped := m.Map(mappings.ExampleWorld{}, data)
			for _, err := range []error{err, mapped, paper.Validate(data)} {
				if code := sihe.CodeOf(err); err == nil || code == sihe.CodeInternal || code == "" {
					t.Errorf("%s: %v", name, err)
				} else if len(err.Error()) > 2000 {
					t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
				}
			}
		})
	}
	bounded(t, "300³ loops", func() {
		if _, err := m.Map(mappings.ExampleWorld{}, []byte(loops(300))); sihe.CodeOf(err) != sihe.CodeExprBudget {
			t.Errorf("300³ loops: %v", err)
		}
	})
	if _, err := m.Map(mappings.ExampleWorld{}, []byte(loops(10))); err != nil {
		t.Errorf("10³ loops: %v", err)
	}
}

func hostileFiles() map[string]string {
	return map[string]string{
		"entities/paper.yaml": hostileRecord, "entities/slip.yaml": hostileSlip, "mappings/paper.yaml": hostileMap,
		"pipelines/paper.yaml": "pipeline: paper\nlabel: {en: P, zh: 单}\nfrom: crm.paper\nmap: paper\nto: erp.slip\ndo: create\n",
	}
}

const hostileSystems = "hub: {name: hostile, intake: \"127.0.0.1:0\", admin: \"127.0.0.1:0\"}\nsystems:\n  crm: {module: crm, connector: native}\n  erp: {module: erp, connector: native}\nuse: [./pipelines]\n"

func compileHostile(t *testing.T) *compiled {
	t.Helper()
	var f sihe.Findings
	c := compile(layHub(t, hostileSystems, hostileFiles()), &f)
	if f.Failed() {
		t.Fatal(f.Err())
	}
	return c
}

// The native API answers each document with 4xx and a code, and lives.
func TestHostileRequests(t *testing.T) {
	r := startHub(t, layHub(t, hostileSystems, hostileFiles()))
	documents := hostileJSON()
	documents["300³ loops"] = loops(300)
	documents["10 MB"] = `{%:"` + strings.Repeat("x", 10<<20) + `"}`
	for name, text := range documents {
		bounded(t, name, func() {
			a := r.raw(t, http.MethodPost, "/api/crm/paper", strings.ReplaceAll(text, "%", `"name"`))
			if code := a.code(t); a.status/100 != 4 || code == "INTERNAL" || len(a.body) > 4000 {
				t.Errorf("%s: %d %.300s", name, a.status, a.body)
			}
		})
	}
	r.post("/api/crm/paper", `{"name":"after all that","amount":"1.00"}`)
	if all := r.found("/api/crm/paper"); len(all) != 1 {
		t.Errorf("%d papers", len(all))
	}
}

// raw makes one call with a body as it is.
func (r *running) raw(t *testing.T, method, path, body string) hookAnswer {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, r.client.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+r.client.token)
	q.Header.Set("Content-Type", "application/json")
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer func() { _ = a.Body.Close() }()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return hookAnswer{a.StatusCode, a.Header, string(b)}
}

// A signed webhook with each document is answered 4xx, or taken and parked with a code; the hub lives, and the next good
// order goes through.
func TestHostileWebhooks(t *testing.T) {
	r := startShop(t)
	r.enterMasters()
	var taken int64 // orders; a body of no known type is taken and of no interest
	send := func(name, body string) {
		bounded(t, name, func() {
			a := r.send(hook{id: "msg_" + strings.ReplaceAll(name, " ", "_"), body: body})
			switch {
			case a.status == http.StatusAccepted && strings.HasPrefix(body, `{"type":"order.created"`):
				taken++
			case a.status == http.StatusAccepted:
			case a.status/100 != 4 || len(a.body) > 4000:
				t.Errorf("%s: %d %.300s", name, a.status, a.body)
			default:
				a.code(t)
			}
		})
	}
	for name, text := range hostileJSON() {
		text = strings.ReplaceAll(text, "%", `"address"`)
		send(name, text)
		send(name+", as the record", `{"type":"order.created","data":`+text+`}`)
		order := `{"type":"order.created",` + strings.TrimPrefix(orderBody("h-"+name, func(o map[string]any) { o["address"] = "@" }), "{")
		order = strings.Replace(order, `,"type":"order.created"`, "", 1)
		if _, value, found := strings.Cut(strings.TrimSuffix(text, "}"), ":"); found {
			send(name+", as a value", strings.ReplaceAll(order, `"@"`, value))
		}
	}
	good := "msg-good"
	if a := r.send(hook{id: good, body: orderBody("good", nil)}); a.status != http.StatusAccepted {
		t.Fatalf("a good order afterwards: %d %s", a.status, a.body)
	}
	r.eventually(func() string {
		if got := r.facts("crm.crm_order", "SHOP-good"); len(got) == 0 {
			return "the good order is not there"
		}
		return ""
	})
	s := r.settle()
	x := street(t, s, "normalise:shop")
	if x.States[store.Parked] < 30 || x.Received != taken+1 {
		t.Errorf("%d were taken; %+v", taken+1, x)
	}
	var parked []store.Delivery
	r.get("/hub/parked?pipeline=normalise:shop", &parked)
	for _, d := range parked {
		if d.Code == "" || d.Code == sihe.CodeInternal || len(d.Text) > 2000 {
			t.Errorf("parked: %+v", d)
		}
	}
	t.Logf("%d orders taken, %d of them parked", taken, len(parked))
}
