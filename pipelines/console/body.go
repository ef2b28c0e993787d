package console

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
)

// A signature says who does something and why; both go into the audit trail.
type signature struct {
	Who    string `json:"who"`
	Reason string `json:"reason"`
}

func (s signature) by() pipelines.By { return pipelines.By{Who: s.Who, Why: s.Reason} }

// signed says what is wrong with it.
func (s signature) signed() error {
	if strings.TrimSpace(s.Who) == "" || strings.TrimSpace(s.Reason) == "" {
		return sihe.Errorf(sihe.CodeReasonMissing, "read the body: who and reason are required")
	}
	return nil
}

// read decodes a body strictly: one value, no unknown fields. wrong, if not nil, then says what else is wrong with it.
func (a *api) read(w http.ResponseWriter, r *http.Request, into any, wrong func() error) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil && d.Decode(&struct{}{}) != io.EOF {
		err = errors.New("more than one value")
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		err = sihe.Errorf(sihe.CodeBodyTooLarge, "read the body: it has more than %d bytes", large.Limit)
	case err != nil:
		err = sihe.Errorf(sihe.CodeBadRequest, "read the body: %s", strings.TrimPrefix(err.Error(), "json: "))
	case wrong != nil:
		err = wrong()
	}
	if err != nil {
		a.fail(w, r, err)
	}
	return err == nil
}
