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

// Read asks for what changed since the cursor, less the overlap; what comes twice is recognised by its id. Records are
// emitted page by page, so a long first read needs no memory; the cursor moves on only with the last record of a kind,
// so an interrupted one begins again.
func (r *Rest) Read(ctx context.Context, after sihe.Cursor, emit func(sihe.Record, sihe.Cursor) error) error {
	at := cursor{}
	if len(after) > 0 {
		if err := json.Unmarshal(after, &at); err != nil {
			return sihe.Permanent(sihe.Errorf(sihe.CodeRestAnswer, "read %s: the cursor is not ours: %w", r.o.System, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.o.Description.Reads)) {
		if err := r.readKind(ctx, name, at, emit); err != nil {
			return err
		}
	}
	return nil
}

// readKind emits the records of one kind, those of a page by time of change. One record is held back, because only the
// last one of all carries the new cursor.
func (r *Rest) readKind(ctx context.Context, name string, at cursor, emit func(sihe.Record, sihe.Cursor) error) error {
	mark := func(x sihe.Record) error {
		c, err := json.Marshal(at)
		if err != nil {
			return err
		}
		return emit(x, c)
	}
	var held *sihe.Record
	latest, before := at[name], ""
	for page := 1; ; page++ {
		records, changed, err := r.page(ctx, name, at[name], page)
		if err != nil {
			return err
		}
		if page > maxPages || (len(records) > 0 && records[0].ID == before) {
			return sihe.Errorf(sihe.CodeRestAnswer, "read %s from %s: page %d is the one before again, or there is no end of pages", name, r.o.System, page)
		}
		if later(changed, latest) {
			latest = changed
		}
		if len(records) > 0 {
			before = records[0].ID
		}
		sortByTime(records)
		for _, x := range records {
			if held != nil {
				if err := mark(*held); err != nil {
					return err
				}
			}
			held = &x
		}
		if r.o.Description.Reads[name].Page == "" || len(records) == 0 {
			break
		}
	}
	if held == nil {
		return nil
	}
	at[name] = r.notAhead(latest)
	return mark(*held)
}

// ahead is by how much a stamp may be ahead of our clock and still be believed.
const ahead = time.Minute

// notAhead keeps a stamp from the future out of the cursor: behind it, everything that is stamped rightly would be skipped
// until then. A cursor that is too early only brings again what is recognised.
func (r *Rest) notAhead(stamp string) string {
	t, err := time.Parse(time.RFC3339Nano, stamp)
	if now := r.o.Now(); err == nil && t.After(now.Add(ahead)) {
		return now.UTC().Format(time.RFC3339Nano)
	}
	return stamp
}

func sortByTime(records []sihe.Record) {
	slices.SortStableFunc(records, func(a, b sihe.Record) int { return a.Time.Compare(b.Time) })
}

// page reads one page of a kind, and the latest time of change in it.
func (r *Rest) page(ctx context.Context, name, since string, page int) (all []sihe.Record, latest string, err error) {
	d, rec := r.o.Description.Reads[name], r.o.Description.Records[name]
	query := make(map[string]string, len(d.Query)+1)
	for k, v := range d.Query {
		query[k] = strings.ReplaceAll(v, "{cursor}", d.from(since))
	}
	if d.Page != "" {
		query[d.Page] = strconv.Itoa(page)
	}
	body, found, err := r.get(ctx, d.Path, query)
	if err != nil {
		return nil, "", err
	}
	list, ok := items(body, d.Items)
	if !found || !ok {
		return nil, "", sihe.Errorf(sihe.CodeRestAnswer, "read %s from %s: the answer has no list %s", name, r.o.System, d.Items)
	}
	for _, item := range list {
		all = append(all, r.record(name, rec, item))
		if c, ok := at(item, rec.Changed); ok && later(c, latest) {
			latest = c
		}
	}
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
	x := d.cut(name, valid(data))
	x.ID = sihe.EventID(r.o.System, name, x.Key, string(data))
	return x
}

// cut takes a record of valid JSON apart, but for its id.
func (d *Record) cut(name string, data valid) sihe.Record {
	x := sihe.Record{Entity: name, Name: d.Name, Data: []byte(data)}
	x.Key = data.at(d.Key)
	if d.Version != "" {
		x.Version, _ = strconv.ParseInt(data.at(d.Version), 10, 64) // a version that is no number does not order
	}
	if d.Changed != "" {
		x.Time, _ = time.Parse(time.RFC3339Nano, data.at(d.Changed)) // the hub stamps what has no time
	}
	return x
}
