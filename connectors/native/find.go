package native

import (
	"context"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// Find returns a document under its key, as it is now. The entity is "<module>.<name>" as this module holds it.
func (m *Module) Find(ctx context.Context, entity, key string) (sihe.Record, bool, error) {
	if err := ctx.Err(); err != nil {
		return sihe.Record{}, false, err
	}
	module, name, _ := strings.Cut(entity, ".")
	k, ok := m.kinds[name]
	if !ok || module != m.options.Module {
		return sihe.Record{}, false, sihe.Permanent(sihe.Errorf(sihe.CodeNoSuchEntity, "find %s: %s has no such entity", entity, m.options.System))
	}
	if key == "" {
		return sihe.Record{}, false, nil
	}
	var r sihe.Record
	err := m.view(func(d *durable.Tx) error {
		data, found, err := d.Bucket(bucketDoc, k.name).Get([]byte(key))
		if ok = found; err != nil || !found {
			return err
		}
		doc, err := m.reading(d).decoded(k, key, data)
		if err != nil {
			return err
		}
		r = sihe.Record{
			ID:     m.eventID(k, key, doc.Version(), "found"),
			Entity: entity, Key: key, Version: doc.Version(), Time: doc.Time(fieldUpdatedAt), Canonical: true,
			CorrelationID: doc.Text(fieldCorrelation), Data: data,
		}
		return nil
	})
	return r, ok && err == nil, err
}

// FindWrite returns the receipt of a Write that was applied; false when it never arrived.
func (m *Module) FindWrite(ctx context.Context, w sihe.Write) (r sihe.Receipt, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return r, false, err
	}
	if w.ID == "" {
		return r, false, sihe.Permanent(sihe.Errorf(sihe.CodeRequestInvalid, "find the write of %s: it has no id", w.Entity))
	}
	err = m.view(func(d *durable.Tx) error {
		r, ok, err = appliedReceipt(d, w.ID)
		return err
	})
	return r, ok, err
}
