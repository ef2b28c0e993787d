package pipelines

import (
	"slices"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/store"
)

// An Explanation says what one check makes of one text on which documents meet, as they are now.
type Explanation struct {
	Check   string          `json:"check"`
	Label   canonical.Label `json:"label"`
	By      string          `json:"by"` // the text
	Left    ExplainedSide   `json:"left"`
	Right   ExplainedSide   `json:"right"`
	Within  time.Duration   `json:"within"`
	Holds   bool            `json:"holds"`
	Pending bool            `json:"pending,omitempty"` // something does not hold, but changed just now
	Stands  []ExplainedFind `json:"findings,omitempty"`
}

// An ExplainedSide is what a side asks for and which documents it has.
type ExplainedSide struct {
	Entity    string              `json:"entity"`
	When      string              `json:"when,omitempty"`
	By        string              `json:"by"`
	Documents []ExplainedDocument `json:"documents"`
}

// An ExplainedDocument is one document with the values of the expressions that the check compares.
type ExplainedDocument struct {
	Key      string           `json:"key"`
	State    string           `json:"state,omitempty"`
	Version  int64            `json:"version"`
	Seen     time.Time        `json:"seen,omitzero"`
	Wanted   bool             `json:"wanted"` // by when:
	Amount   *sihe.Decimal    `json:"amount,omitempty"`
	Currency string           `json:"currency,omitempty"`
	Values   []ExplainedValue `json:"values,omitempty"`
	Error    string           `json:"error,omitempty"` // why it cannot be looked at
}

// An ExplainedValue is one expression and what it comes to.
type ExplainedValue struct {
	Expression string `json:"expression"`
	Value      string `json:"value"`
}

// An ExplainedFind is something that does not hold: since when, and what becomes of it.
type ExplainedFind struct {
	store.Finding
	Known      bool              `json:"known"`  // a run has found it already
	Remedy     string            `json:"remedy"` // what the check does about it: replayed, resent, parked or alert
	Deliveries []*store.Delivery `json:"deliveries,omitempty"`
}

// maxExplained bounds what one explanation shows.
const maxExplained = 50

// ExplainCheck explains a check by name, as far as it does not hold, or a document by key in every check that is about it.
func (h *Hub) ExplainCheck(what string) (all []Explanation, err error) {
	plan := h.Plan()
	err = h.o.Store.View(func(tx *store.Tx) error {
		all = []Explanation{}
		if c, ok := plan.Check(what); ok {
			return tx.Findings(what, nil, func(f store.Finding, _ []byte) (bool, error) {
				if len(all) > 0 && all[len(all)-1].By == f.By {
					return true, nil
				}
				return h.explain(tx, c, f.By, &all)
			})
		}
		named, err := tx.Named(what)
		if err != nil {
			return err
		}
		for _, c := range plan.Checks {
			texts, err := h.textsOf(tx, c, named)
			if err != nil {
				return err
			}
			for _, text := range texts {
				if _, err := h.explain(tx, c, text, &all); err != nil {
					return err
				}
			}
		}
		if len(all) == 0 {
			return sihe.Permanent(sihe.Errorf(sihe.CodeCheckUnknown, "explain %s: it is no check, and no check is about a document of that key", what))
		}
		return nil
	})
	return all, err
}

// textsOf returns on which texts a check lets some documents meet others.
func (h *Hub) textsOf(tx *store.Tx, c *Check, named []store.Ref) (texts []string, err error) {
	for _, r := range named {
		for _, s := range []Side{c.Left, c.Right} {
			if s.Entity.FullName() != r.Entity {
				continue
			}
			doc, found, err := tx.Document(r.Entity, r.Key)
			if err != nil {
				return nil, err
			}
			if !found {
				continue
			}
			_, text, meets, err := s.read(h, doc)
			if isIllegible(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if meets && !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
	}
	return texts, nil
}

func (h *Hub) explain(tx *store.Tx, c *Check, text string, all *[]Explanation) (more bool, err error) {
	x := Explanation{Check: c.Name, Label: c.Label, By: text, Within: c.Within, Holds: true}
	var left, right []*expr.Program
	for _, p := range c.Equal {
		left, right = append(left, p.Left), append(right, p.Right)
	}
	if x.Left, err = h.explainSide(tx, c.Left, text, left); err != nil {
		return false, err
	}
	if x.Right, err = h.explainSide(tx, c.Right, text, right); err != nil {
		return false, err
	}
	j := &comparison{h: h, c: c, tx: tx}
	found, err := j.on(text)
	if err != nil && !isIllegible(err) {
		return false, err
	}
	known := map[string]store.Finding{}
	err = tx.FindingsAt(c.Name, text, func(f store.Finding) (bool, error) { known[f.ID()] = f; return true, nil })
	if err != nil {
		return false, err
	}
	for _, f := range found {
		e := ExplainedFind{Finding: f.Finding}
		if k, ok := known[f.ID()]; ok {
			e.Known, e.Since, e.Tries = true, k.Since, k.Tries
		}
		if x.Holds = false; f.young && !e.Known {
			x.Pending = true
		}
		if err := h.explainRemedy(tx, c, &e); err != nil {
			return false, err
		}
		x.Stands = append(x.Stands, e)
	}
	*all = append(*all, x)
	return len(*all) < maxExplained, nil
}

func (h *Hub) explainSide(tx *store.Tx, s Side, text string, values []*expr.Program) (x ExplainedSide, err error) {
	x = ExplainedSide{Entity: s.Entity.FullName(), By: s.By.String(), Documents: []ExplainedDocument{}}
	if s.When != nil {
		x.When = s.When.String()
	}
	everything := s
	everything.When = nil
	docs, _, err := everything.meeting(h, tx, text)
	if isIllegible(err) {
		x.Documents = append(x.Documents, ExplainedDocument{Error: err.Error()})
		return x, nil
	}
	if err != nil {
		return x, err
	}
	for _, f := range docs {
		d := ExplainedDocument{Key: f.doc.Key, State: f.doc.State, Version: f.doc.Version, Seen: f.seen}
		d.Amount, d.Currency = amountOf(s.Entity, f.value)
		if d.Wanted, err = s.wants(h, f); err != nil {
			d.Error = err.Error()
		}
		for _, p := range values {
			v, err := s.eval(h, p, f)
			shown := v.String()
			if err != nil {
				shown = err.Error()
			}
			d.Values = append(d.Values, ExplainedValue{Expression: p.String(), Value: shown})
		}
		x.Documents = append(x.Documents, d)
	}
	return x, nil
}

// explainRemedy says what the check does about a finding, and what became of the left document in the pipelines that
// could put it right.
func (h *Hub) explainRemedy(tx *store.Tx, c *Check, e *ExplainedFind) error {
	pipelines, action := c.remedies(e.Kind)
	e.Remedy = string(action)
	if e.Kind == store.FindingMissing {
		pipelines = c.Replay
	}
	carried, err := tx.Carried(c.Left.Entity.FullName(), e.Left)
	if err != nil {
		return err
	}
	for _, d := range carried {
		if slices.ContainsFunc(pipelines, func(p *Pipeline) bool { return p.Name == d.Pipeline }) && d.Subject == e.Left {
			d.Write = nil // the intent is for the machine
			e.Deliveries = append(e.Deliveries, d)
		}
	}
	return nil
}
