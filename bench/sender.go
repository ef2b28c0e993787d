//go:build bench

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A sender is the shop: it has so many connections and sends an order again until it is taken.
type sender struct {
	client      *http.Client
	url         string
	connections int
	refused     atomic.Int64 // answers that were no 2xx
}

func newSender(address string, connections int) *sender {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.MaxConnsPerHost = connections, connections
	return &sender{client: &http.Client{Transport: t, Timeout: 30 * time.Second}, url: "http://" + address + "/in/shop", connections: connections}
}

// send sends all requests and returns how long each waited for its answer. With a pace, each is due at its moment after
// the start and what it waits counts from there; without one, each connection sends as fast as it is answered.
func (s *sender) send(ctx context.Context, all []request, pace time.Duration) (answered []time.Duration, due []time.Time, err error) {
	answered, due = make([]time.Duration, len(all)), make([]time.Time, len(all))
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var working sync.WaitGroup
	begin := time.Now()
	for range s.connections {
		working.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(all) || failed.Load() != nil {
					return
				}
				due[i] = time.Now()
				if pace > 0 {
					due[i] = begin.Add(time.Duration(i) * pace)
					time.Sleep(time.Until(due[i]))
				}
				if err := s.one(ctx, all[i]); err != nil {
					failed.Store(&err)
					return
				}
				answered[i] = time.Since(due[i])
			}
		})
	}
	working.Wait()
	if e := failed.Load(); e != nil {
		err = *e
	}
	return answered, due, err
}

func (s *sender) one(ctx context.Context, q request) error {
	for range 50 {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(q.body))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		for name, v := range q.head {
			r.Header.Set(name, v)
		}
		a, err := s.client.Do(r)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, a.Body)
		_ = a.Body.Close()
		if a.StatusCode/100 == 2 {
			return nil
		}
		s.refused.Add(1)
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("an order was refused 50 times")
}

// A collection is what the target has.
type collection struct{ address string }

// await waits until so many documents have arrived.
func (c collection) await(ctx context.Context, n int) error {
	last, since := int64(-1), time.Now()
	for {
		var have int64
		if err := c.ask(ctx, http.MethodGet, "/arrived", func(r io.Reader) error { return binary.Read(r, binary.LittleEndian, &have) }); err != nil {
			return err
		}
		if have >= int64(n) {
			return nil
		}
		if have != last {
			last, since = have, time.Now()
		}
		if time.Since(since) > 30*time.Second {
			return fmt.Errorf("%d of %d documents arrived, and for half a minute no more", have, n)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// take returns what arrived since the last time, and forgets it.
func (c collection) take(ctx context.Context) (all []arrival, err error) {
	err = c.ask(ctx, http.MethodPost, "/collect", func(r io.Reader) error { return json.NewDecoder(r).Decode(&all) })
	return all, err
}

func (c collection) ask(ctx context.Context, method, path string, read func(io.Reader) error) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+c.address+path, nil)
	if err != nil {
		return err
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	return read(a.Body)
}

// percentile of durations; they are sorted by it.
func percentile(all []time.Duration, p int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(len(all)-1, len(all)*p/100)]
}
