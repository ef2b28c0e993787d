package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/sihehub/sihe"
)

// setValues changes a JSON object at dotted paths: "lines[0].quantity=3". A value is JSON, else a text; numbers keep
// every digit. A row that is one behind the last is added.
func setValues(data []byte, sets []string) ([]byte, error) {
	root, err := decodeJSON(data)
	if err != nil {
		return nil, sihe.Errorf(sihe.CodeEditor, "set a value: the payload is no JSON; use --file")
	}
	for _, set := range sets {
		path, text, found := strings.Cut(set, "=")
		if !found || path == "" {
			return nil, sihe.Errorf(sihe.CodeEditor, "set %q: write path=value", set)
		}
		value, err := decodeJSON([]byte(text))
		if err != nil {
			value = text
		}
		if root, err = setAt(root, steps(path), value); err != nil {
			return nil, sihe.Errorf(sihe.CodeEditor, "set %s: %s", path, err.Error())
		}
	}
	return json.Marshal(root)
}

func decodeJSON(data []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err = d.Decode(&v); err == nil && d.Decode(&struct{}{}) != io.EOF {
		err = sihe.Errorf(sihe.CodeEditor, "more than one value")
	}
	return v, err
}

// steps makes ["lines", "[0]", "item"] of "lines[0].item".
func steps(path string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(path, "[", ".["), func(r rune) bool { return r == '.' })
}

func setAt(at any, path []string, value any) (any, error) {
	if len(path) == 0 {
		return value, nil
	}
	step := path[0]
	if inner, isRow := strings.CutPrefix(step, "["); isRow {
		rows, _ := at.([]any)
		i, err := strconv.Atoi(strings.TrimSuffix(inner, "]"))
		if err != nil || i < 0 || i > len(rows) {
			return nil, sihe.Errorf(sihe.CodeEditor, "there is no row %s", step)
		}
		if i == len(rows) {
			rows = append(rows, nil)
		}
		rows[i], err = setAt(rows[i], path[1:], value)
		return rows, err
	}
	fields, isRecord := at.(map[string]any)
	if at != nil && !isRecord {
		return nil, sihe.Errorf(sihe.CodeEditor, "%s is in no record", step)
	}
	if fields == nil {
		fields = map[string]any{}
	}
	below, err := setAt(fields[step], path[1:], value)
	fields[step] = below
	return fields, err
}
