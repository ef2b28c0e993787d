package store

// A State is where a delivery stands. Every event has exactly one delivery in each pipeline.
type State string

// States. The first five are outcomes: final, save that what is parked can be replayed or discarded. The others are
// in flight. Writing is the intent: it is durable before the target is called, so a delivery found in it after a crash
// has an unknown outcome (invariant 7).
const (
	Delivered State = "delivered"
	Unchanged State = "unchanged" // the target already was so, or a newer state was there
	Filtered  State = "filtered"  // not for this pipeline
	Rejected  State = "rejected"  // a business no, or discarded by a person
	Parked    State = "parked"    // needs a person; holds the later events of its subject

	Waiting  State = "waiting"  // for a prerequisite, or behind an earlier event of its subject
	Writing  State = "writing"  // the intent is durable, the target is being called
	Retrying State = "retrying" // was not done; comes again
	Unknown  State = "unknown"  // may have been done: is looked up before anything else
)

// States lists all of them in the order in which they are shown.
func States() []State {
	return []State{Delivered, Unchanged, Filtered, Rejected, Parked, Waiting, Writing, Retrying, Unknown}
}

// Final says whether nothing more will happen to the delivery.
func (s State) Final() bool {
	return s == Delivered || s == Unchanged || s == Filtered || s == Rejected
}

// InFlight says whether the hub still works on it.
func (s State) InFlight() bool {
	return s == Waiting || s == Writing || s == Retrying || s == Unknown
}

// next lists the states that may follow; the empty state is that of an event not seen before.
func (s State) next() []State {
	switch s {
	case "":
		return []State{Waiting, Writing, Unchanged, Filtered, Rejected, Parked}
	case Waiting, Retrying:
		return []State{Waiting, Writing, Retrying, Unchanged, Filtered, Rejected, Parked}
	case Writing:
		return []State{Writing, Delivered, Unchanged, Rejected, Parked, Retrying, Unknown}
	case Unknown:
		return []State{Unknown, Writing, Delivered, Unchanged, Rejected, Parked, Retrying}
	case Parked:
		return []State{Parked, Waiting, Writing, Rejected}
	default:
		return nil
	}
}
