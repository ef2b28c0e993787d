package native

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// maxKey is how long a document's key may be, in bytes.
const maxKey = 200

// number gives a new document its key. A number is counted in the same transaction, so what is not kept uses none up.
func (t *Tx) number(d *Doc) error {
	given := d.slots[d.kind.key].Text()
	n := d.kind.entity.Number
	switch {
	case given != "" && n != nil && n.Gapless:
		return sihe.Rejected(sihe.CodeKeyInvalid, "create %s %.60s: its numbers have no gaps, so none can be given", d.kind.name, given).At(d.kind.entity.Key)
	case given != "":
		d.key = given
	case n == nil:
		return sihe.Rejected(sihe.CodeValueRequired, "create %s: the key is missing", d.kind.name).At(d.kind.entity.Key)
	default:
		if err := t.count(d); err != nil {
			return err
		}
	}
	if err := checkKey(d.kind.name, d.key); err != nil {
		return err
	}
	there, err := t.exists(d.kind, d.key)
	if err != nil {
		return err
	}
	if there {
		return sihe.Rejected(sihe.CodeDuplicate, "create %s: there is one", d.name()).At(d.kind.entity.Key)
	}
	d.slots[d.kind.key], d.stale = expr.TextValue(d.key), true
	t.compute(d)
	return nil
}

// count takes the next free number of the document's counter; numbers that were given by hand are passed over.
func (t *Tx) count(d *Doc) error {
	n := d.kind.entity.Number
	for _, name := range n.Fields {
		if d.IsNull(name) {
			if d.invalid != nil {
				return named(d, d.invalid)
			}
			return sihe.Rejected(sihe.CodeValueRequired, "number a %s: %s is part of the number", d.kind.name, name).At(name)
		}
	}
	day := t.numberDay(d)
	field := func(name string) string { return d.value(name).String() }
	if !n.Sequential() {
		d.key = n.Key(day, field, 0)
		return nil
	}
	counter := d.kind.name + "\x00" + n.Counter(day, field)
	last, err := t.counter(counter)
	if err != nil {
		return err
	}
	for {
		last++
		d.key = n.Key(day, field, last)
		there, err := t.exists(d.kind, d.key)
		if err != nil {
			return err
		}
		if !there {
			t.counters[counter] = last
			return nil
		}
	}
}

// numberDay is the day whose year, month and day the number shows.
func (t *Tx) numberDay(d *Doc) expr.Date {
	if field := d.kind.entity.Number.Date; field != "" && !d.IsNull(field) {
		return d.Date(field)
	}
	return t.Today()
}

func (t *Tx) counter(name string) (int64, error) {
	if n, ok := t.counters[name]; ok {
		return n, nil
	}
	b, ok, err := t.d.Bucket(bucketCounter).Get([]byte(name))
	if err != nil || !ok {
		return 0, err
	}
	return int64(binary.BigEndian.Uint64(b)), nil //nolint:gosec // written by flush
}

// checkKey refuses what cannot stand in a path, a message key or a log line.
func checkKey(entity, key string) error {
	ok := key != "" && len(key) <= maxKey && utf8.ValidString(key) && key != "." && key != ".."
	for _, r := range key {
		ok = ok && unicode.IsPrint(r)
	}
	if !ok {
		return sihe.Rejected(sihe.CodeKeyInvalid, "create %s: %.60q cannot be a key", entity, key)
	}
	return nil
}
