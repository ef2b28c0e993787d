package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
)

// generated is a hub with files of its own beside the shipped ones: n entities of 20 fields with a list and states,
// mappings of the same size with examples, and pipelines with conditions. Entities and mappings pair up.
func generated(entities, mappings, pipelines int) map[string]string {
	files, modules := map[string]string{}, []string{"crm", "erp", "oa", "finance"}
	for i := range entities {
		var b strings.Builder
		module, before := modules[i%4], modules[(i+3)%4]
		fmt.Fprintf(&b, "entity: thing_%d\nmodule: %s\nlabel: {en: Thing, zh: 物}\nkey: no\nnumber: \"T%d-{yyyy}-{seq:4}\"\nchain: self\n", i, module, i)
		fmt.Fprintf(&b, "accepts: {create: [%s]}\nfields:\n  no: {type: text, label: {en: No., zh: 编号}}\n", before)
		fmt.Fprintf(&b, "  currency: {type: currency, default: \"CNY\", label: {en: currency, zh: 币种}}\n")
		for f := range 12 {
			fmt.Fprintf(&b, "  text_%d: {type: text, label: {en: text, zh: 文本}}\n  amount_%d: {type: money, label: {en: amount, zh: 金额}}\n", f, f)
		}
		b.WriteString("  lines:\n    type: list\n    label: {en: lines, zh: 明细}\n    fields:\n")
		b.WriteString("      item: {type: text, label: {en: item, zh: 物料}}\n      quantity: {type: quantity, label: {en: quantity, zh: 数量}}\n")
		b.WriteString("      unit_price: {type: money, label: {en: price, zh: 单价}}\n")
		b.WriteString("      gross: {type: money, formula: \"round((quantity ?? 0) * (unit_price ?? 0), 2)\", label: {en: gross, zh: 含税}}\n")
		b.WriteString("  total: {type: money, formula: \"sum(lines.gross)\", label: {en: total, zh: 合计}}\n")
		b.WriteString("states:\n  open: {label: {en: open, zh: 开}, close: {to: closed, when: total > 0, label: {en: close, zh: 关}}}\n  closed: {label: {en: closed, zh: 关}}\n")
		files[fmt.Sprintf("entities/%s/thing_%d.yaml", module, i)] = b.String()
	}
	name := func(i int) string { return fmt.Sprintf("%s.thing_%d", modules[i%4], i) }
	for i := range mappings {
		var b strings.Builder
		from, to := i%entities, (i+1)%entities
		fmt.Fprintf(&b, "mapping: map-%d\nfrom: %s\nto: %s\nlookups: {unit: {pcs: 个, set: 套}}\nlet:\n  half: round((amount_0 ?? 0) / 2, 2)\nfields:\n", i, name(from), name(to))
		b.WriteString("  currency: currency\n  text_0: lookup(\"unit\", text_0 ?? \"\", \"none\")\n  amount_0: half\n")
		for f := 1; f < 12; f++ {
			fmt.Fprintf(&b, "  text_%d: upper(trim(text_%d ?? \"\"))\n  amount_%d: round((amount_%d ?? 0) * 1.13 + half, 2)\n", f, f, f, f)
		}
		b.WriteString("  lines:\n    for: line in lines\n    where: (line.quantity ?? 0) > 0\n    fields:\n      item: line.item\n      quantity: line.quantity\n      unit_price: round((line.unit_price ?? 0) * 1.1, 2)\n")
		b.WriteString("examples:\n  - name: one\n    in: {no: T-1, currency: CNY, amount_0: \"3.00\", lines: [{item: A, quantity: \"2\", unit_price: \"10.00\"}]}\n    out:\n      currency: CNY\n      text_0: none\n      amount_0: \"1.50\"\n")
		for f := 1; f < 12; f++ {
			fmt.Fprintf(&b, "      text_%d: \"\"\n      amount_%d: \"1.50\"\n", f, f)
		}
		b.WriteString("      lines: [{item: A, quantity: \"2\", unit_price: \"11.00\"}]\n")
		files[fmt.Sprintf("mappings/map-%d.yaml", i)] = b.String()
	}
	for i := range pipelines {
		from, to := i%entities, (i+1)%entities
		files[fmt.Sprintf("pipelines/p-%d.yaml", i)] = fmt.Sprintf("pipeline: p-%d\nlabel: {en: P, zh: 流程}\nfrom: %s\non: [closed]\nwhen: total > 10 && text_1 != \"x\"\nmap: map-%d\nto: %s\ndo: create\n", i, name(from), i, name(to))
	}
	return files
}

const generatedHub = "hub: {name: generated}\nsystems: {crm: {module: crm, connector: native}, erp: {module: erp, connector: native}, oa: {module: oa, connector: native}, finance: {module: finance, connector: native}}\nuse: [./pipelines]\n"

// BenchmarkLint checks a hub of 60 entities, 60 mappings and 40 pipelines beside everything that is shipped.
// The goal is less than a second.
func BenchmarkLint(b *testing.B) {
	dir := layHub(b, generatedHub, generated(60, 60, 40))
	lintLoop(b, dir)
}

// BenchmarkLintShipped checks a hub that has no files of its own.
func BenchmarkLintShipped(b *testing.B) {
	dir := layHub(b, strings.Replace(generatedHub, "./pipelines", "flows/order-to-cash, flows/procure-to-pay", 1), nil)
	lintLoop(b, dir)
}

// BenchmarkMappings compiles 200 mapping files. The goal is less than a second.
func BenchmarkMappings(b *testing.B) {
	dir := layHub(b, generatedHub, generated(60, 200, 0))
	if err := os.Mkdir(filepath.Join(dir, "pipelines"), 0o750); err != nil {
		b.Fatal(err)
	}
	lintLoop(b, dir)
}

// lintLoop also reports the processor's time, which does not depend on what else the machine does.
func lintLoop(b *testing.B, dir string) {
	b.Helper()
	b.ReportAllocs()
	start := processorTime(b)
	for b.Loop() {
		var f sihe.Findings
		if c := compile(dir, &f); c == nil || len(f) > 0 {
			b.Fatal(f.Sorted()[:min(len(f), 5)])
		}
	}
	b.ReportMetric(float64((processorTime(b)-start).Milliseconds())/float64(b.N), "cpu-ms/op")
}
