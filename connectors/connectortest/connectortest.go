// Package connectortest is what every connector must pass, by what it can do ([sihe.AbilitiesOf]) of [sihe.Source], [sihe.Notifier],
// [sihe.Sink], [sihe.Finder] and [sihe.Webhook]. A connector's own tests call [Run] with a [Subject] that makes a fresh
// system, real or a twin of the product, for every test.
package connectortest

import (
	"net/http"
	"testing"

	"github.com/sihehub/sihe"
)

// A Subject makes systems to be tested.
type Subject struct {
	// New makes a system that holds no more than what the documents of Create refer to; it is gone when the test ends.
	New func(t *testing.T) System
}

// A System is one system under test. Functions that a connector has no use for are nil, and what they are needed for is
// not tested; those that belong to an interface which the connector implements must be there.
type System struct {
	// Open connects to the system. It may be called again after Close: the same system is still there.
	Open func(t *testing.T) sihe.Connector
	// Happen makes the n-th change in the system that a Source tells of, as exactly one record.
	Happen func(t *testing.T, c sihe.Connector, n int)
	// Create returns a Write, without ID, that makes the n-th new document.
	Create func(n int) sihe.Write
	// Count returns how many documents Create has made in the system. nil: the test believes the receipts.
	Count func(t *testing.T, c sihe.Connector) int
	// Update returns a Write, without ID, that is ordered by its version and sets something of a document; different n
	// set different values. nil: the system keeps no order.
	Update func(key string, version int64, n int) sihe.Write
	// Refused returns a Write, without ID, that the system's business refuses.
	Refused func(t *testing.T, c sihe.Connector) sihe.Write
	// Request returns the n-th authentic webhook request and its body.
	Request func(n int) (*http.Request, []byte)
}

// Run tests everything that the subject's connector implements.
func Run(t *testing.T, s Subject) {
	t.Helper()
	t.Run("Check", func(t *testing.T) { testCheck(t, s.New(t)) })
	t.Run("Close", func(t *testing.T) { testClose(t, s.New(t)) })
	probe := s.New(t)
	c := open(t, probe)
	can := sihe.AbilitiesOf(c)
	_, notifier := c.(sihe.Notifier)
	source, isSink, idempotent, finder, webhook := can.Source, can.Sink, can.Idempotent, can.Finder, can.Webhook
	if isSink && !idempotent && !finder {
		t.Errorf("%T writes, but neither recognises a Write.ID nor can look one up: an unknown outcome could not be resolved", c)
	}
	for _, x := range []struct {
		name string
		is   bool
		test func(*testing.T, System)
	}{
		{"Source/All", source, testReadAll},
		{"Source/EmitErrorStops", source, testEmitError},
		{"Source/ResumesAfterRestart", source, testResume},
		{"Source/Cancelled", source, testReadCancelled},
		{"Notifier", notifier, testNotifier},
		{"Sink/SameIDTwice", isSink && idempotent, testSameID},
		{"Sink/SameIDAtOnce", isSink && idempotent, testSameIDAtOnce},
		{"Sink/SameIDAfterRestart", isSink && idempotent, testSameIDAfterRestart},
		{"Sink/OlderVersion", isSink && probe.Update != nil, testStale},
		{"Sink/Unknown", isSink, testUnknown},
		{"Sink/Refused", isSink && probe.Refused != nil, testRefused},
		{"Sink/Cancelled", isSink, testWriteCancelled},
		{"Finder/Find", finder && isSink, testFind},
		{"Finder/FindWrite", finder && isSink, testFindWrite},
		{"Webhook", webhook, testWebhook},
	} {
		if x.is {
			t.Run(x.name, func(t *testing.T) { x.test(t, s.New(t)) })
		}
	}
}

// open connects and closes when the test ends.
func open(t *testing.T, s System) sihe.Connector {
	t.Helper()
	c := s.Open(t)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// final says whether an error will not be repeated by the hub.
func final(err error) bool {
	c := sihe.ClassOf(err)
	return err != nil && (c == sihe.ClassPermanent || c == sihe.ClassRejected)
}
