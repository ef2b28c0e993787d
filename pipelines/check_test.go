package pipelines

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// Checks that tests pick from.
const (
	dealHasJob = `
check: deal-has-job
left: {entity: crm.deal, when: state == "won"}
right: {entity: erp.job, by: deal_no}
within: 1s
equal: {amount: amount, rank: rank}
missing: replay
extra: any
`
	jobInDeal = `
check: job-in-deal
left: {entity: erp.job, when: progress != null, by: deal_no}
right: {entity: crm.deal, by: deal_no}
within: 1s
equal: {progress: erp_status}
`
)

// A checkHouse is a test house whose checks take a document for old enough after a millisecond.
type checkHouse struct {
	*testHouse
	crm, erp *twin
}

func newCheckHouse(t *testing.T, files ...string) *checkHouse {
	h := &checkHouse{testHouse: newTestHouse(t, files...), crm: newTwin("crm", "crm", "D"), erp: newTwin("erp", "erp", "J")}
	h.systems = []System{h.crm.as(exact{h.crm}), h.erp.as(exact{h.erp})}
	h.tune = func(o *Options) { o.Checks = Checks{Every: time.Hour} }
	for _, c := range h.plan.Checks {
		c.Within = time.Millisecond
	}
	return h
}

func (h *checkHouse) deal(no, state, amount string, version int64) {
	h.crm.say("crm.deal", no, state, version, map[string]any{"deal_no": no, "currency": "CNY", "amount": amount, "rank": 1, "state": state, "version": version})
}

func (h *checkHouse) job(no, deal, amount string, version int64) {
	h.erp.say("erp.job", no, "running", version, map[string]any{"job_no": no, "deal_no": deal, "currency": "CNY", "amount": amount, "rank": 1, "state": "running", "version": version})
}

// known waits until the view has so many documents, all of them settled.
func (h *checkHouse) known(entity string, want int) {
	h.t.Helper()
	h.eventually(fmt.Sprintf("the view has %d of %s", want, entity), func() bool {
		kinds, err := h.hub.Kinds()
		return err == nil && slices.ContainsFunc(kinds, func(k Kind) bool { return k.Entity == entity && k.Count == want })
	})
}

func (h *checkHouse) run(o CheckOrder) CheckRun {
	h.t.Helper()
	time.Sleep(2 * time.Millisecond) // old enough
	runs, err := h.hub.RunChecks(h.t.Context(), o)
	if err != nil || len(runs) != 1 {
		h.t.Fatal(runs, err)
	}
	return runs[0]
}

// found lists what stands, shortly.
func (h *checkHouse) found() (all []string) {
	h.t.Helper()
	page, err := h.hub.Findings(FindingQuery{})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range page.Items {
		all = append(all, shortly(f))
	}
	return all
}

func shortly(f store.Finding) string {
	s := fmt.Sprintf("%s %s %s", f.Kind, f.Left, f.Right)
	if f.Second {
		s += " second"
	}
	for _, u := range f.Fields {
		s += fmt.Sprintf(" %s %s/%s", u.Field, u.Left, u.Right)
		if u.Difference != nil {
			s += " " + u.Difference.String()
		}
	}
	if f.Amount != nil {
		s += " " + f.Amount.String() + " " + f.Currency
	}
	return strings.Join(strings.Fields(s), " ")
}

func TestCheckFindsWhatIsMissingDifferentAndExtra(t *testing.T) {
	h := newCheckHouse(t, dealHasJob, dealWonToJobNever)
	h.deal("D1", "won", "100.00", 1)
	h.deal("D2", "won", "200.00", 1) // has no job
	h.deal("D3", "won", "300.00", 1) // has one of another amount
	h.deal("D4", "lost", "400.00", 1)
	h.job("J1", "D1", "100.00", 1)
	h.job("J3", "D3", "299.00", 1)
	h.job("J4", "D4", "400.00", 1) // of a deal that has moved on
	h.job("J8", "D1", "100.00", 1) // the second one
	h.job("J9", "D9", "900.00", 1) // of a deal that nobody knows
	h.start()
	h.known("crm.deal", 4)
	h.known("erp.job", 5)
	first := h.run(CheckOrder{})
	want := []string{"extra J8 second 100.00 CNY", "missing D2 200.00 CNY", "different D3 J3 amount 300.00/299.00 1.00 1.00 CNY", "extra J9 900.00 CNY"}
	if diff := cmp.Diff(want, h.found()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	stands := store.Standing{Missing: 1, Different: 1, Extra: 2, Amounts: map[string]sihe.Decimal{"CNY": sihe.MustDecimal("1201.00")}}
	if diff := cmp.Diff(stands, first.Standing); diff != "" || !first.Full || first.Opened != 4 || first.Failed != 0 {
		t.Errorf("%+v %s", first, diff)
	}
	if x := h.hub.healthOf("check:deal-has-job"); x == nil || x.OK || x.Code != sihe.CodeCheckFindings {
		t.Errorf("health: %+v", x)
	}
	h.job("J2", "D2", "200.00", 1)
	h.job("J3", "D3", "300.00", 2)
	h.job("J9", "D4", "400.00", 2) // now it is a second one of another deal
	h.known("erp.job", 6)
	h.eventually("the last state is known", func() bool { d, err := h.hub.Get("erp.job", "J9"); return err == nil && d.Version == 2 })
	second := h.run(CheckOrder{})
	if diff := cmp.Diff([]string{"extra J8 second 100.00 CNY", "extra J9 second 400.00 CNY"}, h.found()); diff != "" || second.Full {
		t.Errorf("%+v -want +got\n%s", second, diff)
	}
	if second.Opened != 1 || second.Closed != 3 {
		t.Errorf("%+v", second)
	}
	lines, err := h.hub.Activity(0, 1000)
	told := map[string]int{}
	for _, l := range lines {
		if l.Kind == store.KindCheck {
			told[l.Name+" "+string(l.Code)+" "+l.Key]++
		}
	}
	for _, l := range []string{"found CHECK_MISSING D2", "holds CHECK_MISSING D2", "found CHECK_DIFFERENT D3", "holds CHECK_DIFFERENT D3", "found CHECK_EXTRA J9"} {
		if told[l] == 0 || err != nil {
			t.Errorf("nobody was told: %s (%v, %v)", l, told, err)
		}
	}
}

// It listens to an event that never comes.
const dealWonToJobNever = `
pipeline: deal-to-job
from: crm.deal
on: [lost]
when: rank == 99
map: deal-to-job
to: erp.job
do: create
`

func TestCheckLooksOnlyAtWhatChanged(t *testing.T) {
	h := newCheckHouse(t, dealHasJob, dealWonToJobNever)
	for i := range 50 {
		no := fmt.Sprintf("%02d", i)
		h.deal("D"+no, "won", "1.00", 1)
		h.job("J"+no, "D"+no, "1.00", 1)
	}
	h.start()
	h.known("crm.deal", 50)
	h.known("erp.job", 50)
	if r := h.run(CheckOrder{}); r.Opened != 0 || r.Examined != 100 {
		t.Fatalf("%+v", r)
	}
	h.run(CheckOrder{}) // the changes from before the first run
	h.job("J07", "D07", "2.00", 2)
	h.eventually("it is known", func() bool { d, err := h.hub.Get("erp.job", "J07"); return err == nil && d.Version == 2 })
	for _, r := range []CheckRun{h.run(CheckOrder{DryRun: true}), h.run(CheckOrder{})} {
		if r.Full || r.Opened != 1 || r.Standing.Different != 1 || len(r.New) != 1 || r.New[0].Right != "J07" {
			t.Errorf("%+v", r)
		}
	}
	h.halt()
	h.start()
	h.job("J08", "D07", "1.00", 2) // D08 has lost it, D07 has two
	h.eventually("it is known", func() bool { d, err := h.hub.Get("erp.job", "J08"); return err == nil && d.Version == 2 })
	if r := h.run(CheckOrder{}); r.Full {
		t.Errorf("after a restart everything is looked at: %+v", r)
	}
	want := []string{"different D07 J07 amount 1.00/2.00 -1.00 1.00 CNY", "extra J08 second 1.00 CNY", "missing D08 1.00 CNY"}
	if diff := cmp.Diff(want, h.found()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	h.plan.Checks[0].Missing = MissingAlert
	h.plan.Checks[0].Extra = ExtraIgnore // the file has changed: everything again
	if r := h.run(CheckOrder{}); !r.Full || r.Standing.Extra != 0 || r.Standing.Missing != 1 {
		t.Errorf("%+v", r)
	}
}

func TestCheckLetsYoungAndOldDocumentsBe(t *testing.T) {
	h := newCheckHouse(t, dealHasJob, dealWonToJobNever)
	h.plan.Checks[0].Within = time.Hour
	h.deal("D1", "won", "1.00", 1)
	h.start()
	h.known("crm.deal", 1)
	if r := h.run(CheckOrder{}); r.Opened != 0 {
		t.Errorf("a document of now is missed: %+v", r)
	}
	all, err := h.hub.ExplainCheck("D1")
	if err != nil || len(all) != 1 || all[0].Holds || !all[0].Pending {
		t.Errorf("%+v, %v", all, err)
	}
	h.plan.Checks[0].Within = time.Millisecond
	h.hub.o.Checks.Window = time.Nanosecond
	if r := h.run(CheckOrder{}); r.Opened != 0 || !r.Full {
		t.Errorf("a document from before the window is missed: %+v", r)
	}
	if r := h.run(CheckOrder{All: true}); r.Opened != 1 {
		t.Errorf("%+v", r)
	}
	if r := h.run(CheckOrder{}); r.Closed != 0 || r.Standing.Missing != 1 {
		t.Errorf("what was found is forgotten: %+v", r)
	}
}

func TestCheckWithoutASystemIsIdle(t *testing.T) {
	h := newCheckHouse(t, dealHasJob, dealWonToJobNever)
	h.systems = h.systems[:1] // nobody plays ERP
	h.deal("D1", "won", "1.00", 1)
	h.start()
	h.known("crm.deal", 1)
	if runs, err := h.hub.RunChecks(t.Context(), CheckOrder{Now: true}); err != nil || len(runs) != 0 {
		t.Errorf("%+v, %v", runs, err)
	}
	if _, err := h.hub.RunChecks(t.Context(), CheckOrder{Names: []string{"deal-has-job"}}); sihe.CodeOf(err) != sihe.CodeCheckUnknown {
		t.Errorf("by name: %v", err)
	}
	if all, err := h.hub.Checks(); err != nil || len(all) != 1 || all[0].Idle != "no system plays erp" {
		t.Errorf("%+v, %v", all, err)
	}
}

// A document that cannot be looked at is counted and named; the others are looked at all the same.
func TestCheckGoesOnPastADocumentThatItCannotRead(t *testing.T) {
	h := newCheckHouse(t, dealHasJob, dealWonToJobNever)
	h.deal("D1", "won", "1.00", 1)
	h.deal("D2", "won", "2.00", 1)
	h.start()
	h.known("crm.deal", 2)
	_, err := h.store.Update(t.Context(), func(tx *store.Tx) error {
		d, _, err := tx.Document("crm.deal", "D1")
		if err != nil {
			return err
		}
		d.Event, d.Version, d.Data = "other", 2, []byte(`{"deal_no": 5}`)
		_, err = tx.Observe(d)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r := h.run(CheckOrder{})
	if r.Failed != 1 || r.Code == "" || r.Standing.Missing != 1 || len(r.New) != 1 || r.New[0].Left != "D2" {
		t.Errorf("%+v", r)
	}
	if x := h.hub.healthOf("check:deal-has-job"); x == nil || x.OK || x.Code != r.Code {
		t.Errorf("health: %+v", x)
	}
}
