package pipelines

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// translate turns the record into what is written (EIP Message Translator), and takes out of it the fields that are
// conditions. A reference that the target does not know yet is waited for, unless the file says on_missing: fail.
func (d *deliverer) translate(p *parcel, pl *plan) (*plan, error) {
	for {
		w := d.world(p, pl.system)
		data, match, err := d.p.translate(w, p.event, p.value)
		if err == nil {
			pl.write.Data, pl.write.Match = data, match
			return nil, nil
		}
		if sihe.CodeOf(err) != sihe.CodeXRefMiss || sihe.ClassOf(err) == sihe.ClassRejected || w.missing == nil {
			return nil, err
		}
		if wait, err := d.missing(*w.missing); wait != nil || err != nil {
			return wait, err
		} // it has come meanwhile: map again
	}
}

// A world answers what expressions ask about the outside. It notes the last reference that it could not resolve: a
// mapping ends at the one that it has no default for.
type world struct {
	h       *Hub
	system  *system // that references are resolved for; nil: canonical keys
	at      time.Time
	missing *store.Ref
}

func (d *deliverer) world(p *parcel, s *system) *world {
	return &world{h: d.h, system: s, at: p.event.Time}
}

// EventTime is when the fact became true in the business.
func (w *world) EventTime() time.Time { return w.at }

// XRef returns the target's key for a document. A native module keeps canonical keys.
func (w *world) XRef(entity, key string) (own string, found bool, err error) {
	if w.system == nil || w.system.Native {
		return key, true, nil
	}
	full := w.h.fullName(entity)
	err = w.h.o.Store.View(func(tx *store.Tx) error {
		own, found, err = tx.Own(w.system.Name, full, key)
		return err
	})
	if err == nil && !found {
		w.missing = &store.Ref{Module: store.XRefOf(w.system.Name), Entity: full, Key: key}
	}
	return own, found, err
}

// fullName completes the short name of an entity, as far as only one module has it.
func (h *Hub) fullName(entity string) string {
	if strings.Contains(entity, ".") {
		return entity
	}
	for _, e := range h.o.Catalog.Entities() {
		if e.Name == entity {
			return e.FullName()
		}
	}
	return entity
}

// split takes the named fields out of a JSON object. Both halves have their fields in a fixed order.
func split(data []byte, names []string) (rest, taken []byte, err error) {
	if len(names) == 0 {
		return data, nil, nil
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, nil, sihe.Permanent(sihe.Errorf(sihe.CodeInternal, "split a record: %w", err))
	}
	some := map[string]json.RawMessage{}
	for _, n := range names {
		if v, ok := all[n]; ok {
			some[n] = v
			delete(all, n)
		}
	}
	return object(all), object(some), nil
}

func object(fields map[string]json.RawMessage) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range slices.Sorted(maps.Keys(fields)) {
		if i > 0 {
			b.WriteByte(',')
		}
		quoted, _ := json.Marshal(name) // a text always encodes
		b.Write(quoted)
		b.WriteByte(':')
		b.Write(fields[name])
	}
	b.WriteByte('}')
	return b.Bytes()
}

// fieldsOf returns the dotted paths of the fields that a JSON object sets, lists without their index, in the order in which they
// first stand.
func fieldsOf(data []byte) (paths []string, err error) {
	defer func() {
		if recover() != nil { // the walk takes for granted that it is valid
			err = sihe.Permanent(sihe.Errorf(sihe.CodeInternal, "list the fields of a record: it is no JSON object"))
		}
	}()
	c := fieldCollector{data: bytes.TrimSpace(data), set: map[string]bool{}}
	if c.data[0] != '{' {
		panic("no object")
	}
	c.members()
	return c.paths, nil
}

// A fieldCollector walks a JSON text.
type fieldCollector struct {
	data  []byte
	at    int
	path  []byte
	set   map[string]bool
	paths []string
}

// value passes over one value and whatever stands before it that is no value.
func (c *fieldCollector) value() {
	for {
		switch b := c.data[c.at]; {
		case b == '{':
			c.members()
			return
		case b == '[':
			for c.at++; c.blank() != ']'; {
				c.value()
			}
			c.at++
			return
		case b == '"':
			c.text()
			return
		case b == '-' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z':
			for c.at < len(c.data) && bytes.IndexByte([]byte("-+.0123456789aeflnrstuE"), c.data[c.at]) >= 0 {
				c.at++
			}
			return
		default: // a comma, a colon, white space
			c.at++
		}
	}
}

// blank passes over commas and white space.
func (c *fieldCollector) blank() byte {
	for bytes.IndexByte([]byte(", \n\r\t"), c.data[c.at]) >= 0 {
		c.at++
	}
	return c.data[c.at]
}

func (c *fieldCollector) members() {
	above := len(c.path)
	for c.at++; c.blank() != '}'; {
		if above > 0 {
			c.path = append(c.path, '.')
		}
		c.path = append(c.path, c.text()...)
		if !c.set[string(c.path)] {
			path := string(c.path)
			c.set[path] = true
			c.paths = append(c.paths, path)
		}
		c.value()
		c.path = c.path[:above]
	}
	c.at++
}

// text passes over a text and returns what it says.
func (c *fieldCollector) text() []byte {
	start := c.at
	for c.at++; c.data[c.at] != '"'; c.at++ {
		if c.data[c.at] == '\\' {
			c.at++
		}
	}
	c.at++
	quoted := c.data[start:c.at]
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var plain string
	_ = json.Unmarshal(quoted, &plain) // it is valid
	return []byte(plain)
}
