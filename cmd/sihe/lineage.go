package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/pipelines"
)

func (a *app) lineageCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lineage ENTITY.FIELD",
		Short: "where a field's value comes from, and what depends on it",
		Long: "Backwards: the fields that feed it, through which formula, mapping or pipeline. Forwards: what it feeds and what is\n" +
			"decided by it. Lines marked * name the field itself: they break when it is renamed.",
		Example: "  sihe lineage sales_order.gross_total\n  sihe lineage crm.crm_order.lines.quantity -o json",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.lineage(args[0])
		},
	}
}

// lineageResult is what `sihe lineage -o json` has as its result.
type lineageResult struct {
	Field   string          `json:"field"`
	Label   canonical.Label `json:"label"`
	File    string          `json:"file"`
	Line    int             `json:"line"`
	Back    []pipelines.Hop `json:"back"`
	Forward []pipelines.Hop `json:"forward"`
}

func (a *app) lineage(path string) error {
	c, err := a.mustCompile(a.hubDir())
	if err != nil {
		return err
	}
	o, err := c.catalog.Explain(path)
	if err != nil {
		return err
	}
	if o.Path == "" {
		return sihe.Errorf(sihe.CodeConfigValue, "follow %s: name a field, e.g. %s.%s", path, o.Entity, keyOf(c.catalog, o.Entity))
	}
	l := pipelines.NewLineage(c.catalog, c.mappings, c.plan)
	field := o.Entity + "." + o.Path
	r := lineageResult{Field: field, Label: o.Label, File: o.File, Line: o.Line, Back: l.Back(field), Forward: l.Forward(field)}
	breaks := 0
	for _, h := range r.Forward {
		if h.Names() {
			breaks++
		}
	}
	summary := fmt.Sprintf(a.say("%d places name it", "%d 处直接使用它"), breaks)
	return a.print("lineage", summary, r, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s  %s  %s:%d\n", r.Field, r.Label.In(a.language), r.File, r.Line)
		a.showHops(w, a.say("comes from", "来自"), "←", r.Back, func(h pipelines.Hop) string { return h.From })
		a.showHops(w, a.say("goes into", "流向"), "→", r.Forward, func(h pipelines.Hop) string { return h.To })
	})
}

func keyOf(c *canonical.Catalog, entity string) string {
	if e, ok := c.Entity(entity); ok {
		return e.Key
	}
	return "field"
}

func (a *app) showHops(w io.Writer, title, arrow string, all []pipelines.Hop, end func(pipelines.Hop) string) {
	if len(all) == 0 {
		return
	}
	_, _ = fmt.Fprintf(w, "\n%s\n", title)
	rows := make([][]string, 0, len(all))
	for _, h := range all {
		mark := " "
		if h.Names() && arrow == "→" {
			mark = "*"
		}
		how := a.use(h.Use)
		if h.Name != "" {
			how += " " + h.Name
		}
		rows = append(rows, []string{mark + strings.Repeat("  ", h.Depth) + arrow + " " + end(h), how, fmt.Sprintf("%s:%d", h.Path, h.Line)})
	}
	table(w, []string{a.say("FIELD", "字段"), a.say("THROUGH", "经由"), a.say("WHERE", "位置")}, rows)
}

// use names a kind of use.
func (a *app) use(u pipelines.Use) string {
	zh := map[pipelines.Use]string{
		pipelines.UseMapping: "映射", pipelines.UseCopy: "副本", pipelines.UseFormula: "公式", pipelines.UseDefault: "默认值", pipelines.UseHash: "指纹",
		pipelines.UseNumber: "编号", pipelines.UseGuard: "动作条件", pipelines.UseAction: "动作可设", pipelines.UseUnique: "唯一", pipelines.UseChain: "链路",
		pipelines.UseWhen: "流程条件", pipelines.UseKey: "目标键", pipelines.UseVersion: "版本", pipelines.UseNeeds: "前提", pipelines.UseCheck: "核对",
	}
	return a.say(string(u), zh[u])
}
