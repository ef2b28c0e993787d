//go:build faults

package faults

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A network is a hub with a proxy in front of each target, and a place to which redirects point.
type network struct {
	*hub
	proxies []*proxy
	evil    *atomic.Int64 // how many requests followed a redirect
}

func newNetwork(t *testing.T, r *rand.Rand, count *tally, share int, only string) *network {
	t.Helper()
	n := &network{hub: newHub(t, folder(t), count), evil: &atomic.Int64{}}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { n.evil.Add(1) }))
	t.Cleanup(elsewhere.Close)
	for _, x := range n.targets() {
		p := newProxy(t, x, rand.New(rand.NewPCG(r.Uint64(), 0)), count, elsewhere.URL)
		p.share, p.only = share, only
		n.proxies = append(n.proxies, p)
	}
	n.route(n.proxies[0].url(), n.proxies[1].url(), n.feed.url())
	return n
}

// judged heals the network, has parked documents replayed as a person would, and judges.
func (n *network) judged(limit time.Duration, shops ...*shop) verdict {
	n.t.Helper()
	for _, s := range shops {
		s.close()
	}
	for _, p := range n.proxies {
		p.heal()
	}
	n.calm(limit)
	for range 3 {
		_, waits, err := n.underWay()
		if err == nil && waits == 0 {
			break
		}
		n.tally.add("parked and replayed", int(waits))
		if code, out := n.sihe("parked", "replay", "--all", "--reason", "the network is well again", "--yes"); code != 0 {
			n.t.Logf("replay: exit %d\n%s", code, out)
		}
		n.calm(limit)
	}
	v := n.settle(limit, shops...)
	for _, p := range n.proxies {
		for _, s := range p.replayed() {
			v.add("REPLAYED", "%s", s)
		}
	}
	if c := n.evil.Load(); c > 0 {
		v.add("REDIRECTED", "%d requests followed a redirect", c)
	}
	return v
}

// calm waits until nothing is under way, or nothing has moved for a while: it is parked, or behind something parked.
func (h *hub) calm(limit time.Duration) {
	began, since := time.Now(), time.Now()
	var before [3]int64
	for quiet := 0; quiet < 3 && time.Since(began) < limit && time.Since(since) < 5*time.Second; time.Sleep(20 * time.Millisecond) {
		moving, waits, err := h.underWay()
		if now := [3]int64{moving, waits, int64(h.depot.count() + h.ledger.count())}; now != before {
			before, since = now, time.Now()
		}
		if quiet++; err != nil || moving > 0 {
			quiet = 0
		}
	}
}

// TestProxy lets the network between the hub and its targets cut, delay, double and lie.
func TestProxy(t *testing.T) {
	n, s := column{600, 20000, 100000}.rounds(t), seed(t)
	count := &tally{}
	net := newNetwork(t, dice(s, 0), count, 150, os.Getenv("ONLY")) // ONLY=twice keeps to the scripts of that name
	life := net.start()
	shop := net.open("S", 96, 300)
	for began := time.Now(); count.get("writes") < n && !t.Failed(); pause(100 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			began = time.Now()
			t.Logf("%d of %d writes, %d exchanges spoilt", count.get("writes"), n, count.get("spoilt"))
		}
	}
	net.judged(60*time.Second, shop).holds(net.hub)
	life.stop()
	count.report(t)
	if n < 5000 || t.Failed() || os.Getenv("ONLY") != "" {
		return
	}
	for _, x := range scripts() {
		if count.get("by: "+x.name) == 0 {
			t.Errorf("no exchange went by the script %q", x.name)
		}
	}
}

// TestProxyControl: a network that itself delivers every tenth request twice, and a target whose look-up finds nothing. The
// oracle must see both.
func TestProxyControl(t *testing.T) {
	s := seed(t)
	t.Run("a look-up that lies", func(t *testing.T) {
		net := newNetwork(t, dice(s, 0), &tally{}, 150, "done, no answer")
		net.ledger.forgets.Store(true)
		net.mustSee(t, twice)
	})
	t.Run("a network that doubles", func(t *testing.T) {
		net := newNetwork(t, dice(s, 1), &tally{}, 0, "")
		net.route(net.proxies[0].url(), doubler(t, net.proxies[1].url()), net.feed.url())
		v := net.mustSee(t, twice)
		if len(v["REPLAYED"]) == 0 {
			t.Errorf("two requests at once were not seen: %s", v)
		}
	})
}

// mustSee runs the hub for a while and wants the oracle to find something of the kind.
func (n *network) mustSee(t *testing.T, kind string) verdict {
	t.Helper()
	life := n.start()
	shop := n.open("S", 16, 100)
	for began := time.Now(); n.tally.get("writes") < 300 && time.Since(began) < 30*time.Second; {
		pause(20 * time.Millisecond)
	}
	v := n.judged(20*time.Second, shop)
	life.stop()
	v.mustHave(t, kind)
	return v
}

// doubler passes requests on, every tenth POST twice.
func doubler(t *testing.T, to string) string {
	t.Helper()
	var count atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := new(strings.Builder)
		_, _ = io.Copy(body, r.Body)
		times := 1
		if r.Method == http.MethodPost && count.Add(1)%10 == 0 {
			times = 2
		}
		for i := range times {
			q, err := http.NewRequest(r.Method, to+r.URL.RequestURI(), strings.NewReader(body.String()))
			if err != nil {
				continue
			}
			q.Header = r.Header.Clone()
			a, err := client.Do(q)
			if err != nil {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			if i == times-1 {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(a.StatusCode)
				_, _ = io.Copy(w, a.Body)
			}
			_ = a.Body.Close()
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}
