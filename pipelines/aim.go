package pipelines

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/store"
)

// aim finds out which document of which system is written: the system that stated that document, else the first one
// that plays the module.
func (d *deliverer) aim(p *parcel, pl *plan) (*plan, error) {
	frame := &expr.Frame{Source: p.value, World: d.world(p, nil)}
	key, err := d.key(p, frame)
	if err != nil {
		return nil, err
	}
	system, err := d.systemOf(key)
	if err != nil {
		return nil, err
	}
	if system == nil {
		return conclude(store.Filtered, sihe.CodeNoTarget, d.p.To.Module), nil
	}
	if system.sink == nil {
		return conclude(store.Filtered, sihe.CodeNoSink, system.Name), nil
	}
	version := p.event.Version
	if d.p.Version != nil {
		v, err := d.p.Version.Eval(frame)
		if err != nil {
			return nil, err
		}
		version = v.Int()
	}
	pl.system = system
	pl.target = store.Target{System: system.Name, Module: d.p.To.Module, Entity: d.p.Entity.FullName(), Do: d.p.Do, Key: key}
	pl.write = sihe.Write{
		ID: sihe.EventID(d.p.Name, p.event.ID), Entity: d.p.To.FullName(), Do: d.p.Do, Writer: d.p.From.Module,
		Version: version, Time: p.event.Time, CorrelationID: p.event.CorrelationID, CausationID: p.event.ID, Hops: p.event.Hops + 1,
	}
	pl.write.Key, err = d.h.ownKey(system, pl.target.Entity, key)
	return nil, err
}

// key is that of the target document: a copy has its owner's, a document to be made has none yet.
func (d *deliverer) key(p *parcel, frame *expr.Frame) (string, error) {
	switch {
	case d.p.Key != nil:
		v, err := d.p.Key.Eval(frame)
		if err == nil && v.Text() == "" && d.p.Do != sihe.DoCreate {
			err = sihe.Permanent(sihe.Errorf(sihe.CodeKeyMissing, "aim at a %s: the key is empty", d.p.To.FullName()))
		}
		return v.Text(), err
	case d.p.Do == sihe.DoCreate:
		return "", nil
	}
	return p.event.Subject, nil
}

// systemOf returns the system to write to, nil when nobody plays the module.
func (d *deliverer) systemOf(key string) (found *system, err error) {
	playing := d.h.playing(d.p.To.Module)
	if len(playing) == 0 {
		return nil, nil
	}
	if len(playing) == 1 || key == "" || d.p.Do == sihe.DoCopy {
		return playing[0], nil
	}
	err = d.h.o.Store.View(func(tx *store.Tx) error {
		doc, known, err := tx.Document(d.p.Entity.FullName(), key)
		found = playing[0]
		for _, s := range playing {
			if known && s.Name == doc.System {
				found = s
			}
		}
		return err
	})
	return found, err
}

// ownKey returns the key by which a system knows a document.
func (h *Hub) ownKey(s *system, entity, key string) (own string, err error) {
	if s.Native || key == "" {
		return key, nil
	}
	err = h.o.Store.View(func(tx *store.Tx) error {
		linked, found, err := tx.Own(s.Name, entity, key)
		if own = key; found {
			own = linked
		}
		return err
	})
	return own, err
}
