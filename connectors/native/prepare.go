package native

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// Buckets of the module's file.
const (
	bucketMeta    = "meta"
	bucketDoc     = "doc"     // /<entity>: key → canonical record
	bucketIndex   = "index"   // /<entity>/<field>: value NUL key → nothing
	bucketUnique  = "unique"  // /<entity>: digest of the values → key
	bucketCounter = "counter" // entity NUL counter → last number
	bucketApplied = "applied" // Write.ID → receipt
	bucketOrder   = "order"   // entity NUL key NUL writer → version last applied
	bucketOutbox  = "outbox"  // sequence → event
	bucketAnswer  = "answer"  // Idempotency-Key → answer
	bucketAged    = "aged"    // time, Idempotency-Key → nothing
	bucketRefused = "refused" // sequence → refusal

	metaModule = "module"
	metaIndex  = "index/" // + entity: which indexes its buckets hold
)

// prepare makes what is missing in the file and builds indexes that the definitions have gained since the last run.
func (m *Module) prepare() error {
	return m.update(context.Background(), func(t *durable.Tx) error {
		meta := t.Bucket(bucketMeta)
		was, ok, err := meta.Get([]byte(metaModule))
		if err != nil {
			return err
		}
		if ok && string(was) != m.options.Module {
			return sihe.Permanent(sihe.Errorf(sihe.CodeModuleInvalid, "open %s: it holds module %s, not %s", m.options.Path, was, m.options.Module))
		}
		if !ok {
			if err := meta.Put([]byte(metaModule), []byte(m.options.Module)); err != nil {
				return err
			}
		}
		for _, name := range []string{bucketCounter, bucketApplied, bucketOrder, bucketOutbox, bucketAnswer, bucketAged, bucketRefused} {
			t.Bucket(name)
		}
		for _, name := range sortedNames(m.kinds) {
			if err := m.prepareKind(t, m.kinds[name]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *Module) prepareKind(t *durable.Tx, k *kind) error {
	t.Bucket(bucketDoc, k.name)
	t.Bucket(bucketUnique, k.name)
	for _, x := range k.indexed {
		t.Bucket(bucketIndex, k.name, x.field)
	}
	signature, err := json.Marshal(struct {
		Fields []string
		Unique [][]string
	}{fieldNames(k.indexed), k.entity.Unique})
	if err != nil {
		return err
	}
	meta := t.Bucket(bucketMeta)
	was, ok, err := meta.Get([]byte(metaIndex + k.name))
	if err != nil || (ok && bytes.Equal(was, signature)) {
		return err
	}
	if ok {
		if err := m.reindex(t, k); err != nil {
			return err
		}
	}
	return meta.Put([]byte(metaIndex+k.name), signature)
}

// reindex makes the entity's indexes anew from its documents.
func (m *Module) reindex(t *durable.Tx, k *kind) error {
	for _, top := range []string{bucketIndex, bucketUnique} {
		if err := t.Bucket(top).DeleteBucket(k.name); err != nil {
			return err
		}
	}
	tx := m.newTx(t, call{})
	return t.Bucket(bucketDoc, k.name).Each(nil, false, func(key, data []byte) (bool, error) {
		d, err := tx.decoded(k, string(key), data)
		if err != nil {
			return false, err
		}
		d.final = d.loaded
		if err := tx.indexDoc(d, false); err != nil {
			return false, err
		}
		return true, tx.claimUnique(d)
	})
}

func fieldNames(all []index) []string {
	names := make([]string, len(all))
	for i, x := range all {
		names[i] = x.field
	}
	return names
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
