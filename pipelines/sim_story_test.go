package pipelines

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sihehub/sihe"
)

// simLoop is the deal and job about which CRM and ERP answer each other until the hop budget ends it.
const simLoop = "Dloop"

// A simStep is one thing that happens at its time.
type simStep struct {
	at time.Duration
	do func()
}

// An agenda is what the director plays.
type agenda struct {
	w     *simWorld
	span  time.Duration
	steps []simStep
}

func (a *agenda) at(t time.Duration, do func()) { a.steps = append(a.steps, simStep{t, do}) }

// moment returns a time of the story.
func (a *agenda) moment() time.Duration { return time.Duration(a.w.r.Int64N(int64(a.span))) }

func (a *agenda) chance(percent int) bool { return a.w.r.IntN(100) < percent }

func (a *agenda) play() {
	slices.SortStableFunc(a.steps, func(x, y simStep) int { return cmp.Compare(x.at, y.at) })
	began := time.Now()
	for _, s := range a.steps {
		a.w.until(began.Add(s.at))
		s.do()
	}
	a.w.until(began.Add(a.span))
}

// later returns rising times.
func (a *agenda) later(n int) []time.Duration {
	all := make([]time.Duration, n)
	for i := range all {
		all[i] = a.moment()
	}
	slices.Sort(all)
	return all
}

// story fills the agenda with what the company does.
func (a *agenda) story() {
	w := a.w
	parties := 1 + w.r.IntN(2)
	for p := range parties {
		no := fmt.Sprint("P", p)
		for v, at := range a.later(1 + w.r.IntN(3)) {
			rank := map[string]any{"party_no": no, "rank": 2*v + 1}
			if a.chance(30) {
				a.at(at, func() {
					w.crm.swapped("crm.party", no, rank, map[string]any{"party_no": no, "rank": 2*v + 2})
				})
				continue
			}
			a.at(at, func() { w.crm.say("crm.party", no, "updated", sihe.Write{}, rank) })
		}
	}
	for d := range 1 + w.r.IntN(2) {
		a.deal(fmt.Sprint("D", d), fmt.Sprint("P", w.r.IntN(parties+1))) // the last one is said only in the end
	}
	for s := range 1 + w.r.IntN(2) {
		no := fmt.Sprint("S", s)
		for v, at := range a.later(1 + w.r.IntN(3)) {
			late := time.Duration(0)
			if a.chance(30) {
				late = time.Duration(w.r.Int64N(int64(overlap - 2*time.Second)))
			}
			send := !w.shopPolled || a.chance(70)
			a.at(at, func() { w.shop.slip(no, int64(v+1), late, send) })
		}
	}
	if a.chance(20) {
		a.at(a.moment(), func() { w.shop.slip(simBad, 1, 0, true) })
	}
	if w.loop {
		at := a.moment() / 2
		a.at(at, func() {
			w.crm.say("crm.deal", simLoop, "won", sihe.Write{}, map[string]any{"deal_no": simLoop, "currency": "CNY", "amount": "7.00", "state": "won"})
		})
		a.at(at+time.Second, func() {
			w.crm.say("crm.deal", simLoop, "lost", sihe.Write{}, map[string]any{"state": "lost"})
		})
	}
}

// deal is opened, perhaps won, perhaps lost; its job goes on meanwhile.
func (a *agenda) deal(no, customer string) {
	w := a.w
	names := []string{"open", "updated", "won", "lost"}[:1+w.r.IntN(4)]
	for i, at := range a.later(len(names)) {
		set := map[string]any{"deal_no": no, "customer": customer, "currency": "CNY", "amount": fmt.Sprintf("%d00.00", i+1), "state": "open"}
		if i > 1 {
			set["state"] = names[i]
		}
		a.at(at, func() { w.crm.say("crm.deal", no, names[i], sihe.Write{}, set) })
	}
	for i, at := range a.later(w.r.IntN(4)) {
		progress := fmt.Sprint("p", i/2) // now and then the same again
		a.at(at, func() {
			if w.erp.has("erp.job", no) {
				w.erp.say("erp.job", no, "updated", sihe.Write{CorrelationID: no}, map[string]any{"progress": progress})
			}
		})
	}
}

func (s *simServer) has(entity, key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.docs[entity+"/"+key] != nil
}

var sinner = By{Who: "sim", Why: "the story wants it"}

// trouble fills the agenda with what goes wrong around the hub, and with what people do.
func (a *agenda) trouble() {
	w := a.w
	for range w.r.IntN(3) {
		a.at(a.moment(), func() {
			if !w.immortal.Load() {
				w.life.die("at its hour")
			}
		})
	}
	for range w.r.IntN(2) {
		a.at(a.moment(), w.restart)
	}
	if a.chance(30) {
		a.at(a.moment(), func() { w.syncFail.Store(true) })
	}
	a.clock()
	a.people()
	for range w.r.IntN(3) {
		a.ghost()
	}
	if a.chance(25) {
		a.gap()
	}
	for _, s := range []string{"crm", "erp", "finance"} {
		if a.chance(20) {
			from := a.moment()
			a.at(from, func() { w.outage.Store(s, true) })
			a.at(from+time.Duration(w.r.Int64N(int64(20*time.Second))), func() { w.outage.Delete(s) })
		}
	}
	if a.chance(40) {
		keys := []string{"P0", "D0", "S0", "D1"}
		key := keys[w.r.IntN(len(keys))]
		w.poison.Store(key, true)
		a.at(a.moment(), func() { w.poison.Delete(key) })
	}
	if a.chance(20) {
		w.no.Store("S1", true)
	}
}

// clock sets the wall clock wrong, by a second or by years, and right again.
func (a *agenda) clock() {
	w := a.w
	if !a.chance(40) {
		return
	}
	by := []time.Duration{time.Second, time.Minute, time.Hour, 30 * simDay, 3000 * simDay}[w.r.IntN(5)]
	if a.chance(50) {
		by = -by
	}
	w.skewed, w.hourly = true, by.Abs() < simDay
	from := a.moment()
	a.at(from, func() { w.skew.Store(int64(by / time.Second)); w.some("clock set") })
	if a.chance(70) {
		a.at(from+time.Duration(w.r.Int64N(int64(a.span))), func() { w.skew.Store(0) })
	}
}

// people pause and resume, replay what is parked, and change the files.
func (a *agenda) people() {
	w := a.w
	ctx := context.Background()
	streets := []string{"party-to-erp", "deal-to-job", "job-to-deal", "slip-to-entry", "normalise:shop", "normalise:crm"}
	for range w.r.IntN(3) {
		name, from := streets[w.r.IntN(len(streets))], a.moment()
		a.at(from, func() { _ = w.life.hub.Load().Pause(ctx, name, sinner) })
		a.at(from+time.Duration(w.r.Int64N(int64(10*time.Second))), func() {
			w.lifted.Store(name, true)
			_ = w.life.hub.Load().Resume(ctx, name, sinner)
		})
	}
	for range w.r.IntN(3) {
		a.at(a.moment(), func() {
			if n, _ := w.life.hub.Load().Replay(ctx, Selection{}, sinner); n > 0 {
				w.some("replayed in the middle")
			}
		})
	}
	for range w.r.IntN(3) {
		plan := w.files.plans[planName(w.temper, []string{"v1", "v2"}[w.r.IntN(2)], a.chance(70))]
		a.at(a.moment(), func() { w.swap(w.life.hub.Load(), plan, "files swapped") })
	}
}

// swap changes the files, unless somebody is just doing so: two changes would wait for each other.
func (w *simWorld) swap(h *Hub, plan *Plan, what string) bool {
	select {
	case w.swapping <- struct{}{}:
	default:
		return false
	}
	defer func() { <-w.swapping }()
	_, err := h.Swap(context.Background(), plan, nil)
	if err == nil {
		w.some(what)
	}
	return err == nil
}

// ghost lets another consumer take partitions away for a while.
func (a *agenda) ghost() {
	w := a.w
	groups := [][2]string{
		{"sihe.party-to-erp", "sihe.crm.party"},
		{"sihe.deal-to-job", "sihe.crm.deal"},
		{"sihe.slip-to-entry", "sihe.oa.slip"},
		{"sihe.normalise.shop", "sihe.raw.shop"},
		{"sihe.job-to-deal", "sihe.erp.job"},
	}
	g := groups[w.r.IntN(len(groups))]
	stay := time.Duration(w.r.Int64N(int64(25 * time.Second)))
	a.at(a.moment(), func() {
		l := w.life
		busy := w.busy()
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), stay)
			defer cancel()
			_ = l.bus.Embedded.Consume(ctx, g[0], []string{g[1]}, func(ctx context.Context, _ sihe.Claim) error {
				if w.some("rebalance"); busy {
					w.some("rebalance in the middle of a write")
				}
				<-ctx.Done()
				return nil
			})
		}()
	})
}

func (w *simWorld) busy() bool {
	for _, s := range []*simServer{w.crm, w.erp, w.ledger} {
		s.mu.Lock()
		n := s.busy
		s.mu.Unlock()
		if n > 0 {
			return true
		}
	}
	return false
}

// gap lets retention run ahead of a street for a while: the street must stand and say so.
func (a *agenda) gap() {
	w := a.w
	topics := map[string]string{"sihe.crm.party": "party-to-erp", "sihe.raw.shop": "normalise:shop", "sihe.oa.slip": "slip-to-entry"}
	topic := []string{"sihe.crm.party", "sihe.raw.shop", "sihe.oa.slip"}[w.r.IntN(3)]
	from := a.moment()
	a.at(from, func() { w.life.bus.setGap(topic, true) })
	a.at(from+15*time.Second, func() {
		if !w.life.bus.gapped(topic) {
			return // another life
		}
		if x := w.life.hub.Load().healthOf(topics[topic]); x != nil && !x.OK && x.Code == sihe.CodeLogGap {
			w.some("log gap")
		}
		w.life.bus.setGap(topic, false)
	})
}

// heal ends all that is wrong.
func (w *simWorld) heal() {
	w.healed.Store(true)
	w.syncFail.Store(false)
	w.skew.Store(0)
	for topic := range w.life.bus.gap {
		w.life.bus.setGap(topic, false)
	}
	w.wait(2 * time.Second) // lives that are about to end
	ctx := context.Background()
	for _, s := range w.life.hub.Load().allStreets() {
		if x := w.life.hub.Load().healthOf(brakeHealth + s.name()); x != nil && !x.OK {
			continue // it is for a person to decide
		}
		if err := w.life.hub.Load().Resume(ctx, s.name(), sinner); err != nil {
			w.wrong("resume %s: %v", s.name(), err)
		}
	}
	if !w.swap(w.life.hub.Load(), w.files.plans[planName(w.temper, "v2", true)], "healed") {
		w.wrong("the files cannot be changed")
	}
	for p := range 3 { // whoever was missing comes after all
		w.crm.say("crm.party", fmt.Sprint("P", p), "updated", sihe.Write{}, map[string]any{"party_no": fmt.Sprint("P", p), "rank": 99})
	}
}
