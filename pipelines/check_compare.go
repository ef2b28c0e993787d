package pipelines

import (
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/store"
)

// A judgement is one thing that does not hold, whether or not it counts already.
type judgement struct {
	store.Finding
	young bool // a document of it changed just now: what is missing may be on its way
	old   bool // its left document has not changed for longer than the window
}

// A comparison is of what meets on one text for one check, in one transaction, without calling anybody.
type comparison struct {
	h      *Hub
	c      *Check
	tx     *store.Tx
	window time.Duration // 0: all documents
	now    bool          // no document is too young
}

// on returns everything that does not hold about a text.
func (j *comparison) on(text string) (all []judgement, err error) {
	rights, _, err := j.c.Right.meeting(j.h, j.tx, text)
	if err != nil {
		return nil, err
	}
	lefts, known, err := j.c.Left.meeting(j.h, j.tx, text)
	if err != nil {
		return nil, err
	}
	for _, l := range lefts {
		found, err := j.compare(text, l, rights)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	for i, r := range rights {
		orphan := !known && (j.c.Extra == ExtraOrphan || j.c.Extra == ExtraAny)
		second := known && i > 0 && (j.c.Extra == ExtraDouble || j.c.Extra == ExtraAny)
		if orphan || second {
			x := judgement{Finding: store.Finding{Check: j.c.Name, Kind: store.FindingExtra, By: text, Right: r.doc.Key, Second: second}, young: j.young(r), old: j.old(r)}
			x.Amount, x.Currency = amountOf(j.c.Right.Entity, r.value)
			all = append(all, x)
		}
	}
	return all, nil
}

// compare looks at one left document and everything that it meets.
func (j *comparison) compare(text string, l *facing, rights []*facing) ([]judgement, error) {
	x := judgement{Finding: store.Finding{Check: j.c.Name, Kind: store.FindingMissing, By: text, Left: l.doc.Key}, young: j.young(l), old: j.old(l)}
	if len(rights) == 0 {
		x.Amount, x.Currency = amountOf(j.c.Left.Entity, l.value)
		return []judgement{x}, nil
	}
	var all []judgement
	for _, r := range rights {
		d := x
		d.Kind, d.Right, d.young = store.FindingDifferent, r.doc.Key, x.young || j.young(r)
		for _, p := range j.c.Equal {
			u, same, err := j.pair(p, l, r)
			if err != nil {
				return nil, err
			}
			if same {
				continue
			}
			d.Fields = append(d.Fields, u)
			if money(p) && u.Difference != nil && (d.Amount == nil || magnitude(*u.Difference).Cmp(*d.Amount) > 0) {
				most := magnitude(*u.Difference)
				d.Amount = &most
				_, d.Currency = amountOf(j.c.Left.Entity, l.value)
			}
		}
		if len(d.Fields) > 0 {
			all = append(all, d)
		}
	}
	return all, nil
}

func (j *comparison) pair(p Pair, l, r *facing) (u store.Unequal, same bool, err error) {
	a, err := j.c.Left.eval(j.h, p.Left, l)
	if err != nil {
		return u, false, err
	}
	b, err := j.c.Right.eval(j.h, p.Right, r)
	if err != nil {
		return u, false, err
	}
	u = store.Unequal{Field: p.Name, Left: a.String(), Right: b.String()}
	if a.Equal(b) {
		return u, true, nil
	}
	if number(a) && number(b) {
		if d, err := a.Decimal().TrySub(b.Decimal()); err == nil {
			u.Difference = &d
		}
	}
	return u, false, nil
}

func number(v expr.Value) bool { return v.Kind() == expr.KindInt || v.Kind() == expr.KindDecimal }

// money says whether the pair compares amounts and not counts.
func money(p Pair) bool { return p.Left.Type().Kind == expr.KindDecimal }

func magnitude(d sihe.Decimal) sihe.Decimal {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}

func (j *comparison) young(f *facing) bool {
	return !j.now && !f.seen.IsZero() && j.tx.Now().Sub(f.seen) < j.c.Within
}

func (j *comparison) old(f *facing) bool {
	return j.window > 0 && (f.seen.IsZero() || j.tx.Now().Sub(f.seen) > j.window)
}

// A revision is what has to change in the store about one text.
type revision struct {
	open   []store.Finding // new, or with other values
	fresh  []store.Finding // of open, the new ones
	closed []store.Finding
}

func (r revision) empty() bool { return len(r.open)+len(r.closed) == 0 }

// revise compares what does not hold with what was found before. A finding stands until everything holds again, however
// young or old its documents are by then.
func (j *comparison) revise(text string) (r revision, err error) {
	all, err := j.on(text)
	if err != nil {
		return r, err
	}
	type id struct{ kind, left, right string }
	stands := map[id]store.Finding{}
	var order []id
	err = j.tx.FindingsAt(j.c.Name, text, func(f store.Finding) (bool, error) {
		k := id{f.Kind, f.Left, f.Right}
		stands[k] = f
		order = append(order, k)
		return true, nil
	})
	if err != nil {
		return r, err
	}
	for _, x := range all {
		k := id{x.Kind, x.Left, x.Right}
		before, found := stands[k]
		delete(stands, k)
		switch {
		case found && !sameValues(before, x.Finding):
			r.open = append(r.open, x.Finding)
		case !found && !x.young && !x.old:
			r.open = append(r.open, x.Finding)
			r.fresh = append(r.fresh, x.Finding)
		}
	}
	for _, k := range order {
		if f, over := stands[k]; over && f.Kind != store.FindingGone { // that only its system can say
			r.closed = append(r.closed, f)
		}
	}
	return r, nil
}

func sameValues(a, b store.Finding) bool {
	if len(a.Fields) != len(b.Fields) || a.Currency != b.Currency || (a.Amount == nil) != (b.Amount == nil) || a.Amount != nil && a.Amount.Cmp(*b.Amount) != 0 {
		return false
	}
	for i, u := range a.Fields {
		if v := b.Fields[i]; u.Field != v.Field || u.Left != v.Left || u.Right != v.Right {
			return false
		}
	}
	return true
}

// keep writes a revision down.
func (j *comparison) keep(r revision) error {
	for _, f := range r.closed {
		if err := j.tx.CloseFinding(f, j.ref(j.c.Left, f.Left), j.ref(j.c.Right, f.Right)); err != nil {
			return err
		}
	}
	for _, f := range r.open {
		if _, err := j.tx.OpenFinding(f, j.ref(j.c.Left, f.Left), j.ref(j.c.Right, f.Right)); err != nil {
			return err
		}
	}
	return nil
}

func (j *comparison) ref(s Side, key string) store.Ref {
	return store.Ref{Module: s.Entity.Module, Entity: s.Entity.FullName(), Key: key}
}
