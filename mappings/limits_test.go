package mappings_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/mappings"
)

func TestLimits(t *testing.T) {
	var lines []string
	for range 1000 {
		lines = append(lines, `{"item":"a","quantity":1,"unit_price":1,"status":"active"}`)
	}
	file := "mapping: rows\nfrom: crm.order\nto: erp.sales_order\nfields:\n  lines:\n"
	for range 30 {
		file += "    - for: l in lines\n      fields: {seq: 1, item: \"x\"}\n"
	}
	var f sihe.Findings
	s := mappings.Load(&f, catalog(t), nil, fstest.MapFS{"rows.yaml": {Data: []byte(file)}})
	m, ok := s.Mapping("rows")
	if !ok {
		t.Fatal(f.Err())
	}
	_, err := m.Map(world{}, []byte(`{"lines":[`+strings.Join(lines, ",")+`]}`))
	if sihe.CodeOf(err) != sihe.CodeExprBudget || sihe.ClassOf(err) != sihe.ClassPermanent {
		t.Errorf("30,000 rows of constants: %v", err)
	}
	if _, err := m.Map(world{}, []byte(`{"lines":[`+strings.Join(lines[:500], ",")+`]}`)); err != nil {
		t.Errorf("15,000 rows: %v", err)
	}
}

func TestTooManyParts(t *testing.T) {
	var lets strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&lets, "  a%d: order_no\n", i)
	}
	head := "mapping: m\nfrom: crm.order\nto: erp.sales_order\n"
	for name, file := range map[string]string{
		"rows": head + "fields:\n  lines:\n" + strings.Repeat("    - {seq: 1, item: \"x\"}\n", 5000),
		"lets": head + "let:\n" + lets.String() + "fields: {}\n",
	} {
		var f sihe.Findings
		mappings.Load(&f, catalog(t), nil, fstest.MapFS{"m.yaml": {Data: []byte(file)}})
		if len(f) != 1 || f[0].Code != sihe.CodeExprLimit {
			t.Errorf("%s: %v", name, f)
		}
	}
}

// A mapping is used by many goroutines at once.
func TestConcurrentUse(t *testing.T) {
	m, data := example(t), order()
	want, err := m.Map(world{}, data)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string)
	for range 8 {
		go func() {
			for range 200 {
				got, err := m.Map(world{}, data)
				if err != nil || string(got) != string(want) {
					done <- fmt.Sprintf("%v %s", err, got)
					return
				}
			}
			done <- ""
		}()
	}
	for range 8 {
		if problem := <-done; problem != "" {
			t.Error(problem)
		}
	}
}
