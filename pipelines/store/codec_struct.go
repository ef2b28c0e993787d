package store

import "reflect"

// A member is one field of a struct.
type member struct {
	head  []byte // length and name
	index int
	*form
}

func structForm(t reflect.Type) *form {
	var members []member
	byName := map[string]int{}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() && !f.Anonymous || f.Tag.Get("json") == "-" {
			continue
		}
		byName[f.Name] = len(members)
		members = append(members, member{head: append([]byte{byte(len(f.Name))}, f.Name...), index: i, form: formOf(f.Type)}) //nolint:gosec // names in our own code are short
	}
	return &form{
		func(b []byte, v reflect.Value) []byte {
			for _, m := range members {
				if x := v.Field(m.index); !x.IsZero() {
					b = sized(append(b, m.head...), m.form, x)
				}
			}
			return b
		},
		func(b []byte, v reflect.Value) error {
			v.SetZero()
			next := 0
			for len(b) > 0 {
				name, rest, ok1 := cut(b)
				part, rest, ok2 := cut(rest)
				if !ok1 || !ok2 {
					return errForm
				}
				b = rest
				for next < len(members) && string(members[next].head[1:]) != string(name) {
					next++ // they come in the order of the struct
				}
				if next == len(members) {
					at, known := byName[string(name)]
					if next = 0; !known {
						continue // of another version
					}
					next = at
				}
				if err := members[next].read(part, v.Field(members[next].index)); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
