package store

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

// stored are the types that are kept as records.
func stored() []any {
	return []any{
		&Delivery{}, &Row{}, &Activity{}, &Step{}, &Document{}, &Digest{}, &LastWrite{}, &Stated{}, &Drift{}, &Lane{}, &Pause{}, &Audit{}, &Tally{},
		&Checked{}, &Finding{}, &Standing{}, &Edits{}, new(int64), new(time.Time), new([]time.Time),
	}
}

// fill puts something into every field.
func fill(r *rand.Rand, v reflect.Value, depth int) {
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.Unix(r.Int64N(2e9), r.Int64N(1e9)).In(time.FixedZone("", 8*3600))
		if r.IntN(2) == 0 {
			*x = x.UTC()
		}
		return
	case *sihe.Decimal:
		*x = sihe.NewDecimal(r.Int64N(1e12)-5e11, -int32(r.IntN(6)))
		return
	case *json.RawMessage:
		*x = json.RawMessage(`{"a":[1,"` + strings.Repeat("x", r.IntN(300)) + `"]}`)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Repeat("ä\x00", r.IntN(100)) + "z")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(r.Int64N(1<<30) - 1<<29)
	case reflect.Uint, reflect.Uint32, reflect.Uint64, reflect.Uint8:
		v.SetUint(r.Uint64N(200))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem(), depth)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+r.IntN(3), 3))
		for i := range v.Len() {
			fill(r, v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 1 + r.IntN(3) {
			k, x := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, k, depth+1)
			fill(r, x, depth+1)
			v.SetMapIndex(k, x)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(r, v.Field(i), depth+1)
			}
		}
	default:
		panic("a record has a field of a kind that this test does not fill: " + v.Type().String())
	}
}

func TestRecordForm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	same := cmp.Comparer(func(a, b time.Time) bool { return a.Format(time.RFC3339Nano) == b.Format(time.RFC3339Nano) })
	decimals := cmp.Comparer(func(a, b sihe.Decimal) bool { return a.String() == b.String() })
	for range 200 {
		for _, empty := range stored() {
			want := reflect.New(reflect.TypeOf(empty).Elem())
			if r.IntN(5) > 0 {
				fill(r, want.Elem(), 0)
			}
			got := reflect.New(want.Type().Elem())
			if err := decode(encode(want.Elem().Interface()), got.Interface()); err != nil {
				t.Fatalf("%T: %v", empty, err)
			}
			if d := cmp.Diff(want.Interface(), got.Interface(), same, decimals); d != "" {
				t.Fatalf("%T: (-written +read)\n%s", empty, d)
			}
		}
	}
}

// What was stored as JSON before is still read, and a field of another version is passed over.
func TestRecordFormOfBefore(t *testing.T) {
	want := Delivery{Part: Part{Pipeline: "p", Partition: 3}, ID: "x", State: Writing, Write: json.RawMessage(`{"a":1}`), History: []Change{{State: Waiting}}}
	raw, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Delivery
	if err := decode(raw, &got); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("from JSON: %v %s", err, cmp.Diff(want, got))
	}
	type later struct {
		ID   string
		More []string
		Hops int
	}
	got = Delivery{}
	if err := decode(encode(later{"y", []string{"a", "b"}, 4}), &got); err != nil || got.ID != "y" || got.Hops != 4 {
		t.Errorf("from another version: %v %+v", err, got)
	}
}

// FuzzDecodeRecord: no bytes make it panic or loop.
func FuzzDecodeRecord(f *testing.F) {
	f.Add(encode(Delivery{ID: "x", History: []Change{{State: Waiting}}}))
	f.Add(encode(Row{States: map[State]Tally{Parked: {Count: 1}}}))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		for _, v := range stored() {
			_ = decode(raw, v)
		}
	})
}

func BenchmarkRecordForm(b *testing.B) {
	d := Delivery{
		Part: Part{Pipeline: "order-to-works", Partition: 3}, ID: "cbcff3131e9bab535eed6792f495c699", Topic: "sihe.crm.crm_order", System: "shop",
		Entity: "crm.crm_order", Subject: "SHOP-00000001", Name: "placed", Version: 1, Time: time.Unix(1e9, 0), Chain: "SHOP-00000001", Day: "2026-03-05",
		Currency: "CNY", State: Writing, Received: time.Unix(2e9, 5), Updated: time.Unix(2e9, 6), Since: time.Unix(2e9, 7),
		Write: json.RawMessage(`"` + strings.Repeat("x", 1000) + `"`), History: []Change{{At: time.Unix(2e9, 5), State: Writing}},
	}
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			encode(d)
		}
	})
	b.Run("read", func(b *testing.B) {
		raw := encode(d)
		b.ReportAllocs()
		for b.Loop() {
			var got Delivery
			if err := decode(raw, &got); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("write JSON", func(b *testing.B) {
		for b.Loop() {
			if _, err := json.Marshal(d); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read JSON", func(b *testing.B) {
		raw, _ := json.Marshal(d)
		for b.Loop() {
			var got Delivery
			if err := decode(raw, &got); err != nil {
				b.Fatal(err)
			}
		}
	})
}
