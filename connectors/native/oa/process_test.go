package oa_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native/oa"
)

func TestShippedProcesses(t *testing.T) {
	t.Parallel()
	_, request := catalog(t)
	var f sihe.Findings
	all := oa.LoadProcesses(&f, request, oa.Processes())
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"purchase_order", "purchase_requisition", "return_request", "sales_contract", "sales_order_exception"} {
		if p := all[name]; p == nil || len(p.Steps) == 0 || p.Label.Zh == "" {
			t.Errorf("process %s: %+v", name, p)
		}
	}
}

// Everything wrong is reported at once, each at its place.
func TestProcessErrors(t *testing.T) {
	t.Parallel()
	_, request := catalog(t)
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"everything": {`process: wrong
label: {en: Wrong}
autos: []
auto:
  - {rule: small, when: amont <= 1000}
  - {rule: text, when: amount}
  - {when: amount <= 1}
steps:
  - name: {en: Boss, zh: 领导}
    mode: every
    positions: [boss]
  - name: {en: Nobody, zh: 无人}
    positions: []
  - {name: {en: No positions, zh: 无职位}, when: amount > "x"}
`, []string{
			"a.yaml:2:8 ENTITY_LABEL", "a.yaml:3:1 YAML_UNKNOWN_KEY", "a.yaml:5:25 EXPR_UNKNOWN_NAME", "a.yaml:6:24 PROCESS_INVALID", "a.yaml:7:5 YAML_MISSING_KEY",
			"a.yaml:10:11 YAML_VALUE", "a.yaml:13:16 PROCESS_INVALID", "a.yaml:14:5 YAML_MISSING_KEY", "a.yaml:14:54 EXPR_TYPE",
		}},
		"no steps": {"process: p\nlabel: {en: P, zh: 流程}\nsteps: []\n", []string{"a.yaml:3:8 PROCESS_INVALID"}},
		"no map":   {"- process\n", []string{"a.yaml:1:1 YAML_TYPE"}},
		"no name":  {"label: {en: P, zh: 流程}\nsteps: [{name: {en: A, zh: 甲}, positions: [a]}]\n", []string{"a.yaml:1:1 YAML_MISSING_KEY"}},
	} {
		var f sihe.Findings
		oa.LoadProcesses(&f, request, fstest.MapFS{"a.yaml": &fstest.MapFile{Data: []byte(c.text)}})
		var got []string
		for _, x := range f.Sorted() {
			place, _, _ := strings.Cut(x.String(), ": ")
			got = append(got, place+" "+string(x.Code))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s\n%v", name, d, f.Err())
		}
	}
}

const small = `process: purchase_order
label: {en: Ours, zh: 我们的}
steps:
  - {name: {en: Boss, zh: 总经理}, positions: [general_manager]}
`

// A company's own folder replaces a shipped process; the same name twice in one folder is a mistake.
func TestOwnProcess(t *testing.T) {
	t.Parallel()
	_, request := catalog(t)
	own := fstest.MapFS{"x/po.yaml": &fstest.MapFile{Data: []byte(small)}}
	var f sihe.Findings
	all := oa.LoadProcesses(&f, request, oa.Processes(), own)
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	if p := all["purchase_order"]; p.Label.En != "Ours" || len(p.Steps) != 1 || all["sales_contract"] == nil {
		t.Errorf("%+v", p)
	}
	own["y.yaml"] = &fstest.MapFile{Data: []byte(small)}
	oa.LoadProcesses(&f, request, oa.Processes(), own)
	if !f.Failed() || f[0].Path != "y.yaml" || f[0].Code != sihe.CodeProcess || !strings.Contains(f[0].Message, "x/po.yaml") {
		t.Errorf("two files of one name: %v", f)
	}
}

// The folder that wins at load is the one that decides.
func TestOwnProcessDecides(t *testing.T) {
	b := newBench(t, small)
	r := b.ask(record{"amount": "500.00"})
	equal(t, "tasks", b.tasks(r), "E005 pending")
}
