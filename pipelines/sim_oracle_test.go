package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// simPatience is within how much time everything ends that does not wait for a person, once nothing goes wrong any more.
const simPatience = 3 * time.Hour

// live waits until everything has come to an end, helped by a person who replays what is parked.
func (w *simWorld) live() {
	began := time.Now()
	nap := time.Second
	for round := 0; ; round++ {
		w.wait(nap)
		open := w.open()
		if open == "" {
			return
		}
		if time.Since(began) > simPatience {
			w.wrong("after %s there still is: %s", simPatience, open)
			w.each(func(d *store.Delivery) {
				if !d.State.Final() {
					l, _, _ := w.lane(d)
					w.wrong("it is %s, the lane of %s is due %s, first %s", w.now().Format(time.RFC3339), d.Subject, l.Due.Format(time.RFC3339), l.First)
					w.wrong("%s %s of %s: %s, %s %s, awaits %v, attempts %d, look-ups %d", d.Pipeline, d.ID, d.Subject, d.State, d.Code, d.Text, d.Awaits, d.Attempts, d.LookUps)
				}
			})
			for _, x := range w.life.hub.Load().healths() {
				if !x.OK {
					w.wrong("%s: %s %s", x.Name, x.Code, x.Message)
				}
			}
			return
		}
		nap = min(2*nap, 5*time.Minute)
		w.attend()
	}
}

func (w *simWorld) lane(d *store.Delivery) (l store.Lane, found bool, err error) {
	err = w.life.store.View(func(tx *store.Tx) error {
		l, found, err = tx.Lane(d.Part, d.Subject)
		return err
	})
	return l, found, err
}

// attend is what a person does about what is parked and unknown.
func (w *simWorld) attend() {
	ctx, h := context.Background(), w.life.hub.Load()
	parked, err := h.Open(store.Parked, Selection{})
	if err != nil {
		w.wrong("list what is parked: %v", err)
	}
	for _, d := range parked {
		s := Selection{Pipeline: d.Pipeline, ID: d.ID}
		if d.Subject == "shop/slip/"+simBad {
			w.some("unreadable record parked")
		}
		if d.Code == sihe.CodeHops || d.Code == sihe.CodeIDReused || d.Subject == "shop/slip/"+simBad {
			_, err = h.Discard(ctx, s, sinner)
		} else {
			_, err = h.Replay(ctx, s, sinner)
		}
		if err != nil {
			w.wrong("replay %s %s: %v", d.Pipeline, d.ID, err)
		}
	}
	for _, s := range h.allStreets() {
		x := h.healthOf(brakeHealth + s.name())
		if x == nil || x.OK {
			continue
		}
		w.some("brake tripped")
		w.lifted.Store(s.name(), true)
		if err := h.Resume(ctx, s.name(), sinner); err != nil {
			w.wrong("resume %s: %v", s.name(), err)
		}
	}
	unknown, err := h.Open(store.Unknown, Selection{Code: sihe.CodeOutcomeUnknown})
	if err != nil {
		w.wrong("list what is unknown: %v", err)
	}
	for _, d := range unknown {
		var x sihe.Write
		if err := json.Unmarshal(d.Write, &x); err != nil {
			w.wrong("read the intent of %s: %v", d.ID, err)
			continue
		}
		r, done := w.server(d.Target.System).find(x)
		w.some("unknown resolved by a person")
		if err := h.Resolve(ctx, d.Pipeline, d.ID, Resolution{Done: done, Key: r.Key, Version: r.Version}, sinner); err != nil {
			w.wrong("resolve %s: %v", d.ID, err)
		}
	}
}

func (w *simWorld) server(name string) *simServer {
	return map[string]*simServer{"crm": w.crm, "erp": w.erp, "finance": w.ledger}[name]
}

// open says what has not come to its end yet, "" when all has.
func (w *simWorld) open() string {
	l := w.life
	if l.dead.Load() {
		return "a dead hub: " + l.how
	}
	w.shop.mu.Lock()
	unsent := w.shop.open
	w.shop.mu.Unlock()
	if unsent > 0 {
		return fmt.Sprint(unsent, " webhooks that nobody takes")
	}
	open := ""
	err := l.store.View(func(tx *store.Tx) error {
		totals, err := tx.Totals()
		if err != nil {
			return err
		}
		for name, row := range totals {
			if n := row.InFlight().Count + row.States[store.Parked].Count; n > 0 {
				open = fmt.Sprint(name, " ", row.States)
			}
		}
		for _, s := range []*simServer{w.crm, w.erp} {
			c, err := tx.Cursor(s.name)
			if err != nil {
				return err
			}
			if n, _ := strconv.Atoi(string(c)); len(s.read(n)) > 0 {
				open = "unread records of " + s.name
			}
		}
		return nil
	})
	if err != nil {
		return err.Error()
	}
	if open == "" {
		open = w.uncommitted()
	}
	if open == "" {
		open = w.unknownSlips()
	}
	return open
}

func (w *simWorld) unknownSlips() string {
	known := map[string]bool{}
	w.each(func(d *store.Delivery) {
		if d.Pipeline == "normalise:shop" {
			known[d.ID] = true
		}
	})
	w.shop.mu.Lock()
	defer w.shop.mu.Unlock()
	for _, x := range w.shop.slips {
		if !known[x.ID] {
			return "an unknown slip " + x.ID
		}
	}
	return ""
}

// uncommitted names a street that has not read its topic to the end.
func (w *simWorld) uncommitted() string {
	h := w.life.hub.Load()
	for _, s := range h.allStreets() {
		if behind := w.behind(groupOf(s), s.topic()); behind != "" {
			return behind
		}
	}
	for _, topic := range h.canonicalTopics(h.Plan()) {
		if behind := w.behind(h.viewGroup(), topic); behind != "" {
			return behind
		}
	}
	return ""
}

func (w *simWorld) behind(group, topic string) string {
	ctx, l := context.Background(), w.life
	spans, err := l.bus.Offsets(ctx, topic)
	if err != nil {
		return err.Error()
	}
	done, err := l.bus.Committed(ctx, group, topic)
	if err != nil {
		return err.Error()
	}
	for i, span := range spans {
		if max(done[i], 0) != span.Next {
			return fmt.Sprintf("%s is at %d of %d in %s/%d", group, done[i], span.Next, topic, i)
		}
	}
	return ""
}

// each calls f for every delivery.
func (w *simWorld) each(f func(*store.Delivery)) {
	err := w.life.store.View(func(tx *store.Tx) error {
		for _, p := range tx.Partitions() {
			err := tx.Deliveries(p, func(d *store.Delivery) (bool, error) { f(d); return true, nil })
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.wrong("read the deliveries: %v", err)
	}
}

// judge compares what is with what should be, once all has ended.
func (w *simWorld) judge() {
	w.judgeBooks()
	w.judgeView()
	byEvent := map[string]*store.Delivery{} // pipeline and event
	w.each(func(d *store.Delivery) { byEvent[d.Pipeline+" "+d.ID] = d })
	w.judgeShop(byEvent)
	effects := map[string][]sihe.Write{} // by pipeline and event
	for _, s := range []*simServer{w.crm, w.erp, w.ledger} {
		for _, x := range s.effects {
			at := simPipeline(s.name, x) + " " + x.CausationID
			effects[at] = append(effects[at], x)
		}
	}
	for at, d := range byEvent {
		switch n := len(effects[at]); {
		case d.Target == nil || d.Do() == doPublish:
			if n > 0 {
				w.wrong("%s has an effect, but is %s", at, d.State)
			}
		case d.State == store.Delivered && n != 1:
			w.wrong("%s is delivered and has %d effects", at, n)
		case d.State == store.Rejected && n != 0:
			w.wrong("%s is rejected and has %d effects", at, n)
		}
		if d.State != store.Delivered && d.Code == "" {
			w.wrong("%s is %s and nobody knows why", at, d.State)
		}
		w.witness(d)
	}
	for at := range effects {
		if byEvent[at] == nil {
			w.wrong("%s has an effect and no record", at)
		}
	}
	w.judgeCopies()
	w.judgeDeals(byEvent)
	for _, s := range w.life.hub.Load().allStreets() {
		room := s.memory()
		room.mu.Lock()
		if room.events != simRoom || room.bytes != room.total {
			w.wrong("%s keeps room for %d events, %d bytes", s.name(), simRoom-room.events, room.total-room.bytes)
		}
		room.mu.Unlock()
	}
}

// simPipeline returns the pipeline that writes so.
func simPipeline(system string, x sihe.Write) string {
	switch x.Do {
	case "stop":
		return "deal-to-stop"
	case sihe.DoCopy:
		return "party-to-erp"
	}
	return map[string]string{"erp": "deal-to-job", "crm": "job-to-deal", "finance": "slip-to-entry"}[system]
}

// intended looks into the file while a call begins: its intent must stand there, word for word.
func (l *simLife) intended(system string, x sihe.Write) {
	name, found := simPipeline(system, x), false
	var d *store.Delivery
	err := l.store.View(func(tx *store.Tx) (err error) {
		for _, p := range tx.Parts(name) {
			if d, found, err = tx.Delivery(p, x.CausationID); err != nil || found {
				return err
			}
		}
		return nil
	})
	if err != nil || l.dead.Load() {
		return // the file is gone
	}
	var intent sihe.Write
	switch {
	case !found || d.State != store.Writing && d.State != store.Unknown:
		l.w.wrong("%s is called for event %s of %s without an intent", system, x.CausationID, name)
	case json.Unmarshal(d.Write, &intent) != nil || string(intent.Data) != string(x.Data) || intent.ID != x.ID:
		l.w.wrong("%s is sent %s for event %s, intended was %s", system, x.Data, x.CausationID, d.Write)
	}
}

// judgeBooks counts everything again and compares it with the balance.
func (w *simWorld) judgeBooks() {
	type row struct{ pipeline, entity, day, currency string }
	counted := map[row]store.Row{}
	w.each(func(d *store.Delivery) {
		k := row{d.Pipeline, d.Entity, d.Day, d.Currency}
		r := counted[k]
		one := store.Tally{Count: 1}
		if d.Amount != nil {
			one.Amount = *d.Amount
		}
		counted[k] = r.Plus(store.Row{Received: one, States: map[store.State]store.Tally{d.State: one}})
	})
	rows, err := w.life.hub.Load().Balance("", "")
	if err != nil {
		w.wrong("read the balance: %v", err)
	}
	for _, r := range rows {
		if x := r.Difference(); x.Count != 0 || x.Amount.Sign() != 0 {
			w.wrong("the balance does not close: %+v", r)
		}
		k := row{r.Pipeline, r.Entity, r.Day, r.Currency}
		c := counted[k]
		delete(counted, k)
		for _, s := range store.States() {
			if a, b := r.States[s], c.States[s]; a.Count != b.Count || a.Amount.Cmp(b.Amount) != 0 {
				w.wrong("the balance of %v has %v %s, counted are %v", k, a, s, b)
			}
		}
	}
	for k := range counted {
		w.wrong("the balance has no row %v", k)
	}
	err = w.life.store.View(func(tx *store.Tx) error {
		for _, name := range []string{"open", "await"} {
			if err := tx.Bucket(name).Each(nil, false, func(k, _ []byte) (bool, error) {
				w.wrong("something is left in %s: %q", name, k)
				return true, nil
			}); err != nil {
				return err
			}
		}
		for _, p := range tx.Partitions() {
			if err := tx.Lanes(p, func(l store.Lane) (bool, error) {
				w.wrong("something is kept: %+v", l)
				return true, nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.wrong("read the store: %v", err)
	}
}

// judgeView compares what the hub shows of each document with its owner's latest state.
func (w *simWorld) judgeView() {
	for _, s := range []*simServer{w.crm, w.erp} {
		latest := map[string]sihe.Record{}
		for _, r := range s.outbox {
			if at := r.Entity + "/" + r.Key; r.Version > latest[at].Version {
				latest[at] = r
			}
		}
		for at, r := range latest {
			if d, err := w.life.hub.Load().Get(r.Entity, r.Key); err != nil || d.Version != r.Version {
				w.wrong("the view of %s has version %d, not %d (%v)", at, d.Version, r.Version, err)
			}
		}
	}
}

func (w *simWorld) judgeShop(byEvent map[string]*store.Delivery) {
	for id := range w.shop.acked {
		if byEvent["normalise:shop "+id] == nil {
			w.wrong("slip %s was acknowledged and is lost", id)
		}
	}
	if d := byEvent["normalise:shop "+simBad+"-1"]; d != nil && (d.State != store.Rejected || d.Code != sihe.CodeDiscarded) {
		w.wrong("the unreadable slip was not parked: %s %s", d.State, d.Code)
	}
	newest := map[string]int64{}
	for _, x := range w.shop.slips {
		if x.No == simBad {
			continue
		}
		newest[x.No] = max(newest[x.No], x.Version)
	}
	for no, v := range newest {
		if _, barred := w.no.Load(no); barred {
			continue
		}
		last := int64(0)
		for _, x := range w.ledger.effects {
			var entry struct {
				Slip string `json:"slip_no"`
				Rank int64
			}
			if err := json.Unmarshal(x.Data, &entry); err != nil || entry.Slip != no {
				continue
			}
			if entry.Rank <= last {
				w.wrong("slip %s: rank %d came after rank %d", no, entry.Rank, last)
			}
			last = entry.Rank
		}
		if last != v {
			w.wrong("slip %s: the ledger's last is %d, not %d", no, last, v)
		}
	}
}

func (w *simWorld) judgeCopies() {
	for at, v := range w.crm.versions {
		if at[:9] == "crm.party" && w.erp.last["copy"+at] != v {
			w.wrong("%s: the copy has version %d, not %d", at, w.erp.last["copy"+at], v)
		}
	}
}

func (w *simWorld) judgeDeals(byEvent map[string]*store.Delivery) {
	for _, r := range w.crm.outbox {
		pipeline := map[string]string{"won": "deal-to-job", "lost": "deal-to-stop"}[r.Name]
		if pipeline == "" || r.Key == simLoop {
			continue
		}
		d := byEvent[pipeline+" "+r.ID]
		if d == nil || d.State != store.Delivered {
			w.wrong("%s was %s and that did not get through: %+v", r.Key, r.Name, d)
		}
	}
	for at, job := range w.erp.docs {
		if progress, deal := job["progress"], w.crm.docs["crm.deal/"+at[8:]]; progress != nil && at[8:] != simLoop && deal["erp_status"] != progress {
			w.wrong("%s: CRM shows %v, ERP is at %v", at, deal["erp_status"], progress)
		}
	}
}

// witness notes which ways deliveries have gone.
func (w *simWorld) witness(d *store.Delivery) {
	past := func(s store.State) bool {
		return slices.ContainsFunc(d.History, func(c store.Change) bool { return c.State == s })
	}
	code := func(c sihe.Code) bool {
		return slices.ContainsFunc(d.History, func(x store.Change) bool { return x.Code == c })
	}
	seen := map[string]bool{
		"unknown resolved":            past(store.Unknown) && d.State == store.Delivered && d.LookUps > 0,
		"unknown was not done":        past(store.Unknown) && past(store.Retrying) && d.State == store.Delivered,
		"parked released":             past(store.Parked) && d.State == store.Delivered,
		"waited behind another":       code(sihe.CodeBehind) && d.State == store.Delivered,
		"retry exhausted":             code(sihe.CodeRetryExhausted),
		"needs released":              code(sihe.CodeWaitingFor) && d.State == store.Delivered,
		"needs deadline":              code(sihe.CodeWaitingDeadline),
		"stale version dropped":       code(sihe.CodeStale),
		"stale raw record dropped":    code(sihe.CodeStale) && d.Pipeline == "normalise:shop",
		"echo":                        code(sihe.CodeEcho),
		"hop budget":                  code(sihe.CodeHops),
		"rejected":                    d.State == store.Rejected && d.Code == sihe.CodeBadRequest,
		"write unfinished by a death": code(sihe.CodeTargetUnfinished),
	}
	for what, yes := range seen {
		if yes {
			w.some(what)
		}
	}
}
