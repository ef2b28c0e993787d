package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

func (a *app) docsCommand() *cobra.Command {
	c := &cobra.Command{Use: "docs", Short: "what the hub knows about itself: functions, entities, error codes"}
	for _, topic := range []struct {
		use, short, example string
		run                 func(name string, markdown bool) error
	}{
		{"functions [NAME]", "the functions of the expression language, each with an example and its result", "  sihe docs functions\n  sihe docs functions round_money --lang zh", a.docsFunctions},
		{"entities [NAME]", "fields, types, owners and states of the entities", "  sihe docs entities\n  sihe docs entities sales_order", a.docsEntities},
		{"errors [CODE]", "every error code: what it means and what to do", "  sihe docs errors\n  sihe docs errors HASH_MISMATCH --lang zh", a.docsErrors},
	} {
		markdown := false
		sub := &cobra.Command{
			Use: topic.use, Short: topic.short, Example: topic.example, Args: cobra.MaximumNArgs(1),
			RunE: func(_ *cobra.Command, args []string) error { return topic.run(strings.Join(args, ""), markdown) },
		}
		sub.Flags().BoolVar(&markdown, "markdown", false, "write it as a page of the manual")
		c.AddCommand(sub)
	}
	return c
}

func (a *app) docsErrors(code string, markdown bool) error {
	all := sihe.Explanations()
	if code != "" {
		x, ok := sihe.Explain(sihe.Code(strings.ToUpper(code)))
		if !ok {
			known := make([]string, len(all))
			for i, k := range all {
				known[i] = string(k.Code)
			}
			return unknown("code", code, strings.ToUpper(code), known)
		}
		all = []sihe.Explanation{x}
	}
	if markdown {
		_, err := io.WriteString(a.out, a.errorsPage(all))
		return err
	}
	return a.print("docs errors", "", all, func(w io.Writer) {
		rows := make([][]string, 0, len(all))
		for _, x := range all {
			rows = append(rows, []string{string(x.Code), a.say(x.En, x.Zh), a.say(x.HelpEn, x.HelpZh)})
		}
		table(w, []string{a.say("CODE", "代码"), a.say("MEANS", "含义"), a.say("DO", "处理")}, rows)
	})
}

// unknown says that there is no such thing, and which one may be meant.
func unknown(what, name, close string, known []string) error {
	hint := ""
	if s := strictyaml.Suggest(close, known); s != "" {
		hint = ", did you mean " + s + "?"
	}
	return sihe.Errorf(sihe.CodeConfigValue, "explain %s: there is no such %s%s", name, what, hint)
}

func (a *app) docsFunctions(name string, markdown bool) error {
	all := expr.Functions()
	if name != "" {
		known := make([]string, len(all))
		found := []expr.Function(nil)
		for i, x := range all {
			known[i] = x.Name
			if x.Name == name {
				found = append(found, x)
			}
		}
		if found == nil {
			return unknown("function", name, name, known)
		}
		all = found
	}
	if markdown {
		_, err := io.WriteString(a.out, a.functionsPage(all))
		return err
	}
	shown := make([]functionOutput, len(all))
	for i, x := range all {
		shown[i] = functionOutput{x.Name, x.Signature, x.En, x.Zh, x.Example, x.Result}
	}
	return a.print("docs functions", "", shown, func(w io.Writer) {
		rows := make([][]string, 0, len(all))
		for _, x := range all {
			rows = append(rows, []string{x.Signature, a.say(x.En, x.Zh), x.Example, x.Result})
		}
		table(w, []string{a.say("FUNCTION", "函数"), a.say("DOES", "作用"), a.say("EXAMPLE", "示例"), a.say("GIVES", "结果")}, rows)
	})
}

type functionOutput struct {
	Name      string `json:"name"`
	Signature string `json:"signature"`
	En        string `json:"en"`
	Zh        string `json:"zh"`
	Example   string `json:"example"`
	Result    string `json:"result"`
}

func (a *app) docsEntities(name string, markdown bool) error {
	var f sihe.Findings
	var mine []fs.FS
	if dir := a.hubDir(); dir != "" {
		mine = own(os.DirFS(dir), "entities")
	}
	catalog := canonical.Load(&f, append([]fs.FS{canonical.Shipped()}, mine...)...)
	if f.Failed() {
		a.showFindings(a.err, f.Sorted())
		return errReported
	}
	all := catalog.Entities()
	if name != "" {
		o, err := catalog.Explain(name)
		if err != nil {
			return err
		}
		e, _ := catalog.Entity(o.Entity)
		all = []*canonical.Entity{e}
	}
	if markdown {
		_, err := io.WriteString(a.out, a.entitiesPage(all))
		return err
	}
	shown := make([]entityOutput, len(all))
	for i, e := range all {
		shown[i] = describeEntity(e)
	}
	return a.print("docs entities", "", shown, func(w io.Writer) {
		if name == "" {
			a.listEntities(w, all)
			return
		}
		a.showEntity(w, all[0])
	})
}

func (a *app) listEntities(w io.Writer, all []*canonical.Entity) {
	rows := make([][]string, 0, len(all))
	for _, e := range all {
		states := make([]string, len(e.States))
		for i, s := range e.States {
			states[i] = s.Name
		}
		rows = append(rows, []string{e.FullName(), e.Label.In(a.language), e.Key, fmt.Sprint(len(e.Fields)), join(e.Copies), join(states)})
	}
	table(w, []string{a.say("ENTITY", "实体"), a.say("LABEL", "名称"), a.say("KEY", "键"), a.say("FIELDS", "字段"), a.say("COPIES", "副本"), a.say("STATES", "状态")}, rows)
}

func (a *app) showEntity(w io.Writer, e *canonical.Entity) {
	_, _ = fmt.Fprintf(w, "%s  %s  %s:%d\n", e.FullName(), e.Label.In(a.language), e.Path, e.Line)
	for _, l := range a.entityFacts(e) {
		_, _ = fmt.Fprintf(w, "  %s: %s\n", l[0], l[1])
	}
	_, _ = fmt.Fprintln(w)
	table(w, a.fieldHeader(), a.fieldRows(e))
	if rows := a.stateRows(e); len(rows) > 0 {
		_, _ = fmt.Fprintln(w)
		table(w, a.stateHeader(), rows)
	}
}
