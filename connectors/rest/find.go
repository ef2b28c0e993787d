package rest

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/sihehub/sihe"
)

// Find fetches a document by its key in the product, as the product shows it.
func (r *Rest) Find(ctx context.Context, entity, key string) (sihe.Record, bool, error) {
	f, ok := r.o.Description.Finds[entity]
	if !ok {
		return sihe.Record{}, false, sihe.Permanent(sihe.Errorf(sihe.CodeRestNoAction, "find %s in %s: its description has no find for it", entity, r.o.System))
	}
	path, err := fill(f.Path, map[string]string{"key": key})
	if err != nil {
		return sihe.Record{}, false, nil //nolint:nilerr // a key that no address can have is nobody's
	}
	body, found, err := r.get(ctx, path, nil)
	if err != nil || !found {
		return sihe.Record{}, false, err
	}
	if !json.Valid(body) {
		return sihe.Record{}, false, sihe.Errorf(sihe.CodeRestAnswer, "find %s in %s: the answer is no JSON", entity, r.o.System)
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
	body, found, err := r.get(ctx, path, query)
	if err != nil {
		return sihe.Receipt{}, false, err
	}
	if !found && strings.Contains(f.By, "{id}") {
		return sihe.Receipt{}, false, nil
	}
	if !found { // a search that is not there says nothing about the write, and "no" would let it be made twice
		return sihe.Receipt{}, false, sihe.Errorf(sihe.CodeRestAnswer, "find the write of %s in %s: there is nothing at %s", w.Entity, r.o.System, path)
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
		if !ok || key == "" {
			return sihe.Receipt{}, false, sihe.Errorf(sihe.CodeRestAnswer, "find the write of %s: what was found has no %s", w.Entity, f.Key)
		}
		return sihe.Receipt{Key: key}, true, nil
	}
	return sihe.Receipt{}, false, sihe.Permanent(sihe.Errorf(sihe.CodeRestAnswer, "find the write of %s: %d documents carry its id", w.Entity, len(list)))
}
