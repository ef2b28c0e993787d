package strictyaml

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

func TestAbsentNodesHaveNothing(t *testing.T) {
	var f sihe.Findings
	n, _ := Parse("a.yaml", []byte("text: word\nlist: [a, b]\nmap: {x: 1, y: 2}\n"), &f)
	m, _ := n.Map()
	var names []string
	collect := func(name string, v *Node) { names = append(names, name+v.TextOrEmpty()) }
	m.Take("none").Each(collect)
	if m.TakeText("none") != "" || len(m.Take("none").Items())+len(m.Take("none").Texts())+len(names) != 0 || f.Failed() {
		t.Errorf("something of nothing: %v %v", names, f)
	}
	m.Take("map").Each(collect)
	if d := cmp.Diff([]string{"x1", "y2"}, names); d != "" || m.NeedText("text") != "word" || len(m.Take("list").Items()) != 2 {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"a", "b"}, m.Take("list").Texts()); d != "" || f.Failed() {
		t.Errorf("%s %v", d, f)
	}
	m.NeedText("missing")
	m.TakeText("list")
	m.Take("text").Each(collect)
	m.Take("map").Items()
	if len(f) != 4 || f[0].Code != sihe.CodeYAMLMissing {
		t.Errorf("what is missing or of another kind is reported: %v", f)
	}
}
