package sihe

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// An Event is one fact about one document, immutable once published. Its attributes are those of CloudEvents 1.0
// (binary mode); Source and ID together are unique, so equal pairs are duplicates.
type Event struct {
	ID            string    // computed by [EventID] from what caused it (invariant 2)
	Source        string    // the system that states the fact, e.g. "/erp"
	Type          string    // <module>.<entity>.<name>, e.g. "erp.purchase_order.submitted"
	Subject       string    // key of the document; the bus key, so order holds per subject
	Time          time.Time // when the fact became true in the business, not when it was carried
	Version       int64     // of the document, one more per change; older versions are dropped by receivers
	CorrelationID string    // the root of the chain, e.g. the CRM order that started it
	CausationID   string    // the event that caused this one; empty at a chain's root
	Hops          int       // pipelines passed since the chain's root
	Data          []byte    // the whole canonical record as JSON
}

// Entity returns "<module>.<entity>" of the event's type.
func (e Event) Entity() string {
	if i := strings.LastIndexByte(e.Type, '.'); i >= 0 {
		return e.Type[:i]
	}
	return ""
}

// Name returns the last part of the event's type: what happened, e.g. "submitted".
func (e Event) Name() string {
	return e.Type[strings.LastIndexByte(e.Type, '.')+1:]
}

// EventID computes an id from the parts that caused something. The same parts give the same id in every run and on
// every hub; parts cannot run into each other.
func EventID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Headers of an event in CloudEvents binary mode (Kafka protocol binding 1.0.2).
const (
	headerPrefix      = "ce_"
	headerContentType = "content-type"
	specVersion       = "1.0"
)

// Message writes the event in CloudEvents binary mode, keyed by its subject.
func (e Event) Message(topic string) Message {
	h := []Header{
		{headerContentType, []byte("application/json")},
		{headerPrefix + "specversion", []byte(specVersion)},
		{headerPrefix + "id", []byte(e.ID)},
		{headerPrefix + "source", []byte(e.Source)},
		{headerPrefix + "type", []byte(e.Type)},
		{headerPrefix + "subject", []byte(e.Subject)},
		{headerPrefix + "time", []byte(e.Time.UTC().Format(time.RFC3339Nano))},
		{headerPrefix + "entityversion", []byte(strconv.FormatInt(e.Version, 10))},
		{headerPrefix + "correlationid", []byte(e.CorrelationID)},
		{headerPrefix + "hops", []byte(strconv.Itoa(e.Hops))},
	}
	if e.CausationID != "" {
		h = append(h, Header{headerPrefix + "causationid", []byte(e.CausationID)})
	}
	return Message{Topic: topic, Key: []byte(e.Subject), Value: e.Data, Headers: h}
}

// ReadEvent reads what [Event.Message] wrote. A message without the required attributes is a Permanent error.
func ReadEvent(m Message) (Event, error) {
	attr := func(name string) string { return string(m.Header(headerPrefix + name)) }
	e := Event{
		ID: attr("id"), Source: attr("source"), Type: attr("type"), Subject: attr("subject"),
		CorrelationID: attr("correlationid"), CausationID: attr("causationid"), Data: m.Value,
	}
	if e.ID == "" || e.Source == "" || strings.Count(e.Type, ".") < 2 || e.Subject == "" || attr("specversion") != specVersion {
		return Event{}, Permanent(Errorf(CodeEventMalformed, "read event %s/%d@%d: not a CloudEvent of this hub", m.Topic, m.Partition, m.Offset))
	}
	var err error
	if e.Time, err = time.Parse(time.RFC3339Nano, attr("time")); err != nil {
		return Event{}, Permanent(Errorf(CodeEventMalformed, "read event %s: time: %v", e.ID, err))
	}
	if e.Version, err = strconv.ParseInt(attr("entityversion"), 10, 64); err != nil {
		return Event{}, Permanent(Errorf(CodeEventMalformed, "read event %s: entityversion: %v", e.ID, err))
	}
	if e.Hops, err = strconv.Atoi(attr("hops")); err != nil {
		return Event{}, Permanent(Errorf(CodeEventMalformed, "read event %s: hops: %v", e.ID, err))
	}
	return e, nil
}
