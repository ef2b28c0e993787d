package rest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// raw returns the part of a JSON text under a dotted path; an empty path is the whole.
func raw(data []byte, path string) (json.RawMessage, bool) {
	part := json.RawMessage(data)
	if path == "" {
		return part, json.Valid(data)
	}
	for name := range strings.SplitSeq(path, ".") {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(part, &fields); err != nil {
			return nil, false
		}
		next, ok := fields[name]
		if !ok {
			return nil, false
		}
		part = next
	}
	return part, true
}

// at returns a scalar under a dotted path as text, digits as they are written.
func at(data []byte, path string) (string, bool) {
	part, ok := raw(data, path)
	if !ok || bytes.Equal(part, []byte("null")) {
		return "", false
	}
	var s string
	if err := json.Unmarshal(part, &s); err == nil {
		return s, true
	}
	if len(part) == 0 || part[0] == '{' || part[0] == '[' {
		return "", false
	}
	return string(part), true
}

// items returns the elements of a list under a path; one record stands for a list of one.
func items(data []byte, path string) ([]json.RawMessage, bool) {
	part, ok := raw(data, path)
	if !ok {
		return nil, false
	}
	part = bytes.TrimSpace(part)
	if len(part) > 0 && part[0] == '{' {
		return []json.RawMessage{part}, true
	}
	var list []json.RawMessage
	return list, json.Unmarshal(part, &list) == nil
}

func contains(list []string, v string) bool { return slices.Contains(list, v) }
