//go:build bench

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A contestant does the job between the sender and the target.
type contestant struct {
	name string
	*process
	sender *sender
}

// A round is what one contestant did in one round.
type round struct {
	Round      int     `json:"round"`
	Who        string  `json:"who"`
	PerSecond  float64 `json:"documents_per_second"` // from the first that was sent to the last that arrived
	CPU        float64 `json:"cpu_us_per_document"`
	P50        float64 `json:"p50_ms"` // from the moment it was due to be sent to its arrival
	P99        float64 `json:"p99_ms"`
	AnswerP99  float64 `json:"answer_p99_ms"` // to the 2xx
	Load       float64 `json:"load_per_second,omitempty"`
	Refused    int64   `json:"refused,omitempty"`
	Documents  int     `json:"documents"`
	MachineCPU float64 `json:"machine_busy"` // share of all processors, with whatever else the machine does
}

// A yard is where they run: one target, everybody in turn.
type yard struct {
	s      settings
	target *process
	zone   *time.Location
	next   int // number of the next order
}

// street measures the hub against the program by hand, and that one against itself (A/A), in alternating rounds.
func street(ctx context.Context, s settings, folder string, r *report) error {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return err
	}
	y := &yard{s: s, zone: zone, next: 1}
	if y.target, err = self(ctx, "target"); err != nil {
		return err
	}
	defer y.target.stop()
	names := strings.Split(s.who, ",")
	var all []*contestant
	for _, name := range names {
		c := &contestant{name: name}
		if name == "hub" {
			c.process, err = hub(ctx, s.program, filepath.Join(folder, "hub"), y.target.address)
		} else {
			c.process, err = self(ctx, "by-hand", "http://"+y.target.address)
		}
		if err != nil {
			return err
		}
		defer c.stop()
		c.sender = newSender(c.address, s.inFlight)
		all = append(all, c)
	}
	for _, c := range all { // connections, caches
		if _, err := y.run(ctx, c, 0, 500, 0); err != nil {
			return err
		}
	}
	speed := map[string][]float64{}
	for n := range s.rounds {
		for i := range all { // each round begins with another one
			x, err := y.run(ctx, all[(n+i)%len(all)], n+1, s.documents, 0)
			if err != nil {
				return err
			}
			speed[x.Who] = append(speed[x.Who], x.PerSecond)
			r.add("street", x)
		}
	}
	for n := range s.rounds {
		for _, c := range all[:min(2, len(all))] {
			load := 0.7 * median(speed[c.name])
			x, err := y.run(ctx, c, n+1, max(500, int(load*4)), time.Duration(float64(time.Second)/load))
			if err != nil {
				return err
			}
			x.Load = load
			r.add("street at 70 % load", x)
		}
	}
	for _, c := range all {
		if _, _, peak, err := c.memory(); err == nil {
			r.note("street", "peak memory of "+c.name, fmt.Sprintf("%d MB", peak>>20))
		}
	}
	return nil
}

// run sends so many orders through a contestant, waits for all of them at the target and compares each.
func (y *yard) run(ctx context.Context, c *contestant, n, documents int, pace time.Duration) (round, error) {
	x := round{Round: n, Who: c.name, Documents: documents}
	first := y.next
	y.next += documents
	all := make([]request, documents)
	for i := range all {
		all[i] = newRequest(first+i, time.Now())
	}
	refused := c.sender.refused.Load()
	before, err := c.cpu()
	if err != nil {
		return x, err
	}
	idle := machineIdle()
	begin := time.Now()
	answered, due, err := c.sender.send(ctx, all, pace)
	if err != nil {
		return x, fmt.Errorf("%s: %w", c.name, err)
	}
	target := collection{y.target.address}
	if err := target.await(ctx, documents); err != nil {
		return x, fmt.Errorf("%s: %w", c.name, err)
	}
	x.MachineCPU = machineIdle().since(idle)
	time.Sleep(300 * time.Millisecond) // receipts and offsets belong to the work, and what comes twice would come now
	after, err := c.cpu()
	if err != nil {
		return x, err
	}
	arrived, err := target.take(ctx)
	if err != nil {
		return x, err
	}
	last, waited, err := y.verify(arrived, due, first)
	if err != nil {
		return x, fmt.Errorf("%s: %w", c.name, err)
	}
	x.PerSecond = float64(documents) / last.Sub(begin).Seconds()
	x.CPU = float64((after - before).Microseconds()) / float64(documents)
	x.P50, x.P99 = ms(percentile(waited, 50)), ms(percentile(waited, 99))
	x.AnswerP99, x.Refused = ms(percentile(answered, 99)), c.sender.refused.Load()-refused
	return x, nil
}

// verify looks whether every document arrived once and with the right content. It returns the last moment, and how long
// each was under way.
func (y *yard) verify(arrived []arrival, due []time.Time, first int) (last time.Time, waited []time.Duration, err error) {
	seen := make([]bool, len(due))
	for _, a := range arrived {
		var d struct {
			SourceOrder string `json:"source_order"`
		}
		if err := json.Unmarshal(a.Body, &d); err != nil {
			return last, nil, fmt.Errorf("a document arrived that is none: %w", err)
		}
		n, err := strconv.Atoi(strings.TrimPrefix(d.SourceOrder, "SHOP-"))
		i := n - first
		switch {
		case err != nil || i < 0 || i >= len(due):
			return last, nil, fmt.Errorf("document %s was not sent in this round", d.SourceOrder)
		case seen[i]:
			return last, nil, fmt.Errorf("document %s arrived twice", d.SourceOrder)
		}
		seen[i] = true
		if wrong := compare(n, a.Body, y.zone); wrong != "" {
			return last, nil, fmt.Errorf("document %s: %s", d.SourceOrder, wrong)
		}
		at := time.Unix(0, a.At)
		waited = append(waited, at.Sub(due[i].Round(0)))
		if at.After(last) {
			last = at
		}
	}
	if i := slices.Index(seen, false); i >= 0 {
		return last, nil, fmt.Errorf("document %d did not arrive", first+i)
	}
	return last, waited, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
