package pipelines

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// Everything at once: a target that fails and loses answers, a bus that loses them too, and a hub that dies at random
// steps. Nothing is lost, nothing is done twice, order holds, and the balance closes. SIHE_SEEDS sets how many seeds
// are tried, SIHE_SEED repeats one.
func TestChaos(t *testing.T) {
	seeds, first := 4, rand.Uint64()
	if n, err := strconv.Atoi(os.Getenv("SIHE_SEEDS")); err == nil {
		seeds = n
	}
	if n, err := strconv.ParseUint(os.Getenv("SIHE_SEED"), 10, 64); err == nil {
		seeds, first = 1, n
	}
	for i := range seeds {
		seed := first + uint64(i)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			oneChaos(t, seed)
		})
	}
}

func oneChaos(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 4))
	crm, erp := newTwin("crm", "crm", "D"), newTwin("erp", "erp", "J")
	erp.set(chaos(seed, 15, 15))
	h := newTestHouse(t, dealToJob, partyToERP)
	target := sihe.Connector(exact{erp})
	if seed%2 == 0 {
		target = found{erp}
	}
	h.systems = []System{crm.as(sayer{crm}), erp.as(target)}
	var mu sync.Mutex
	deadly := true
	dice := func(n int) bool { mu.Lock(); defer mu.Unlock(); return deadly && r.IntN(n) == 0 }
	h.tune = func(o *Options) {
		o.Bus = &shakyBus{Embedded: h.bus, r: rand.New(rand.NewPCG(seed, 5))}
		o.Tuning.Events = 16
		o.Failpoint = func(Step, string) error {
			if dice(60) {
				return errPower
			}
			return nil
		}
	}
	const deals, versions, parties = 6, 6, 6
	say := func(v int) {
		for d := range deals {
			no := fmt.Sprintf("D%d", d)
			crm.say("crm.deal", no, "updated", int64(v), deal(no, v))
			crm.say("crm.party", "P"+no, "updated", int64(v), party("P"+no, fmt.Sprint("Lin ", v)))
		}
	}
	done := func() bool {
		return h.count("deal-to-job", store.Delivered) == deals*versions && h.count("party-to-erp", store.Delivered) == parties*versions
	}
	for v := 1; v <= versions; v++ {
		say(v)
		h.start()
		h.eventually("it dies, or all is done", func() bool { return h.hub.dead.Load() || done() || dice(40) })
		h.cut()
	}
	mu.Lock()
	deadly = false
	mu.Unlock()
	h.start()
	h.eventually("all are delivered", done)
	h.balanced()
	inOrder(t, onlyJobs(erp), versions)
	copies := map[string]int{}
	for _, w := range erp.written() {
		if w.Do != sihe.DoCopy {
			continue
		}
		if copies[w.Key]++; w.Version != int64(copies[w.Key]) {
			t.Errorf("party %s: version %d came as number %d", w.Key, w.Version, copies[w.Key])
		}
	}
}

func onlyJobs(s *twin) *twin {
	jobs := newTwin(s.name, s.module, s.number)
	for _, w := range s.written() {
		if w.Do == sihe.DoCreate {
			jobs.effects = append(jobs.effects, w)
		}
	}
	return jobs
}
