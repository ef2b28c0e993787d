package pipelines

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// An Inspection is one parked document with all that helps to decide about it.
type Inspection struct {
	KeptEvent
	Digest   string       `json:"digest"`          // of the payload as it is; [Hub.EditFrom] asks for it
	Place    *FilePlace   `json:"place,omitempty"` // where the mapping sets the field that the error names
	Now      Verdict      `json:"now"`             // what would become of it
	Mapped   *MappedForm  `json:"mapped,omitempty"`
	Sent     *MappedForm  `json:"sent,omitempty"` // the last intent, when it came so far
	Behind   []Behind     `json:"behind"`         // what waits behind it, in order; at most 100
	Edits    []store.Edit `json:"edits,omitempty"`
	Original any          `json:"original,omitempty"` // the payload as it came, when it was edited
}

// A FilePlace is a line of a file.
type FilePlace struct {
	Path string `json:"path"`
	Line int    `json:"line"`
	Text string `json:"text,omitempty"`
}

// A MappedForm is what would be, or was, written.
type MappedForm struct {
	System  string          `json:"system"`
	Entity  string          `json:"entity"`
	Do      string          `json:"do"`
	Key     string          `json:"key,omitempty"`
	Version int64           `json:"version,omitempty"`
	Data    json.RawMessage `json:"data"`
	Match   json.RawMessage `json:"match,omitempty"`
}

// A Behind is an event that waits for an earlier one of its document.
type Behind struct {
	ID      string      `json:"id"`
	Name    string      `json:"name"`
	Version int64       `json:"version"`
	State   store.State `json:"state"`
}

// Inspect shows one kept event: its payload, what the mapping makes of it now, its error with the place, its history, and
// what waits behind it.
func (h *Hub) Inspect(pipeline, id string) (x Inspection, err error) {
	if x.KeptEvent, err = h.Kept(pipeline, id); err != nil {
		return x, err
	}
	d := x.Delivery
	var message sihe.Message
	err = h.o.Store.View(func(tx *store.Tx) error {
		k, err := tx.Kept(d)
		if err != nil {
			return err
		}
		message = k.Message
		if err := x.history(tx, d); err != nil {
			return err
		}
		return x.following(tx, d)
	})
	if err != nil {
		return x, err
	}
	x.Digest = digestOf(message.Value)
	x.Place = h.placeOf(d)
	x.Sent = sentForm(d)
	d.Write = nil // it is in Sent
	var pl *plan
	if x.Now, _, pl, err = h.foresee(d, message); err != nil || pl == nil || len(pl.write.Data) == 0 {
		return x, err
	}
	x.Mapped = formOf(pl.target.System, pl.write)
	return x, nil
}

func (x *Inspection) history(tx *store.Tx, d *store.Delivery) error {
	edits, found, err := tx.Edits(d)
	if err != nil || !found {
		return err
	}
	x.Edits = edits.Edits
	if x.Original = string(edits.Original); json.Valid(edits.Original) {
		x.Original = json.RawMessage(edits.Original)
	}
	return nil
}

func (x *Inspection) following(tx *store.Tx, d *store.Delivery) error {
	x.Behind = []Behind{}
	return tx.Behind(d.Part, d.Subject, func(k store.Kept) (bool, error) {
		if k.ID == d.ID {
			return true, nil
		}
		later, found, err := tx.Delivery(d.Part, k.ID)
		if err != nil || !found || later.Kept < d.Kept {
			return err == nil, err
		}
		x.Behind = append(x.Behind, Behind{ID: k.ID, Name: later.Name, Version: later.Version, State: later.State})
		return len(x.Behind) < maxFollowing, nil
	})
}

func formOf(system string, w sihe.Write) *MappedForm {
	return &MappedForm{System: system, Entity: w.Entity, Do: w.Do, Key: w.Key, Version: w.Version, Data: w.Data, Match: w.Match}
}

// sentForm reads the intent of the last attempt, nil when there was none.
func sentForm(d *store.Delivery) *MappedForm {
	var w sihe.Write
	if len(d.Write) == 0 || d.Target == nil || d.Do() == doPublish || json.Unmarshal(d.Write, &w) != nil {
		return nil
	}
	return formOf(d.Target.System, w)
}

// placeOf finds the line of the mapping that sets the field of the error.
func (h *Hub) placeOf(d *store.Delivery) *FilePlace {
	p, ok := h.Plan().Pipeline(d.Pipeline)
	if !ok || p.Map == nil || d.Path == "" {
		return nil
	}
	return placeIn(p, withoutRows(d.Path))
}

func placeIn(p *Pipeline, path string) *FilePlace {
	if p.Map == nil || !slices.Contains(p.Map.Targets(), path) {
		return nil
	}
	at := p.Map.Place(path)
	return &FilePlace{Path: at.Path, Line: at.Line, Text: at.Source}
}

// A ParkedDiff is what is different now from when the document was parked, field by field.
type ParkedDiff struct {
	Pipeline string         `json:"pipeline"`
	ID       string         `json:"id"`
	Key      string         `json:"key"`
	Before   Verdict        `json:"before"` // why it is parked
	Now      Verdict        `json:"now"`
	Sent     bool           `json:"sent"`    // Fields compares with what was sent; else nothing had been mapped
	Fields   []MappedChange `json:"fields"`  // of what is written
	Payload  []FieldChange  `json:"payload"` // what persons have changed in the event
}

// A MappedChange is one field of what is written, with where it comes from.
type MappedChange struct {
	FieldChange
	From  []string   `json:"from,omitempty"` // fields of the source
	Place *FilePlace `json:"place,omitempty"`
}

// Diff compares what was sent for a parked document, if it came so far, with what the mapping makes of it now.
func (h *Hub) Diff(pipeline, id string) (d ParkedDiff, err error) {
	x, err := h.Inspect(pipeline, id)
	if err != nil {
		return d, err
	}
	rec := x.Delivery
	d = ParkedDiff{
		Pipeline: pipeline, ID: id, Key: rec.Subject, Before: Verdict{To: rec.State, Why: rec.Why}, Now: x.Now, Sent: x.Sent != nil,
		Fields: []MappedChange{}, Payload: []FieldChange{},
	}
	if x.Original != nil {
		was, _ := json.Marshal(x.Original) // it came from JSON, or is a text
		d.Payload = append(d.Payload, changesBetween(flat(was), flat(x.Data))...)
	}
	p, ok := h.Plan().Pipeline(pipeline)
	if !ok || x.Mapped == nil {
		return d, nil
	}
	for _, f := range changesBetween(x.Sent.flat(), x.Mapped.flat()) {
		c := MappedChange{FieldChange: f, Place: placeIn(p, withoutRows(f.Path))}
		if p.Map != nil {
			c.From = p.Map.Lineage()[withoutRows(f.Path)]
		}
		d.Fields = append(d.Fields, c)
	}
	return d, nil
}

func flat(data []byte) map[string]string {
	all := map[string]string{}
	flatten(all, "", data)
	return all
}

// flat lists the fields that are written; what the target is told about them begins with a colon.
func (m *MappedForm) flat() map[string]string {
	if m == nil {
		return map[string]string{}
	}
	all := flat(m.Data)
	flatten(all, ":match", m.Match)
	for name, v := range map[string]string{":system": m.System, ":to": m.Entity, ":do": m.Do, ":key": m.Key} {
		if v != "" {
			all[name] = v
		}
	}
	return all
}

// changesBetween lists the fields that differ, by path.
func changesBetween(before, after map[string]string) (all []FieldChange) {
	for path, was := range before {
		if is := after[path]; is != was {
			all = append(all, FieldChange{path, was, is})
		}
	}
	for path, is := range after {
		if _, ok := before[path]; !ok {
			all = append(all, FieldChange{Path: path, After: is})
		}
	}
	slices.SortFunc(all, func(a, b FieldChange) int { return cmp.Compare(a.Path, b.Path) })
	return all
}

// ChangesBetween lists the values that differ between two JSON texts, by path.
func ChangesBetween(before, after []byte) []FieldChange {
	return changesBetween(flat(before), flat(after))
}
