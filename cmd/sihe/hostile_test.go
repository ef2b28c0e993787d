package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sihehub/sihe"
)

// Bounds of reading one hostile file or document. Time is the processor's, so that a busy machine does not matter.
const (
	hostileTime   = 2 * time.Second
	hostileMemory = 400 << 20
	hostileOutput = 256 << 10
)

// processorTime is what this process has used so far.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bounded runs do and fails the test when it takes more time or memory than it may.
func bounded(t *testing.T, what string, do func()) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s: panic: %v\n%s", what, r, debug.Stack())
		}
	}()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := processorTime(t)
	do()
	took := processorTime(t) - start
	runtime.ReadMemStats(&after)
	if made := after.TotalAlloc - before.TotalAlloc; took > hostileTime || made > hostileMemory {
		t.Errorf("%s: %s and %d MiB", what, took, made>>20)
	}
}

// hostileExpressions are put where an expression stands in each kind of file.
func hostileExpressions() map[string]string {
	parens := strings.Repeat("(", 1000) + "1" + strings.Repeat(")", 1000)
	return map[string]string{
		"parens":            strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000),
		"open parens":       strings.Repeat("(", 100_000),
		"parens in bounds":  parens,
		"minus signs":       strings.Repeat("-", 4000) + "1",
		"not signs":         strings.Repeat("!", 4000) + "true",
		"chain":             "1" + strings.Repeat(" + 1", 50_000),
		"chain in bounds":   strings.Repeat("1+", 2000) + `"x"`,
		"digits":            strings.Repeat("9", 200_000),
		"digits in bounds":  strings.Repeat("9", 4000),
		"huge exponent":     "1e1000000000",
		"tiny exponent":     "1e-1000000000",
		"nested calls":      strings.Repeat("upper(", 500) + `"x"` + strings.Repeat(")", 500),
		"nested if":         strings.Repeat("if(true, 1, ", 300) + "1" + strings.Repeat(")", 300),
		"endless text":      `pad("x", 1000000000, "y")`,
		"doubling":          strings.Repeat("concat(", 60) + `"x"` + strings.Repeat(`, "y")`, 60) + "+",
		"pattern":           `matches("x", "((a{1000}){1000}){1000}")`,
		"pattern of stars":  `matches("x", "` + strings.Repeat("(a*)*", 700) + `") + 1`,
		"unknown names":     "a" + strings.Repeat("+a", 1500),
		"one long name":     strings.Repeat("n", 100_000),
		"four loops":        "sum(lines, a => sum(lines, b => sum(lines, c => sum(lines, d => 1))))",
		"many arguments":    "coalesce(" + strings.Repeat("1,", 1900) + "1)",
		"quotes":            strings.Repeat(`"`, 3999),
		"full-width":        strings.Repeat("（", 1300),
		"control character": "\"a\\u0000b\" + 1",
		"bidi in a name":    "a\u202eb + 1",
	}
}

// hostileTexts are whole files.
func hostileTexts() map[string]string {
	lines := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x]\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1)
	}
	return map[string]string{
		"empty":             "",
		"brackets":          strings.Repeat("[", 1_000_000),
		"brackets in size":  strings.Repeat("[", 200_000),
		"braces in size":    strings.Repeat("{a: ", 60_000),
		"dashes":            strings.Repeat("- ", 120_000),
		"1 MB of digits":    "a: " + strings.Repeat("9", 1<<20),
		"alias bomb":        bomb.String(),
		"merge keys":        "a: &a {b: 1}\nc: {<<: *a}\n",
		"tags":              "a: !!binary aGk=\nb: !!python/object:os.system x\nc: !local y\n",
		"duplicate keys":    "a: 1\na: 2\n",
		"distinct keys":     lines("k%d: 1\n", 20_000),
		"lone surrogate":    "a: \"\\ud800\"\n",
		"lone surrogates":   "\"\\udfff\\ud800\": 1\n",
		"not UTF-8":         "a: \xff\xfe\n",
		"UTF-16":            "\xff\xfea\x00:\x00 \x001\x00",
		"GBK":               "a: \xbf\xcd\xbb\xa7\n",
		"NUL":               "a: b\x00c\n",
		"escaped NUL":       "\"a\\u0000b\": 1\n",
		"bidi name":         "\"a\u202eb\": 1\n",
		"escaped bidi name": "\"a\\u202eb\": 1\n",
		"zero width name":   "\"a\\u200bb\": 1\n",
		"escape sequence":   "a: \x1b[31mred\n",
		"two documents":     "a: 1\n---\nb: 2\n",
		"directive":         "%YAML 1.2\n---\na: 1\n",
		"tab":               "\ta: 1\n",
		"open quote":        "a: \"" + strings.Repeat("x\n", 100_000),
		"long key":          strings.Repeat("k", 200_000) + ": 1\n",
		"long line":         "a: \"" + strings.Repeat("客", 60_000) + "\"\nb\n",
		"binary":            "\x7fELF\x02\x01\x01\x00",
		"complex keys":      strings.Repeat("? ", 100_000),
		"scalar":            "just text",
		"list":              "[1, 2]",
	}
}

// The files in which an expression stands. A % is where.
const (
	hostileEntity   = "entity: bad\nmodule: crm\nlabel: {en: Bad, zh: 坏}\nkey: no\nfields:\n  no: {type: text, label: {en: No., zh: 编号}}\n  lines: {type: list, label: {en: l, zh: 行}, fields: {n: {type: int, label: {en: n, zh: 数}}}}\n  x:\n    type: int\n    label: {en: x, zh: 值}\n    formula: |\n      %\n"
	hostileMapping  = "mapping: bad\nfrom: crm.good\nto: erp.good_copy\nlet:\n  y: |\n    %\nfields:\n  note: |\n    %\n"
	hostilePipeline = "pipeline: bad\nlabel: {en: Bad, zh: 坏}\nfrom: crm.good\nto: erp.good\ndo: copy\nwhen: |\n  %\n"
	goodEntity      = "entity: good\nmodule: crm\nlabel: {en: Good, zh: 好}\nkey: no\ncopies: [erp]\nfields:\n  no: {type: text, label: {en: No., zh: 编号}}\n  lines: {type: list, label: {en: l, zh: 行}, fields: {n: {type: int, label: {en: n, zh: 数}}}}\n"
	goodCopy        = "entity: good_copy\nmodule: erp\nlabel: {en: Good, zh: 好}\nkey: no\naccepts: {create: [crm]}\nfields:\n  no: {type: text, label: {en: No., zh: 编号}}\n  note: {type: text, label: {en: Note, zh: 备注}}\n"
)

const hostileHub = smallHub + "use: [./pipelines]\n"

// Each hostile text stands in an entity, a mapping and a pipeline at once, and then in hub.yaml. Lint tells of each file
// with a code and a place, soon, in little memory and few words. It must not run beside other tests, whose processor
// time it would count.
func TestHostileFiles(t *testing.T) {
	for name, text := range hostileTexts() {
		t.Run(name, func(t *testing.T) {
			dir := layHub(t, hostileHub, map[string]string{
				"entities/bad.yaml": text, "mappings/bad.yaml": text, "pipelines/bad.yaml": text,
			})
			found := lintHostile(t, dir, "entities/bad.yaml", "mappings/bad.yaml", "pipelines/bad.yaml")
			for _, x := range found {
				if x.Code == sihe.CodeInternal {
					t.Errorf("internal: %s", x)
				}
			}
			lintHostile(t, layHub(t, text, nil), "hub.yaml")
		})
	}
}

func TestHostileExpressions(t *testing.T) {
	for name, e := range hostileExpressions() {
		t.Run(name, func(t *testing.T) {
			dir := layHub(t, hostileHub, map[string]string{
				"entities/bad.yaml":       strings.ReplaceAll(hostileEntity, "%", e),
				"entities/good.yaml":      goodEntity,
				"entities/good_copy.yaml": goodCopy,
				"mappings/bad.yaml":       strings.ReplaceAll(hostileMapping, "%", e),
				"pipelines/bad.yaml":      strings.ReplaceAll(hostilePipeline, "%", e),
			})
			lintHostile(t, dir, "entities/bad.yaml", "mappings/bad.yaml", "pipelines/bad.yaml")
		})
	}
}

// The same texts as plain values everywhere in hub.yaml.
func TestHostileValues(t *testing.T) {
	values := []string{
		strings.Repeat("9", 200_000), "1e1000000000", "-1e1000000000", strings.Repeat("[", 30) + strings.Repeat("]", 30), "\"\\u202e\"",
		strings.Repeat("x", 100_000), "\"a\\0b\"", "${env:" + strings.Repeat("x", 100_000) + "}", strings.Repeat("${", 50_000), "0x7fffffffffffffff", "1_000", "~", "",
	}
	slots := []string{
		"hub: {name: %}\nsystems: {crm: {module: crm, connector: native}}\n",
		"hub: {name: h, admin: %}\nsystems: {crm: {module: crm, connector: native}}\n",
		"hub: {name: h, zone: %}\nsystems: {crm: {module: crm, connector: native}}\n",
		"hub: {name: h}\nbus: {partitions: %}\nsystems: {crm: {module: crm, connector: native}}\n",
		"hub: {name: h}\nsystems: {crm: {module: %, connector: native}}\n",
		"hub: {name: h}\nsystems: {crm: {module: crm, connector: %}}\n",
		"hub: {name: h}\nsystems: {crm: {module: crm, connector: rest, secrets: {a: %}}}\n",
		"hub: {name: h}\nsystems: {crm: {module: crm, connector: native}}\nuse: [%]\n",
		"hub: {name: h}\nsystems: {crm: {module: crm, connector: native}}\nlimits: {crm: {rate: %}}\n",
		"hub: {name: h}\nsystems: {crm: {module: crm, connector: native}}\nretention: {raw: %}\n",
	}
	for i, v := range values {
		for j, s := range slots {
			if v == "" && j == 7 {
				continue // an empty list
			}
			lintHostile(t, layHub(t, strings.ReplaceAll(s, "%", v), nil), "hub.yaml")
			if t.Failed() {
				t.Fatalf("value %d in slot %d", i, j)
			}
		}
	}
}

// lintHostile lints a hub and wants errors in each of the files.
func lintHostile(t *testing.T, dir string, paths ...string) (found sihe.Findings) {
	t.Helper()
	var out bytes.Buffer
	a := &app{out: &out, err: &out, getenv: os.Getenv, dir: dir, language: "zh", format: "table"}
	bounded(t, "lint", func() {
		compile(dir, &found)
		found = found.Sorted()
		a.showFindings(&out, found)
	})
	for _, path := range paths {
		at := slices.IndexFunc(found, func(x sihe.Finding) bool {
			return x.Path == path || strings.HasSuffix(x.Path, "/"+path)
		})
		switch {
		case at < 0:
			t.Errorf("nothing is found in %s", path)
		case found[at].Code == "" || found[at].Line < 1 || found[at].Column < 1 || found[at].Message == "":
			t.Errorf("no place or no code: %+v", found[at])
		}
	}
	if out.Len() > hostileOutput {
		t.Errorf("%d bytes of output: %.200s", out.Len(), out.String())
	}
	if i := strings.IndexFunc(out.String(), unsafeRune); i >= 0 {
		t.Errorf("an unsafe character in the output: %q", out.String()[max(0, i-20):min(i+20, out.Len())])
	}
	return found
}
