package pipelines

import (
	"strconv"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/store"
)

// aim finds out which document of which system is written: the system that stated that document, else the first one
// that plays the module.
func (d *deliverer) aim(p *parcel, pl *plan) (*plan, error) {
	frame := &expr.Frame{Source: p.value, World: d.world(p, nil)}
	key, err := d.p.key(p.event, frame)
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
	version, err := d.p.version(p.event, frame)
	if err != nil {
		return nil, err
	}
	pl.system = system
	pl.target = store.Target{System: system.Name, Module: d.p.To.Module, Entity: d.p.Entity.FullName(), Do: d.p.Do, Key: key}
	pl.write = d.p.command(p.event, version)
	if p.rerun != 0 && absolute(d.p.Do) { // else a target that recognises ids would not look at what is different now
		pl.write.ID = sihe.EventID(d.p.Name, p.event.ID, strconv.FormatUint(p.rerun, 10))
	}
	pl.write.Key, err = d.h.ownKey(system, pl.target.Entity, key)
	return nil, err
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
