package rest

import (
	"context"
	"strings"

	"github.com/sihehub/sihe"
)

// Find fetches a document by its key in the product.
func (r *Rest) Find(ctx context.Context, entity, key string) (sihe.Record, bool, error) {
	f, ok := r.o.Description.Finds[entity]
	if !ok {
		return sihe.Record{}, false, sihe.Permanent(sihe.Errorf(sihe.CodeRestNoAction, "find %s in %s: its description has no find for it", entity, r.o.System))
	}
	path, err := fill(f.Path, map[string]string{"key": key})
	if err != nil {
		return sihe.Record{}, false, err
	}
	body, err := r.get(ctx, path, nil)
	if err != nil || body == nil {
		return sihe.Record{}, false, err
	}
	return sihe.Record{Entity: entity, Key: key, Data: body}, true, nil
}

// FindWrite looks for what a write made by the id that it carried. More than one answer is Unknown: nobody may guess.
func (r *Rest) FindWrite(ctx context.Context, w sihe.Write) (sihe.Receipt, bool, error) {
	f, ok := r.o.Description.Finds[w.Entity]
	if !ok || f.By == "" {
		return sihe.Receipt{}, false, sihe.Permanent(sihe.Errorf(sihe.CodeRestNoAction, "find the write of %s in %s: its description cannot look a write up", w.Entity, r.o.System))
	}
	query := make(map[string]string, len(f.Query))
	for name, v := range f.Query {
		query[name] = strings.ReplaceAll(v, "{id}", w.ID)
	}
	path, err := fill(f.By, map[string]string{"id": w.ID})
	if err != nil {
		return sihe.Receipt{}, false, err
	}
	body, err := r.get(ctx, path, query)
	if err != nil || body == nil {
		return sihe.Receipt{}, false, err
	}
	list, ok := items(body, f.Items)
	if !ok {
		return sihe.Receipt{}, false, sihe.Errorf(sihe.CodeRestAnswer, "find the write of %s: the answer has no %s", w.Entity, f.Items)
	}
	switch len(list) {
	case 0:
		return sihe.Receipt{}, false, nil
	case 1:
		key, ok := at(list[0], f.Key)
		if !ok {
			return sihe.Receipt{}, false, sihe.Errorf(sihe.CodeRestAnswer, "find the write of %s: what was found has no %s", w.Entity, f.Key)
		}
		return sihe.Receipt{Key: key}, true, nil
	}
	return sihe.Receipt{}, false, sihe.Permanent(sihe.Errorf(sihe.CodeRestAnswer, "find the write of %s: %d documents carry its id", w.Entity, len(list)))
}
