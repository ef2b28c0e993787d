package connectortest_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/connectortest"
)

// A twin is a small system in memory that keeps every promise, unless a fault is planted in it.
type twin struct {
	mu       *sync.Mutex
	fault    string
	docs     map[string]sihe.Record
	receipts map[string]sihe.Receipt
	order    map[string]int64
	log      []sihe.Record
	changed  chan struct{}
	closed   bool
}

func newTwin(fault string) *twin {
	return &twin{
		mu: &sync.Mutex{}, fault: fault, docs: map[string]sihe.Record{}, receipts: map[string]sihe.Receipt{}, order: map[string]int64{},
		changed: make(chan struct{}, 1),
	}
}

func (w *twin) IdempotentByID()          {}
func (w *twin) Changed() <-chan struct{} { return w.changed }

func (w *twin) Check(ctx context.Context) error {
	if w.fault == "check writes" {
		w.keep("check", "{}")
	}
	return ctx.Err()
}

func (w *twin) Close() error {
	w.closed = true
	if w.fault == "forgets ids" {
		w.receipts = map[string]sihe.Receipt{}
	}
	return nil
}

func (w *twin) Read(ctx context.Context, after sihe.Cursor, emit func(sihe.Record, sihe.Cursor) error) error {
	if err := ctx.Err(); err != nil && w.fault != "reads on" {
		return err
	}
	at := 0
	if len(after) == 8 {
		at = int(binary.BigEndian.Uint64(after))
	}
	for ; at < len(w.log); at++ {
		err := emit(w.log[at], binary.BigEndian.AppendUint64(nil, uint64(at+1)))
		switch {
		case err != nil && w.fault == "skips":
		case err != nil && w.fault == "hides errors":
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

func (w *twin) keep(key, data string) sihe.Receipt {
	r := w.docs[key]
	r.ID, r.Entity, r.Key, r.Version, r.Data = fmt.Sprint(key, r.Version+1), "erp.thing", key, r.Version+1, []byte(data)
	if w.fault == "ids differ" {
		r.ID = "same"
	}
	w.docs[key] = r
	w.log = append(w.log, r)
	if w.fault != "silent" {
		select {
		case w.changed <- struct{}{}:
		default:
		}
	}
	return sihe.Receipt{Key: key, Version: r.Version}
}

func (w *twin) Write(ctx context.Context, x sihe.Write) (sihe.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first, again := w.receipts[x.ID]
	switch {
	case w.closed && w.fault != "works when closed":
		return sihe.Receipt{}, sihe.Errorf(sihe.CodeStoreClosed, "write: closed")
	case ctx.Err() != nil && w.fault != "writes on":
		return sihe.Receipt{}, ctx.Err()
	case again && w.fault == "makes it twice":
		w.keep(fmt.Sprint("T", len(w.docs)+1), string(x.Data))
		return first, nil
	case again && w.fault != "another receipt":
		return first, nil
	case x.Entity != "erp.thing" || !json.Valid(x.Data):
		if w.fault == "retries nonsense" {
			return sihe.Receipt{}, sihe.Errorf(sihe.CodeNoSuchEntity, "write %s", x.Entity)
		}
		return sihe.Receipt{}, sihe.Permanent(sihe.Errorf(sihe.CodeNoSuchEntity, "write %s", x.Entity))
	case x.Do == sihe.DoWriteBack && x.Version <= w.order[x.Key] && w.fault != "no order":
		return sihe.Receipt{Key: x.Key, Version: w.docs[x.Key].Version, Stale: true}, nil
	case x.Do == sihe.DoWriteBack:
		w.order[x.Key] = x.Version
	case x.Do == sihe.DoCreate:
		x.Key = fmt.Sprint("T", len(w.docs)+1)
	default:
		return sihe.Receipt{}, sihe.Rejected(sihe.CodeActionUnknown, "write: %s", x.Do)
	}
	r := w.keep(x.Key, string(x.Data))
	w.receipts[x.ID] = r
	return r, nil
}

func (w *twin) Find(_ context.Context, _, key string) (sihe.Record, bool, error) {
	r, ok := w.docs[key]
	if !ok && w.fault == "absence is an error" {
		return r, false, sihe.Rejected(sihe.CodeDocumentUnknown, "find %s", key)
	}
	return r, ok, nil
}

func (w *twin) FindWrite(_ context.Context, x sihe.Write) (sihe.Receipt, bool, error) {
	r, ok := w.receipts[x.ID]
	return r, ok || w.fault == "finds everything", nil
}

func (w *twin) Receive(r *http.Request, body []byte) ([]sihe.Record, sihe.Reply, error) {
	if r.Header.Get("X-Signature") != fmt.Sprint(len(body)) && w.fault != "trusts everybody" {
		return nil, sihe.Reply{}, sihe.Permanent(sihe.Errorf(sihe.CodeUnauthenticated, "receive"))
	}
	return []sihe.Record{{ID: string(body), Entity: "thing", Key: "1", Data: body}}, sihe.Reply{}, nil
}

func subject(fault string) connectortest.Subject {
	return connectortest.Subject{New: func(*testing.T) connectortest.System {
		w := newTwin(fault)
		return connectortest.System{
			Open:   func(*testing.T) sihe.Connector { w.closed = false; return w },
			Happen: func(_ *testing.T, _ sihe.Connector, n int) { w.keep(fmt.Sprint("H", n), "{}") },
			Create: func(n int) sihe.Write {
				return sihe.Write{Entity: "erp.thing", Do: sihe.DoCreate, Data: fmt.Appendf(nil, `{"n":%d}`, n)}
			},
			Count: func(*testing.T, sihe.Connector) int { return len(w.docs) },
			Update: func(key string, version int64, n int) sihe.Write {
				return sihe.Write{Entity: "erp.thing", Do: sihe.DoWriteBack, Key: key, Version: version, Data: fmt.Appendf(nil, `{"u":%d}`, n)}
			},
			Request: func(n int) (*http.Request, []byte) {
				body := fmt.Appendf(nil, `{"n":%d}`, n)
				r, _ := http.NewRequest(http.MethodPost, "/in/twin", nil)
				r.Header.Set("X-Signature", fmt.Sprint(len(body)))
				return r, body
			},
		}
	}}
}

func TestTwin(t *testing.T) { connectortest.Run(t, subject("")) }

// The suite finds every fault that is planted in a connector.
func TestSuiteFindsFaults(t *testing.T) {
	if !passes(t, "") {
		t.Fatal("the suite finds a fault where there is none")
	}
	for _, fault := range []string{
		"check writes", "forgets ids", "reads on", "skips", "hides errors", "ids differ", "silent", "works when closed", "writes on", "makes it twice",
		"another receipt", "retries nonsense", "no order", "absence is an error", "finds everything", "trusts everybody",
	} {
		if fault == "silent" && testing.Short() {
			continue
		}
		if passes(t, fault) {
			t.Errorf("the suite passes a connector that %s", fault)
		}
	}
}

// passes runs the suite as tests of their own, away from this test's output.
func passes(t *testing.T, fault string) bool {
	t.Helper()
	stdout := os.Stdout
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { os.Stdout = stdout; _ = null.Close() }()
	os.Stdout = null
	all := func(string, string) (bool, error) { return true, nil }
	return testing.RunTests(all, []testing.InternalTest{{Name: "Suite", F: func(t *testing.T) { connectortest.Run(t, subject(fault)) }}})
}
