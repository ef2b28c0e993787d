package pipelines

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sihehub/sihe"
)

// A stampedShop tells the time of its sender, and refuses what is off by more than five minutes.
type stampedShop struct{ shop }

func (s stampedShop) Stamp(r *http.Request) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, r.Header.Get("Stamp"))
	return at, err == nil
}

func (s stampedShop) Receive(r *http.Request, body []byte) ([]sihe.Record, sihe.Reply, error) {
	records, reply, err := s.shop.Receive(r, body)
	if at, ok := s.Stamp(r); err == nil && ok && r.Header.Get("Now") != "" {
		now, _ := time.Parse(time.RFC3339, r.Header.Get("Now"))
		if off := now.Sub(at).Abs(); off > 5*time.Minute {
			skew := sihe.Errorf(sihe.CodeClockSkew, "its stamp is off by %s", off)
			return nil, reply, sihe.Permanent(sihe.Errorf(sihe.CodeUnauthenticated, "verify: %w", skew))
		}
	}
	return records, reply, err
}

func TestClockSkew(t *testing.T) {
	for name, x := range map[string]struct {
		ahead map[string]time.Duration // the hub's clock against each sender's
		late  time.Duration            // one request of each comes so much later
		want  map[string]bool          // health by name: OK
		says  string
	}{
		"all is well":         {map[string]time.Duration{"a": 2 * time.Second, "b": -3 * time.Second}, 0, nil, ""},
		"late, not skewed":    {map[string]time.Duration{"a": 0, "b": 0}, 3 * time.Hour, nil, ""},
		"ours is ahead":       {map[string]time.Duration{"a": 7 * time.Minute, "b": 7*time.Minute + 20*time.Second}, 0, map[string]bool{"clock": false}, "7m0s ahead"},
		"ours is behind":      {map[string]time.Duration{"a": -20 * time.Minute, "b": -21 * time.Minute, "c": -20 * time.Minute}, 0, map[string]bool{"clock": false}, "20m0s behind"},
		"one of them":         {map[string]time.Duration{"a": 0, "b": 8 * time.Minute}, 0, map[string]bool{"clock:b": false}, "its clock is wrong"},
		"nobody else tells":   {map[string]time.Duration{"a": 8 * time.Minute}, 0, map[string]bool{"clock:a": false}, "its clock or this machine's"},
		"they contradict":     {map[string]time.Duration{"a": 8 * time.Minute, "b": -8 * time.Minute}, 0, map[string]bool{"clock:a": false, "clock:b": false}, ""},
		"far from each other": {map[string]time.Duration{"a": 8 * time.Minute, "b": 30 * time.Minute}, 0, map[string]bool{"clock:a": false, "clock:b": false}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newTestHouse(t)
				h.tune = func(o *Options) { o.Tuning = Tuning{} }
				for sender := range x.ahead {
					h.systems = append(h.systems, System{Name: sender, Module: "crm", Kind: "shop", Connector: stampedShop{shop{newTwin(sender, "crm", "O")}}})
				}
				h.start()
				time.Sleep(time.Second)
				send := func(sender string, off time.Duration) int {
					q := httptest.NewRequest(http.MethodPost, "/in/"+sender, strings.NewReader(`[{"id":"1","number":"O1","version":1,"data":{}}]`))
					q.Header.Set("Signature", "good")
					q.Header.Set("Now", time.Now().Format(time.RFC3339))
					q.Header.Set("Stamp", time.Now().Add(-off).Format(time.RFC3339))
					w := httptest.NewRecorder()
					h.hub.Intake().ServeHTTP(w, q)
					if w.Code == http.StatusUnauthorized && strings.Contains(w.Body.String(), "stamp") {
						t.Errorf("it tells the sender: %s", w.Body)
					}
					return w.Code
				}
				for sender, off := range x.ahead {
					if x.late > 0 {
						send(sender, off+x.late)
					}
					want := http.StatusOK
					if off.Abs() > 5*time.Minute {
						want = http.StatusUnauthorized
					}
					for range 3 { // the tolerance is not widened however often it happens
						if got := send(sender, off); got != want {
							t.Errorf("%s: HTTP %d", sender, got)
						}
					}
				}
				s, err := h.hub.Status(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for sender, off := range x.ahead {
					if got := s.Skew[sender]; (got - off).Abs() > time.Second {
						t.Errorf("%s: measured %s", sender, got)
					}
				}
				found := 0
				for _, y := range s.Health {
					if !strings.HasPrefix(y.Name, "clock") || y.OK {
						continue
					}
					found++
					if _, wanted := x.want[y.Name]; !wanted || y.Code != sihe.CodeClockSkew || !strings.Contains(y.Message, x.says) {
						t.Errorf("%+v", y)
					}
				}
				if found != len(x.want) {
					t.Errorf("%d of %v", found, x.want)
				}
				time.Sleep(2 * time.Hour) // the clocks are put right
				for sender := range x.ahead {
					send(sender, 0)
				}
				for _, y := range h.hub.healths() {
					if strings.HasPrefix(y.Name, "clock") && !y.OK {
						t.Errorf("afterwards: %+v", y)
					}
				}
				h.halt()
			})
		})
	}
}
