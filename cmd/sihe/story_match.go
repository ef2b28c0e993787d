package main

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"github.com/sihehub/sihe"
)

// mismatch says where got does not contain want: maps by the wanted names, lists element by element, numbers by value.
// It returns "" when it does.
func mismatch(path string, want, got any) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s: want an object, got %s", path, show(got))
		}
		names := make([]string, 0, len(w))
		for k := range w {
			names = append(names, k)
		}
		sort.Strings(names)
		for _, k := range names {
			if m := mismatch(strings.TrimPrefix(path+"."+k, "."), w[k], g[k]); m != "" {
				return m
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) < len(w) {
			return fmt.Sprintf("%s: want %d elements, got %s", path, len(w), show(got))
		}
		for i := range w {
			if m := mismatch(fmt.Sprintf("%s[%d]", path, i), w[i], g[i]); m != "" {
				return m
			}
		}
		return ""
	}
	if same(want, got) {
		return ""
	}
	return fmt.Sprintf("%s: want %s, got %s", path, show(want), show(got))
}

// same compares scalars; a number in text equals the same number in any other writing.
func same(want, got any) bool {
	a, b := scalar(want), scalar(got)
	if a == b {
		return true
	}
	x, errX := sihe.ParseDecimal(a)
	y, errY := sihe.ParseDecimal(b)
	return errX == nil && errY == nil && x.Cmp(y) == 0
}

func scalar(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case json.Number:
		return x.String()
	}
	return fmt.Sprint(v)
}

func show(v any) string {
	if v == nil {
		return "nothing"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if len(b) > 200 {
		b = append(b[:200:200], "…"...)
	}
	return string(b)
}
