package pipelines

import (
	"encoding/base64"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/pipelines/store"
)

// A CheckStatus is one check as it stands.
type CheckStatus struct {
	Check     string          `json:"check"`
	Label     canonical.Label `json:"label"`
	Left      string          `json:"left"`
	Right     string          `json:"right"`
	Missing   string          `json:"missing"`
	Different string          `json:"different"`
	Extra     string          `json:"extra"`
	Within    time.Duration   `json:"within"`
	Last      store.Checked   `json:"last"`
	Next      time.Time       `json:"next"`
	Standing  store.Standing  `json:"standing"`
	Idle      string          `json:"idle,omitempty"` // why it does not run at all
	Health    *Health         `json:"health,omitempty"`
}

// Checks lists all checks by name.
func (h *Hub) Checks() (all []CheckStatus, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		all = nil
		for _, c := range h.Plan().Checks {
			s := CheckStatus{
				Check: c.Name, Label: c.Label, Left: c.Left.Entity.FullName(), Right: c.Right.Entity.FullName(),
				Missing: c.Missing, Different: c.Different, Extra: c.Extra, Within: c.Within, Health: h.healthOf(checkHealth(c.Name)),
			}
			var err error
			if s.Last, err = tx.Checked(c.Name); err != nil {
				return err
			}
			if s.Standing, err = tx.Standing(c.Name); err != nil {
				return err
			}
			if s.Idle = h.idleCheck(c); s.Idle == "" {
				s.Next = h.nextCheck(c, s.Last)
			}
			all = append(all, s)
		}
		return nil
	})
	return all, err
}

// checkTotals is what stands of all checks together, for the status.
func (h *Hub) checkTotals(tx *store.Tx) (sum store.Standing, err error) {
	for _, c := range h.workingChecks(h.Plan()) {
		s, err := tx.Standing(c.Name)
		if err != nil {
			return sum, err
		}
		sum = sum.Plus(s)
	}
	return sum, nil
}

// A FindingQuery asks for what checks found and what still stands.
type FindingQuery struct {
	Check string // empty: of all
	Kind  string // empty: of any
	Key   string // of the left or the right document; empty: of any
	After string // Next of the page before
	Limit int    // default and at most 500
}

// A FindingPage has findings by check. Next is empty at the end.
type FindingPage struct {
	Items []store.Finding `json:"items"`
	Next  string          `json:"next,omitempty"`
}

// maxFindings is the largest page.
const maxFindings = 500

// Findings lists what stands.
func (h *Hub) Findings(q FindingQuery) (p FindingPage, err error) {
	def(&q.Limit, maxFindings)
	behind, err := base64.RawURLEncoding.DecodeString(q.After)
	if err != nil {
		return p, sihe.Permanent(sihe.Errorf(sihe.CodeBadRequest, "list findings: after is what `next` of the page before says"))
	}
	err = h.o.Store.View(func(tx *store.Tx) error {
		p = FindingPage{Items: []store.Finding{}}
		var last []byte
		return tx.Findings(q.Check, behind, func(x store.Finding, at []byte) (bool, error) {
			if q.Kind != "" && q.Kind != x.Kind || q.Key != "" && q.Key != x.Left && q.Key != x.Right {
				return true, nil
			}
			if len(p.Items) == min(q.Limit, maxFindings) {
				p.Next = base64.RawURLEncoding.EncodeToString(last)
				return false, nil
			}
			p.Items, last = append(p.Items, x), at
			return true, nil
		})
	})
	return p, err
}
