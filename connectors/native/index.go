package native

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// maxIndexed is the length up to which a text stands in an index as it is; longer ones by their digest.
const maxIndexed = 200

// indexPrefix is what the index keys of a value begin with; the document's key follows.
func indexPrefix(value string) []byte {
	if len(value) > maxIndexed || strings.ContainsRune(value, 0) {
		sum := sha256.Sum256([]byte(value))
		value = "\x01" + hex.EncodeToString(sum[:])
	}
	return append([]byte(value), 0)
}

// indexDoc brings the entity's indexes from what the file has of the document to what it is now. Null is not indexed.
func (t *Tx) indexDoc(d *Doc, removeOld bool) error {
	for _, x := range d.kind.indexed {
		var was expr.Value
		if removeOld {
			was = d.loaded.Slot(x.slot)
		}
		is := d.final.Slot(x.slot)
		if was.Equal(is) {
			continue
		}
		bucket := t.d.Bucket(bucketIndex, d.kind.name, x.field)
		if !was.IsNull() {
			if err := bucket.Delete(append(indexPrefix(was.Text()), d.key...)); err != nil {
				return err
			}
		}
		if !is.IsNull() {
			if err := bucket.Put(append(indexPrefix(is.Text()), d.key...), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// uniqueKey is the digest of the values that together may occur once; false when one of them is null.
func uniqueKey(n int, slots []int, v expr.Value) ([]byte, bool) {
	h := sha256.New()
	fmt.Fprintf(h, "%d:", n)
	for _, slot := range slots {
		x := v.Slot(slot)
		if x.IsNull() {
			return nil, false
		}
		s := x.String()
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return h.Sum(nil), true
}

// releaseUnique gives up what the document held, so that two documents of one transaction can exchange values.
func (t *Tx) releaseUnique(d *Doc) error {
	bucket := t.d.Bucket(bucketUnique, d.kind.name)
	for n, slots := range d.kind.unique {
		if key, ok := uniqueKey(n, slots, d.loaded); ok {
			if err := bucket.Delete(key); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkUnique refuses before anything is written; documents of one transaction may hand values to each other.
func (t *Tx) checkUnique() error {
	released, claimed := map[string]bool{}, map[string]bool{}
	id := func(d *Doc, key []byte) string { return d.kind.name + string(key) }
	for _, d := range t.changed {
		for n, slots := range d.kind.unique {
			if key, ok := uniqueKey(n, slots, d.loaded); ok {
				released[id(d, key)] = true
			}
		}
	}
	for _, d := range t.changed {
		for n, slots := range d.kind.unique {
			key, ok := uniqueKey(n, slots, d.final)
			if !ok {
				continue
			}
			holder, taken, err := t.d.Bucket(bucketUnique, d.kind.name).Get(key)
			if err != nil {
				return err
			}
			if claimed[id(d, key)] || (taken && string(holder) != d.key && !released[id(d, key)]) {
				return taking(d, n, string(holder))
			}
			claimed[id(d, key)] = true
		}
	}
	return nil
}

func taking(d *Doc, n int, holder string) error {
	names := d.kind.entity.Unique[n]
	return sihe.Rejected(sihe.CodeDuplicate, "keep %s: %s has the same %s", d.name(), holder, strings.Join(names, ", ")).At(names[0])
}

// claimUnique refuses a document whose values another one has.
func (t *Tx) claimUnique(d *Doc) error {
	bucket := t.d.Bucket(bucketUnique, d.kind.name)
	for n, slots := range d.kind.unique {
		key, ok := uniqueKey(n, slots, d.final)
		if !ok {
			continue
		}
		holder, taken, err := bucket.Get(key)
		if err != nil {
			return err
		}
		if taken && string(holder) != d.key {
			return taking(d, n, string(holder))
		}
		if err := bucket.Put(key, []byte(d.key)); err != nil {
			return err
		}
	}
	return nil
}

// textsAt returns the texts of a dotted path, of all lines where it leads through lists.
func textsAt(t *expr.Type, v expr.Value, path string) []string {
	if v.IsNull() {
		return nil
	}
	head, rest, deeper := strings.Cut(path, ".")
	i, ok := t.Slot(head)
	if !ok {
		return nil
	}
	field, in := t.Fields[i].Type, v.Slot(i)
	switch {
	case !deeper && !in.IsNull():
		return []string{in.Text()}
	case !deeper:
		return nil
	case field.Kind == expr.KindRecord:
		return textsAt(field, in, rest)
	}
	var all []string
	for _, item := range in.List() {
		all = append(all, textsAt(field.Elem, item, rest)...)
	}
	return all
}
