package pipelines

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/pipelines/store"
)

// Checks says how checks run where their files do not. Zero fields take the defaults.
type Checks struct {
	Every   time.Duration // between two runs; default 5 min
	Window  time.Duration // documents that have not changed for longer are looked at on demand only; default 90 days
	Full    time.Duration // after which a run looks at all documents of the window, not only at what changed; default 24 h
	Calls   int           // of systems by one check in one run with Live; default 1,000. The next run goes on from there
	Repairs int           // at most so many repairs of one check in one run; default 20, negative: none by itself
	Repeats int           // at most so many repairs of one document in 24 h; default 3
}

func (c Checks) withDefaults() Checks {
	def(&c.Every, 5*time.Minute)
	def(&c.Window, 90*24*time.Hour)
	def(&c.Full, 24*time.Hour)
	def(&c.Calls, 1000)
	def(&c.Repairs, 20)
	def(&c.Repeats, 3)
	return c
}

// A CheckOrder asks for a run of checks.
type CheckOrder struct {
	Names  []string // empty: all
	All    bool     // all documents, however long ago they changed
	Now    bool     // also documents that changed just now: what is on its way counts as missing
	Live   bool     // also ask the systems on the right whether they still have what they stated
	Repair bool     // also what is not repaired by itself
	DryRun bool     // nothing is changed; with Repair it says what would be done
	By     By       // with Repair; who asks
}

// A CheckRun is what one run of one check came to.
type CheckRun struct {
	Check    string          `json:"check"`
	Label    canonical.Label `json:"label"`
	Full     bool            `json:"full"` // it looked at all documents, not only at what changed
	Examined int64           `json:"examined"`
	Failed   int64           `json:"failed"`            // documents that could not be examined
	Called   int64           `json:"called,omitempty"`  // systems, with Live
	Unasked  int64           `json:"unasked,omitempty"` // documents of systems that cannot be asked, or did not answer, with Live
	Opened   int             `json:"opened"`
	Closed   int             `json:"closed"`
	Standing store.Standing  `json:"standing"` // after it
	New      []store.Finding `json:"new,omitempty"`
	Repairs  []Repair        `json:"repairs,omitempty"`
	Code     sihe.Code       `json:"code,omitempty"` // of the first document that could not be examined
	Message  string          `json:"message,omitempty"`
}

// shownNew bounds the new findings that a run lists.
const shownNew = 100

// RunChecks runs checks now, one after the other, and returns what each came to. Runs wait for each other.
func (h *Hub) RunChecks(ctx context.Context, o CheckOrder) (all []CheckRun, err error) {
	plan := h.Plan()
	checks := h.workingChecks(plan)
	if len(o.Names) > 0 {
		checks = nil
		for _, name := range o.Names {
			c, ok := plan.Check(name)
			if !ok {
				return nil, sihe.Permanent(sihe.Errorf(sihe.CodeCheckUnknown, "run check %q: there is none of that name", name))
			}
			if idle := h.idleCheck(c); idle != "" {
				return nil, sihe.Permanent(sihe.Errorf(sihe.CodeCheckUnknown, "run check %s: %s", name, idle))
			}
			checks = append(checks, c)
		}
	}
	if o.Repair && (strings.TrimSpace(o.By.Who) == "" || strings.TrimSpace(o.By.Why) == "") {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeReasonMissing, "repair: a name and a reason are required"))
	}
	select {
	case h.checking <- struct{}{}:
		defer func() { <-h.checking }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := h.newFollower().follow(ctx); err != nil {
		return nil, err
	}
	for _, c := range checks {
		run, bad := h.runCheck(ctx, c, o)
		if bad != nil { // the others must not wait for this one to get well
			err = errors.Join(err, bad)
			continue
		}
		all = append(all, run)
	}
	return all, err
}

// idleCheck says why a check has nothing to compare, "" when it has.
func (h *Hub) idleCheck(c *Check) string {
	for _, s := range []Side{c.Left, c.Right} {
		if len(h.playing(s.Entity.Module)) == 0 {
			return "no system plays " + s.Entity.Module
		}
	}
	return ""
}

// workingChecks returns those that have something to compare.
func (h *Hub) workingChecks(p *Plan) []*Check {
	return slices.DeleteFunc(slices.Clone(p.Checks), func(c *Check) bool { return h.idleCheck(c) != "" })
}

// runCheck reports how it went: what it finds is as bad as not coming to an end.
func (h *Hub) runCheck(ctx context.Context, c *Check, o CheckOrder) (CheckRun, error) {
	s := &sweep{h: h, c: c, o: o, run: CheckRun{Check: c.Name, Label: c.Label}, window: h.o.Checks.Window}
	if o.All {
		s.window = 0
	}
	began := h.o.Now()
	err := s.all(ctx)
	if err == nil && o.Live {
		err = s.live(ctx)
	}
	if err == nil && (!o.DryRun || o.Repair) {
		err = s.repair(ctx)
	}
	if ctx.Err() != nil {
		return s.run, ctx.Err()
	}
	if !o.DryRun {
		if kept := s.keep(ctx, began, err); err == nil {
			err = kept
		}
	}
	if stands := h.o.Store.View(func(tx *store.Tx) (err error) { s.run.Standing, err = tx.Standing(c.Name); return err }); err == nil {
		err = stands
	}
	if o.DryRun {
		s.run.Standing = s.run.Standing.Plus(s.delta)
		return s.run, err
	}
	if err == nil {
		h.report(checkHealth(c.Name), s.run.fault())
	} else {
		h.report(checkHealth(c.Name), err)
	}
	return s.run, err
}

func checkHealth(name string) string { return "check:" + name }

// fault is why a check that came to its end is not well.
func (r CheckRun) fault() error {
	switch {
	case r.Failed > 0:
		return sihe.Errorf(r.Code, "check %s: %d documents cannot be examined: %s", r.Check, r.Failed, r.Message)
	case r.Standing.Total() > 0:
		return sihe.Errorf(sihe.CodeCheckFindings, "check %s: %d missing, %d different, %d extra, %d gone", r.Check, r.Standing.Missing, r.Standing.Different, r.Standing.Extra, r.Standing.Gone)
	}
	return nil
}
