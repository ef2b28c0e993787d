package pipelines

import (
	"context"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A Repair is what a run did about one finding, or why it did nothing.
type Repair struct {
	Kind     string `json:"kind"`
	Left     string `json:"left"`
	Right    string `json:"right,omitempty"`
	Pipeline string `json:"pipeline,omitempty"`
	Event    string `json:"event,omitempty"`
	Action   Action `json:"action"`
	Text     string `json:"text,omitempty"`
}

// An Action is what is done about a finding. Only the first three change something.
type Action string

// Actions.
const (
	ActReplay  Action = "replayed"   // the event goes its way through the pipeline once more
	ActResend  Action = "resent"     // the owner's values are written again
	ActPark    Action = "parked"     // a person is to look at it
	ActAlert   Action = "alert"      // the check only tells
	ActWait    Action = "waits"      // its delivery is under way, or parked already
	ActCommand Action = "on_command" // the target has confirmed or refused it: only a person lets it be sent again
	ActLimit   Action = "limit"      // repaired so often in a day that it is left to a person
	ActNothing Action = "no_event"   // no event of the document is for the pipeline
	ActThere   Action = "there"      // the target has it, though nobody has told the hub
	ActDouble  Action = "may_double" // the target can neither recognise nor find what it was sent
)

// changes says whether the action does something.
func (a Action) changes() bool { return a == ActReplay || a == ActResend || a == ActPark }

// repair lets what is wrong be put right by those who own it. What a check does by itself is bounded three times: by the
// number of repairs of one run, by those of one document in a day, and by never sending again what the target has
// confirmed or refused (RELIABILITY D11): that takes a person's command.
func (s *sweep) repair(ctx context.Context) error {
	left := s.h.o.Checks.Repairs
	if s.o.Repair {
		left = maxCommanded
	}
	var place []byte
	for left > 0 {
		var batch []store.Finding
		err := s.h.o.Store.View(func(tx *store.Tx) error {
			batch = nil
			return tx.Findings(s.c.Name, place, func(x store.Finding, at []byte) (bool, error) {
				batch, place = append(batch, x), at
				return len(batch) < followBatch, nil
			})
		})
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			if s.o.DryRun { // what it would have found is not in the store
				_, err = s.mendAll(ctx, s.run.New, left)
			}
			return err
		}
		if left, err = s.mendAll(ctx, batch, left); err != nil {
			return err
		}
	}
	return nil
}

// mendAll returns how many repairs are left.
func (s *sweep) mendAll(ctx context.Context, all []store.Finding, left int) (int, error) {
	for _, f := range all {
		if left <= 0 {
			break
		}
		did, err := s.mend(ctx, f)
		if err != nil {
			return left, err
		}
		for _, r := range did {
			if r.Action.changes() {
				left--
			}
		}
		if len(s.run.Repairs) < shownNew {
			s.run.Repairs = append(s.run.Repairs, did...)
		}
	}
	return left, nil
}

// maxCommanded bounds the repairs that one command may ask for of one check.
const maxCommanded = 1000

// remedies returns the pipelines that could put a finding right, and how.
func (c *Check) remedies(kind string) ([]*Pipeline, Action) {
	switch {
	case (kind == store.FindingMissing || kind == store.FindingGone) && c.Missing == MissingReplay:
		return c.Replay, ActReplay
	case kind == store.FindingMissing && c.Missing == MissingPark:
		return c.Replay, ActPark
	case kind == store.FindingDifferent && c.Different == DifferentWriteBack:
		return c.Resend, ActResend
	}
	return nil, ActAlert
}

func (s *sweep) mend(ctx context.Context, f store.Finding) (all []Repair, err error) {
	pipelines, action := s.c.remedies(f.Kind)
	none := Repair{Kind: f.Kind, Left: f.Left, Right: f.Right, Action: ActAlert}
	if action == ActAlert {
		return nil, nil // that it stands is told already
	}
	for _, p := range pipelines {
		d, ok := s.h.deliverer(p.Name)
		if !ok {
			continue // no system plays the module
		}
		r := none
		r.Pipeline = p.Name
		m := &mending{sweep: s, f: f, d: d, r: r}
		if err := m.run(ctx, action); err != nil {
			return all, err
		}
		all = append(all, m.r)
	}
	return all, nil
}

// A mending is one attempt to put one finding right through one pipeline.
type mending struct {
	*sweep
	f store.Finding
	d *deliverer
	r Repair
	p *parcel // the event that is sent again
}

func (m *mending) run(ctx context.Context, action Action) (err error) {
	if m.p, err = m.d.lastWanted(ctx, m.c.Left.Entity.FullName(), m.f.Left); err != nil {
		return err
	}
	if m.p == nil {
		m.r.Action = ActNothing
		return nil
	}
	m.r.Event = m.p.id
	if refused, err := m.allowed(action); err != nil || refused != "" {
		m.r.Action = refused
		return err
	}
	if action == ActReplay {
		if refused, err := m.safe(ctx); err != nil || refused != "" {
			m.r.Action = refused
			return err
		}
	}
	if m.r.Action = action; m.o.DryRun {
		return nil
	}
	did := action
	_, err = m.h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		did = action
		refused, rec, err := m.permits(tx, action)
		if err != nil || refused != "" {
			did = refused
			return nil, err
		}
		return m.act(tx, action, rec)
	})
	m.r.Action = did
	return err
}

func (m *mending) allowed(action Action) (refused Action, err error) {
	err = m.h.o.Store.View(func(tx *store.Tx) error {
		refused, _, err = m.permits(tx, action)
		return err
	})
	return refused, err
}

// permits says why there is nothing to be done now, "" when there is, and returns what became of the event so far: nil
// when the pipeline never saw it.
func (m *mending) permits(tx *store.Tx, action Action) (refused Action, rec *store.Delivery, err error) {
	stands, err := m.stands(tx)
	if err != nil || !stands {
		return ActWait, nil, err // it holds by now, or something has just happened to it
	}
	rec, found, err := tx.Delivery(m.p.part, m.p.id)
	if err != nil {
		return "", nil, err
	}
	tries, err := tx.TriesOf(m.f)
	if err != nil {
		return "", nil, err
	}
	switch {
	case found && !rec.State.Final():
		m.r.Text = string(rec.State) + " " + string(rec.Code)
		return ActWait, nil, nil
	case m.o.Repair:
	case len(tries) >= m.h.o.Checks.Repeats:
		return ActLimit, nil, nil
	case m.f.Kind == store.FindingGone, found && action == ActReplay && rec.State != store.Filtered, found && rec.State == store.Rejected:
		m.r.Text = strings.TrimSpace(string(rec.State) + " " + string(rec.Code))
		return ActCommand, nil, nil
	}
	if !found {
		rec = nil
	}
	return "", rec, nil
}

// stands looks once more whether the finding is still one. What is gone only its system can say, and just has.
func (m *mending) stands(tx *store.Tx) (bool, error) {
	if m.f.Kind == store.FindingGone {
		return true, nil
	}
	all, err := m.comparison(tx).on(m.f.By)
	if isIllegible(err) {
		return false, nil
	}
	i := slices.IndexFunc(all, func(x judgement) bool { return x.ID() == m.f.ID() })
	return err == nil && i >= 0 && !all[i].young, err
}

// act puts the event back into the lane of its subject: from there it goes the way of every other one, past dedupe, gate,
// echo and brake. The write that it leads to has the id of the first one, so that a target that recognises ids makes
// nothing twice.
func (m *mending) act(tx *store.Tx, action Action, rec *store.Delivery) ([]store.Part, error) {
	by := m.o.By
	if by.Who == "" {
		by = By{Who: "check " + m.c.Name, Why: m.f.Kind + " since " + m.f.Since.UTC().Format("2006-01-02T15:04:05Z")}
	}
	if err := by.audit(tx, "repair", m.d.p.Name+"/"+m.p.id); err != nil {
		return nil, err
	}
	if err := tx.Tried(m.f, store.Try{Action: string(action), Pipeline: m.d.p.Name, Event: m.p.id, Who: by.Who}); err != nil {
		return nil, err
	}
	to, why := store.Waiting, store.Why{Code: sihe.CodeCheckRepair, Text: m.c.Name}
	if action == ActPark {
		to, why.Code = store.Parked, sihe.CodeCheckMissing
	}
	if rec != nil && rec.Target != nil {
		if err := tx.Touched(*rec.Target, "check "+m.c.Name); err != nil { // else it would be taken for an echo
			return nil, err
		}
	}
	parts := []store.Part{m.p.part}
	if rec == nil {
		rec = m.d.received(m.p)
		rec.Lane = LaneCheck.String()
		return parts, tx.Hold(rec, m.p.message, to, why, dueAt(tx, to))
	}
	rec.Lane = LaneCheck.String()
	return parts, tx.Reopen(rec, m.p.message, to, why)
}

// safe asks before something is made that may be there: a target that recognises ids makes nothing twice; one that can be
// asked is asked; any other is left to people.
func (m *mending) safe(ctx context.Context) (refused Action, err error) {
	pl := m.d.plan(m.p)
	if pl.to != store.Writing || pl.system == nil {
		return "", nil // it makes nothing now; the street says why
	}
	if pl.system.idempotent() {
		return "", nil
	}
	if pl.system.finder == nil {
		return ActDouble, nil
	}
	pass, err := m.h.enter(ctx, pl.system, LaneCheck)
	if err != nil || pass == nil {
		return ActWait, err
	}
	call, cancel := m.h.outlast(ctx)
	defer cancel()
	r, there, err := find(call, pl.system.finder, pl.write)
	pass.leave(call, pl.write.Entity+" "+pl.write.ID, err)
	switch {
	case err != nil:
		m.r.Text = whyOf(err).Text
		return ActWait, nil
	case there:
		m.r.Text = strings.TrimSpace(pl.system.Name + " " + r.Key)
		return ActThere, nil
	}
	return "", nil
}
