package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/sihehub/sihe/canonical"
)

// entityOutput is an entity as `sihe docs entities -o json` shows it.
type entityOutput struct {
	Entity  string              `json:"entity"`
	Label   canonical.Label     `json:"label"`
	Key     string              `json:"key"`
	Number  string              `json:"number,omitempty"`
	Chain   string              `json:"chain,omitempty"`
	Master  bool                `json:"master,omitempty"`
	Copies  []string            `json:"copies,omitempty"`
	Accepts map[string][]string `json:"accepts,omitempty"`
	Fields  []fieldOutput       `json:"fields"`
	States  []stateOutput       `json:"states,omitempty"`
	File    string              `json:"file"`
	Line    int                 `json:"line"`
}

type fieldOutput struct {
	Path     string              `json:"path"`
	Label    canonical.Label     `json:"label"`
	Type     canonical.FieldKind `json:"type"`
	Ref      string              `json:"to,omitempty"`
	Values   []string            `json:"of,omitempty"`
	Required bool                `json:"required,omitempty"`
	Default  string              `json:"default,omitempty"`
	Formula  string              `json:"formula,omitempty"`
	Owner    string              `json:"owner"`
}

type stateOutput struct {
	State   string          `json:"state"`
	Label   canonical.Label `json:"label"`
	Actions []actionOutput  `json:"actions,omitempty"`
}

type actionOutput struct {
	Action string          `json:"action"`
	To     string          `json:"to"`
	Label  canonical.Label `json:"label"`
	When   string          `json:"when,omitempty"`
	Auto   bool            `json:"auto,omitempty"`
	With   []string        `json:"with,omitempty"`
}

func describeEntity(e *canonical.Entity) entityOutput {
	o := entityOutput{
		Entity: e.FullName(), Label: e.Label, Key: e.Key, Chain: e.Chain, Master: e.Master, Copies: e.Copies, Accepts: e.Accepts, File: e.Path, Line: e.Line,
	}
	if e.Number != nil {
		o.Number = e.Number.Pattern
	}
	for _, f := range flat(e.Fields, nil) {
		x := fieldOutput{Path: f.Path, Label: f.Label, Type: f.Kind, Ref: f.Ref, Values: values(f), Required: f.Required, Owner: e.Owner(f.Path)}
		if f.Default != nil {
			x.Default = f.Default.String()
		}
		if f.Formula != nil {
			x.Formula = f.Formula.String()
		}
		o.Fields = append(o.Fields, x)
	}
	for _, s := range e.States {
		x := stateOutput{State: s.Name, Label: s.Label}
		for _, act := range s.Actions {
			y := actionOutput{Action: act.Name, To: act.To, Label: act.Label, Auto: act.Auto, With: act.With}
			if act.When != nil {
				y.When = act.When.String()
			}
			x.Actions = append(x.Actions, y)
		}
		o.States = append(o.States, x)
	}
	return o
}

// flat lists fields with those of their rows behind them.
func flat(fields, all []*canonical.Field) []*canonical.Field {
	for _, f := range fields {
		all = flat(f.Fields, append(all, f))
	}
	return all
}

func values(f *canonical.Field) []string {
	var names []string
	for _, v := range f.Values {
		names = append(names, v.Name)
	}
	return names
}

// entityFacts are the lines above the table of fields.
func (a *app) entityFacts(e *canonical.Entity) [][2]string {
	key := e.Key
	if e.Number != nil {
		key += " (" + e.Number.Pattern + ")"
	}
	accepts := make([]string, 0, len(e.Accepts))
	for _, do := range slices.Sorted(maps.Keys(e.Accepts)) {
		accepts = append(accepts, do+" "+a.say("from", "来自")+" "+join(e.Accepts[do]))
	}
	facts := [][2]string{{a.say("owner", "所有者"), e.Module}, {a.say("key", "键"), key}}
	for _, l := range [][2]string{
		{a.say("chain", "链路"), e.Chain}, {a.say("copies in", "副本"), join(e.Copies)}, {a.say("accepts", "接受"), strings.Join(accepts, "; ")},
	} {
		if l[1] != "" {
			facts = append(facts, l)
		}
	}
	return facts
}

func (a *app) fieldHeader() []string {
	return []string{a.say("FIELD", "字段"), a.say("LABEL", "名称"), a.say("TYPE", "类型"), a.say("OWNER", "所有者"), a.say("GIVEN BY", "取值")}
}

func (a *app) fieldRows(e *canonical.Entity) [][]string {
	var rows [][]string
	for _, f := range flat(e.Fields, nil) {
		kind := string(f.Kind)
		switch {
		case f.Ref != "":
			kind += " " + f.Ref
		case len(f.Values) > 0:
			kind += " " + strings.Join(values(f), ", ")
		}
		given := ""
		switch {
		case f.Formula != nil:
			given = "= " + f.Formula.String()
		case f.Kind == canonical.KindHash:
			given = a.say("hash of ", "指纹：") + join(f.Of)
		case f.Default != nil:
			given = a.say("default ", "默认 ") + f.Default.String()
		case f.Required:
			given = a.say("required", "必填")
		}
		rows = append(rows, []string{f.Path, f.Label.In(a.language), kind, e.Owner(f.Path), given})
	}
	return rows
}

func (a *app) stateHeader() []string {
	return []string{a.say("STATE", "状态"), a.say("LABEL", "名称"), a.say("ACTION", "动作"), a.say("NEXT", "下一状态"), a.say("WHEN", "条件"), a.say("SETS", "可设字段")}
}

func (a *app) stateRows(e *canonical.Entity) [][]string {
	var rows [][]string
	for _, s := range e.States {
		name, label := s.Name, s.Label.In(a.language)
		if len(s.Actions) == 0 {
			rows = append(rows, []string{name, label, "", "", "", ""})
		}
		for _, act := range s.Actions {
			when := ""
			if act.When != nil {
				when = act.When.String()
			}
			if act.Auto {
				when = a.say("by itself, when ", "自动，当 ") + when
			}
			rows = append(rows, []string{name, label, act.Name, act.To, when, join(act.With)})
			name, label = "", ""
		}
	}
	return rows
}
