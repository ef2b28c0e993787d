package pipelines

import (
	"context"
	"fmt"
	"time"

	"github.com/sihehub/sihe"
)

// busHealth names the bus among what the hub keeps going.
const busHealth = "bus"

// longestBusWait bounds the pause between two attempts to reach a bus that is away.
const longestBusWait = 5 * time.Second

// An Away error says since when the bus has not been there.
type Away struct {
	Since time.Time
	Err   error
}

func (a *Away) Error() string {
	return fmt.Sprintf("%v (since %s)", a.Err, a.Since.UTC().Format(time.RFC3339))
}

// Unwrap returns why.
func (a *Away) Unwrap() error { return a.Err }

// awaitTopics makes the topics where they are missing. A bus that does not answer is waited for, with growing pauses; what
// waiting cannot heal (a wrong password, a name or a replication that is refused) is returned at once. When ctx ends it
// returns ctx's error.
func (h *Hub) awaitTopics(ctx context.Context) error {
	away := false
	for wait := h.o.Tuning.FirstRetry; ; wait = min(2*wait, longestBusWait) {
		err := h.o.Bus.EnsureTopics(ctx, h.topics(h.Plan())...)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			if away {
				h.report(busHealth, nil)
			}
			return nil
		case sihe.ClassOf(err) != sihe.Transient || sihe.CodeOf(err) != sihe.CodeBusUnreachable:
			return err
		}
		away = true
		h.report(busHealth, err)
		pause(ctx, h.jitter(wait))
	}
}

// awaited returns why the hub has not begun to work: it waits for its bus.
func (h *Hub) awaited() error {
	x := h.healthOf(busHealth)
	if x == nil || x.OK {
		return nil
	}
	return &Away{Since: x.Since, Err: sihe.Errorf(x.Code, "begin to work: the hub waits for its bus: %s", x.Message)}
}
