package pipelines

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// How far a street has come stands twice: in its group on the bus, which decides where it goes on, and in the hub's own
// store, with the last event's id. Before a street starts the two are compared, so that nothing is passed over without a
// word when a topic was made anew, cut off or restored, or a group was moved or forgotten. A bus that lies in the store's
// own file cannot differ from it.

// keepPlace is called before the offset is committed, so that the group is never ahead of the store.
func (c *claim) keepPlace(ctx context.Context, last *slot) error {
	if c.kept == last || c.h.o.Store.Outbox(c.h.o.Bus) != nil {
		return nil
	}
	is := store.Place{Topic: c.street.topic(), Next: last.offset + 1, Event: last.event}
	_, err := c.h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		was, found, err := tx.Place(c.part)
		if err != nil || found && was.Topic == is.Topic && was.Next > is.Next {
			return nil, err // what was carried comes again: like the group, the place never moves back
		}
		return nil, tx.SetPlace(c.part, is)
	})
	if err == nil {
		c.kept = last
	}
	return err
}

// A Break is where the bus does not go on from what a street has carried.
type Break struct {
	Topic     string    `json:"topic"`
	Partition int       `json:"partition"`
	Code      sihe.Code `json:"code,omitempty"` // empty: the hub puts it right by itself
	Text      string    `json:"text"`
	Committed int64     `json:"committed"` // where the group stands; -1 when it has forgotten
	Resume    int64     `json:"resume"`    // where it is to go on
}

// A subscription is what one group reads; part has the place of a partition, nil where none is kept.
type subscription struct {
	name, group, topic string
	part               func(partition int) *store.Part
	id                 func(m sihe.Message) string
}

// subscriptions returns what a street, or the view, reads.
func (h *Hub) subscriptions(name string) ([]subscription, error) {
	if name == viewName {
		var all []subscription
		for _, t := range h.canonicalTopics(h.Plan()) {
			all = append(all, subscription{name: name, group: h.viewGroup(), topic: t, part: func(int) *store.Part { return nil }})
		}
		return all, nil
	}
	streets := h.allStreets()
	i := slices.IndexFunc(streets, func(s street) bool { return s.name() == name })
	if i < 0 {
		return nil, h.knownStreet(name)
	}
	return []subscription{h.subscriptionOf(streets[i])}, nil
}

func (h *Hub) subscriptionOf(s street) subscription {
	return subscription{
		name: s.name(), group: groupOf(s), topic: s.topic(),
		part: func(p int) *store.Part { return &store.Part{Pipeline: s.name(), Partition: p} },
		id:   func(m sihe.Message) string { return s.open(store.Part{}, m).id },
	}
}

// viewName is what the reader of the view is called.
const viewName = "view"

// examine returns an error for the first break that somebody must decide about, and puts right what needs nobody.
func (h *Hub) examine(ctx context.Context, r subscription) error {
	if h.o.Store.Outbox(h.o.Bus) != nil {
		return nil
	}
	select {
	case h.examining <- struct{}{}:
		defer func() { <-h.examining }()
	case <-ctx.Done():
		return ctx.Err()
	}
	all, err := h.breaks(ctx, r)
	if err != nil || len(all) == 0 {
		return err
	}
	for _, b := range all {
		if b.Code != "" {
			return sihe.Permanent(sihe.Errorf(b.Code, "go on with %s/%d: %s", b.Topic, b.Partition, b.Text))
		}
	}
	for _, b := range all {
		h.o.Log.WarnContext(ctx, "the group is put back to where the hub has come", "street", r.name, "partition", b.Partition, "from", b.Committed, "to", b.Resume, "why", b.Text)
	}
	return h.resume(ctx, r, all)
}

// breaks compares every partition.
func (h *Hub) breaks(ctx context.Context, r subscription) ([]Break, error) {
	spans, err := h.o.Bus.Offsets(ctx, r.topic)
	if err != nil {
		return nil, err
	}
	committed, err := h.o.Bus.Committed(ctx, r.group, r.topic)
	if err != nil {
		return nil, err
	}
	var all []Break
	for p, span := range spans {
		place, found, err := h.place(r, p)
		if err != nil {
			return nil, err
		}
		b := Break{Topic: r.topic, Partition: p, Committed: committed[p]}
		if found {
			err = h.compare(ctx, r, &b, span, place)
		} else {
			b.compareGroup(span)
		}
		if err != nil {
			return nil, err
		}
		if b.Text != "" {
			all = append(all, b)
		}
	}
	return all, nil
}

func (h *Hub) place(r subscription, partition int) (place store.Place, found bool, err error) {
	part := r.part(partition)
	if part == nil {
		return place, false, nil
	}
	err = h.o.Store.View(func(tx *store.Tx) error {
		place, found, err = tx.Place(*part)
		return err
	})
	return place, found && place.Topic == r.topic, err
}

func (b *Break) is(code sihe.Code, resume int64, format string, args ...any) {
	b.Code, b.Resume, b.Text = code, resume, fmt.Sprintf(format, args...)
}

// compareGroup judges by the bus alone.
func (b *Break) compareGroup(span sihe.Span) {
	switch {
	case b.Committed >= 0 && b.Committed < span.First:
		b.is(sihe.CodeLogGap, span.First, "%d messages, from offset %d, were removed before they were read", span.First-b.Committed, b.Committed)
	case b.Committed > span.Next:
		b.is(sihe.CodeLogReplaced, span.First, "the group stands at offset %d, but the partition ends at %d", b.Committed, span.Next)
	}
}

// compare judges by what the hub remembers as well.
func (h *Hub) compare(ctx context.Context, r subscription, b *Break, span sihe.Span, place store.Place) error {
	same, err := h.holds(ctx, r, b, span, place)
	if err != nil || !same {
		return err
	}
	switch {
	case place.Next < span.First && b.Committed < span.First:
		b.is(sihe.CodeLogGap, span.First, "%d messages, from offset %d, were removed before they were read", span.First-place.Next, place.Next)
	case b.Committed > span.Next:
		b.is(sihe.CodeLogReplaced, span.First, "the group stands at offset %d, but the partition ends at %d", b.Committed, span.Next)
	case b.Committed > place.Next:
		return h.compareAhead(ctx, b, place)
	case b.Committed < 0:
		b.is("", place.Next, "the group has forgotten where it stood")
	case b.Committed < span.First:
		b.is("", place.Next, "the messages before were carried, and are no longer kept")
	case b.Committed < place.Next:
		h.o.Log.InfoContext(ctx, "the group stands before what the hub has carried: it comes again and changes nothing", "street", r.name, "partition", b.Partition, "from", b.Committed, "carried", place.Next)
	}
	return nil
}

// holds says whether the bus still has what the hub has read, as far as that can be told.
func (h *Hub) holds(ctx context.Context, r subscription, b *Break, span sihe.Span, place store.Place) (bool, error) {
	if place.Next > span.Next {
		b.is(sihe.CodeLogReplaced, span.First, "this hub has carried it to offset %d, but it ends at %d", place.Next, span.Next)
		return false, nil
	}
	last := place.Next - 1
	if place.Event == "" || last < span.First {
		return true, nil
	}
	ms, err := h.o.Bus.Read(ctx, sihe.Position{Topic: r.topic, Partition: b.Partition, Offset: last}, 1)
	var trimmed sihe.ErrTrimmed
	if errors.As(err, &trimmed) {
		return true, nil // meanwhile
	}
	if err != nil {
		return false, err
	}
	if len(ms) == 0 || ms[0].Offset != last || r.id(ms[0]) != place.Event {
		b.is(sihe.CodeLogReplaced, span.First, "offset %d holds another event than the one that this hub has carried", last)
		return false, nil
	}
	return true, nil
}

// compareAhead finds out whether there are messages that a group was moved over.
func (h *Hub) compareAhead(ctx context.Context, b *Break, place store.Place) error {
	ms, err := h.o.Bus.Read(ctx, sihe.Position{Topic: b.Topic, Partition: b.Partition, Offset: place.Next}, 1)
	var trimmed sihe.ErrTrimmed
	if err != nil && !errors.As(err, &trimmed) {
		return err
	}
	if err != nil || (len(ms) > 0 && ms[0].Offset < b.Committed) {
		b.is(sihe.CodeLogGap, b.Committed, "the group was moved from offset %d to %d: what is between was not carried", place.Next, b.Committed)
	}
	return nil
}
