package pipelines

import (
	"context"
	"errors"

	"github.com/sihehub/sihe/pipelines/store"
)

// The view tells what the systems said, not what they have: one that was restored from an old backup says nothing about what
// it has lost (RELIABILITY D11). Only asking it shows that.

// A question is whether a system still has a document that it stated.
type question struct {
	text   string // on which it met the left document
	left   string
	right  *facing
	system *system
}

var errOver = errors.New("enough was asked")

// silentAfter is how many systems' errors in a row end a run: they are not to be pressed.
const silentAfter = 3

// live asks the systems for the right documents of left ones, from where the run before ended, in the lane of checks and
// within the systems' own budgets.
func (s *sweep) live(ctx context.Context) error {
	var state store.Checked
	err := s.h.o.Store.View(func(tx *store.Tx) (err error) { state, err = tx.Checked(s.c.Name); return err })
	if err != nil {
		return err
	}
	s.lived = state.Live
	if s.o.All {
		s.lived = ""
	}
	errorsInRow := 0
	err = s.h.documents(ctx, s.c.Left.Entity, s.lived, func(docs []store.Document) error {
		for _, d := range docs {
			if !s.o.All && s.run.Called >= int64(s.h.o.Checks.Calls) {
				return errOver
			}
			asked, err := s.questions(d)
			if err != nil {
				return err
			}
			for _, q := range asked {
				ok, err := s.put(ctx, q)
				if err != nil {
					return err
				}
				if errorsInRow++; ok {
					errorsInRow = 0
				}
				if errorsInRow >= silentAfter {
					return errOver
				}
			}
			s.lived = d.Key
		}
		return nil
	})
	if errors.Is(err, errOver) {
		return nil
	}
	if err == nil {
		s.lived = "" // the next run begins anew
	}
	return err
}

// questions are what there is to ask about one left document. What cannot be read the check itself has counted.
func (s *sweep) questions(d store.Document) (all []question, err error) {
	err = s.h.o.Store.View(func(tx *store.Tx) error {
		all = nil
		left, text, meets, err := s.c.Left.read(s.h, d)
		if err == nil && meets {
			meets, err = s.c.Left.wants(s.h, left)
		}
		if err != nil || !meets {
			return err
		}
		rights, _, err := s.c.Right.meeting(s.h, tx, text)
		for _, r := range rights {
			system, ok := s.h.system(r.doc.System)
			if !ok || system.finder == nil {
				s.run.Unasked++
				continue
			}
			all = append(all, question{text: text, left: d.Key, right: r, system: system})
		}
		return err
	})
	if isIllegible(err) {
		return nil, nil
	}
	return all, err
}

// put asks one question and writes the answer down; ok says that there was one.
func (s *sweep) put(ctx context.Context, q question) (ok bool, err error) {
	entity := q.right.doc.Entity
	own, err := s.h.ownKey(q.system, entity, q.right.doc.Key)
	if err != nil {
		return false, err
	}
	pass, err := s.h.enter(ctx, q.system, LaneCheck)
	if err != nil {
		return false, err
	}
	if pass == nil { // it is left alone for now
		s.run.Unasked++
		return false, nil
	}
	call, cancel := s.h.outlast(ctx)
	defer cancel()
	there, err := findDocument(call, q.system, entity, own)
	pass.leave(call, entity+" "+own, err)
	s.run.Called++
	if err != nil {
		s.run.Unasked++
		return false, ctx.Err()
	}
	return true, s.heard(ctx, q, there)
}

func findDocument(ctx context.Context, s *system, entity, own string) (there bool, err error) {
	defer caught(&err)
	_, there, err = s.finder.Find(ctx, entity, own)
	return there, err
}

// heard keeps what a system answered.
func (s *sweep) heard(ctx context.Context, q question, there bool) error {
	f := store.Finding{Check: s.c.Name, Kind: store.FindingGone, By: q.text, Left: q.left, Right: q.right.doc.Key}
	f.Amount, f.Currency = amountOf(s.c.Right.Entity, q.right.value)
	var stands bool
	err := s.h.o.Store.View(func(tx *store.Tx) error {
		stands = false
		return tx.FindingsAt(s.c.Name, q.text, func(x store.Finding) (bool, error) {
			stands = stands || x.ID() == f.ID()
			return !stands, nil
		})
	})
	if err != nil || there != stands {
		return err
	}
	r := revision{closed: []store.Finding{f}}
	if !there {
		r = revision{open: []store.Finding{f}, fresh: []store.Finding{f}}
	}
	s.foresee(r)
	if s.o.DryRun {
		return nil
	}
	if _, err := s.h.o.Store.Update(ctx, func(tx *store.Tx) error { return s.comparison(tx).keep(r) }); err != nil {
		return err
	}
	s.run.Opened, s.run.Closed = s.run.Opened+len(r.fresh), s.run.Closed+len(r.closed)
	s.run.New = append(s.run.New, r.fresh[:min(len(r.fresh), shownNew-len(s.run.New))]...)
	return nil
}
