package finance_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/connectors/native"
)

// H6: an entry that was changed behind the module's back is named, and nothing is posted behind it.
func TestChangedEntryIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "finance.db")
	h := openAt(t, path)
	for _, event := range []string{"a", "b", "c"} {
		h.created("journal_entry", "erp", record{"event": event, "source_entity": "erp.stock_count", "lines": []record{dr("1901", "40.00"), cr("1403", "40.00")}})
	}
	h.sound()
	h.close()
	tamper(t, path)

	h = openAt(t, path)
	h.writes = 100 // ids that the first run has not used
	v := h.get("/reports/verify")
	wrong, _ := v["wrong"].([]any)
	if v["ok"] != false || len(wrong) != 1 || !strings.Contains(text(wrong[0]), "记-0303") {
		t.Errorf("verify says %v", v)
	}
	_, err := h.write(sihe.DoCreate, "journal_entry", "", "erp", 0, record{"event": "d", "source_entity": "erp.stock_count", "lines": []record{dr("1901", "1.00"), cr("1403", "1.00")}})
	if sihe.CodeOf(err) != sihe.CodeChainBroken {
		t.Errorf("posting behind it: %v", err)
	}
}

// tamper moves a digit in the last entry, on both sides, with a module that has none of finance's rules.
func tamper(t *testing.T, path string) {
	t.Helper()
	h := &house{t: t}
	h.at("2026-03-01 09:00")
	var f sihe.Findings
	m, err := native.Open(native.Options{
		System: "finance", Module: "finance", Catalog: canonical.Load(&f, canonical.Shipped()), Path: path, Now: h.clock,
		Jobs: []native.Job{{Name: "tamper", Do: func(tx *native.Tx) error {
			return tx.Find("journal_entry", "event", "c", func(d *native.Doc) (bool, error) {
				d.Rows("lines")[0].Set("debit", "41.00")
				d.Rows("lines")[1].Set("credit", "41.00")
				return false, tx.Save(d)
			})
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.RunJob(context.Background(), "tamper"); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
}
