package main

import (
	"encoding/json"

	"github.com/sihehub/sihe/strictyaml"
)

// yaml writes a result by way of its JSON form, so that both outputs have the same names and values.
func (a *app) yaml(result any) error {
	b, err := json.Marshal(result)
	if err != nil {
		return err
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	if b, err = strictyaml.Encode(v); err != nil {
		return err
	}
	_, err = a.out.Write(b)
	return err
}
