package native

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/sihehub/sihe"
)

// Limits of a request.
const (
	maxBody   = 1 << 20
	maxHeader = 200 // bytes of Idempotency-Key and Sihe-Actor
)

// An answer is what a call of the API comes to.
type answer struct {
	status   int
	version  int64  // of the document, for ETag; 0: none
	location string // of a new document
	body     []byte
}

// An api answers the JSON API of one module. Paths: / · /{entity} · /{entity}/{key} · /{entity}/{key}/{action} ·
// /jobs/{job} · /reports/{report}.
type api struct{ m *Module }

// A visit is one request being answered.
type visit struct {
	api
	r    *http.Request
	path []string // unescaped segments
	kind *kind    // nil until the entity is known
}

func (m *Module) routes() http.Handler { return api{m} }

func (a api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := &visit{api: a, r: r}
	x, err := v.answer()
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if err != nil {
		v.refuse(w, err)
		return
	}
	if x.version > 0 {
		h.Set("ETag", `"`+decimal(x.version)+`"`)
	}
	if x.location != "" {
		h.Set("Location", x.location)
	}
	w.WriteHeader(x.status)
	_, _ = w.Write(x.body) // the caller has gone: nothing is left to do
}

// wrongMethod is a known path with another method.
type wrongMethod struct{ allow string }

func (e *wrongMethod) Error() string { return "allowed: " + e.allow }

// notFound is a path that leads nowhere.
func notFound(path string) error {
	return sihe.Permanent(sihe.Errorf(sihe.CodeNoSuchEntity, "answer %s: there is nothing", path))
}

func (v *visit) answer() (answer, error) {
	if err := v.split(); err != nil {
		return answer{}, err
	}
	switch n := len(v.path); {
	case n == 0:
		return v.only("GET", v.overview)
	case n == 2 && v.path[0] == "jobs":
		return v.only("POST", v.job)
	case n == 2 && v.path[0] == "reports":
		return v.only("GET", v.report)
	case n > 3:
		return answer{}, notFound(v.r.URL.Path)
	}
	k, ok := v.m.kinds[v.path[0]]
	if !ok {
		return answer{}, sihe.Permanent(sihe.Errorf(sihe.CodeNoSuchEntity, "answer %s: %s has no entity %q", v.r.URL.Path, v.m.options.System, v.path[0]))
	}
	v.kind = k
	method := v.method()
	switch {
	case len(v.path) == 1 && method == "GET":
		return v.list()
	case len(v.path) == 1 && method == "POST":
		return v.create()
	case len(v.path) == 2 && method == "GET":
		return v.get()
	case len(v.path) == 2 && method == "PATCH":
		return v.patch()
	case len(v.path) == 3 && method == "POST":
		return v.act()
	}
	return answer{}, methodError([]string{"GET, POST", "GET, PATCH", "POST"}[len(v.path)-1])
}

func methodError(allow string) error {
	e := sihe.Permanent(sihe.Errorf(sihe.CodeMethodNotAllowed, "answer: %w", &wrongMethod{allow}))
	return e
}

func (v *visit) method() string {
	if v.r.Method == "HEAD" {
		return "GET"
	}
	return v.r.Method
}

func (v *visit) only(method string, f func() (answer, error)) (answer, error) {
	if v.method() != method {
		return answer{}, methodError(method)
	}
	return f()
}

// split unescapes the path's segments one by one, so that a key may hold a slash.
func (v *visit) split() error {
	path := strings.Trim(v.r.URL.EscapedPath(), "/")
	if path == "" {
		return nil
	}
	for part := range strings.SplitSeq(path, "/") {
		s, err := url.PathUnescape(part)
		if err != nil || s == "" {
			return notFound(v.r.URL.Path)
		}
		v.path = append(v.path, s)
	}
	return nil
}

// noQuery refuses query parameters where none is known.
func (v *visit) noQuery() error {
	if v.r.URL.RawQuery == "" {
		return nil
	}
	return sihe.Permanent(sihe.Errorf(sihe.CodeQueryParameter, "answer %s: it takes no query parameters", v.r.URL.Path))
}

// body reads the request's JSON; what is not JSON or too large is refused before it is looked at.
func (v *visit) body() ([]byte, error) {
	if v.r.Header.Get("Content-Encoding") != "" {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeContentEncoding, "read the body: Content-Encoding %q", v.r.Header.Get("Content-Encoding")))
	}
	data, err := io.ReadAll(io.LimitReader(v.r.Body, maxBody+1))
	if err != nil {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeBodyIncomplete, "read the body: %w", err))
	}
	if len(data) > maxBody {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeBodyTooLarge, "read the body: more than %d bytes", maxBody))
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, nil
	}
	media, _, _ := strings.Cut(v.r.Header.Get("Content-Type"), ";")
	if media = strings.ToLower(strings.TrimSpace(media)); media != "" && media != "application/json" {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeMediaType, "read the body: it is %.60q", media))
	}
	return data, nil
}

// header returns a header that names somebody or something.
func (v *visit) header(name string) (string, error) {
	s := strings.TrimSpace(v.r.Header.Get(name))
	if len(s) > maxHeader || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) || len(v.r.Header.Values(name)) > 1 {
		return "", sihe.Permanent(sihe.Errorf(sihe.CodeRequestInvalid, "read the header %s: one text of up to %d printable bytes is needed", name, maxHeader))
	}
	return s, nil
}

func (v *visit) overview() (answer, error) {
	if err := v.noQuery(); err != nil {
		return answer{}, err
	}
	return v.json(v.m.describe())
}

func (v *visit) report() (answer, error) {
	q, err := url.ParseQuery(v.r.URL.RawQuery)
	if err != nil {
		return answer{}, sihe.Permanent(sihe.Errorf(sihe.CodeQueryParameter, "read the query: %w", err))
	}
	x, err := v.m.Report(v.r.Context(), v.path[1], q)
	if err != nil {
		return answer{}, err
	}
	return v.json(x)
}

func (v *visit) json(x any) (answer, error) {
	body, err := json.Marshal(x)
	if err != nil {
		return answer{}, sihe.Permanent(sihe.Errorf(sihe.CodeInternal, "write the answer: %w", err))
	}
	return answer{status: http.StatusOK, body: append(body, '\n')}, nil
}

// get answers one document, or the entity's definition of what documents look like.
func (v *visit) get() (answer, error) {
	if err := v.noQuery(); err != nil {
		return answer{}, err
	}
	r, ok, err := v.m.Find(v.r.Context(), v.m.options.Module+"."+v.kind.name, v.path[1])
	if err == nil && !ok {
		err = sihe.Rejected(sihe.CodeDocumentUnknown, "look up %s %q: there is none", v.kind.name, v.path[1])
	}
	return answer{status: http.StatusOK, version: r.Version, body: append(r.Data, '\n')}, err
}

// writable refuses fields that a caller of the API may not set.
func (v *visit) writable(present []string) error {
	for _, path := range present {
		f, ok := v.kind.entity.Field(path)
		switch {
		case !ok:
		case f.Computed():
			return sihe.Permanent(sihe.Errorf(sihe.CodeFieldNotWritable, "set %s of %s: it is computed", path, v.kind.name)).At(path)
		case f.Writer != "":
			return sihe.Permanent(sihe.Errorf(sihe.CodeFieldNotWritable, "set %s of %s: only %s writes it", path, v.kind.name, f.Writer)).At(path)
		}
	}
	return nil
}

// version checks If-Match, so that nobody overwrites what he has not seen.
func (v *visit) version(d *Doc) error {
	want := strings.Trim(strings.TrimPrefix(v.r.Header.Get("If-Match"), "W/"), `"`)
	if want == "" || want == "*" || want == decimal(d.Version()) {
		return nil
	}
	return sihe.Permanent(sihe.Errorf(sihe.CodeVersionMismatch, "change %s: it has version %d, If-Match says %.20q", d.name(), d.Version(), want))
}

// refuse writes an error in the caller's language.
func (v *visit) refuse(w http.ResponseWriter, err error) {
	var method *wrongMethod
	if errors.As(err, &method) {
		w.Header().Set("Allow", method.allow)
	}
	x, ok := sihe.Explain(sihe.CodeOf(err))
	if !ok {
		x, _ = sihe.Explain(sihe.CodeInternal)
	}
	status := x.HTTPStatus
	if status < 400 {
		status = http.StatusInternalServerError
	}
	if status >= http.StatusInternalServerError {
		v.m.options.Log.ErrorContext(v.r.Context(), "native API", "system", v.m.options.System, "path", v.r.URL.Path, "code", x.Code, "error", err)
	}
	zh := sihe.PrefersChinese(v.r.Header.Get("Accept-Language"), false)
	help := x.HelpEn
	if zh {
		help = x.HelpZh
	}
	body, _ := json.Marshal(map[string]any{"error": errorBody{x.Code, v.message(err, x, zh), pathOf(err), help}}) // texts only
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

type errorBody struct {
	Code    sihe.Code `json:"code"`
	Message string    `json:"message"`
	Path    string    `json:"path"`
	Help    string    `json:"help"`
}
