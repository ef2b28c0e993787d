package native

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// Page sizes of a list.
const (
	defaultLimit = 50
	maxLimit     = 500
)

// A query asks for one page of documents. All filters must match.
type query struct {
	filters []filter
	limit   int
	after   string // key behind which the page begins
	falling bool
}

type filter struct{ field, value string }

// list answers a page of documents in the order of their keys, or the entity's JSON Schema (?schema).
func (v *visit) list() (answer, error) {
	params, err := url.ParseQuery(v.r.URL.RawQuery)
	if err != nil {
		return answer{}, sihe.Permanent(sihe.Errorf(sihe.CodeQueryParameter, "read the query: %w", err))
	}
	if _, ok := params["schema"]; ok && len(params) == 1 {
		return answer{status: http.StatusOK, body: v.kind.entity.Schema()}, nil
	}
	q, err := v.query(params)
	if err != nil {
		return answer{}, err
	}
	body := []byte(`{"items":[`)
	last, more := "", false
	err = v.m.view(func(t *durable.Tx) error {
		n := 0
		return matching(t, v.kind, q, func(key string, record func() ([]byte, error)) (bool, error) {
			if n == q.limit {
				more = true
				return false, nil
			}
			data, err := record()
			if err != nil {
				return false, err
			}
			if n++; n > 1 {
				body = append(body, ',')
			}
			body = append(body, data...)
			last = key
			return true, nil
		})
	})
	body = append(body, ']')
	if more {
		body = append(body, `,"next":"`+base64.RawURLEncoding.EncodeToString([]byte(last))+`"`...)
	}
	return answer{status: http.StatusOK, body: append(body, "}\n"...)}, err
}

func (v *visit) query(params url.Values) (query, error) {
	q := query{limit: defaultLimit}
	for _, name := range sortedNames(params) {
		wrong := func(format string, args ...any) error {
			return sihe.Permanent(sihe.Errorf(sihe.CodeQueryParameter, "list "+v.kind.name+": "+format, args...)).At(name)
		}
		if len(params[name]) != 1 {
			return q, wrong("%s stands %d times", name, len(params[name]))
		}
		value := params[name][0]
		switch name {
		case "limit":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > maxLimit {
				return q, wrong("limit is from 1 to %d", maxLimit)
			}
			q.limit = n
		case "after":
			key, err := base64.RawURLEncoding.DecodeString(value)
			if err != nil || len(key) == 0 {
				return q, wrong("after is what `next` of the page before says")
			}
			q.after = string(key)
		case "sort":
			field, falling := strings.CutPrefix(value, "-")
			if field != "key" && field != v.kind.entity.Key {
				return q, wrong("sort is key or -key")
			}
			q.falling = falling
		default:
			f, err := v.filter(name, value)
			if err != nil {
				return q, err
			}
			q.filters = append(q.filters, f)
		}
	}
	return q, nil
}

func (v *visit) filter(name, value string) (filter, error) {
	x, ok := v.kind.index(name)
	if !ok {
		return filter{}, sihe.Permanent(sihe.Errorf(sihe.CodeNotIndexed, "list %s by %.60q: known are limit, after, sort, %s", v.kind.name, name, strings.Join(fieldNames(v.kind.indexed), ", "))).At(name)
	}
	if enum := v.kind.entity.Type.Fields[x.slot].Type.Enum; enum != nil && !slices.Contains(enum, value) {
		return filter{}, sihe.Permanent(sihe.Errorf(sihe.CodeQueryParameter, "list %s: %s is one of %s", v.kind.name, name, strings.Join(enum, ", "))).At(name)
	}
	return filter{name, value}, nil
}

// matching calls each for the keys that all filters have in common. Every filter is a sorted list of keys; they are
// walked together, each jumping to where the others stand, so that the rarest value decides the work.
func matching(t *durable.Tx, k *kind, q query, each func(key string, record func() ([]byte, error)) (bool, error)) error {
	docs := t.Bucket(bucketDoc, k.name)
	lists := make([]keyList, 0, len(q.filters))
	for _, f := range q.filters {
		lists = append(lists, keyList{t.Bucket(bucketIndex, k.name, f.field), indexPrefix(f.value)})
	}
	if len(lists) == 0 {
		lists = append(lists, keyList{docs, nil})
	}
	at, strict := q.after, q.after != ""
	for {
		key, ok, err := meet(lists, at, strict, q.falling)
		if err != nil || !ok {
			return err
		}
		more, err := each(key, func() ([]byte, error) {
			data, _, err := docs.Get([]byte(key))
			return data, err
		})
		if err != nil || !more {
			return err
		}
		at, strict = key, true
	}
}

// meet returns the next key that stands in every list.
func meet(lists []keyList, at string, strict, falling bool) (string, bool, error) {
	for agreed, i := 0, 0; agreed < len(lists); i = (i + 1) % len(lists) {
		key, ok, err := lists[i].seek(at, strict, falling)
		if err != nil || !ok {
			return "", false, err
		}
		if key == at && !strict {
			agreed++
			continue
		}
		at, strict, agreed = key, false, 1
	}
	return at, true, nil
}

// A keyList is a sorted list of documents' keys behind a common prefix.
type keyList struct {
	bucket *durable.Bucket
	prefix []byte
}

// seek returns the first key from `at` on, or behind it when strict; in falling order the last one before it.
func (l keyList) seek(at string, strict, falling bool) (key string, ok bool, err error) {
	from := append(slices.Clone(l.prefix), at...)
	switch {
	case falling && at == "" && len(l.prefix) > 0:
		from = append(slices.Clone(l.prefix), 0xff) // no key is UTF-8 beyond this
	case falling && at == "":
		from = nil
	case strict && !falling:
		from = append(from, 0)
	}
	err = l.bucket.Each(from, falling, func(k, _ []byte) (bool, error) {
		if falling && strict && bytes.Equal(k, from) {
			return true, nil
		}
		if rest, in := bytes.CutPrefix(k, l.prefix); in {
			key, ok = string(rest), true
		}
		return false, nil
	})
	return key, ok, err
}
