package rest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// defaultTolerance is how old or early a signed webhook may be, as Standard Webhooks advises.
const defaultTolerance = 5 * time.Minute

func readAuth(n *strictyaml.Node) Auth {
	if n == nil {
		return Auth{}
	}
	m, ok := n.Map()
	if !ok {
		return Auth{}
	}
	a := Auth{Bearer: text(m.Take("bearer")), Header: text(m.Take("header")), User: text(m.Take("user")), Secret: text(m.Take("secret"))}
	m.Done()
	if a.Bearer == "" && (a.Secret == "" || (a.Header == "") == (a.User == "")) {
		n.Report(sihe.CodeRestDescription, "write {bearer: <secret>}, {header: X-Api-Key, secret: <secret>} or {user: u, secret: <secret>}", "auth is not complete")
	}
	return a
}

func readRecord(n *strictyaml.Node) *Record {
	r := &Record{}
	m, ok := n.Map()
	if !ok {
		return r
	}
	r.Key, r.Changed, r.Version = text(m.Need("key")), text(m.Take("changed")), text(m.Take("version"))
	if v := m.Need("fields"); v != nil {
		r.Type = shape(v)
	}
	if b := m.Take("becomes"); b != nil {
		if bm, ok := b.Map(); ok {
			r.Entity, r.Name, r.Map = text(bm.Need("entity")), text(bm.Take("name")), text(bm.Need("map"))
			bm.Done()
		}
	}
	m.Done()
	return r
}

func (d *Description) readWebhook(n *strictyaml.Node) *Webhook {
	w := &Webhook{Tolerance: defaultTolerance, Of: map[string]string{}}
	m, ok := n.Map()
	if !ok {
		return w
	}
	if v := m.Need("verify"); v != nil {
		v.OneOf("standard-webhooks")
	}
	w.Secret, w.Data = text(m.Need("secret")), text(m.Take("data"))
	if v := m.Take("tolerance"); v != nil {
		w.Tolerance, _ = v.Duration()
	}
	if v := m.Take("record"); v != nil {
		w.Record = text(v)
		d.knows(w.Record, v)
	}
	w.Type = text(m.Take("type"))
	each(m.Take("of"), func(name string, n *strictyaml.Node) {
		w.Of[name] = text(n)
		d.knows(w.Of[name], n)
	})
	m.Done()
	if (w.Record == "") == (w.Type == "" || len(w.Of) == 0) {
		n.Report(sihe.CodeRestDescription, "write record: <record>, or type: <path> with of: {<type>: <record>}", "the webhook must say which record it carries")
	}
	return w
}

func (d *Description) readRead(record string, n *strictyaml.Node) *Read {
	r := &Read{Query: map[string]string{}}
	m, ok := n.Map()
	if !ok {
		return r
	}
	d.knows(record, n)
	r.Path = text(m.Need("get"))
	each(m.Take("query"), func(name string, n *strictyaml.Node) { r.Query[name] = text(n) })
	r.Items, r.Page, r.First = text(m.Take("items")), text(m.Take("page")), text(m.Take("first"))
	if v := m.Take("overlap"); v != nil {
		r.Overlap, _ = v.Duration()
	}
	m.Done()
	if rec, ok := d.Records[record]; ok && rec.Changed == "" {
		n.Report(sihe.CodeRestDescription, "name it under records."+record+".changed", "reading what changed needs the field with the time of change")
	}
	return r
}

func readWrite(n *strictyaml.Node) *Write {
	w := &Write{Done: []int{http.StatusOK, http.StatusCreated, http.StatusNoContent}, Reject: []int{http.StatusConflict, http.StatusUnprocessableEntity, http.StatusBadRequest}}
	m, ok := n.Map()
	if !ok {
		return w
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if v := m.Take(strings.ToLower(method)); v != nil {
			w.Method, w.Path = method, text(v)
		}
	}
	if w.Method == "" {
		n.Report(sihe.CodeRestDescription, "write post:, put:, patch: or delete: with the path", "the write has no method")
	}
	w.Map, w.Key = text(m.Take("map")), text(m.Take("key"))
	w.IDHeader, w.IDField, w.Reason = text(m.Take("id_header")), text(m.Take("id_field")), text(m.Take("reason"))
	if v := m.Take("repeats"); v != nil {
		w.Repeats, _ = v.Bool()
	}
	if v := m.Take("done"); v != nil {
		w.Done = statuses(v)
	}
	if v := m.Take("reject"); v != nil {
		w.Reject = statuses(v)
	}
	if v := m.Take("ok"); v != nil {
		w.OK = readPredicate(v)
	}
	m.Done()
	return w
}

func readPredicate(n *strictyaml.Node) *Predicate {
	m, ok := n.Map()
	if !ok {
		return nil
	}
	p := &Predicate{Path: text(m.Need("path"))}
	if v := m.Need("equals"); v != nil {
		if items, ok := v.List(); ok {
			for _, i := range items {
				p.Equals = append(p.Equals, text(i))
			}
		}
	}
	m.Done()
	return p
}

func readFind(n *strictyaml.Node) *Find {
	f := &Find{Query: map[string]string{}}
	m, ok := n.Map()
	if !ok {
		return f
	}
	f.Path = text(m.Need("get"))
	if w := m.Take("write"); w != nil {
		if wm, ok := w.Map(); ok {
			f.By, f.Items, f.Key = text(wm.Need("get")), text(wm.Take("items")), text(wm.Need("key"))
			each(wm.Take("query"), func(name string, n *strictyaml.Node) { f.Query[name] = text(n) })
			wm.Done()
		}
	}
	m.Done()
	return f
}

func statuses(n *strictyaml.Node) []int {
	var all []int
	items, _ := n.List()
	for _, i := range items {
		if s, ok := i.Int(); ok {
			all = append(all, s)
		}
	}
	slices.Sort(all)
	return all
}

func text(n *strictyaml.Node) string {
	if n == nil {
		return ""
	}
	s, _ := n.Text()
	return s
}

func each(n *strictyaml.Node, f func(name string, n *strictyaml.Node)) {
	if n == nil {
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, e := range m.Entries() {
		f(e.Name, e.Value)
	}
}
