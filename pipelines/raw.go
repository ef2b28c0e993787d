package pipelines

import (
	"strconv"
	"time"

	"github.com/sihehub/sihe"
)

// Headers of a raw record on the bus.
const (
	rawID          = "sihe_id"
	rawEntity      = "sihe_entity"
	rawKey         = "sihe_key"
	rawName        = "sihe_name"
	rawVersion     = "sihe_version"
	rawTime        = "sihe_time"
	rawCorrelation = "sihe_correlation_id"
	rawCausation   = "sihe_causation_id"
	rawHops        = "sihe_hops"
	rawCanonical   = "sihe_canonical"
)

// rawMessage writes a record as its system gave it, keyed by kind and key, so that the order of one document holds. A
// record without an id gets one computed from its content (invariant 2).
func rawMessage(system string, r sihe.Record) sihe.Message {
	id := r.ID
	if id == "" {
		id = sihe.EventID(system, r.Entity, r.Key, r.Name, strconv.FormatInt(r.Version, 10), string(r.Data))
	}
	key := r.Entity + "/" + r.Key
	if r.Key == "" {
		key = r.Entity + "/" + id // nothing to order it by
	}
	m := sihe.Message{Topic: RawTopic(system), Key: []byte(key), Value: r.Data, Headers: []sihe.Header{
		{Key: rawID, Value: []byte(id)}, {Key: rawEntity, Value: []byte(r.Entity)}, {Key: rawKey, Value: []byte(r.Key)},
	}}
	optional := func(name, value string) {
		if value != "" && value != "0" {
			m.Headers = append(m.Headers, sihe.Header{Key: name, Value: []byte(value)})
		}
	}
	if m.Value == nil {
		m.Value = []byte{} // nil would be a tombstone
	}
	optional(rawName, r.Name)
	optional(rawVersion, strconv.FormatInt(r.Version, 10))
	if !r.Time.IsZero() {
		optional(rawTime, r.Time.UTC().Format(time.RFC3339Nano))
	}
	optional(rawCorrelation, r.CorrelationID)
	optional(rawCausation, r.CausationID)
	optional(rawHops, strconv.Itoa(r.Hops))
	if r.Canonical {
		optional(rawCanonical, "1")
	}
	return m
}

// readRaw reads what rawMessage wrote. A message of somebody else is a Permanent error.
func readRaw(m sihe.Message) (sihe.Record, error) {
	text := func(name string) string { return string(m.Header(name)) }
	r := sihe.Record{
		ID: text(rawID), Entity: text(rawEntity), Key: text(rawKey), Name: text(rawName),
		CorrelationID: text(rawCorrelation), CausationID: text(rawCausation),
		Canonical: text(rawCanonical) == "1", Data: m.Value,
	}
	malformed := func(what string) (sihe.Record, error) {
		return r, sihe.Permanent(sihe.Errorf(sihe.CodeEventMalformed, "read record %s/%d@%d: %s", m.Topic, m.Partition, m.Offset, what))
	}
	if r.ID == "" || r.Entity == "" {
		return malformed("it has no id or no kind")
	}
	var err error
	if v := text(rawVersion); v != "" {
		if r.Version, err = strconv.ParseInt(v, 10, 64); err != nil {
			return malformed("version")
		}
	}
	if v := text(rawHops); v != "" {
		if r.Hops, err = strconv.Atoi(v); err != nil {
			return malformed("hops")
		}
	}
	if v := text(rawTime); v != "" {
		if r.Time, err = time.Parse(time.RFC3339Nano, v); err != nil {
			return malformed("time")
		}
	}
	return r, nil
}
