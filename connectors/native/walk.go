package native

import (
	"slices"
	"strings"

	"github.com/sihehub/sihe"
)

// List calls each for all documents of an entity in the order of their keys until it returns false; see Find.
func (t *Tx) List(entity string, each func(*Doc) (bool, error)) error {
	k, err := t.kind(entity)
	if err != nil {
		return err
	}
	bucket := t.d.Bucket(bucketDoc, k.name)
	from := []byte(nil)
	return t.walk(k, each, func(*Doc) bool { return true }, func(n int) ([]string, error) {
		var keys []string
		err := bucket.Each(from, false, func(key, _ []byte) (bool, error) {
			keys = append(keys, string(key))
			return len(keys) < n, nil
		})
		if len(keys) > 0 {
			from = append([]byte(keys[len(keys)-1]), 0)
		}
		return keys, err
	})
}

// Find calls each for the documents whose indexed field has the value, in the order of their keys, until it returns
// false. Every top-level ref, enum and text that is named in `unique` or marked `index: true` is indexed, and `state`.
// Documents as changed in this transaction are found. each may change documents and make new ones, which are not met.
func (t *Tx) Find(entity, field, value string, each func(*Doc) (bool, error)) error {
	k, err := t.kind(entity)
	if err != nil {
		return err
	}
	x, ok := k.index(field)
	if !ok {
		return sihe.Permanent(sihe.Errorf(sihe.CodeNotIndexed, "find %s by %s: indexed are %s", entity, field, strings.Join(fieldNames(k.indexed), ", ")))
	}
	bucket := t.d.Bucket(bucketIndex, k.name, field)
	prefix := indexPrefix(value)
	from := prefix
	return t.walk(k, each, func(d *Doc) bool { return d.get(x.slot).Text() == value }, func(n int) ([]string, error) {
		var keys []string
		err := bucket.Each(from, false, func(key, _ []byte) (bool, error) {
			k, in := strings.CutPrefix(string(key), string(prefix))
			if in {
				keys = append(keys, k)
			}
			return in && len(keys) < n, nil
		})
		if len(keys) > 0 {
			from = append(append(slices.Clone(prefix), keys[len(keys)-1]...), 0)
		}
		return keys, err
	})
}

// walk merges what is in the file with what this transaction has changed. next returns the following keys of the file,
// at most n, fewer at the end.
func (t *Tx) walk(k *kind, each func(*Doc) (bool, error), matches func(*Doc) bool, next func(n int) ([]string, error)) error {
	pending := t.pending(k, matches)
	for n := 16; ; n = min(2*n, 1024) {
		keys, err := next(n)
		if err != nil {
			return err
		}
		last := len(keys) < n
		for len(keys) > 0 || (last && len(pending) > 0) {
			var key string
			if len(keys) == 0 || (len(pending) > 0 && pending[0] <= keys[0]) {
				key, pending = pending[0], pending[1:]
				if len(keys) > 0 && keys[0] == key {
					keys = keys[1:]
				}
			} else {
				key, keys = keys[0], keys[1:]
			}
			d, ok, err := t.get(k, key)
			if err != nil {
				return err
			}
			if !ok || !matches(d) {
				continue
			}
			if more, err := each(d); err != nil || !more {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

// pending returns the keys of the documents that this transaction has changed so that they match, sorted.
func (t *Tx) pending(k *kind, matches func(*Doc) bool) []string {
	var keys []string
	for _, d := range t.changed {
		if d.kind == k && matches(d) {
			keys = append(keys, d.key)
		}
	}
	slices.Sort(keys)
	return keys
}
