package pipelines

import (
	"github.com/sihehub/sihe"
)

// A Step is a place on an event's way at which a crash must not matter.
type Step string

// Steps.
const (
	StepAccepted     Step = "accepted"     // intake: the headers are there, the body is not read
	StepRead         Step = "read"         // intake: the body is read, its signature is not looked at
	StepVerified     Step = "verified"     // intake: the request is genuine, nothing is stored
	StepAppended     Step = "appended"     // intake: the records are durable, the answer is not given
	StepAcknowledged Step = "acknowledged" // intake: the answer is given
	StepPaged        Step = "paged"        // poll: the records are read, nothing is published
	StepEmitted      Step = "emitted"      // poll: the record is published, the cursor is not kept
	StepCursor       Step = "cursor"       // poll: the cursor is kept
	StepFetched      Step = "fetched"      // deliver and normalise: nothing is recorded
	StepPlanned      Step = "planned"      // deliver: the record to write is mapped, nothing is recorded
	StepIntended     Step = "intended"     // the intent is durable, the target is not called
	StepAnswered     Step = "answered"     // the target has answered, nothing is recorded
	StepPublished    Step = "published"    // normalise: the event is on the bus, nothing is recorded
	StepRecorded     Step = "recorded"     // the outcome is durable, the offset is not committed
	StepCommitted    Step = "committed"    // the offset is committed
	StepNormalised   Step = "normalised"   // the event to publish is durable, it is not published
	StepSettling     Step = "settling"     // a write of unknown outcome was looked up, the answer is not recorded
)

// Steps lists all of them.
func Steps() []Step {
	return []Step{
		StepAccepted, StepRead, StepVerified, StepAppended, StepAcknowledged, StepPaged, StepEmitted, StepCursor, StepFetched,
		StepPlanned, StepIntended, StepAnswered, StepPublished, StepRecorded, StepCommitted, StepNormalised, StepSettling,
	}
}

var errAbandoned = sihe.Errorf(sihe.CodeStopping, "the hub was abandoned")

// at calls the failpoint. Its error abandons the hub: from then on nothing is recorded.
func (h *Hub) at(s Step, id string) error {
	if h.o.Failpoint == nil {
		return nil
	}
	if h.dead.Load() {
		return errAbandoned
	}
	if err := h.o.Failpoint(s, id); err != nil {
		h.Abandon()
		return err
	}
	return nil
}

// Abandon drops the hub as a power cut would: calls under way go on at their targets, but nothing more is recorded,
// acknowledged or begun, and Run returns without draining. For tests.
func (h *Hub) Abandon() {
	h.dead.Store(true)
	h.stopping.Store(true)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cut != nil {
		h.cut(errAbandoned)
	}
}
