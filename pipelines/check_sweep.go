package pipelines

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A sweep is one run of one check.
type sweep struct {
	h      *Hub
	c      *Check
	o      CheckOrder
	run    CheckRun
	window time.Duration
	lived  string          // key of the last left document whose right ones were asked for
	seen   map[string]bool // by a dry run
	delta  store.Standing  // what it would change
}

// foresee notes what a dry run does not write down. What stands and is due is seen twice.
func (s *sweep) foresee(r revision) {
	if !s.o.DryRun {
		return
	}
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	add := func(all []store.Finding, n int, count *int) {
		for _, f := range all {
			if id := f.ID(); !s.seen[id] {
				s.seen[id] = true
				s.delta.Add([]store.Finding{f}, n)
				*count++
				if n > 0 && len(s.run.New) < shownNew {
					s.run.New = append(s.run.New, f)
				}
			}
		}
	}
	add(r.fresh, 1, &s.run.Opened)
	add(r.closed, -1, &s.run.Closed)
}

// all looks at what stands, and then at what is due or, now and then, at everything.
func (s *sweep) all(ctx context.Context) error {
	var state store.Checked
	err := s.h.o.Store.View(func(tx *store.Tx) (err error) { state, err = tx.Checked(s.c.Name); return err })
	if err != nil {
		return err
	}
	s.run.Full = s.o.All || s.o.Now || state.Rules != s.c.rules() || s.h.o.Now().Sub(state.Full) >= s.h.o.Checks.Full
	if err := s.standing(ctx); err != nil {
		return err
	}
	if !s.run.Full {
		return s.due(ctx)
	}
	if err := s.side(ctx, s.c.Left); err != nil {
		return err
	}
	if s.c.Extra != ExtraIgnore {
		err = s.side(ctx, s.c.Right)
	}
	return err
}

// rules tells versions of the file apart.
func (c *Check) rules() string {
	parts := []string{c.Left.Entity.FullName(), c.Right.Entity.FullName(), c.Left.By.String(), c.Right.By.String(), c.Extra, c.Within.String()}
	for _, s := range []Side{c.Left, c.Right} {
		when := ""
		if s.When != nil {
			when = s.When.String()
		}
		parts = append(parts, when)
	}
	for _, p := range c.Equal {
		parts = append(parts, p.Left.String(), p.Right.String())
	}
	return sihe.EventID(parts...)
}

// standing looks at what was found before.
func (s *sweep) standing(ctx context.Context) error {
	var place []byte
	for {
		var texts []string
		last := place
		err := s.h.o.Store.View(func(tx *store.Tx) error {
			texts = nil
			return tx.Findings(s.c.Name, place, func(x store.Finding, at []byte) (bool, error) {
				if last = at; len(texts) == 0 || texts[len(texts)-1] != x.By {
					texts = append(texts, x.By)
				}
				return len(texts) < followBatch, nil
			})
		})
		if err != nil || len(texts) == 0 {
			return err
		}
		if err := s.look(ctx, texts, nil); err != nil {
			return err
		}
		place = last
	}
}

// due looks at what changed long enough ago.
func (s *sweep) due(ctx context.Context) error {
	for {
		var turns []store.Turn
		err := s.h.o.Store.View(func(tx *store.Tx) (err error) { turns, err = tx.DueChecks(s.c.Name, followBatch); return err })
		if err != nil || len(turns) == 0 {
			return err
		}
		var texts []string
		for _, t := range turns {
			texts = append(texts, t.By)
		}
		slices.Sort(texts)
		if err := s.look(ctx, slices.Compact(texts), turns); err != nil || s.o.DryRun {
			return err // a dry run takes nothing out of the row; the first ones must do
		}
	}
}

// side looks at all documents of one side.
func (s *sweep) side(ctx context.Context, side Side) error {
	return s.h.documents(ctx, side.Entity, "", func(docs []store.Document) error {
		var texts []string
		for _, d := range docs {
			_, text, meets, err := side.read(s.h, d)
			if isIllegible(err) {
				s.failed(err)
				continue
			}
			if err != nil {
				return err
			}
			if meets && (len(texts) == 0 || texts[len(texts)-1] != text) {
				texts = append(texts, text)
			}
		}
		return s.look(ctx, texts, nil)
	})
}

func isIllegible(err error) bool {
	var u illegible
	return errors.As(err, &u)
}

func (s *sweep) failed(err error) {
	if s.run.Failed++; s.run.Code == "" {
		s.run.Code, s.run.Message = sihe.CodeOf(err), err.Error()
	}
}

// look examines what meets on some texts, and writes down what is new or holds again. It looks without keeping anybody
// waiting first; what seems to change is looked at once more by the transaction that says so.
func (s *sweep) look(ctx context.Context, texts []string, turns []store.Turn) error {
	var odd []string
	err := s.h.o.Store.View(func(tx *store.Tx) error {
		j := s.comparison(tx)
		for _, text := range texts {
			s.run.Examined++
			r, err := j.revise(text)
			if isIllegible(err) {
				s.failed(err)
				continue
			}
			if err != nil {
				return err
			}
			if !r.empty() {
				odd = append(odd, text)
				s.foresee(r)
			}
		}
		return nil
	})
	if err != nil || s.o.DryRun || len(odd)+len(turns) == 0 {
		return err
	}
	var opened []store.Finding
	var closed int
	_, err = s.h.o.Store.Update(ctx, func(tx *store.Tx) error {
		opened, closed = nil, 0
		j := s.comparison(tx)
		for _, text := range odd {
			r, err := j.revise(text)
			if isIllegible(err) {
				continue // it changed just now; its turn comes again
			}
			if err == nil {
				err = j.keep(r)
			}
			if err != nil {
				return err
			}
			closed += len(r.closed)
			opened = append(opened, r.fresh...)
		}
		return tx.DoneChecks(s.c.Name, turns)
	})
	if err == nil {
		s.run.Opened, s.run.Closed = s.run.Opened+len(opened), s.run.Closed+closed
		s.run.New = append(s.run.New, opened[:min(len(opened), shownNew-len(s.run.New))]...)
	}
	return err
}

func (s *sweep) comparison(tx *store.Tx) *comparison {
	return &comparison{h: s.h, c: s.c, tx: tx, window: s.window, now: s.o.Now}
}

// keep notes how far the check has come.
func (s *sweep) keep(ctx context.Context, began time.Time, fault error) error {
	_, err := s.h.o.Store.Update(ctx, func(tx *store.Tx) error {
		state, err := tx.Checked(s.c.Name)
		if err != nil {
			return err
		}
		state.Run, state.Took, state.Examined, state.Failed = tx.Now(), tx.Now().Sub(began), s.run.Examined, s.run.Failed
		state.Code, state.Message = s.run.Code, s.run.Message
		if s.o.Live {
			state.Live = s.lived
		}
		if fault != nil {
			state.Code, state.Message = sihe.CodeOf(fault), fault.Error()
		} else if s.run.Full {
			state.Full, state.Rules = began, s.c.rules()
		}
		return tx.SetChecked(s.c.Name, state)
	})
	return err
}
