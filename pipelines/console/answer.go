package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
)

func (a *api) answer(w http.ResponseWriter, r *http.Request, v any, err error) {
	if err != nil {
		a.fail(w, r, err)
		return
	}
	answer(w, v)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v) // whoever does not hear it asks again
}

// fail answers with the status that the error's code asks for.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusInternalServerError
	if x, ok := sihe.Explain(sihe.CodeOf(err)); ok && x.HTTPStatus != 0 {
		status = x.HTTPStatus
	}
	a.refuse(w, r, status, err)
}

// A problem is why something was not done. Meaning and help are in the caller's language, the detail is in English.
type problem struct {
	Code    sihe.Code `json:"code"`
	Message string    `json:"message"`
	Path    string    `json:"path,omitempty"`
	Help    string    `json:"help,omitempty"`
	Since   time.Time `json:"since,omitzero"` // of a hub that waits for its bus
}

// refuse answers an error. The details of faults of ours, and everything about the inside when nobody has shown a token,
// are for the log alone.
func (a *api) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	code := sihe.CodeOf(err)
	x, known := sihe.Explain(code)
	if !known {
		code = sihe.CodeInternal
		x, _ = sihe.Explain(code)
	}
	p := problem{Code: code, Message: x.En, Help: x.HelpEn}
	colon := ": "
	if sihe.PrefersChinese(r.Header.Get("Accept-Language"), a.chinese) {
		p.Message, p.Help, colon = x.Zh, x.HelpZh, "："
	}
	var own *sihe.Error
	if errors.As(err, &own) && status < http.StatusInternalServerError {
		p.Message, p.Path = p.Message+colon+own.Text, own.Path
	}
	var away *pipelines.Away
	if errors.As(err, &away) {
		p.Since = away.Since
	}
	if status >= http.StatusInternalServerError {
		a.Log.ErrorContext(r.Context(), "admin API", "path", r.URL.Path, "code", string(code), "error", err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]problem{"error": p}) // see answer
}
