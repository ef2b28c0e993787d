package main

import (
	"fmt"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

// made stands at the top of every page that is written by the program.
func (a *app) made(title, topic string) string {
	return fmt.Sprintf("# %s\n\n<!-- %s -->\n\n", title, fmt.Sprintf(a.say("Written by `sihe docs %s --markdown`. Do not edit.", "由 `sihe docs %s --markdown --lang zh` 生成，请勿手工修改。"), topic))
}

func (a *app) errorsPage(all []sihe.Explanation) string {
	rows := make([][]string, 0, len(all))
	for _, x := range all {
		status := x.HTTPStatus
		if status == 0 {
			status = 500
		}
		rows = append(rows, []string{"`" + string(x.Code) + "`", escaped(a.say(x.En, x.Zh)), escaped(a.say(x.HelpEn, x.HelpZh)), fmt.Sprint(status)})
	}
	return a.made(a.say("Error codes", "错误代码"), "errors") +
		a.say("A code never changes its meaning. The API answers with the status of the last column.\n\n", "代码的含义永不改变。接口以最后一列的状态码应答。\n\n") +
		markdownTable([]string{a.say("Code", "代码"), a.say("Means", "含义"), a.say("Do", "处理"), "HTTP"}, rows)
}

func (a *app) functionsPage(all []expr.Function) string {
	rows := make([][]string, 0, len(all))
	for _, x := range all {
		rows = append(rows, []string{code(x.Signature), escaped(a.say(x.En, x.Zh)), code(x.Example), code(x.Result)})
	}
	return a.made(a.say("Functions", "函数"), "functions") +
		a.say("The examples are computed by a test over one sample order. [What expressions can say](language.md)\n\n", "示例由测试在一张样例订单上计算。[表达式的写法](language.md)\n\n") +
		markdownTable([]string{a.say("Function", "函数"), a.say("Does", "作用"), a.say("Example", "示例"), a.say("Gives", "结果")}, rows)
}

func (a *app) entitiesPage(all []*canonical.Entity) string {
	var b strings.Builder
	b.WriteString(a.made(a.say("Entities", "实体"), "entities"))
	b.WriteString(a.say("Every document also has `state` (where it has states), `version`, `correlation_id`, `created_at`, `updated_at` and `updated_by`, kept by its system. [How an entity is written](language.md)\n",
		"每张单据另有由系统维护的 `state`（有状态时）、`version`、`correlation_id`、`created_at`、`updated_at` 与 `updated_by`。[实体的写法](language.md)\n"))
	for _, e := range all {
		fmt.Fprintf(&b, "\n## %s %s\n\n", e.FullName(), e.Label.In(a.language))
		facts := a.entityFacts(e)
		lines := make([]string, len(facts))
		for i, l := range facts {
			lines[i] = l[0] + ": `" + l[1] + "`"
		}
		b.WriteString(strings.Join(lines, " · ") + "\n\n")
		b.WriteString(markdownTable(a.fieldHeader(), coded(a.fieldRows(e), 0, 2, 4)))
		if rows := a.stateRows(e); len(rows) > 0 {
			b.WriteString("\n" + markdownTable(a.stateHeader(), coded(rows, 0, 2, 3, 4, 5)))
		}
	}
	return b.String()
}

// coded shows some columns as code.
func coded(rows [][]string, columns ...int) [][]string {
	for _, row := range rows {
		for i := range row {
			row[i] = escaped(row[i])
		}
		for _, c := range columns {
			if row[c] != "" {
				row[c] = "`" + row[c] + "`"
			}
		}
	}
	return rows
}

func code(s string) string { return "`" + escaped(s) + "`" }

// escaped keeps a text inside its cell.
func escaped(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}

func markdownTable(header []string, rows [][]string) string {
	var b strings.Builder
	b.WriteString("| " + strings.Join(header, " | ") + " |\n|" + strings.Repeat("---|", len(header)) + "\n")
	for _, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	return b.String()
}
