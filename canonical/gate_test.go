package canonical_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
)

// owned loads four entities, one a module, with write-backs, copies and commands between them.
func owned(t *testing.T) *canonical.Catalog {
	t.Helper()
	file := func(s string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(strings.ReplaceAll(s, "LABEL", "label: {en: L, zh: 名}"))}
	}
	var f sihe.Findings
	c := canonical.Load(&f, fstest.MapFS{
		"party.yaml": file(`
entity: party
module: crm
LABEL
key: no
copies: [erp, finance]
fields:
  no:    {type: text, LABEL}
  name:  {type: text, LABEL}
  limit: {type: money, writer: finance, LABEL}
`),
		"order.yaml": file(`
entity: purchase_order
module: erp
LABEL
key: no
number: "PO-{seq:4}"
copies: [finance]
accepts: {create: [crm], withdraw: [crm], release: [crm]}
fields:
  no:     {type: text, LABEL}
  price:  {type: money, LABEL}
  note:   {type: text, LABEL}
  double: {type: money, formula: "(price ?? 0) * 2", LABEL}
  hash:   {type: hash, of: [price], LABEL}
  approval_status: {type: text, writer: oa, LABEL}
  paid:   {type: money, writer: finance, LABEL}
  lines:
    type: list
    LABEL
    fields:
      item: {type: text, LABEL}
      paid: {type: money, writer: finance, LABEL}
states:
  draft:     {LABEL, submit: submitted, withdraw: withdrawn}
  submitted: {LABEL, release: {to: released, with: [note], LABEL}}
  released:  {LABEL}
  withdrawn: {LABEL}
`),
		"request.yaml": file("entity: request\nmodule: oa\nLABEL\nkey: no\naccepts: {create: [erp]}\nfields:\n  no: {type: text, LABEL}\n"),
		"entry.yaml":   file("entity: entry\nmodule: finance\nLABEL\nkey: no\nfields:\n  no: {type: text, LABEL}\n"),
	})
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGate(t *testing.T) {
	c := owned(t)
	for _, x := range []struct {
		writer, target, do, fields string
		code                       sihe.Code // "": allowed
		path, says                 string
	}{
		// copies
		{"erp", "finance.purchase_order", "copy", "", "", "", ""},
		{"erp", "finance.purchase_order", "copy", "price double approval_status state version", "", "", ""},
		{"crm", "finance.purchase_order", "copy", "", sihe.CodeCRMOperationWrite, "", "only erp"},
		{"erp", "erp.purchase_order", "copy", "", sihe.CodeBoundary, "", "it is the owner"},
		{"erp", "oa.purchase_order", "copy", "", sihe.CodeEntityUnknown, "", "neither owns nor copies"},
		// write-backs
		{"oa", "erp.purchase_order", "write_back", "approval_status", "", "", ""},
		{"oa", "erp.purchase_order", "write_back", "approval_status price", sihe.CodeOABusinessField, "price", "belongs to erp"},
		{"finance", "erp.purchase_order", "write_back", "paid lines lines.paid", "", "", ""},
		{"finance", "erp.purchase_order", "write_back", "approval_status", sihe.CodeFieldNotWritable, "approval_status", "belongs to oa"},
		{"finance", "erp.purchase_order", "write_back", "lines.item", sihe.CodeFieldNotWritable, "lines.item", "belongs to erp"},
		{"oa", "erp.purchase_order", "write_back", "lines", sihe.CodeOABusinessField, "lines", "belongs to erp"},
		{"erp", "erp.purchase_order", "write_back", "price", sihe.CodeFieldNotWritable, "price", "belongs to erp"},
		{"finance", "crm.party", "write_back", "limit", "", "", ""},
		{"finance", "erp.party", "write_back", "limit", sihe.CodeFinanceBusiness, "", "it is a copy; write back to crm.party"},
		{"crm", "erp.purchase_order", "write_back", "", sihe.CodeCRMOperationWrite, "", "no field of it has writer: crm"},
		// commands
		{"crm", "erp.purchase_order", "create", "price note lines.item", "", "", ""},
		{"erp", "erp.purchase_order", "create", "price", "", "", ""},
		{"crm", "erp.purchase_order", "create", "price paid", sihe.CodeFieldNotWritable, "paid", "finance writes it back"},
		{"crm", "erp.purchase_order", "create", "double", sihe.CodeFieldNotWritable, "double", "erp computes it"},
		{"crm", "erp.purchase_order", "create", "hash", sihe.CodeFieldNotWritable, "hash", "erp computes it"},
		{"crm", "erp.purchase_order", "create", "state", sihe.CodeFieldNotWritable, "state", "erp computes it"},
		{"crm", "erp.purchase_order", "withdraw", "price", "", "", ""},
		{"crm", "erp.purchase_order", "release", "note", "", "", ""},
		{"crm", "erp.purchase_order", "release", "price", sihe.CodeFieldNotWritable, "price", "with"},
		{"crm", "erp.purchase_order", "submit", "", sihe.CodeCRMOperationWrite, "", "accepts: {submit: [crm]}"},
		{"crm", "erp.purchase_order", "creat", "", sihe.CodeEntityAction, "", "did you mean create?"},
		{"crm", "erp.purchase_order", "create", "prise", sihe.CodeEntityField, "prise", "did you mean price?"},
		{"crm", "erp.purchase_ordr", "create", "", sihe.CodeEntityUnknown, "", "did you mean erp.purchase_order?"},
		{"crm", "finance.purchase_order", "create", "price", sihe.CodeCRMOperationWrite, "", "it is a copy"},
		{"erp", "oa.request", "create", "no", "", "", ""},
		// the refusals of the suite, 6.8
		{"erp", "crm.party", "create", "name", sihe.CodeERPCustomerWrite, "", "does not accept"},
		{"finance", "erp.purchase_order", "create", "price", sihe.CodeFinanceBusiness, "", "does not accept"},
		{"oa", "erp.purchase_order", "create", "price", sihe.CodeOABusinessField, "", "does not accept"},
		{"erp", "finance.entry", "create", "no", sihe.CodeBoundary, "", "does not accept"},
		{"crm", "oa.request", "create", "no", sihe.CodeBoundary, "", "does not accept"},
		{"", "erp.purchase_order", "create", "price", sihe.CodeBoundary, "", ""},
		{"", "erp.purchase_order", "write_back", "price", sihe.CodeFieldNotWritable, "price", ""},
	} {
		target, ok := canonical.ParseTarget(x.target)
		if !ok {
			t.Fatal(x.target)
		}
		err := c.Gate(x.writer, target, x.do, strings.Fields(x.fields))
		if x.code == "" {
			if err != nil {
				t.Errorf("%s %s %s %s: %v", x.writer, x.do, x.target, x.fields, err)
			}
			continue
		}
		own, ok := asError(err)
		if !ok || own.Code != x.code || own.Path != x.path || !strings.Contains(own.Text, x.says) || own.Class != sihe.ClassPermanent {
			t.Errorf("%s %s %s %s: %v, want %s at %q: …%s…", x.writer, x.do, x.target, x.fields, err, x.code, x.path, x.says)
		}
	}
}

// Whatever is asked: of every field of every shipped entity, one module alone may write it in any way.
func TestOneWriterPerField(t *testing.T) {
	var f sihe.Findings
	c := canonical.Load(&f, canonical.Shipped())
	for _, e := range c.Entities() {
		target := canonical.Target{Module: e.Module, Entity: e.Name}
		for _, field := range e.Fields {
			var writers []string
			for _, m := range []string{"crm", "erp", "oa", "finance"} {
				if c.Gate(m, target, sihe.DoWriteBack, []string{field.Path}) == nil {
					writers = append(writers, m)
				}
			}
			owner := e.Owner(field.Path)
			if owner == e.Module && len(writers) > 0 && len(field.Fields) == 0 || owner != e.Module && (len(writers) != 1 || writers[0] != owner) {
				t.Errorf("%s.%s: belongs to %s, %v may write it back", e.FullName(), field.Path, owner, writers)
			}
			err := c.Gate(e.Module, target, sihe.DoCreate, []string{field.Path})
			if allowed := err == nil; allowed != (owner == e.Module && !field.Computed()) {
				t.Errorf("%s.%s: create by the owner: %v", e.FullName(), field.Path, err)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	c := owned(t)
	for _, x := range []struct {
		path, entity, field, owner string
		how                        canonical.How
		says                       string // of an error
	}{
		{"purchase_order.approval_status", "erp.purchase_order", "approval_status", "oa", canonical.ByWriteBack, ""},
		{"erp.purchase_order.price", "erp.purchase_order", "price", "erp", canonical.ByOwner, ""},
		{"finance.purchase_order.lines.paid", "erp.purchase_order", "lines.paid", "finance", canonical.ByWriteBack, ""},
		{"purchase_order.double", "erp.purchase_order", "double", "erp", canonical.ByFormula, ""},
		{"purchase_order.hash", "erp.purchase_order", "hash", "erp", canonical.ByHash, ""},
		{"purchase_order.state", "erp.purchase_order", "state", "erp", canonical.BySystem, ""},
		{"party", "crm.party", "", "crm", canonical.ByOwner, ""},
		{"purchase_order.approval_state", "", "", "", "", "did you mean approval_status?"},
		{"purchase_ordr", "", "", "", "", "did you mean purchase_order?"},
		{"erp.purchase_ordr.price", "", "", "", "", "did you mean erp.purchase_order?"},
		{"", "", "", "", "", "no such entity"},
		{"...", "", "", "", "", "no such entity"},
	} {
		o, err := c.Explain(x.path)
		if x.says != "" {
			if err == nil || !strings.Contains(err.Error(), x.says) {
				t.Errorf("%s: %v, want …%s…", x.path, err, x.says)
			}
			continue
		}
		if err != nil || o.Entity != x.entity || o.Path != x.field || o.Owner != x.owner || o.How != x.how {
			t.Errorf("%s: %+v, %v", x.path, o, err)
		}
	}
	o, err := c.Explain("purchase_order.note")
	if err != nil {
		t.Fatal(err)
	}
	want := canonical.Ownership{
		Entity: "erp.purchase_order", Path: "note", Label: canonical.Label{En: "L", Zh: "名"}, Type: canonical.KindText, Owner: "erp",
		How: canonical.ByOwner, Copies: []string{"finance"}, Accepts: map[string][]string{"create": {"crm"}, "withdraw": {"crm"}, "release": {"crm"}},
		Actions: []string{"release", "submit", "withdraw"}, File: "order.yaml", Line: 12,
	}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	o, err = c.Explain("purchase_order")
	if diff := cmp.Diff(map[string][]string{"oa": {"approval_status"}, "finance": {"lines.paid", "paid"}}, o.Writers); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}
