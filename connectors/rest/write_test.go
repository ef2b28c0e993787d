package rest_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sihehub/sihe"
)

// hangUp breaks the connection without an answer.
func hangUp(w http.ResponseWriter, _ *http.Request) bool {
	c, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = c.Close()
	}
	return true
}

// says answers a status, headers in pairs, then a body.
func says(status int, body string, header ...string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	}
}

// What an answer to a write means for the hub.
func TestWriteOutcomes(t *testing.T) {
	t.Parallel()
	okPredicate := []string{"repeats: true, reason: message}\n    stop", "repeats: true, reason: message, done: [200], ok: {path: code, equals: [\"0\", \"1\"]}}\n    stop"}
	for name, x := range map[string]struct {
		fault   func(http.ResponseWriter, *http.Request) bool
		changes []string
		class   sihe.Class
		code    sihe.Code
		after   time.Duration
		says    string
	}{
		"no answer":                      {fault: hangUp, class: sihe.ClassUnknown, code: sihe.CodeRestUnreachable},
		"500":                            {fault: says(500, ""), class: sihe.ClassUnknown, code: sihe.CodeRestFailed},
		"502":                            {fault: says(502, "<html>"), class: sihe.ClassUnknown, code: sihe.CodeRestFailed},
		"504":                            {fault: says(504, ""), class: sihe.ClassUnknown, code: sihe.CodeRestFailed},
		"408":                            {fault: says(408, ""), class: sihe.ClassUnknown, code: sihe.CodeRestFailed},
		"503":                            {fault: says(503, ""), class: sihe.ClassUnknown, code: sihe.CodeRestBusy},
		"503, come later":                {fault: says(503, "", "Retry-After", "7"), code: sihe.CodeRestBusy, after: 7 * time.Second},
		"429":                            {fault: says(429, ""), code: sihe.CodeRestBusy, after: time.Second},
		"429, come later":                {fault: says(429, "", "Retry-After", "120"), code: sihe.CodeRestBusy, after: 2 * time.Minute},
		"429, at a time":                 {fault: says(429, "", "Date", "Sun, 01 Mar 2026 08:00:00 GMT", "Retry-After", "Sun, 01 Mar 2026 08:01:30 GMT"), code: sihe.CodeRestBusy, after: 90 * time.Second},
		"429, in the past":               {fault: says(429, "", "Date", "Sun, 01 Mar 2026 08:00:00 GMT", "Retry-After", "Sun, 01 Mar 2020 08:01:30 GMT"), code: sihe.CodeRestBusy, after: time.Second},
		"429, never":                     {fault: says(429, "", "Retry-After", "9223372036854775807"), code: sihe.CodeRestBusy, after: time.Hour},
		"429, more than never":           {fault: says(429, "", "Retry-After", strings.Repeat("9", 40)), code: sihe.CodeRestBusy, after: time.Second},
		"429, nonsense":                  {fault: says(429, "", "Retry-After", "-5"), code: sihe.CodeRestBusy, after: time.Second},
		"409":                            {fault: says(409, `{"message":"the title is taken"}`), class: sihe.ClassRejected, code: sihe.CodeRestRejected, says: "the title is taken"},
		"422":                            {fault: says(422, `{"message":["a"]}`), class: sihe.ClassRejected, code: sihe.CodeRestRejected},
		"400, no JSON":                   {fault: says(400, `<canary>`), class: sihe.ClassRejected, code: sihe.CodeRestRejected},
		"409, a long reason":             {fault: says(409, `{"message":"`+strings.Repeat("长", 5000)+`"}`), class: sihe.ClassRejected, code: sihe.CodeRestRejected, says: strings.Repeat("长", 200)},
		"401":                            {fault: says(401, ""), code: sihe.CodeRestCredentials},
		"403":                            {fault: says(403, ""), code: sihe.CodeRestCredentials},
		"404":                            {fault: says(404, ""), class: sihe.ClassPermanent, code: sihe.CodeRestFailed},
		"301":                            {fault: says(301, "", "Location", "https://elsewhere.example/"), class: sihe.ClassPermanent, code: sihe.CodeRestRedirect},
		"302, perhaps after it was done": {fault: says(302, "", "Location", "/jobs/A1"), class: sihe.ClassUnknown, code: sihe.CodeRestRedirect},
		"303, perhaps after it was done": {fault: says(303, "", "Location", "/jobs/A1"), class: sihe.ClassUnknown, code: sihe.CodeRestRedirect},
		"307":                            {fault: says(307, "", "Location", "/jobs2"), class: sihe.ClassPermanent, code: sihe.CodeRestRedirect},
		"308":                            {fault: says(308, "", "Location", "/jobs2"), class: sihe.ClassPermanent, code: sihe.CodeRestRedirect},
		"200 without the key":            {fault: says(200, `{"data":{}}`), class: sihe.ClassUnknown, code: sihe.CodeRestAnswer},
		"200 and no JSON":                {fault: says(200, `<html>login</html>`), class: sihe.ClassUnknown, code: sihe.CodeRestAnswer},
		"200 with an empty key":          {fault: says(200, `{"data":{"id":""}}`), class: sihe.ClassUnknown, code: sihe.CodeRestAnswer},
		"202, which is not done":         {fault: says(202, ``), class: sihe.ClassPermanent, code: sihe.CodeRestFailed},
		"200 with too much":              {fault: says(200, `{"data":{"id":"`+strings.Repeat("x", 5<<20)+`"}}`), class: sihe.ClassUnknown, code: sihe.CodeRestUnreachable},
		"200, packed, with too much":     {fault: packed(64 << 20), class: sihe.ClassUnknown, code: sihe.CodeRestUnreachable},
		"a business no with status 200":  {fault: says(200, `{"code":7,"message":"credit exceeded","data":{"id":"A1"}}`), changes: okPredicate, class: sihe.ClassRejected, code: sihe.CodeRestRejected, says: "code is 7 credit exceeded"},
		"no word about success":          {fault: says(200, `{"data":{"id":"A1"}}`), changes: okPredicate, class: sihe.ClassUnknown, code: sihe.CodeRestAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProduct(t)
			p.set(x.fault)
			r, err := connect(t, p.URL, x.changes...).Write(t.Context(), job("w1", "pump"))
			var e *sihe.Error
			if !errors.As(err, &e) || e.Class != x.class || e.Code != x.code || e.After != x.after || !strings.Contains(e.Text, x.says) {
				t.Errorf("%+v, %#v", r, err)
			}
			clean(t, err)
			if n := len(p.took(http.MethodPost)); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
	for _, code := range []string{"0", `"0"`, "1"} {
		p := newProduct(t)
		p.set(says(200, `{"code":`+code+`,"data":{"id":"A1"}}`))
		if r, err := connect(t, p.URL, okPredicate...).Write(t.Context(), job("w1", "pump")); err != nil || r.Key != "A1" {
			t.Errorf("code %s: %+v %v", code, r, err)
		}
	}
}

// clean fails the test when an error shows what it must not, or too much.
func clean(t *testing.T, err error) {
	t.Helper()
	if s := fmt.Sprintf("%v %+v", err, err); strings.Contains(s, "canary") || strings.Contains(s, hookSecret) || len(s) > 3000 {
		t.Errorf("the error shows too much: %.500s", s)
	}
}

// packed answers zeros that are small on the way.
func packed(size int64) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.CopyN(z, zeros{}, size) // the client hangs up
		_ = z.Close()
		return true
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// What was certainly not sent is tried again.
func TestWriteNeverSent(t *testing.T) {
	t.Parallel()
	_, err := connect(t, deaf(t)).Write(t.Context(), job("w1", "pump"))
	if sihe.ClassOf(err) != sihe.Transient || sihe.CodeOf(err) != sihe.CodeRestUnreachable {
		t.Errorf("nobody listens: %v", err)
	}
	clean(t, err)
	_, err = connect(t, "http://no-such-host.invalid").Write(t.Context(), job("w1", "pump"))
	if sihe.ClassOf(err) != sihe.Transient {
		t.Errorf("no such host: %v", err)
	}
	p := newProduct(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = connect(t, p.URL).Write(ctx, job("w1", "pump")); sihe.ClassOf(err) != sihe.Transient || len(p.took(http.MethodPost)) != 0 {
		t.Errorf("cancelled before: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	slow := make(chan struct{})
	defer close(slow)
	p.set(func(http.ResponseWriter, *http.Request) bool { <-slow; return true })
	if _, err = connect(t, p.URL).Write(ctx, job("w1", "pump")); sihe.ClassOf(err) != sihe.ClassUnknown {
		t.Errorf("cancelled while under way: %v", err)
	}
}

// A lost reply is Unknown; the look-up finds what was made, and the same write again makes nothing.
func TestLostReply(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	r := connect(t, p.URL)
	p.set(func(w http.ResponseWriter, q *http.Request) bool {
		if q.Method != http.MethodPost {
			return false
		}
		b, _ := io.ReadAll(q.Body)
		p.create(discard{}, q, b)
		return hangUp(w, q)
	})
	w := job("w1", "pump")
	if _, err := r.Write(t.Context(), w); sihe.ClassOf(err) != sihe.ClassUnknown {
		t.Fatalf("a lost reply: %v", err)
	}
	p.set(nil)
	found, ok, err := r.FindWrite(t.Context(), w)
	if err != nil || !ok || found.Key != "A1" {
		t.Errorf("look it up: %+v %v %v", found, ok, err)
	}
	if again, err := r.Write(t.Context(), w); err != nil || again.Key != "A1" || len(p.jobs) != 1 {
		t.Errorf("once more: %+v %v, %d jobs", again, err, len(p.jobs))
	}
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

// On a connection that was used before, net/http sends a request with an Idempotency-Key a second time when the first is
// cut off, with or without a body. Ours must go out once (RELIABILITY L9, L16).
func TestNoReplay(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	r := connect(t, p.URL)
	for name, w := range map[string]sihe.Write{
		"with a body":    job("w1", "pump"),
		"without a body": {ID: "w2", Entity: "erp.job", Do: "drop", Key: "A1"},
	} {
		p.set(nil)
		if err := r.Check(t.Context()); err != nil { // the connection is open now
			t.Fatal(err)
		}
		p.set(hangUp)
		if _, err := r.Write(t.Context(), w); sihe.ClassOf(err) != sihe.ClassUnknown {
			t.Errorf("%s: %v", name, err)
		}
		method := map[bool]string{true: http.MethodPost, false: http.MethodDelete}[w.Do == sihe.DoCreate]
		if calls := p.took(method); len(calls) != 1 || calls[0].header.Get("Idempotency-Key") != w.ID {
			t.Errorf("%s: %d requests", name, len(calls))
		}
	}
}

// What goes out: the mapped record, the id in header and field, the credentials, and no more.
func TestRequest(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	r := connect(t, p.URL)
	if got, err := r.Write(t.Context(), job("w1", "泵 \"1\"")); err != nil || got.Key != "A1" {
		t.Fatalf("%+v %v", got, err)
	}
	c := p.took(http.MethodPost)[0]
	if c.target != "/jobs" || c.body != `{"amount":"12.50","ref":"w1","title":"泵 \"1\""}` || c.header.Get("Idempotency-Key") != "w1" ||
		c.header.Get("Content-Type") != "application/json" || c.header.Get("Authorization") != "Bearer "+tokenCanary {
		t.Errorf("%+v", c)
	}
	for _, way := range []struct{ auth, name, value string }{
		{"auth: {header: X-Api-Key, secret: token}", "X-Api-Key", tokenCanary},
		{"auth: {user: li, secret: token}", "Authorization", "Basic bGk6Y2FuYXJ5LXRva2VuLTVkMWY="},
	} {
		_, _ = connect(t, p.URL, "auth: {bearer: token}", way.auth).Write(t.Context(), job("w1", "x"))
		if c := p.took(http.MethodPost)[0]; c.header.Get(way.name) != way.value {
			t.Errorf("%s: %v", way.auth, c.header)
		}
	}
}

// A key is one segment of the path, whatever is in it; what cannot be one is refused before anything is sent.
func TestKeysInPaths(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	r := connect(t, p.URL)
	for key, target := range map[string]string{
		"A1": "/jobs/A1/stop", "a/b?x#y": "/jobs/a%2Fb%3Fx%23y/stop", "../A1": "/jobs/..%2FA1/stop", "%2e%2e": "/jobs/%252e%252e/stop",
		"a b": "/jobs/a%20b/stop", "单-1": "/jobs/%E5%8D%95-1/stop", "{key}": "/jobs/%7Bkey%7D/stop", "a;b": "/jobs/a%3Bb/stop", `a\b`: "/jobs/a%5Cb/stop",
		"...": "/jobs/.../stop", "@evil.example": "/jobs/@evil.example/stop", "a:b": "/jobs/a:b/stop",
	} {
		_, _ = r.Write(t.Context(), sihe.Write{ID: "w", Entity: "erp.job", Do: "stop", Key: key, Data: []byte("{}")})
		if calls := p.took(http.MethodPost); len(calls) != 1 || calls[0].target != target {
			t.Errorf("%q: %+v", key, calls)
		}
	}
	for _, key := range []string{"", ".", "..", "a\r\nHost: evil", "a\nb", "a\x00b"} {
		_, err := r.Write(t.Context(), sihe.Write{ID: "w", Entity: "erp.job", Do: "stop", Key: key, Data: []byte("{}")})
		if sihe.ClassOf(err) != sihe.ClassPermanent || sihe.CodeOf(err) != sihe.CodeRestKey || len(p.took(http.MethodPost)) != 0 {
			t.Errorf("%q: %v", key, err)
		}
		if x, ok, err := r.Find(t.Context(), "erp.job", key); ok || err != nil || len(p.took(http.MethodGet)) != 0 {
			t.Errorf("find %q: %+v %v", key, x, err)
		}
	}
}
