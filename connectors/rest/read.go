package rest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sihehub/sihe"
)

// maxPages ends a read that a product answers for ever.
const maxPages = 10_000

// cursor is how far each record kind has been read: the latest time of change that was seen.
type cursor map[string]string

// Read asks for what changed since the cursor, less the overlap; what comes twice is recognised by its id. The cursor
// moves on only with the last record of a kind, so an interrupted read begins again.
func (r *Rest) Read(ctx context.Context, after sihe.Cursor, emit func(sihe.Record, sihe.Cursor) error) error {
	at := cursor{}
	if len(after) > 0 {
		if err := json.Unmarshal(after, &at); err != nil {
			return sihe.Permanent(sihe.Errorf(sihe.CodeRestAnswer, "read %s: the cursor is not ours: %w", r.o.System, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.o.Description.Reads)) {
		records, latest, err := r.fetch(ctx, name, at[name])
		if err != nil {
			return err
		}
		for i, rec := range records {
			if i == len(records)-1 {
				at[name] = latest
			}
			mark, err := json.Marshal(at)
			if err != nil {
				return err
			}
			if err := emit(rec, mark); err != nil {
				return err
			}
		}
	}
	return nil
}

// fetch reads all pages of one kind and returns its records by time of change.
func (r *Rest) fetch(ctx context.Context, name, since string) ([]sihe.Record, string, error) {
	d, rec := r.o.Description.Reads[name], r.o.Description.Records[name]
	var all []sihe.Record
	latest := since
	for page := 1; page <= maxPages; page++ {
		query := make(map[string]string, len(d.Query)+1)
		for k, v := range d.Query {
			query[k] = strings.ReplaceAll(v, "{cursor}", d.from(since))
		}
		if d.Page != "" {
			query[d.Page] = strconv.Itoa(page)
		}
		body, err := r.get(ctx, d.Path, query)
		if err != nil {
			return nil, "", err
		}
		list, ok := items(body, d.Items)
		if !ok {
			return nil, "", sihe.Errorf(sihe.CodeRestAnswer, "read %s from %s: the answer has no list %s", name, r.o.System, d.Items)
		}
		for _, item := range list {
			x := r.record(name, rec, item)
			all = append(all, x)
			if c, ok := at(item, rec.Changed); ok && later(c, latest) {
				latest = c
			}
		}
		if d.Page == "" || len(list) == 0 {
			break
		}
	}
	slices.SortStableFunc(all, func(a, b sihe.Record) int { return a.Time.Compare(b.Time) })
	return all, latest, nil
}

// from is the cursor of a request: the last one less the overlap.
func (d *Read) from(since string) string {
	if since == "" {
		return d.First
	}
	t, err := time.Parse(time.RFC3339Nano, since)
	if err != nil || d.Overlap == 0 {
		return since
	}
	return t.Add(-d.Overlap).UTC().Format(time.RFC3339Nano)
}

// later compares times of change; texts that are no times compare as texts.
func later(a, b string) bool {
	x, errX := time.Parse(time.RFC3339Nano, a)
	y, errY := time.Parse(time.RFC3339Nano, b)
	if errX == nil && errY == nil {
		return x.After(y)
	}
	return a > b
}

// record cuts out what the hub must know; the id is computed from the content, so the same change is the same record.
func (r *Rest) record(name string, d *Record, data []byte) sihe.Record {
	x := sihe.Record{Entity: name, Name: d.Name, Data: data}
	x.Key, _ = at(data, d.Key)
	if v, ok := at(data, d.Version); ok && d.Version != "" {
		x.Version, _ = strconv.ParseInt(v, 10, 64) // a version that is no number does not order
	}
	if v, ok := at(data, d.Changed); ok && d.Changed != "" {
		x.Time, _ = time.Parse(time.RFC3339Nano, v) // the hub stamps what has no time
	}
	x.ID = sihe.EventID(r.o.System, name, x.Key, string(data))
	return x
}
