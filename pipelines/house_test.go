package pipelines

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/store"
)

// A small house: CRM wins deals, ERP makes a job of each and tells CRM how it stands. Customers are copied to ERP.
var testEntities = fstest.MapFS{
	"crm/party.yaml": {Data: []byte(`
entity: party
module: crm
label: {en: Party, zh: 往来单位}
master: true
key: party_no
number: "P-{seq:4}"
copies: [erp]
fields:
  party_no: {type: text, label: {en: party_no, zh: party_no}}
  name:     {type: text, required: true, label: {en: name, zh: name}}
`)},
	"crm/deal.yaml": {Data: []byte(`
entity: deal
module: crm
label: {en: Deal, zh: 商机}
key: deal_no
number: "D-{seq:4}"
chain: self
fields:
  deal_no:    {type: text, label: {en: deal_no, zh: deal_no}}
  customer:   {type: ref, to: party, label: {en: customer, zh: customer}}
  currency:   {type: currency, default: "CNY", label: {en: currency, zh: currency}}
  amount:     {type: money, label: {en: amount, zh: amount}}
  rank:       {type: int, label: {en: rank, zh: rank}}
  note:       {type: text, label: {en: note, zh: note}}
  erp_status: {type: text, writer: erp, label: {en: erp_status, zh: erp_status}}
states:
  open: {label: {en: open, zh: open}, win: {to: won, label: {en: win, zh: win}}}
  won: {label: {en: won, zh: won}, lose: {to: lost, label: {en: lose, zh: lose}}}
  lost: {label: {en: lost, zh: lost}}
`)},
	"erp/job.yaml": {Data: []byte(`
entity: job
module: erp
label: {en: Job, zh: 作业}
key: job_no
number: "J-{seq:4}"
chain: deal_no
accepts: {create: [crm], stop: [crm]}
fields:
  job_no:   {type: text, label: {en: job_no, zh: job_no}}
  deal_no:  {type: ref, to: crm.deal, label: {en: deal_no, zh: deal_no}}
  customer: {type: text, label: {en: customer, zh: customer}}
  currency: {type: currency, default: "CNY", label: {en: currency, zh: currency}}
  amount:   {type: money, label: {en: amount, zh: amount}}
  rank:     {type: int, label: {en: rank, zh: rank}}
  progress: {type: text, label: {en: progress, zh: progress}}
  note:     {type: text, writer: oa, label: {en: note, zh: note}}
states:
  running: {label: {en: running, zh: running}, stop: {to: stopped, label: {en: stop, zh: stop}}}
  stopped: {label: {en: stopped, zh: stopped}}
`)},
}

var testMappings = fstest.MapFS{
	"deal-to-job.yaml": {Data: []byte(`
mapping: deal-to-job
from: crm.deal
to: erp.job
fields:
  deal_no: deal_no
  customer: customer
  currency: currency
  amount: amount
  rank: rank
`)},
	"deal-to-job-linked.yaml": {Data: []byte(`
mapping: deal-to-job-linked
from: crm.deal
to: erp.job
fields:
  deal_no: deal_no
  customer: xref("crm.party", customer ?? "none")
  rank: rank
`)},
	"deal-to-job-failing.yaml": {Data: []byte(`
mapping: deal-to-job-failing
from: crm.deal
to: erp.job
fields:
  deal_no: deal_no
  customer:
    value: xref("crm.party", customer ?? "none")
    on_missing: fail
`)},
	"deal-to-job-defaulted.yaml": {Data: []byte(`
mapping: deal-to-job-defaulted
from: crm.deal
to: erp.job
fields:
  deal_no: deal_no
  progress:
    value: xref("crm.party", note ?? "none")
    on_missing: default
    default: "nobody"
  customer: xref("crm.party", customer ?? "none")
`)},
	"job-to-deal.yaml": {Data: []byte(`
mapping: job-to-deal
from: erp.job
to: crm.deal
fields:
  erp_status: progress
`)},
}

// Pipelines that tests pick from.
const (
	dealToJob = `
pipeline: deal-to-job
label: {en: Deal to job, zh: 商机转作业}
from: crm.deal
on: [won, updated, created]
map: deal-to-job
to: erp.job
do: create
retry: {attempts: 50, longest: 100ms}
`
	dealWonToJob = `
pipeline: deal-to-job
label: {en: Deal to job, zh: 商机转作业}
from: crm.deal
on: [won]
map: deal-to-job
to: erp.job
do: create
`
	dealToJobNeeds = `
pipeline: deal-to-job
label: {en: Deal to job, zh: 商机转作业}
from: crm.deal
on: [won]
needs: {customer: erp}
map: deal-to-job
to: erp.job
do: create
deadline: 10s
`
	dealToJobLinked = `
pipeline: deal-to-job
label: {en: Deal to job, zh: 商机转作业}
from: crm.deal
on: [won]
map: deal-to-job-linked
to: erp.job
do: create
deadline: 10s
`
	jobToDeal = `
pipeline: job-to-deal
label: {en: Job to deal, zh: 作业写回商机}
from: erp.job
when: progress != null
map: job-to-deal
to: crm.deal
do: write_back
key: deal_no ?? ""
retry: {attempts: 50, longest: 100ms}
`
	partyToERP = `
pipeline: party-to-erp
label: {en: Party to ERP, zh: 往来单位同步}
from: crm.party
to: erp.party
do: copy
retry: {attempts: 50, longest: 100ms}
`
)

// A testHouse is a hub with its files, which survive power cuts.
type testHouse struct {
	t       testing.TB
	dir     string
	catalog *canonical.Catalog
	plan    *Plan
	set     *mappings.Set
	systems []System
	tune    func(*Options)

	bus   *bus.Embedded
	store *store.Store
	hub   *Hub
	stop  context.CancelFunc
	done  chan error
}

func newTestHouse(t testing.TB, files ...string) *testHouse {
	t.Helper()
	var f sihe.Findings
	h := &testHouse{t: t, dir: t.TempDir()}
	h.catalog = canonical.Load(&f, testEntities)
	h.set = mappings.Load(&f, h.catalog, testShapes{}, testMappings, productMappings)
	flows := fstest.MapFS{}
	for i, file := range files {
		flows["p"+string(rune('a'+i))+".yaml"] = &fstest.MapFile{Data: []byte(file)}
	}
	h.plan = Compile(&f, h.catalog, h.set, flows)
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.halt)
	return h
}

// start opens the files and runs the hub.
func (h *testHouse) start() {
	h.t.Helper()
	var err error
	if h.bus, err = bus.OpenEmbedded(filepath.Join(h.dir, "bus.db"), time.Now); err != nil {
		h.t.Fatal(err)
	}
	if h.store, err = store.Open(store.Options{Path: filepath.Join(h.dir, "hub.db"), Now: time.Now}); err != nil {
		h.t.Fatal(err)
	}
	out := io.Discard
	if os.Getenv("SIHE_TEST_LOG") != "" {
		out = os.Stderr
	}
	o := Options{
		Name: "test", Plan: h.plan, Catalog: h.catalog, Bus: h.bus, Store: h.store, Systems: h.systems,
		Now: time.Now, Zone: time.UTC, Log: slog.New(slog.NewTextHandler(out, nil)),
		Topics: Topics{Partitions: 4},
		Tuning: Tuning{FirstRetry: 2 * time.Millisecond, Settle: 5 * time.Millisecond, Poll: 20 * time.Millisecond, CommitEvery: time.Millisecond, Drain: time.Second, WriteTimeout: 5 * time.Second},
	}
	if h.tune != nil {
		h.tune(&o)
	}
	if h.hub, err = New(o); err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	h.stop, h.done = cancel, make(chan error, 1)
	go func(hub *Hub, done chan error) { done <- hub.Run(ctx) }(h.hub, h.done)
}

// halt stops the hub properly.
func (h *testHouse) halt() {
	if h.hub == nil {
		return
	}
	h.stop()
	if err := <-h.done; err != nil && !errors.Is(err, errAbandoned) {
		h.t.Errorf("run: %v", err)
	}
	h.close()
}

// cut drops the hub as a power cut would.
func (h *testHouse) cut() {
	h.hub.Abandon()
	<-h.done
	h.stop()
	h.close()
}

func (h *testHouse) close() {
	if err := h.bus.Close(); err != nil {
		h.t.Errorf("close bus: %v", err)
	}
	if err := h.store.Close(); err != nil {
		h.t.Errorf("close store: %v", err)
	}
	h.hub = nil
}

// eventually waits until the condition holds.
func (h *testHouse) eventually(what string, ok func() bool) {
	h.t.Helper()
	patience, pace := 15*time.Second, 2*time.Millisecond
	if _, bench := h.t.(*testing.B); bench {
		patience, pace = 5*time.Minute, 50*time.Millisecond
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(pace) {
		if ok() {
			return
		}
	}
	s, _ := h.hub.Status(context.Background())
	for _, x := range s.Streets {
		h.t.Logf("%s lag %d received %d %v", x.Name, x.Lag, x.Received, x.States)
	}
	for _, x := range s.Health {
		h.t.Logf("%+v", x)
	}
	for _, state := range store.States() {
		open, _ := h.hub.Open(state, Selection{})
		for _, d := range open {
			h.t.Logf("%s %s %s %s: %s %s %s", d.State, d.Pipeline, d.Subject, d.ID, d.Code, d.Path, d.Text)
		}
	}
	h.t.Fatalf("it never came to this: %s", what)
}

// street returns the status of one street.
func (h *testHouse) street(name string) StreetStatus {
	h.t.Helper()
	s, err := h.hub.Status(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, x := range s.Streets {
		if x.Name == name {
			return x
		}
	}
	h.t.Fatalf("there is no street %s", name)
	return StreetStatus{}
}

// count is how many events of a street are in a state.
func (h *testHouse) count(name string, state store.State) int64 { return h.street(name).States[state] }

// balanced fails the test unless every row of the balance closes (invariant 4).
func (h *testHouse) balanced() {
	h.t.Helper()
	rows, err := h.hub.Balance("", "")
	if err != nil {
		h.t.Fatal(err)
	}
	if len(rows) == 0 {
		h.t.Error("the balance is empty")
	}
	for _, r := range rows {
		if d := r.Difference(); d.Count != 0 || d.Amount.Sign() != 0 {
			h.t.Errorf("the balance does not close: %+v", r)
		}
		if r.InFlight().Count < 0 {
			h.t.Errorf("negative: %+v", r)
		}
	}
}
