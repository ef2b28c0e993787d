package rest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// raw returns the part of a JSON text under a dotted path; an empty path is the whole.
func raw(data []byte, path string) (json.RawMessage, bool) {
	if !json.Valid(data) {
		return nil, false
	}
	return valid(data).raw(path)
}

// valid is a JSON text of which somebody has made sure that it is one.
type valid []byte

func (v valid) raw(path string) (json.RawMessage, bool) {
	part := json.RawMessage(bytes.TrimSpace(v))
	if path == "" {
		return part, true
	}
	for name := range strings.SplitSeq(path, ".") {
		next, found := member(part, name)
		if !found {
			return nil, false
		}
		part = next
	}
	return part, true
}

// member returns the value of a name in a JSON object, the last one when it stands twice. object is valid JSON, without
// white space around it.
func member(object json.RawMessage, name string) (value json.RawMessage, found bool) {
	if len(object) == 0 || object[0] != '{' {
		return nil, false
	}
	for i := blank(object, 1); object[i] != '}'; {
		end := valueEnd(object, i)
		own := is(object[i:end], name)
		i = blank(object, blank(object, end)+1) // the colon
		end = valueEnd(object, i)
		if own {
			value, found = object[i:end], true
		}
		if i = blank(object, end); object[i] == ',' {
			i = blank(object, i+1)
		}
	}
	return value, found
}

// is compares a quoted name.
func is(quoted []byte, name string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == name
	}
	var plain string
	return json.Unmarshal(quoted, &plain) == nil && plain == name
}

// blank passes over white space.
func blank(data []byte, i int) int {
	for data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r' {
		i++
	}
	return i
}

// valueEnd returns where the value that begins at i ends.
func valueEnd(data []byte, i int) int {
	depth := 0
	for {
		switch data[i] {
		case '"':
			i = quoteEnd(data, i+1)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		default:
			i++
		}
		if depth == 0 && (i == len(data) || strings.IndexByte(",:}] \t\r\n", data[i]) >= 0) {
			return i
		}
	}
}

func quoteEnd(data []byte, i int) int {
	for data[i] != '"' {
		if data[i] == '\\' {
			i++
		}
		i++
	}
	return i + 1
}

// at returns a scalar under a dotted path as text, digits as they are written.
func at(data []byte, path string) (string, bool) {
	part, ok := raw(data, path)
	if !ok {
		return "", false
	}
	return scalar(part)
}

// at returns "" when there is no scalar.
func (v valid) at(path string) string {
	part, ok := v.raw(path)
	if !ok {
		return ""
	}
	s, _ := scalar(part)
	return s
}

func scalar(part json.RawMessage) (string, bool) {
	switch {
	case len(part) == 0, part[0] == '{', part[0] == '[', bytes.Equal(part, []byte("null")):
		return "", false
	case part[0] != '"':
		return string(part), true
	}
	if inside := part[1 : len(part)-1]; bytes.IndexByte(inside, '\\') < 0 && utf8.Valid(inside) {
		return string(inside), true
	}
	var s string
	err := json.Unmarshal(part, &s)
	return s, err == nil
}

// items returns the elements of a list under a path; one record stands for a list of one.
func items(data []byte, path string) ([]json.RawMessage, bool) {
	if !json.Valid(data) {
		return nil, false
	}
	return valid(data).items(path)
}

func (v valid) items(path string) ([]json.RawMessage, bool) {
	part, ok := v.raw(path)
	if !ok {
		return nil, false
	}
	if len(part) > 0 && part[0] == '{' {
		return []json.RawMessage{part}, true
	}
	var list []json.RawMessage
	return list, json.Unmarshal(part, &list) == nil
}

func contains(list []string, v string) bool { return slices.Contains(list, v) }
