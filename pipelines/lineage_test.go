package pipelines_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines"
)

func TestLineage(t *testing.T) {
	var f sihe.Findings
	c := canonical.Load(&f, canonical.Shipped())
	m := mappings.Load(&f, c, nil, mappings.Shipped())
	p := pipelines.Compile(&f, c, m, pipelines.Shipped())
	if f.Failed() {
		t.Fatal(f.Err())
	}
	l := pipelines.NewLineage(c, m, p)
	shown := func(hops []pipelines.Hop, end func(pipelines.Hop) string) []string {
		var lines []string
		for _, h := range hops {
			if h.Path == "" || h.Line == 0 {
				t.Errorf("no place: %+v", h)
			}
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d %s %s %s", h.Depth, end(h), h.Use, h.Name)))
		}
		return lines
	}
	from, to := func(h pipelines.Hop) string { return h.From }, func(h pipelines.Hop) string { return h.To }
	for _, x := range []struct {
		name string
		got  []string
		want []string
	}{
		{"a formula, its lines, the mapping that fills them", shown(l.Back("erp.sales_order.gross_total"), from), []string{
			"1 erp.sales_order.lines.gross formula",
			"2 erp.sales_order.lines.quantity formula",
			"3 crm.crm_order.lines mapping crm-order-to-sales-order",
			"3 crm.crm_order.lines.quantity mapping crm-order-to-sales-order",
			"2 erp.sales_order.lines.unit_price formula",
			"3 crm.crm_order.lines mapping crm-order-to-sales-order",
			"3 crm.crm_order.lines.unit_price mapping crm-order-to-sales-order",
		}},
		{"a unique field that is a copied one too", shown(l.Forward("crm.party.tax_id"), to), []string{
			"1 erp.party.tax_id copy party-to-erp",
			"1 finance.party.tax_id copy party-to-finance",
			"1 oa.party.tax_id copy party-to-oa",
			"1 unique crm.party tax_id unique",
		}},
		{"nothing", shown(l.Back("crm.party.tax_id"), from), nil},
	} {
		if diff := cmp.Diff(x.want, x.got); diff != "" {
			t.Errorf("%s: -want +got\n%s", x.name, diff)
		}
	}
	for _, x := range []struct{ field, want string }{
		{"subject_revision", "1 pipeline approval-to-purchase-order version approval-to-purchase-order"},
		{"subject_key", "1 pipeline approval-to-purchase-order key approval-to-purchase-order"},
		{"subject_entity", "1 pipeline approval-to-purchase-order when approval-to-purchase-order"},
	} {
		if got := shown(l.Forward("oa.approval_request."+x.field), to); !slices.Contains(got, x.want) {
			t.Errorf("%s: %q is not among %q", x.field, x.want, got)
		}
	}
	guarded := shown(l.Forward("erp.sales_order.approval_status"), to)
	if !strings.Contains(strings.Join(guarded, "\n"), "1 action erp.sales_order.accept guard accept") {
		t.Errorf("no guard: %q", guarded)
	}
	hashed := shown(l.Back("erp.purchase_order.content_hash"), from)
	if !strings.Contains(strings.Join(hashed, "\n"), "1 erp.purchase_order.lines.quantity hash") {
		t.Errorf("no hash: %q", hashed)
	}
	for _, h := range l.Forward("crm.party.tax_id") {
		if h.Names() != (h.Use == pipelines.UseUnique) {
			t.Errorf("names: %+v", h)
		}
	}
}

// What a pipeline or check decides by is shown at the line of the key that names the field.
func TestLineageShowsTheLineOfTheKey(t *testing.T) {
	var f sihe.Findings
	c := canonical.Load(&f, canonical.Shipped())
	m := mappings.Load(&f, c, nil, mappings.Shipped())
	p := pipelines.Compile(&f, c, m, pipelines.Shipped())
	if f.Failed() {
		t.Fatal(f.Err())
	}
	l := pipelines.NewLineage(c, m, p)
	begins := map[pipelines.Use]string{
		pipelines.UseWhen: "when:", pipelines.UseKey: "key:", pipelines.UseVersion: "version:", pipelines.UseCopy: "do:", pipelines.UseNeeds: "needs:",
	}
	seen := map[pipelines.Use]int{}
	for _, e := range c.Entities() {
		for _, field := range e.Type.Fields {
			for _, h := range l.Forward(e.FullName() + "." + field.Name) {
				begin := begins[h.Use]
				if begin == "" || h.Depth != 1 {
					continue
				}
				b, err := fs.ReadFile(pipelines.Shipped(), h.Path)
				if err != nil {
					t.Fatal(err)
				}
				seen[h.Use]++
				line := strings.Split(string(b), "\n")[h.Line-1]
				rest := line[h.Column-1:]
				named := strings.HasPrefix(rest, begin) || strings.Contains(line, "{entity:") || h.Use == pipelines.UseNeeds && strings.HasPrefix(rest, field.Name+":")
				if !named {
					t.Errorf("%s %s of %s: %s:%d:%d is %q", h.Use, h.From, h.Name, h.Path, h.Line, h.Column, line)
				}
			}
		}
	}
	for use := range begins {
		if seen[use] == 0 {
			t.Errorf("nothing shipped has %s", use)
		}
	}
}
