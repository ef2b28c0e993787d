package pipelines

import (
	"context"
	"errors"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A Reach is what came of asking a system whether it answers.
type Reach struct {
	System    string    `json:"system"`
	Connector string    `json:"connector"`
	OK        bool      `json:"ok"`
	Took      int64     `json:"took_ms"`
	Code      sihe.Code `json:"code,omitempty"`
	Text      string    `json:"text,omitempty"`
}

// Reach asks a system whether it answers with its settings, as hub.yaml has them. It is a call to the outside, so it stands
// in the audit trail before it is made; it changes nothing there.
func (h *Hub) Reach(ctx context.Context, name string, by By) (r Reach, err error) {
	s, ok := h.system(name)
	if !ok {
		return r, sihe.Permanent(sihe.Errorf(sihe.CodeSystemUnknown, "check system %q: there is none of that name", name))
	}
	_, err = h.update(ctx, func(tx *store.Tx) ([]store.Part, error) { return nil, by.audit(tx, "check system", name) })
	if err != nil {
		return r, err
	}
	const longest = 20 * time.Second
	call, cancel := context.WithTimeout(ctx, min(longest, h.o.Tuning.WriteTimeout))
	defer cancel()
	began := h.o.Now()
	err = s.Connector.Check(call)
	r = Reach{System: name, Connector: s.Kind, OK: err == nil, Took: h.o.Now().Sub(began).Milliseconds()}
	if err != nil {
		why := whyOf(err)
		r.Code, r.Text = why.Code, why.Text
		if errors.Is(err, context.DeadlineExceeded) && r.Code == sihe.CodeInternal {
			r.Code = sihe.CodeTargetTimeout
		}
	}
	return r, nil
}
