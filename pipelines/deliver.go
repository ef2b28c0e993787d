package pipelines

import (
	"context"
	"unicode/utf8"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A deliverer is the street of one pipeline.
type deliverer struct {
	h     *Hub
	p     *Pipeline
	room  *space
	tally *tally
}

func newDeliverer(h *Hub, p *Pipeline) *deliverer {
	return &deliverer{h: h, p: p, room: newSpace(h.o.Tuning.Events, h.o.Tuning.Bytes), tally: &tally{}}
}

func (d *deliverer) name() string   { return d.p.Name }
func (d *deliverer) topic() string  { return CanonicalTopic(d.p.From.FullName()) }
func (d *deliverer) memory() *space { return d.room }

func (d *deliverer) open(part store.Part, m sihe.Message) *parcel {
	p := &parcel{part: part, subject: readable(string(m.Key)), message: m}
	p.event, p.bad = sihe.ReadEvent(m)
	if p.bad == nil && (p.event.Subject != p.subject || !utf8.ValidString(p.event.ID+p.event.Type+p.event.Source)) {
		p.bad = sihe.Permanent(sihe.Errorf(sihe.CodeEventMalformed, "read event %s/%d@%d: its subject is not its key, or is no text", m.Topic, m.Partition, m.Offset))
	}
	if p.bad != nil {
		p.id = unreadable(m)
		return p
	}
	p.id = p.event.ID
	return p
}

// A plan is what the steps before the intent conclude for one event.
type plan struct {
	to     store.State // Filtered, Unchanged, Waiting, Parked or Writing
	why    store.Why
	await  store.Ref    // Waiting
	target store.Target // Writing, and Unchanged when it is an echo
	system *system
	trip   *store.Trip // Waiting, because the brake is on
	write  sihe.Write
	digest string
	forced bool // it may say what the last write said
}

// conclude is the answer of a step that ends the way to the target.
func conclude(to store.State, code sihe.Code, text string) *plan {
	return &plan{to: to, why: store.Why{Code: code, Text: text}}
}

// carry takes one event along the street. It begins anew when what a step had looked at has changed by the time of the
// intent.
func (d *deliverer) carry(ctx context.Context, p *parcel) (sihe.Token, error) {
	for {
		if err := ctx.Err(); err != nil {
			return sihe.Token{}, err
		}
		if err := d.h.at(StepFetched, p.id); err != nil {
			return sihe.Token{}, err
		}
		seen, held, err := d.h.seen(p)
		if err != nil {
			return sihe.Token{}, err
		}
		if seen != nil && (seen.State == store.Writing || seen.State == store.Unknown) && (p.kept || seen.Kept == 0) {
			return d.resolve(ctx, p, seen)
		}
		pl := &plan{to: store.Waiting}
		if !held && (seen == nil || p.kept || !settled(seen)) {
			pl = d.plan(p)
		}
		proof, again, err := d.perform(ctx, p, pl)
		if err != nil || !again {
			return proof, err
		}
	}
}

// perform records the plan and, when it is a write, makes it. again says that the plan is out of date.
func (d *deliverer) perform(ctx context.Context, p *parcel, pl *plan) (proof sihe.Token, again bool, err error) {
	pl, pass, err := d.enter(ctx, p, pl)
	if err != nil {
		return sihe.Token{}, false, err
	}
	if pl.to != store.Writing {
		_, _, proof, again, err = d.intend(ctx, p, pl)
		return proof, again, err
	}
	if err := d.h.at(StepPlanned, p.id); err != nil {
		pass.unused(ctx)
		return sihe.Token{}, false, err
	}
	rec, write, proof, again, err := d.intend(ctx, p, pl)
	if err != nil || again || !write {
		pass.unused(ctx)
		return proof, again, err
	}
	out := d.attempt(ctx, p, pl, rec)
	pass.done(ctx, d.document(p), out)
	proof, err = d.settle(ctx, p, rec, pl.write, out)
	return proof, false, err
}

// attempt makes the write. One that the target should have already is looked up first, unless it is recognised there.
func (d *deliverer) attempt(ctx context.Context, p *parcel, pl *plan, rec *store.Delivery) outcome {
	if p.forced && !absolute(d.p.Do) && !pl.system.idempotent() && pl.system.finder != nil {
		return d.lookUp(ctx, pl.system, rec, pl.write)
	}
	return d.write(ctx, pl.system, rec, pl.write)
}

// plan asks the steps in their order; the first answer counts. A panic parks the event and nothing else.
func (d *deliverer) plan(p *parcel) (pl *plan) {
	var err error
	defer func() {
		if err != nil {
			pl = &plan{to: store.Parked, why: whyOf(err)}
			if sihe.ClassOf(err) == sihe.ClassRejected {
				pl.to = store.Rejected // the files say so: on_missing: fail
			}
		}
	}()
	defer caught(&err)
	for _, step := range []func(*parcel, *plan) (*plan, error){d.filter, d.hops, d.needs, d.aim, d.translate, d.gate, d.echo} {
		if pl == nil {
			pl = &plan{to: store.Writing}
		}
		var answer *plan
		if answer, err = step(p, pl); err != nil || answer != nil {
			return answer
		}
	}
	return pl
}

// maxHops is how many pipelines a chain may pass: the last fence against two systems that answer each other for ever.
const maxHops = 16

func (d *deliverer) hops(p *parcel, _ *plan) (*plan, error) {
	if p.event.Hops < maxHops {
		return nil, nil
	}
	return nil, sihe.Permanent(sihe.Errorf(sihe.CodeHops, "deliver %s %s: it passed %d pipelines", p.event.Type, p.event.Subject, p.event.Hops))
}
