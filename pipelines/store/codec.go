package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/sihehub/sihe"
)

// Records are stored in a form of their own, a fraction of the work of JSON: the byte binaryForm, then the value. A struct is its
// fields that are not zero, each as name, length and value, so that fields may come and go between versions. Numbers are
// varints, times and decimals have forms of their own, and what the form does not know is JSON inside it. Records of before are
// JSON as a whole, and are read as that.
const binaryForm = 0x01

var errForm = errors.New("it is cut off or of another form")

// A form writes and reads the values of one type.
type form struct {
	write func(b []byte, v reflect.Value) []byte
	read  func(b []byte, v reflect.Value) error
}

// forms are those of the types that were met; what a type looks like never changes.
var forms sync.Map //nolint:gochecknoglobals // a cache of what the program's own types look like

func formOf(t reflect.Type) *form {
	if f, ok := forms.Load(t); ok {
		return f.(*form) //nolint:forcetypeassert // nothing else is stored
	}
	f := &form{}
	*f = *newForm(t)
	forms.Store(t, f)
	return f
}

// encode writes a record, or what a pointer to one leads to, with room for a checksum as a rule.
func encode(value any) []byte {
	v := reflect.ValueOf(value)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return formOf(v.Type()).write(append(make([]byte, 0, 768), binaryForm), v)
}

func decodeBinary(raw []byte, value any) error {
	v := reflect.ValueOf(value).Elem()
	return formOf(v.Type()).read(raw[1:], v)
}

func newForm(t reflect.Type) *form {
	switch t {
	case reflect.TypeFor[time.Time]():
		return &form{writeTime, readTime}
	case reflect.TypeFor[sihe.Decimal]():
		return &form{writeDecimal, readDecimal}
	}
	switch t.Kind() {
	case reflect.String:
		return &form{
			func(b []byte, v reflect.Value) []byte { return append(b, v.String()...) },
			func(b []byte, v reflect.Value) error { v.SetString(string(b)); return nil },
		}
	case reflect.Bool:
		return &form{
			func(b []byte, _ reflect.Value) []byte { return append(b, 1) }, // false is never written
			func(b []byte, v reflect.Value) error { v.SetBool(len(b) > 0 && b[0] == 1); return nil },
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return &form{
			func(b []byte, v reflect.Value) []byte { return binary.AppendVarint(b, v.Int()) },
			func(b []byte, v reflect.Value) error { n, w := binary.Varint(b); v.SetInt(n); return whole(w, b) },
		}
	case reflect.Uint, reflect.Uint32, reflect.Uint64:
		return &form{
			func(b []byte, v reflect.Value) []byte { return binary.AppendUvarint(b, v.Uint()) },
			func(b []byte, v reflect.Value) error { n, w := binary.Uvarint(b); v.SetUint(n); return whole(w, b) },
		}
	case reflect.Pointer:
		return pointerForm(t)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return &form{
				func(b []byte, v reflect.Value) []byte { return append(b, v.Bytes()...) },
				func(b []byte, v reflect.Value) error { v.SetBytes(bytes.Clone(b)); return nil },
			}
		}
		return sliceForm(t)
	case reflect.Map:
		return mapForm(t)
	case reflect.Struct:
		return structForm(t)
	default:
		return &form{writeJSON, readJSON}
	}
}

func whole(width int, b []byte) error {
	if width != len(b) {
		return errForm
	}
	return nil
}

func writeTime(b []byte, v reflect.Value) []byte {
	var t time.Time
	if v.CanAddr() {
		t = *v.Addr().Interface().(*time.Time) //nolint:forcetypeassert // newForm asked
	} else {
		t = v.Interface().(time.Time) //nolint:forcetypeassert // newForm asked
	}
	out, err := t.AppendBinary(b)
	if err != nil { // a zone of fractions of minutes
		out, _ = t.UTC().AppendBinary(b)
	}
	return out
}

func readTime(b []byte, v reflect.Value) error {
	var t time.Time
	err := t.UnmarshalBinary(b)
	v.Set(reflect.ValueOf(t))
	return err
}

func writeDecimal(b []byte, v reflect.Value) []byte {
	return v.Interface().(sihe.Decimal).Append(b) //nolint:forcetypeassert // newForm asked
}

func readDecimal(b []byte, v reflect.Value) error {
	d, err := sihe.ParseDecimal(string(b))
	v.Set(reflect.ValueOf(d))
	return err
}

func writeJSON(b []byte, v reflect.Value) []byte {
	raw, err := json.Marshal(v.Interface())
	if err != nil {
		panic(sihe.Errorf(sihe.CodeInternal, "write a record: %w", err))
	}
	return append(b, raw...)
}

func readJSON(b []byte, v reflect.Value) error { return json.Unmarshal(b, v.Addr().Interface()) }

func pointerForm(t reflect.Type) *form {
	elem := formOf(t.Elem())
	return &form{
		func(b []byte, v reflect.Value) []byte { return elem.write(b, v.Elem()) },
		func(b []byte, v reflect.Value) error {
			v.Set(reflect.New(t.Elem()))
			return elem.read(b, v.Elem())
		},
	}
}

func sliceForm(t reflect.Type) *form {
	elem := formOf(t.Elem())
	return &form{
		func(b []byte, v reflect.Value) []byte {
			for i := range v.Len() {
				b = sized(b, elem, v.Index(i))
			}
			return b
		},
		func(b []byte, v reflect.Value) error {
			v.SetZero()
			for i := 0; len(b) > 0; i++ {
				part, rest, ok := cut(b)
				if !ok {
					return errForm
				}
				v.Set(reflect.Append(v, reflect.Zero(t.Elem())))
				if err := elem.read(part, v.Index(i)); err != nil {
					return err
				}
				b = rest
			}
			return nil
		},
	}
}

func mapForm(t reflect.Type) *form {
	if t.Key().Kind() != reflect.String {
		return &form{writeJSON, readJSON}
	}
	elem := formOf(t.Elem())
	return &form{
		func(b []byte, v reflect.Value) []byte {
			keys := v.MapKeys()
			slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
			for _, k := range keys {
				b = append(binary.AppendUvarint(b, uint64(k.Len())), k.String()...) //nolint:gosec // not negative
				b = sized(b, elem, v.MapIndex(k))
			}
			return b
		},
		func(b []byte, v reflect.Value) error {
			v.Set(reflect.MakeMap(t))
			for len(b) > 0 {
				name, rest, ok1 := cut(b)
				part, rest, ok2 := cut(rest)
				if !ok1 || !ok2 {
					return errForm
				}
				x := reflect.New(t.Elem()).Elem()
				if err := elem.read(part, x); err != nil {
					return err
				}
				v.SetMapIndex(reflect.ValueOf(string(name)).Convert(t.Key()), x)
				b = rest
			}
			return nil
		},
	}
}

// sized writes the length of a value, then the value.
func sized(b []byte, f *form, v reflect.Value) []byte {
	b = append(b, 0)
	start := len(b)
	b = f.write(b, v)
	n := len(b) - start
	if n < 0x80 {
		b[start-1] = byte(n) //nolint:gosec // less than 0x80
		return b
	}
	var size [binary.MaxVarintLen64]byte
	w := binary.PutUvarint(size[:], uint64(n))
	b = append(b, size[1:w]...) // room
	copy(b[start-1+w:], b[start:start+n])
	copy(b[start-1:], size[:w])
	return b
}

// cut takes off what sized wrote.
func cut(b []byte) (part, rest []byte, ok bool) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)-w) { //nolint:gosec // not negative
		return nil, nil, false
	}
	end := w + int(n) //nolint:gosec // not beyond len(b)
	return b[w:end], b[end:], true
}
