package rest

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzMember compares the search for a member with encoding/json's.
func FuzzMember(f *testing.F) {
	for _, s := range []string{
		`{}`, ` { "a" : 1 , "b":"x" } `, `{"a":{"a":2},"a":[1,{"a":3}]}`, `{"\u0061":true,"b":null}`, `[1,2]`, `"a"`, `{"a":"\"}"}`, `{"a\\":1,"a":" "}`,
		`{"x":"{\"a\":1}","a":-1.5e3}`, `null`, `{"a":[]}`, `{"a":{}}`, "{\"\xff\":1,\"a\":\"\xff\"}",
	} {
		f.Add(s, "a")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		var fields map[string]json.RawMessage
		if name == "" || strings.Contains(name, ".") || json.Unmarshal([]byte(text), &fields) != nil {
			t.Skip("no path of one name into an object")
		}
		want, there := fields[name]
		got, found := raw([]byte(text), name)
		if found != there || string(got) != string(want) {
			t.Fatalf("%q in %q: %v %s, encoding/json %v %s", name, text, found, got, there, want)
		}
		var s string
		isText := there && json.Unmarshal(want, &s) == nil && string(want) != "null"
		if v, ok := at([]byte(text), name); isText && (!ok || v != s) {
			t.Fatalf("%q in %q: %q, encoding/json %q", name, text, v, s)
		}
	})
}
