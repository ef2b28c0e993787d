package native_test

import (
	"fmt"
	"testing"
)

// Numbers restart with the date parts they show, take their date from the document, and leave no gap where one was refused.
func TestGaplessNumbers(t *testing.T) {
	m := open(t, fixture(t))
	for i, c := range []struct{ date, want string }{
		{`"2026-03-31"`, "记-202603-001"},
		{`"2026-04-01"`, "记-202604-001"},
		{`"2026-03-01"`, "记-202603-002"},
		{"null", "记-202603-003"},
		{`"2026-04-30"`, "记-202604-002"},
	} {
		want(t, 422, m, "POST", "/voucher", fmt.Sprintf(`{"posting_date":%s,"text":"much too long a text"}`, c.date))
		if r := want(t, 201, m, "POST", "/voucher", fmt.Sprintf(`{"posting_date":%s,"text":"ok"}`, c.date)); r.text("voucher_no") != c.want {
			t.Errorf("%d: %s, want %s", i, r.text("voucher_no"), c.want)
		}
	}
	if r := want(t, 422, m, "POST", "/voucher", `{"voucher_no":"记-202603-009","text":"ok"}`); r.text("error", "code") != "KEY_INVALID" {
		t.Error(r.raw)
	}
}

// A number given by hand is passed over by the counter; a key of fields is made of them.
func TestGivenNumbers(t *testing.T) {
	m := open(t, fixture(t))
	want(t, 201, m, "POST", "/supplier", `{"supplier_no":"S002","name":"b"}`)
	for _, key := range []string{"S001", "S003"} {
		if r := want(t, 201, m, "POST", "/supplier", `{"name":"a"}`); r.text("supplier_no") != key {
			t.Error(r.raw)
		}
	}
	if r := want(t, 409, m, "POST", "/supplier", `{"supplier_no":"S002","name":"c"}`); r.text("error", "code") != "DUPLICATE" {
		t.Error(r.raw)
	}
	if r := want(t, 201, m, "POST", "/stock", `{"item":"A","warehouse":"w/1"}`); r.text("stock_no") != "A@w/1" || r.header.Get("Location") != "stock/A@w%2F1" {
		t.Error(r.raw, r.header)
	}
	want(t, 200, m, "GET", "/stock/A@w%2F1", "")
	want(t, 422, m, "POST", "/stock", `{"item":"A"}`)
	for _, key := range []string{"..", "a\\u0007b", "a\\u202eb"} {
		if r := want(t, 422, m, "POST", "/supplier", `{"supplier_no":"`+key+`","name":"c"}`); r.text("error", "code") != "KEY_INVALID" {
			t.Error(r.raw)
		}
	}
}
