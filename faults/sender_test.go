//go:build faults

package faults

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// order is the body of one step of one order.
func order(no string, seq int) []byte {
	return fmt.Appendf(nil, `{"no":%q,"seq":%d,"at":%q,"currency":"CNY","amount":"%d.%02d","lines":[{"item":"P-GP30","quantity":"2","price":"%d.00"},{"item":"P-SP50","quantity":"1.5","price":"3028.40"}]}`,
		no, seq, time.Date(2026, 3, 5, 2, 0, 0, seq*1000, time.UTC).Format(time.RFC3339Nano), 100+seq, seq%100, seq)
}

// request is a webhook signed by Standard Webhooks.
func (h *hub) request(ctx context.Context, id string, body []byte) *http.Request {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+h.intake+"/in/shop", bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, h.secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("webhook-id", id)
	q.Header.Set("webhook-timestamp", stamp)
	q.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return q
}

var poster = &http.Client{Timeout: 8 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 5 * time.Second}}

// post sends one step once and returns the answer.
func (h *hub) post(ctx context.Context, no string, seq int) (int, []byte, error) {
	a, err := poster.Do(h.request(ctx, fmt.Sprintf("msg_%s_%d", no, seq), order(no, seq)))
	if err != nil {
		return 0, nil, err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		return 0, nil, err
	}
	return a.StatusCode, b, nil
}

// A shop sends orders, each key step by step, and a step again until it is acknowledged.
type shop struct {
	hub   *hub
	keys  int
	ahead int // how many steps may be acknowledged that have no effect yet

	mu      sync.Mutex
	acked   map[string]int
	total   int
	answers map[int]int
	stop    context.CancelFunc
	all     sync.WaitGroup
}

// open begins to send; prefix keeps the keys of several shops apart.
func (h *hub) open(prefix string, keys, ahead int) *shop {
	ctx, stop := context.WithCancel(context.Background())
	s := &shop{hub: h, keys: keys, ahead: ahead, acked: map[string]int{}, answers: map[int]int{}, stop: stop}
	for k := range keys {
		s.all.Go(func() { s.sell(ctx, fmt.Sprintf("%s%d", prefix, k)) })
	}
	h.t.Cleanup(s.close)
	return s
}

func (s *shop) sell(ctx context.Context, no string) {
	for seq := 1; ; seq++ {
		for s.behind() >= s.ahead && ctx.Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
		for again := false; ; again = true {
			if ctx.Err() != nil && !again {
				return // a step that was begun is sent to its end
			}
			status, _, err := s.hub.post(context.Background(), no, seq)
			if err == nil {
				s.mu.Lock()
				s.answers[status]++
				s.mu.Unlock()
			}
			if err == nil && status/100 == 2 {
				break
			}
			if ctx.Err() != nil {
				if s.closing() {
					return
				}
			}
			time.Sleep(10 * time.Millisecond)
		}
		s.mu.Lock()
		s.acked[no] = seq
		s.total++
		s.mu.Unlock()
	}
}

// closing says that no hub answers any more, so that a step cannot be brought to its end.
func (s *shop) closing() bool {
	c, err := net.DialTimeout("tcp", s.hub.intake, time.Second)
	if err != nil {
		return true
	}
	_ = c.Close()
	return false
}

// behind is how many acknowledged steps the slower target lacks.
func (s *shop) behind() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total + s.hub.feed.count() - min(s.hub.depot.count(), s.hub.ledger.count())
}

// close ends the sending: while a hub is there, each step that was begun is sent until it is acknowledged.
func (s *shop) close() {
	s.stop()
	s.all.Wait()
}

// took is what was acknowledged by now.
func (s *shop) took() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]int, len(s.acked))
	for k, v := range s.acked {
		all[k] = v
	}
	return all
}

// A feed is polled: it shows every request that it has, by the time of change.
type feed struct {
	addr string
	mu   sync.Mutex
	rows [][]byte
	keys []string
	cuts int // how many of the next answers break off
}

func newFeed(t *testing.T) *feed {
	t.Helper()
	f := &feed{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.addr = l.Addr().String()
	s := &http.Server{Handler: f}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return f
}

func (f *feed) url() string { return "http://" + f.addr }

// grow adds so many new requests.
func (f *feed) grow(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range n {
		no := fmt.Sprintf("F%d", len(f.keys)+1)
		at := time.Date(2026, 3, 1, 0, 0, len(f.keys), 0, time.UTC).Format(time.RFC3339)
		f.keys = append(f.keys, no)
		f.rows = append(f.rows, fmt.Appendf(nil, `{"no":%q,"seq":1,"at":%q,"currency":"CNY","amount":"7.00","lines":[]}`, no, at))
	}
}

func (f *feed) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.keys)
}

func (f *feed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	since, err := time.Parse(time.RFC3339Nano, r.URL.Query().Get("since"))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var rows [][]byte
	for i, row := range f.rows {
		if at := time.Date(2026, 3, 1, 0, 0, i, 0, time.UTC); !at.Before(since) {
			rows = append(rows, row)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	all := fmt.Appendf(nil, `{"items":[%s]}`, bytes.Join(rows, []byte(",")))
	if f.cuts > 0 {
		f.cuts--
		w.Header().Set("Content-Length", strconv.Itoa(len(all)))
		_, _ = w.Write(all[:len(all)/2])
		return
	}
	_, _ = w.Write(all)
}

// expected adds what the feed has to what a shop had acknowledged.
func (h *hub) expected(shops ...*shop) map[string]int {
	all := map[string]int{}
	for _, s := range shops {
		for k, v := range s.took() {
			all[k] = v
		}
	}
	h.feed.mu.Lock()
	defer h.feed.mu.Unlock()
	for _, no := range h.feed.keys {
		all[no] = 1
	}
	return all
}
