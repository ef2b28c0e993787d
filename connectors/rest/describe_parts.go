package rest

import (
	"net/http"
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
	a := Auth{Bearer: m.TakeText("bearer"), Header: header(m.Take("header")), User: m.TakeText("user"), Secret: m.TakeText("secret")}
	m.Done()
	ways := 0
	for _, s := range []string{a.Bearer, a.Header, a.User} {
		if s != "" {
			ways++
		}
	}
	if ways != 1 || (a.Bearer == "") == (a.Secret == "") {
		n.Report(sihe.CodeRestDescription, "write {bearer: <secret>}, {header: X-Api-Key, secret: <secret>} or {user: u, secret: <secret>}", "auth must name one way, with its secret")
	}
	return a
}

func readRecord(n *strictyaml.Node) *Record {
	r := &Record{}
	m, ok := n.Map()
	if !ok {
		return r
	}
	r.Key, r.Changed, r.Version = m.NeedText("key"), m.TakeText("changed"), m.TakeText("version")
	if v := m.Need("fields"); v != nil {
		r.Type = shape(v)
	}
	if b := m.Take("becomes"); b != nil {
		if bm, ok := b.Map(); ok {
			r.entityAt, r.mapAt = bm.Need("entity"), bm.Need("map")
			r.Entity, r.Name, r.Map = r.entityAt.TextOrEmpty(), bm.TakeText("name"), r.mapAt.TextOrEmpty()
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
	w.Secret, w.Data = m.NeedText("secret"), m.TakeText("data")
	if v := m.Take("tolerance"); v != nil {
		t, ok := v.Duration()
		if ok && (t < time.Second || t > time.Hour) {
			v.Report(sihe.CodeRestDescription, "5m is usual", "a tolerance is between 1s and 1h")
		}
		w.Tolerance = t
	}
	if v := m.Take("record"); v != nil {
		w.Record = v.TextOrEmpty()
		d.knows(w.Record, v)
	}
	w.Type = m.TakeText("type")
	m.Take("of").Each(func(name string, n *strictyaml.Node) {
		w.Of[name] = n.TextOrEmpty()
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
	r.Path = route(m.Need("get"))
	asked := false
	m.Take("query").Each(func(name string, n *strictyaml.Node) {
		r.Query[name] = n.TextOrEmpty()
		asked = asked || strings.Contains(r.Query[name], "{cursor}")
	})
	if !asked {
		n.Warn(sihe.CodeRestDescription, "add query: {updated_since: \"{cursor}\"}", "every read fetches everything: no query uses {cursor}")
	}
	r.Items, r.Page, r.First = m.TakeText("items"), m.TakeText("page"), m.TakeText("first")
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
	w.at, w.mapAt = n, m.Take("map")
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		v := m.Take(strings.ToLower(method))
		if v == nil {
			continue
		}
		if w.Method != "" {
			v.Report(sihe.CodeRestDescription, "keep one of them", "the write has the method %s already", strings.ToLower(w.Method))
		}
		w.Method, w.Path = method, route(v, "key")
	}
	w.Map, w.Key = w.mapAt.TextOrEmpty(), m.TakeText("key")
	w.IDHeader, w.IDField, w.Reason = header(m.Take("id_header")), m.TakeText("id_field"), m.TakeText("reason")
	repeats, done, reject := m.Take("repeats"), m.Take("done"), m.Take("reject")
	if repeats != nil {
		w.Repeats, _ = repeats.Bool()
	}
	if done != nil {
		w.Done = statuses(done)
	}
	if reject != nil {
		w.Reject = statuses(reject)
	}
	w.check(n, done, reject, repeats)
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
	p := &Predicate{Path: m.NeedText("path")}
	if v := m.Need("equals"); v != nil {
		p.Equals = v.Texts()
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
	get := m.Need("get")
	f.Path = route(get, "key")
	if get != nil && !get.Failed() && !strings.Contains(f.Path, "{key}") {
		get.Report(sihe.CodeRestDescription, "e.g. /orders/{key}", "the path does not say where the key stands")
	}
	if w := m.Take("write"); w != nil {
		f.readByWrite(w)
	}
	m.Done()
	return f
}

// readByWrite reads how a write is looked up by its id.
func (f *Find) readByWrite(n *strictyaml.Node) {
	m, ok := n.Map()
	if !ok {
		return
	}
	f.By, f.Items, f.Key = route(m.Need("get"), "id"), m.TakeText("items"), m.NeedText("key")
	asked := strings.Contains(f.By, "{id}")
	m.Take("query").Each(func(name string, n *strictyaml.Node) {
		f.Query[name] = n.TextOrEmpty()
		asked = asked || strings.Contains(f.Query[name], "{id}")
	})
	m.Done()
	if !asked {
		n.Report(sihe.CodeRestDescription, "put {id} into the path or a query", "the look-up does not ask for the write's id")
	}
}

// meant is a suggestion for a name that is not known.
func meant(word string, known []string) string {
	if s := strictyaml.Suggest(word, known); s != "" {
		return "did you mean " + s + "?"
	}
	return ""
}

// keyOf returns the node of a key, to report at.
func keyOf(n *strictyaml.Node, key string) *strictyaml.Node {
	m, _ := n.Map()
	return m.Key(key)
}
