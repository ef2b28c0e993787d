package pipelines

import (
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/mappings"
)

// The simulated company: CRM and ERP are native, a shop sends raw slips by webhook and is polled, the ledger only takes
// entries. Parties are copied, won deals become jobs, lost ones stop them, jobs are written back, slips become entries.
var simEntities = fstest.MapFS{
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
  rank:     {type: int, label: {en: rank, zh: rank}}
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
  currency: {type: currency, default: "CNY", label: {en: currency, zh: currency}}
  amount:   {type: money, label: {en: amount, zh: amount}}
  by:       {type: text, label: {en: by, zh: by}}
  again:    {type: text, label: {en: again, zh: again}}
  progress: {type: text, label: {en: progress, zh: progress}}
states:
  running: {label: {en: running, zh: running}, stop: {to: stopped, label: {en: stop, zh: stop}}}
  stopped: {label: {en: stopped, zh: stopped}}
`)},
	"oa/slip.yaml": {Data: []byte(`
entity: slip
module: oa
label: {en: Slip, zh: 单据}
key: slip_no
number: "S-{seq:4}"
fields:
  slip_no:  {type: text, label: {en: slip_no, zh: slip_no}}
  currency: {type: currency, default: "CNY", label: {en: currency, zh: currency}}
  total:    {type: money, label: {en: total, zh: total}}
  rank:     {type: int, label: {en: rank, zh: rank}}
`)},
	"finance/entry.yaml": {Data: []byte(`
entity: entry
module: finance
label: {en: Entry, zh: 分录}
key: entry_no
number: "E-{seq:4}"
accepts: {create: [oa]}
fields:
  entry_no: {type: text, label: {en: entry_no, zh: entry_no}}
  slip_no:  {type: ref, to: oa.slip, label: {en: slip_no, zh: slip_no}}
  currency: {type: currency, default: "CNY", label: {en: currency, zh: currency}}
  total:    {type: money, label: {en: total, zh: total}}
  rank:     {type: int, label: {en: rank, zh: rank}}
states:
  posted: {label: {en: posted, zh: posted}}
`)},
}

func simMappings(version string) fstest.MapFS {
	return fstest.MapFS{
		"deal-to-job.yaml": {Data: []byte(`
mapping: deal-to-job
from: crm.deal
to: erp.job
fields:
  deal_no: deal_no
  currency: currency
  amount: amount
  by: "` + version + `"
  again: "` + version + `"
`)},
		"deal-to-stop.yaml": {Data: []byte(`
mapping: deal-to-stop
from: crm.deal
to: erp.job
fields:
  by: "` + version + `"
  again: "` + version + `"
`)},
		"job-to-deal.yaml": {Data: []byte(`
mapping: job-to-deal
from: erp.job
to: crm.deal
fields:
  erp_status: progress
`)},
		"slip-to-entry.yaml": {Data: []byte(`
mapping: slip-to-entry
from: oa.slip
to: finance.entry
fields:
  slip_no: slip_no
  currency: currency
  total: total
  rank: rank
`)},
		"shop.yaml": {Data: []byte(`
mapping: shop-slip
from: shop/slip
to: oa.slip
fields:
  slip_no: no
  total: total
  rank: rank
`)},
	}
}

// Pipelines of the simulated company. RETRY and DEADLINE are filled in.
var simPipelines = []string{`
pipeline: party-to-erp
label: {en: Party to ERP, zh: 往来单位同步}
from: crm.party
to: erp.party
do: copy
retry: RETRY
`, `
pipeline: deal-to-job
label: {en: Deal to job, zh: 商机转作业}
from: crm.deal
on: [won]
needs: {customer: erp}
map: deal-to-job
to: erp.job
do: create
deadline: DEADLINE
retry: RETRY
`, `
pipeline: job-to-deal
label: {en: Job to deal, zh: 作业写回商机}
from: erp.job
when: progress != null
map: job-to-deal
to: crm.deal
do: write_back
key: deal_no ?? ""
retry: RETRY
`, `
pipeline: slip-to-entry
label: {en: Slip to entry, zh: 单据转分录}
from: oa.slip
map: slip-to-entry
to: finance.entry
do: create
retry: RETRY
`, `
pipeline: deal-to-stop
label: {en: Stop the job, zh: 停止作业}
from: crm.deal
on: [lost]
map: deal-to-stop
to: erp.job
do: stop
key: deal_no
retry: RETRY
`}

// simShapes knows what the shop sends.
type simShapes struct{}

func (simShapes) Shape(name string) (*expr.Type, bool) {
	if name != "shop/slip" {
		return nil, false
	}
	money := expr.MoneyType(2, "")
	money.Nullable = true
	return expr.RecordType(
		expr.Field{Name: "no", Type: &expr.Type{Kind: expr.KindText}}, expr.Field{Name: "total", Type: money},
		expr.Field{Name: "rank", Type: &expr.Type{Kind: expr.KindInt, Nullable: true}},
	), true
}

// simFiles are compiled once for all seeds.
type simFiles struct {
	catalog *canonical.Catalog
	plans   map[string]*Plan // by temper, version and with or without the last pipeline
	shop    map[string]*mappings.Mapping
}

// Tempers of retrying.
const (
	lenient = "lenient" // many attempts
	curt    = "curt"    // few: retries are exhausted
)

var simCompiled = sync.OnceValues(func() (*simFiles, error) {
	var f sihe.Findings
	s := &simFiles{catalog: canonical.Load(&f, simEntities), plans: map[string]*Plan{}}
	for _, version := range []string{"v1", "v2"} {
		set := mappings.Load(&f, s.catalog, simShapes{}, simMappings(version))
		if m, ok := set.Mapping("shop-slip"); ok {
			s.shop = map[string]*mappings.Mapping{"shop/slip": m}
		}
		for temper, fill := range map[string]*strings.Replacer{
			lenient: strings.NewReplacer("RETRY", "{attempts: 30, longest: 20s}", "DEADLINE", "10m"),
			curt:    strings.NewReplacer("RETRY", "{attempts: 3, longest: 2s}", "DEADLINE", "8s"),
		} {
			for _, n := range []int{len(simPipelines), len(simPipelines) - 1} {
				flows := fstest.MapFS{}
				for _, p := range simPipelines[:n] {
					name, _, _ := strings.Cut(strings.TrimPrefix(p, "\npipeline: "), "\n")
					flows[name+".yaml"] = &fstest.MapFile{Data: []byte(fill.Replace(p))}
				}
				s.plans[planName(temper, version, n == len(simPipelines))] = Compile(&f, s.catalog, set, flows)
			}
		}
	}
	return s, f.Err()
})

func planName(temper, version string, whole bool) string {
	if whole {
		return temper + version
	}
	return temper + version + "-"
}

const simDay = 24 * time.Hour
