package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
)

// An operator does to a story's hub what only somebody who runs it can do, and reads what became of its events.
type operator struct {
	house *house
	lines []map[string]any // of the hub's activity, as far as it was read
	after any              // number of the last of them
}

// deed pauses or resumes a pipeline, or puts an event on the bus again.
func (o *operator) deed(ctx context.Context, d deed) error {
	by := pipelines.By{Who: "story", Why: "told by the story"}
	switch {
	case d.Pause != "":
		return o.house.hub.Pause(ctx, d.Pause, by)
	case d.Resume != "":
		return o.house.hub.Resume(ctx, d.Resume, by)
	}
	return o.repeat(ctx, d)
}

func (o *operator) repeat(ctx context.Context, d deed) error {
	parts := strings.Split(d.Repeat, "/")
	if len(parts) != 3 {
		return fmt.Errorf("repeat %s: write <module>.<entity>/<key>/<event>", d.Repeat)
	}
	topic := pipelines.CanonicalTopic(parts[0])
	e, err := o.find(ctx, topic, parts[1], parts[2])
	if err != nil {
		return fmt.Errorf("repeat %s: %w", d.Repeat, err)
	}
	for i := range max(d.Times, 1) {
		again := e
		if d.AsNew {
			again.ID = sihe.EventID(e.ID, "again", fmt.Sprint(i))
		}
		if _, err := o.house.bus.Publish(ctx, again.Message(topic)); err != nil {
			return fmt.Errorf("repeat %s: %w", d.Repeat, err)
		}
	}
	return nil
}

// find returns the first event of that name about a document.
func (o *operator) find(ctx context.Context, topic, key, name string) (sihe.Event, error) {
	spans, err := o.house.bus.Offsets(ctx, topic)
	if err != nil {
		return sihe.Event{}, err
	}
	for partition, span := range spans {
		for at := span.First; at < span.Next; {
			messages, err := o.house.bus.Read(ctx, sihe.Position{Topic: topic, Partition: partition, Offset: at}, 100)
			if err != nil {
				return sihe.Event{}, err
			}
			if len(messages) == 0 {
				break
			}
			for _, m := range messages {
				at = m.Offset + 1
				if e, err := sihe.ReadEvent(m); err == nil && e.Subject == key && e.Name() == name {
					return e, nil
				}
			}
		}
	}
	return sihe.Event{}, fmt.Errorf("%s has no event %s of %s", topic, name, key)
}

// outcome says what is wrong as long as no outcome of the pipeline about the document is as expected.
func (o *operator) outcome(ctx context.Context, c *client, x expectation) (string, error) {
	if err := o.read(ctx, c); err != nil {
		return "", err
	}
	pipeline, key, _ := strings.Cut(x.Outcome, "/")
	last := "there is none"
	for _, l := range o.lines {
		if l["pipeline"] != pipeline || l["key"] != key {
			continue
		}
		if last = mismatch("", x.Is, l); last == "" {
			return "", nil
		}
	}
	return "outcome " + x.Outcome + ": " + last, nil
}

// read fetches the activity since the last time.
func (o *operator) read(ctx context.Context, c *client) error {
	if o.after == nil {
		o.after = 0
	}
	for {
		var lines []map[string]any
		if err := c.do(ctx, request{method: http.MethodGet, path: fmt.Sprintf("/hub/activity?after=%v", o.after)}, &lines); err != nil {
			return err
		}
		if len(lines) == 0 {
			return nil
		}
		o.lines = append(o.lines, lines...)
		o.after = lines[len(lines)-1]["seq"]
	}
}
