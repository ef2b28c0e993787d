package pipelines

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sihehub/sihe"
)

// A stretch is the part of a topic that one page is read from.
type stretch struct {
	topic string
	since time.Time // when it came to the bus; zero: as far back as it is kept
	after string    // what walk returned for the page before
	limit int       // default and at most maxPage
}

// Bounds of a page of stored messages.
const (
	maxPage      = 500
	maxPageBytes = 8 << 20
)

// walk reads stored messages without carrying them, partition by partition, until the page is full. take says whether a
// message counts. next is where the following page begins, empty at the end.
func (h *Hub) walk(ctx context.Context, s stretch, take func(sihe.Message) bool) (next string, err error) {
	partition, at, err := readPlace(s.after)
	if err != nil {
		return "", err
	}
	spans, err := h.o.Bus.Offsets(ctx, s.topic)
	if err != nil {
		return "", err
	}
	starts := make([]int64, len(spans))
	if !s.since.IsZero() {
		if starts, err = h.o.Bus.OffsetsAt(ctx, s.topic, s.since); err != nil {
			return "", err
		}
	}
	p := page{left: maxPage, bytes: maxPageBytes}
	if s.limit > 0 {
		p.left = min(s.limit, maxPage)
	}
	for ; partition < len(spans); partition, at = partition+1, 0 {
		at = max(at, starts[partition], spans[partition].First)
		at, err = h.walkPartition(ctx, sihe.Position{Topic: s.topic, Partition: partition, Offset: at}, spans[partition].Next, &p, take)
		if err != nil {
			return "", err
		}
		if p.full() && at < spans[partition].Next {
			return fmt.Sprintf("%d.%d", partition, at), nil
		}
	}
	return "", nil
}

// A page is the room that is left on it.
type page struct{ left, bytes int }

func (p *page) full() bool { return p.left <= 0 || p.bytes <= 0 }

// walkPartition takes messages up to end, as long as there is room; at is the offset behind the last one.
func (h *Hub) walkPartition(ctx context.Context, from sihe.Position, end int64, p *page, take func(sihe.Message) bool) (at int64, err error) {
	for from.Offset < end && !p.full() {
		messages, err := h.o.Bus.Read(ctx, from, p.left)
		var trimmed sihe.ErrTrimmed
		if errors.As(err, &trimmed) { // by retention, just now
			from.Offset = trimmed.First
			continue
		}
		if err != nil {
			return 0, err
		}
		if len(messages) == 0 {
			return end, nil
		}
		for _, m := range messages {
			if p.full() {
				break
			}
			from.Offset = m.Offset + 1
			if take(m) {
				p.left--
			}
			p.bytes -= len(m.Value)
		}
	}
	return from.Offset, nil
}

// readPlace reads where a page begins: "<partition>.<offset>".
func readPlace(after string) (partition int, offset int64, err error) {
	if after == "" {
		return 0, 0, nil
	}
	a, b, _ := strings.Cut(after, ".")
	partition, errA := strconv.Atoi(a)
	offset, errB := strconv.ParseInt(b, 10, 64)
	if errA != nil || errB != nil || partition < 0 || offset < 0 {
		return 0, 0, sihe.Permanent(sihe.Errorf(sihe.CodeBadRequest, "list what is stored: after is what `next` of the page before says"))
	}
	return partition, offset, nil
}
