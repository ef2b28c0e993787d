package native_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestAPI(t *testing.T) {
	m := started(t)
	want(t, 200, m, "POST", "/purchase_order/PO-2026-0001/submit", "")
	big := `{"name":"` + strings.Repeat("x", 1<<20) + `"}`
	deep := `{"address":` + strings.Repeat(`{"a":`, 80) + "1" + strings.Repeat("}", 81)
	for _, c := range []struct {
		method, path, body string
		status             int
		code, at           string
		headers            []string
	}{
		{"GET", "/nothing", "", 404, "NO_SUCH_ENTITY", "", nil},
		{"GET", "/purchase_order/PO-9", "", 404, "DOCUMENT_UNKNOWN", "", nil},
		{"GET", "/a/b/c/d", "", 404, "NO_SUCH_ENTITY", "", nil},
		{"DELETE", "/purchase_order/PO-2026-0001", "", 405, "METHOD", "", nil},
		{"PUT", "/purchase_order", "{}", 405, "METHOD", "", nil},
		{"GET", "/jobs/rename", "", 405, "METHOD", "", nil},
		{"POST", "/", "{}", 405, "METHOD", "", nil},
		{"POST", "/supplier", big, 413, "BODY_TOO_LARGE", "", nil},
		{"POST", "/supplier", deep, 400, "JSON_DEPTH", "", nil},
		{"POST", "/supplier", "", 400, "REQUEST_INVALID", "", nil},
		{"POST", "/supplier", "[]", 422, "JSON_TYPE", "", nil},
		{"POST", "/supplier", `{"name":"a"} x`, 400, "JSON_SYNTAX", "", nil},
		{"POST", "/supplier", `{"name":"a","name":"b"}`, 400, "JSON_DUPLICATE", "name", nil},
		{"POST", "/supplier", `{"colour":"a"}`, 422, "JSON_UNKNOWN_FIELD", "colour", nil},
		{"POST", "/supplier", `{"name":7}`, 422, "JSON_TYPE", "name", nil},
		{"POST", "/supplier", `{"city":"a"}`, 422, "VALUE_REQUIRED", "name", nil},
		{"POST", "/supplier", `{"name":"a"}`, 415, "MEDIA_TYPE", "", []string{"Content-Type", "text/plain"}},
		{"POST", "/supplier", `{"name":"a"}`, 415, "CONTENT_ENCODING", "", []string{"Content-Encoding", "gzip"}},
		{"POST", "/supplier", `{"name":"a"}`, 400, "REQUEST_INVALID", "", []string{"Sihe-Actor", "a\x01"}},
		{"POST", "/supplier", `{"name":"a"}`, 400, "REQUEST_INVALID", "", []string{"Idempotency-Key", strings.Repeat("k", 201)}},
		{"POST", "/supplier?x=1", `{"name":"a"}`, 400, "QUERY_PARAMETER", "", nil},
		{"POST", "/purchase_order", `{"supplier":"S404"}`, 422, "REFERENCE_UNKNOWN", "supplier", nil},
		{"POST", "/purchase_order", `{"supplier":"S001","net_total":"1"}`, 403, "FIELD_NOT_WRITABLE", "net_total", nil},
		{"POST", "/purchase_order", `{"supplier":"S001","state":"released"}`, 403, "FIELD_NOT_WRITABLE", "state", nil},
		{"POST", "/purchase_order", `{"supplier":"S001","approval_status":"approved"}`, 403, "FIELD_NOT_WRITABLE", "approval_status", nil},
		{"POST", "/purchase_order", `{"supplier":"S001","lines":[{"item":"A","quantity":-1,"unit_price":1}]}`, 422, "VALUE_RANGE", "lines[0].quantity", nil},
		{"POST", "/purchase_order", `{"supplier":"S001","lines":[{"item":"A","quantity":1,"unit_price":"1.001"}]}`, 422, "VALUE_SCALE", "lines[0].unit_price", nil},
		{"POST", "/purchase_order", `{"supplier":"S001","lines":[{"item":"A","quantity":1,"unit_price":1,"net":1}]}`, 403, "FIELD_NOT_WRITABLE", "lines.net", nil},
		{"PATCH", "/purchase_order/PO-2026-0001", `{"note":"late"}`, 409, "FIELD_FROZEN", "note", nil},
		{"PATCH", "/purchase_order/PO-9", `{"note":"x"}`, 404, "DOCUMENT_UNKNOWN", "", nil},
		{"PATCH", "/supplier/S001", `{"supplier_no":"S9"}`, 409, "FIELD_FROZEN", "supplier_no", nil},
		{"PATCH", "/supplier/S001", `{"name":null}`, 422, "VALUE_REQUIRED", "name", nil},
		{"PATCH", "/supplier/S001", `{"name":"n"}`, 412, "VERSION_MISMATCH", "", []string{"If-Match", `"7"`}},
		{"POST", "/purchase_order/PO-2026-0001/explode", "", 404, "ACTION_UNKNOWN", "", nil},
		{"POST", "/purchase_order/PO-2026-0001/submit", "", 409, "NOT_IN_STATE", "", nil},
		{"POST", "/purchase_order/PO-2026-0001/release", "", 409, "GUARD", "", nil},
		{"POST", "/purchase_order/PO-2026-0001/cancel", `{"note":"x"}`, 403, "FIELD_NOT_WRITABLE", "note", nil},
		{"GET", "/purchase_order?note=x", "", 400, "NOT_INDEXED", "note", nil},
		{"GET", "/purchase_order?state=lost", "", 400, "QUERY_PARAMETER", "", nil},
		{"GET", "/purchase_order?limit=501", "", 400, "QUERY_PARAMETER", "limit", nil},
		{"GET", "/purchase_order?limit=0x10", "", 400, "QUERY_PARAMETER", "limit", nil},
		{"GET", "/purchase_order?after=!!", "", 400, "QUERY_PARAMETER", "after", nil},
		{"GET", "/purchase_order?sort=note", "", 400, "QUERY_PARAMETER", "sort", nil},
		{"GET", "/purchase_order?limit=1&limit=2", "", 400, "QUERY_PARAMETER", "limit", nil},
	} {
		r := ask(t, m, c.method, c.path, c.body, c.headers...)
		if r.status != c.status || r.text("error", "code") != c.code || (c.at != "" && r.text("error", "path") != c.at) {
			t.Errorf("%s %s %.40s: %d %s, want %d %s at %q", c.method, c.path, c.body, r.status, r.raw, c.status, c.code, c.at)
		}
		if r.text("error", "message") == "" || r.text("error", "help") == "" {
			t.Errorf("%s %s says nothing: %s", c.method, c.path, r.raw)
		}
	}
	if all, _ := drain(t, m, nil); len(all) != 3 {
		t.Errorf("a refused call left something: %v", names(all))
	}
	if r := ask(t, m, "DELETE", "/purchase_order/PO-2026-0001", ""); r.header.Get("Allow") != "GET, PATCH" {
		t.Error(r.header)
	}
}

func TestLanguages(t *testing.T) {
	m := started(t)
	for accept, zh := range map[string]bool{
		"": false, "zh": true, "zh-CN,zh;q=0.9,en;q=0.8": true, "en-US,en;q=0.9,zh;q=0.8": false, "fr, zh;q=0.1": true, "zh;q=x": false, "zh;q=0": false,
	} {
		r := want(t, 422, m, "POST", "/purchase_order", `{"supplier":"S001","lines":[{"item":"A","unit_price":1}]}`, "Accept-Language", accept)
		if got := strings.Contains(r.text("error", "message"), "缺少必填字段：明细[0].数量"); got != zh {
			t.Errorf("%q: %s", accept, r.raw)
		}
		if got := r.text("error", "help") == "请在来源处补填"; got != zh {
			t.Errorf("%q: %s", accept, r.raw)
		}
	}
}

func TestPatchClearsAndReplaces(t *testing.T) {
	m := started(t)
	r := want(t, 200, m, "PATCH", "/purchase_order/PO-2026-0001", `{"note":"a","urgent":true,"address":{"city":"苏州"}}`, "If-Match", `"1"`)
	if r.text("note") != "a" || r.header.Get("ETag") != `"2"` || r.text("address", "city") != "苏州" {
		t.Fatal(r.raw)
	}
	r = want(t, 200, m, "PATCH", "/purchase_order/PO-2026-0001", `{"note":null,"lines":[{"item":"C","quantity":"1","unit_price":"2"}]}`)
	if r.text("note") != "" || r.text("net_total") != "2.00" || r.body["urgent"] != true {
		t.Fatal(r.raw)
	}
	if r = want(t, 200, m, "PATCH", "/purchase_order/PO-2026-0001", `{"urgent":true}`); r.body["version"] != 3.0 {
		t.Error("a change of nothing made a version:", r.raw)
	}
}

func TestIdempotencyKey(t *testing.T) {
	m := started(t)
	first := want(t, 201, m, "POST", "/supplier", `{"name":"a"}`, "Idempotency-Key", "k1")
	again := want(t, 201, m, "POST", "/supplier", `{"name":"a"}`, "Idempotency-Key", "k1")
	if first.raw != again.raw || again.header.Get("Location") != "supplier/S002" || again.header.Get("ETag") != `"1"` {
		t.Error(again.raw, again.header)
	}
	if r := want(t, 409, m, "POST", "/supplier", `{"name":"b"}`, "Idempotency-Key", "k1"); r.text("error", "code") != "ID_REUSED" {
		t.Error(r.raw)
	}
	want(t, 409, m, "POST", "/purchase_order/PO-2026-0001/submit", "", "Idempotency-Key", "k1")
	// A refusal is not kept: once its cause is gone the same key works.
	want(t, 422, m, "POST", "/purchase_order", `{"supplier":"S003"}`, "Idempotency-Key", "k2")
	want(t, 201, m, "POST", "/supplier", `{"name":"c"}`)
	want(t, 201, m, "POST", "/purchase_order", `{"supplier":"S003"}`, "Idempotency-Key", "k2")
}

// Answers are forgotten after a week, so the file does not grow for ever.
func TestAnswersAge(t *testing.T) {
	o := fixture(t)
	at := today
	o.Now = func() time.Time { return at }
	m := open(t, o)
	want(t, 201, m, "POST", "/supplier", `{"name":"a"}`, "Idempotency-Key", "k1")
	at = at.AddDate(0, 0, 8)
	want(t, 201, m, "POST", "/supplier", `{"name":"b"}`, "Idempotency-Key", "k2")
	if r := want(t, 201, m, "POST", "/supplier", `{"name":"a"}`, "Idempotency-Key", "k1"); r.text("supplier_no") != "S003" {
		t.Error(r.raw)
	}
}

func TestLists(t *testing.T) {
	m := open(t, fixture(t))
	for i := range 30 {
		want(t, 201, m, "POST", "/supplier", fmt.Sprintf(`{"name":"s","city":"c%d"}`, i%3))
	}
	for i := range 30 {
		want(t, 201, m, "POST", "/purchase_order", fmt.Sprintf(`{"supplier":"S%03d","lines":[{"item":"A","quantity":1,"unit_price":1}]}`, i%4+1))
	}
	for i := 1; i <= 30; i += 2 {
		want(t, 200, m, "POST", fmt.Sprintf("/purchase_order/PO-2026-%04d/submit", i), "")
	}
	page := func(query string) (keys []string, next string) {
		r := want(t, 200, m, "GET", query, "")
		for _, x := range r.body["items"].([]any) {
			d := x.(map[string]any)
			key, _ := d["po_no"].(string)
			if key == "" {
				key = d["supplier_no"].(string)
			}
			keys = append(keys, key)
		}
		return keys, r.text("next")
	}
	// Orders of S001 are 1, 5, 9 …: all odd, so all submitted; orders of S002 are even: none is.
	for query, keys := range map[string]string{
		"/purchase_order?supplier=S001&state=submitted&limit=3":           "PO-2026-0001 PO-2026-0005 PO-2026-0009",
		"/purchase_order?state=submitted&supplier=S001&limit=3&sort=-key": "PO-2026-0029 PO-2026-0025 PO-2026-0021",
		"/purchase_order?state=submitted&supplier=S002":                   "",
		"/purchase_order?state=draft&limit=2&sort=-po_no":                 "PO-2026-0030 PO-2026-0028",
		"/purchase_order?supplier=":                                       "",
		"/supplier?city=c2&limit=2":                                       "S003 S006",
		"/supplier?limit=2&sort=key":                                      "S001 S002",
		"/supplier?limit=2&sort=-key":                                     "S030 S029",
	} {
		if got, _ := page(query); strings.Join(got, " ") != keys {
			t.Errorf("%s: %v, want %s", query, got, keys)
		}
	}
	for _, query := range []string{"/supplier?limit=7", "/supplier?limit=7&sort=-key", "/purchase_order?state=submitted&limit=4", "/purchase_order?state=draft&limit=15&sort=-key"} {
		seen := map[string]bool{}
		next, last := "", ""
		for range 20 {
			after := ""
			if next != "" {
				after = "&after=" + next
			}
			keys, more := page(query + after)
			for _, k := range keys {
				if seen[k] || (last != "" && (k < last) != strings.Contains(query, "sort=-")) {
					t.Errorf("%s: %s twice or out of order", query, k)
				}
				seen[k], last = true, k
			}
			if next = more; next == "" {
				break
			}
		}
		if n := map[bool]int{true: 30, false: 15}[strings.HasPrefix(query, "/supplier")]; len(seen) != n {
			t.Errorf("%s: %d documents, want %d", query, len(seen), n)
		}
	}
}

func TestOverviewAndSchema(t *testing.T) {
	m := open(t, fixture(t))
	r := want(t, 200, m, "GET", "/", "")
	for _, part := range []string{`"name":"purchase_order"`, `"zh":"采购订单"`, `"indexed":["supplier","source_order","approval_status","state"]`, `"copy":true`, `"rename"`, `"refused","stock"`} {
		if !strings.Contains(r.raw, part) {
			t.Errorf("nothing of %s in %s", part, r.raw)
		}
	}
	if s := want(t, 200, m, "GET", "/supplier?schema", ""); s.body["$schema"] == nil {
		t.Error(s.raw)
	}
}

func FuzzAPI(f *testing.F) {
	f.Add("POST", "/purchase_order", order)
	f.Add("GET", "/purchase_order?state=draft&after=x&sort=-key", "")
	f.Add("PATCH", "/supplier/S001", `{"name":null}`)
	f.Add("POST", "/purchase_order/PO-2026-0001/submit", `{"note":"refuse"}`)
	m := started(f)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		if !validRequest(method, path) {
			t.Skip()
		}
		if r := ask(t, m, method, path, body); r.status >= 500 {
			t.Errorf("%s %q %q: %d %s", method, path, body, r.status, r.raw)
		}
	})
}

// validRequest says whether net/http would hand such a request to a handler at all.
func validRequest(method, path string) bool {
	if method == "" || strings.ContainsFunc(method, func(r rune) bool { return r < 'A' || r > 'Z' }) || !strings.HasPrefix(path, "/") {
		return false
	}
	_, err := url.ParseRequestURI(path)
	return err == nil && !strings.ContainsAny(path, " \x7f") && !strings.ContainsFunc(path, unicode.IsControl)
}
