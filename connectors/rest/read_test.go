package rest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
)

// everything reads until there is no more, and returns the keys and the last cursor.
func everything(t *testing.T, s sihe.Source, after sihe.Cursor) (keys []string, last sihe.Cursor, err error) {
	t.Helper()
	last = after
	err = s.Read(t.Context(), after, func(r sihe.Record, c sihe.Cursor) error {
		keys, last = append(keys, r.Key), slices.Clone(c)
		return nil
	})
	return keys, last, err
}

func (p *product) happen(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range n {
		p.add(map[string]any{"title": "x"})
	}
}

// asked are the queries of the reads since the last time, without the page.
func (p *product) asked() (all []string) {
	for _, c := range p.took(http.MethodGet) {
		_, query, _ := strings.Cut(c.target, "?")
		q, _ := url.ParseQuery(query)
		all = append(all, q.Get("page")+" "+q.Get("since"))
	}
	return all
}

func TestPagesAndCursor(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	r := connect(t, p.URL)
	p.happen(5)
	keys, cursor, err := everything(t, r, nil)
	if err != nil || !slices.Equal(keys, []string{"A1", "A2", "A3", "A4", "A5"}) {
		t.Fatalf("%v %v", keys, err)
	}
	const first = "1970-01-01T00:00:00Z"
	if got := p.asked(); !slices.Equal(got, []string{"1 " + first, "2 " + first, "3 " + first, "4 " + first}) {
		t.Errorf("asked for %q", got)
	}
	p.happen(1)
	if keys, cursor, err = everything(t, r, cursor); err != nil || !slices.Equal(keys, []string{"A6"}) {
		t.Errorf("then: %v %v", keys, err)
	}
	if got := p.asked(); got[0] != "1 2026-03-01T08:00:05Z" {
		t.Errorf("asked for %q", got)
	}
	if keys, again, err := everything(t, r, cursor); err != nil || len(keys) != 0 || string(again) != string(cursor) {
		t.Errorf("nothing new: %v %s %v", keys, again, err)
	}
}

// Changes that became visible late are caught by reaching back; what comes twice has the same id.
func TestOverlap(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	r := connect(t, p.URL, "overlap: 0s", "overlap: 3s")
	p.happen(5)
	ids := map[string]string{}
	var cursor sihe.Cursor
	read := func() (n int) {
		err := r.Read(t.Context(), cursor, func(x sihe.Record, c sihe.Cursor) error {
			if was, seen := ids[x.Key]; seen && was != x.ID {
				t.Errorf("%s is %s and was %s", x.Key, x.ID, was)
			}
			ids[x.Key], cursor = x.ID, slices.Clone(c)
			n++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := read(); n != 5 {
		t.Errorf("%d records", n)
	}
	p.asked()
	if n := read(); n != 3 {
		t.Errorf("%d come again", n)
	}
	if got := p.asked(); got[0] != "1 2026-03-01T08:00:02Z" {
		t.Errorf("asked for %q", got)
	}
	p.mu.Lock()
	p.jobs[4]["title"] = "changed" // without a new time of change
	p.mu.Unlock()
	before := ids["A5"]
	delete(ids, "A5")
	if read(); ids["A5"] == before {
		t.Error("another content has the same id")
	}
}

// Only the last record carries the new cursor: an interrupted read begins again, and loses nothing.
func TestInterruptedRead(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	r := connect(t, p.URL)
	p.happen(5)
	for stop := range 5 {
		var kept sihe.Cursor
		n := 0
		err := r.Read(t.Context(), nil, func(_ sihe.Record, c sihe.Cursor) error {
			if n++; n > stop {
				return errStop
			}
			kept = slices.Clone(c)
			return nil
		})
		if err == nil {
			t.Fatal("the error is lost")
		}
		if keys, _, err := everything(t, r, kept); err != nil || len(keys) != 5 {
			t.Errorf("after %d: %v %v", stop, keys, err)
		}
	}
}

var errStop = fmt.Errorf("stop")

func TestBadReads(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		fault func(http.ResponseWriter, *http.Request) bool
		code  sihe.Code
		class sihe.Class
	}{
		"no answer":       {hangUp, sihe.CodeRestUnreachable, sihe.Transient},
		"500":             {says(500, ""), sihe.CodeRestFailed, sihe.Transient},
		"404":             {says(404, ""), sihe.CodeRestAnswer, sihe.Transient},
		"a redirect":      {says(302, "", "Location", "/login"), sihe.CodeRestRedirect, sihe.ClassPermanent},
		"429":             {says(429, ""), sihe.CodeRestBusy, sihe.Transient},
		"401":             {says(401, ""), sihe.CodeRestCredentials, sihe.Transient},
		"a page":          {says(200, "<html>"), sihe.CodeRestAnswer, sihe.Transient},
		"no list":         {says(200, `{"data":{}}`), sihe.CodeRestAnswer, sihe.Transient},
		"a text":          {says(200, `{"data":{"items":"x"}}`), sihe.CodeRestAnswer, sihe.Transient},
		"too much":        {says(200, `{"data":{"items":["`+strings.Repeat("x", 5<<20)+`"]}}`), sihe.CodeRestUnreachable, sihe.Transient},
		"packed":          {packed(64 << 20), sihe.CodeRestUnreachable, sihe.Transient},
		"the same always": {says(200, `{"data":{"items":[{"id":"A1","changed_at":"2026-03-01T08:00:00Z"}]}}`), sihe.CodeRestAnswer, sihe.Transient},
	} {
		p := newProduct(t)
		p.set(x.fault)
		_, cursor, err := everything(t, connect(t, p.URL), nil)
		if sihe.CodeOf(err) != x.code || sihe.ClassOf(err) != x.class {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(string(cursor), "2026") {
			t.Errorf("%s: the cursor went on: %s", name, cursor)
		}
		clean(t, err)
	}
	p := newProduct(t)
	if _, _, err := everything(t, connect(t, p.URL), sihe.Cursor("{")); sihe.CodeOf(err) != sihe.CodeRestAnswer {
		t.Errorf("a cursor of somebody else: %v", err)
	}
	p.set(says(200, `{"data":{"items":null}}`))
	if keys, _, err := everything(t, connect(t, p.URL), nil); err != nil || len(keys) != 0 {
		t.Errorf("no list is an empty one: %v %v", keys, err)
	}
}

func TestFinds(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	r := connect(t, p.URL)
	w := job("w 1&ref=w2", "pump")
	if _, err := r.Write(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if x, ok, err := r.FindWrite(t.Context(), w); err != nil || !ok || x.Key != "A1" {
		t.Errorf("an id with odd characters: %+v %v %v", x, ok, err)
	}
	if x, ok, err := r.FindWrite(t.Context(), job("w2", "")); err != nil || ok {
		t.Errorf("another id: %+v %v", x, err)
	}
	p.mu.Lock()
	p.add(map[string]any{"ref": w.ID})
	p.mu.Unlock()
	if _, ok, err := r.FindWrite(t.Context(), w); ok || sihe.ClassOf(err) != sihe.ClassPermanent {
		t.Errorf("two documents with one id: %v %v", ok, err)
	}
	for name, fault := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"404": says(404, ""), "500": says(500, ""), "no answer": hangUp, "a page": says(200, "<html>"), "no list": says(200, "{}"),
		"no key": says(200, `{"data":{"items":[{}]}}`), "an empty key": says(200, `{"data":{"items":[{"id":""}]}}`), "302": says(302, ""),
	} {
		p.set(fault)
		if _, ok, err := r.FindWrite(t.Context(), w); ok || err == nil {
			t.Errorf("%s says that it was not written: %v", name, err) // then it would be made twice
		} else {
			clean(t, err)
		}
	}
	byPath := connect(t, p.URL, `get: /jobs, query: {ref: "{id}"}`, `get: "/refs/{id}"`)
	p.set(says(404, ""))
	if _, ok, err := byPath.FindWrite(t.Context(), w); ok || err != nil {
		t.Errorf("nothing under the id's own path: %v", err)
	}
	p.set(says(200, "<html>"))
	if _, ok, err := r.Find(t.Context(), "erp.job", "A1"); ok || err == nil {
		t.Errorf("a page is no document: %v", err)
	}
	for _, f := range []func() error{
		func() error { _, _, err := r.Find(t.Context(), "erp.other", "A1"); return err },
		func() error {
			_, _, err := r.FindWrite(t.Context(), sihe.Write{ID: "w", Entity: "erp.other"})
			return err
		},
	} {
		if err := f(); sihe.CodeOf(err) != sihe.CodeRestNoAction {
			t.Errorf("an entity that is not described: %v", err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	r := connect(t, p.URL)
	if err := r.Check(t.Context()); err != nil {
		t.Error(err)
	}
	for name, fault := range map[string]func(http.ResponseWriter, *http.Request) bool{"404": says(404, ""), "401": says(401, ""), "302": says(302, ""), "no answer": hangUp} {
		p.set(fault)
		if err := r.Check(t.Context()); err == nil {
			t.Errorf("%s: all is well", name)
		}
	}
	if err := connect(t, deaf(t)).Check(t.Context()); sihe.CodeOf(err) != sihe.CodeRestUnreachable {
		t.Errorf("nobody listens: %v", err)
	}
}

// What a request asks for may be secret: no error shows its query.
func TestErrorsHideTheQuery(t *testing.T) {
	t.Parallel()
	r := connect(t, deaf(t))
	err := r.Read(t.Context(), sihe.Cursor(`{"Job":"canary"}`), func(sihe.Record, sihe.Cursor) error { return nil })
	if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "since=") {
		t.Errorf("the error shows the query: %v", err)
	}
}
