//go:build faults

package faults

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestStop tells the hub to end while orders pour in: whoever comes is told to come again, what is under way ends, exit
// code 0 within ten seconds; nothing is lost or done twice over any number of restarts.
func TestStop(t *testing.T) {
	n, s := column{3, 30, 200}.rounds(t), seed(t)
	r := dice(s, 0)
	h := newHub(t, folder(t), &tally{})
	for _, x := range h.targets() {
		x.mood.Store(restless)
		x.pace.Store(int64(9 * time.Millisecond))
	}
	shop := h.open("S", 8, 100)
	for range n {
		h.feed.grow(1)
		l := h.start()
		time.Sleep(between(r, 100*time.Millisecond, 700*time.Millisecond))
		began := time.Now()
		h.watchRefusals(l)
		l.stop()
		took := time.Since(began)
		h.tally.most("slowest stop, ms", int(took.Milliseconds()))
		if took > 10*time.Second {
			t.Errorf("it took %s to stop", took)
		}
		h.tally.add("stops", 1)
	}
	last := h.start()
	h.settle(40*time.Second, shop).holds(h)
	last.stop()
	h.tally.report(t)
	if n >= 20 && h.tally.get("told to come again") == 0 {
		t.Error("nobody was ever told to come again")
	}
}

// watchRefusals sends while the hub stops: 202, or 503 with Retry-After, or no connection.
func (h *hub) watchRefusals(l *life) {
	var stop atomic.Bool
	go func() {
		<-l.ended
		stop.Store(true)
	}()
	go func() {
		for !stop.Load() {
			a, err := poster.Do(h.request(context.Background(), "msg_bad", []byte("{"))) // no JSON: it is never taken in
			if err != nil {
				continue
			}
			_ = a.Body.Close()
			if a.StatusCode == http.StatusServiceUnavailable {
				h.tally.add("told to come again", 1)
				if a.Header.Get("Retry-After") == "" {
					h.t.Error("503 without Retry-After")
				}
			}
		}
	}()
}

// TestStopTwice: a second signal ends it now, as safe as a kill.
func TestStopTwice(t *testing.T) {
	n, s := column{3, 20, 200}.rounds(t), seed(t)
	r := dice(s, 0)
	h := newHub(t, folder(t), &tally{})
	h.depot.pace.Store(int64(200 * time.Millisecond)) // so that there is something to wait for
	h.ledger.pace.Store(int64(9 * time.Millisecond))
	shop := h.open("S", 8, 40)
	for range n {
		l := h.start()
		shop.more(t, 5)
		_ = l.cmd.Process.Signal(syscall.SIGTERM)
		time.Sleep(between(r, 30*time.Millisecond, 100*time.Millisecond))
		began := time.Now()
		for waiting := true; waiting; { // two signals that come at once are one
			_ = l.cmd.Process.Signal(syscall.SIGTERM)
			select {
			case <-l.ended:
				waiting = false
			case <-time.After(50 * time.Millisecond):
				if time.Since(began) > 2*time.Second {
					t.Fatalf("a second signal does not end it\n%s", l.output)
				}
			}
		}
		if l.err != nil {
			h.tally.add("ended by the second signal", 1)
		}
	}
	last := h.start()
	h.settle(40*time.Second, shop).holds(h)
	last.stop()
	h.tally.report(t)
	if h.tally.get("ended by the second signal") == 0 {
		t.Error("it always ended by itself before the second signal")
	}
}

// more waits until so many further steps are acknowledged.
func (s *shop) more(t *testing.T, n int) { t.Helper(); s.await(t, s.sum()+n) }

// TestStopFewFiles runs the hub with 64 file descriptors and floods it with connections: it sheds, loses nothing, and goes
// on by itself.
func TestStopFewFiles(t *testing.T) {
	n := column{1, 5, 20}.rounds(t)
	for range n {
		h := newHub(t, folder(t), &tally{})
		life := h.start("sh", "-c", `ulimit -n 64; exec "$@"`, "sh")
		shop := h.open("S", 8, 200)
		shop.await(t, 50)
		var flood []net.Conn
		for range 200 {
			c, err := net.DialTimeout("tcp", h.intake, time.Second)
			if err != nil {
				break
			}
			flood = append(flood, c)
		}
		time.Sleep(2 * time.Second)
		h.tally.add("connections at once", len(flood))
		for _, c := range flood {
			_ = c.Close()
		}
		shop.more(t, 50)
		h.settle(30*time.Second, shop).holds(h)
		life.stop()
		if said := life.output.String(); strings.Contains(said, "panic") || strings.Contains(said, "fatal error") {
			t.Errorf("%s", said)
		}
		if t.Failed() {
			return
		}
	}
}
