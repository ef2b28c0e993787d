package pipelines

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/store"
)

// A street carries the messages of one topic, subject by subject, to their outcomes.
type street interface {
	name() string  // of the pipeline, or normalise:<system>
	topic() string // that it consumes
	memory() *space
	// open makes out what a message is about; it never fails. What cannot be read is parked by carry.
	open(p store.Part, m sihe.Message) *parcel
	// carry brings a parcel to its outcome, or to a state in which the store keeps it. The token proves that. It is
	// called for one parcel of a subject at a time. An error is never about the event: the store fails, or ctx ended.
	carry(ctx context.Context, p *parcel) (sihe.Token, error)
}

// groupOf returns the consumer group of a street.
func groupOf(s street) string { return "sihe." + strings.ReplaceAll(s.name(), ":", ".") }

// A parcel is one event on its way through one street.
type parcel struct {
	part    store.Part
	subject string // of the lane
	id      string // of the event: what makes two messages duplicates
	message sihe.Message
	kept    bool // it comes from the store, as the head of its subject
	slot    *slot
	lane    Lane   // in which it calls its target
	rerun   uint64 // the replay or backfill that took it up; 0: none
	forced  bool   // by that: the target is asked although it should have it

	event  sihe.Event  // deliver
	record sihe.Record // normalise
	bad    error       // it could not be read

	value    expr.Value // of the event's data, once decoded
	decoded  bool
	amount   *sihe.Decimal
	currency string
}

// readable makes a text that can be stored and shown of a key or id that is not UTF-8.
func readable(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return sihe.EventID("not UTF-8", s)
}

// delivery returns the record with which the parcel is received.
func (p *parcel) delivery(h *Hub, entity, system, name string, version int64, at time.Time) *store.Delivery {
	if at.IsZero() {
		at = h.o.Now()
	}
	return &store.Delivery{
		Part: p.part, ID: p.id, Topic: p.message.Topic, Offset: p.message.Offset, System: system, Entity: entity,
		Subject: p.subject, Name: name, Version: version, Time: at, Body: digestOf(p.message.Value),
		Day: at.In(h.o.Zone).Format(time.DateOnly), Amount: p.amount, Currency: p.currency,
	}
}

// unreadable names a message that carries no id of its own by its place, which is the same at every reading.
func unreadable(m sihe.Message) string {
	return sihe.EventID("unreadable", m.Topic, fmt.Sprint(m.Partition), fmt.Sprint(m.Offset))
}

// digestOf tells contents apart.
func digestOf(parts ...[]byte) string {
	sum := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(sum, "%d:", len(p))
		sum.Write(p)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// whyOf says why for an error. Text is bounded: it may quote a target's answer.
func whyOf(err error) store.Why {
	w := store.Why{Code: sihe.CodeOf(err), Text: err.Error()}
	var own *sihe.Error
	if errors.As(err, &own) {
		w.Text, w.Path = own.Text, own.Path
	}
	const longest = 1000
	if len(w.Text) > longest {
		w.Text = strings.ToValidUTF8(w.Text[:longest], "") + " …"
	}
	return w
}

// caught turns a panic into an error that parks the event: everything else goes on.
func caught(err *error) {
	if r := recover(); r != nil {
		*err = sihe.Permanent(sihe.Errorf(sihe.CodePanic, "carry the event: %v", r))
	}
}
