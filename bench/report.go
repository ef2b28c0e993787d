//go:build bench

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// A report collects what was measured.
type report struct {
	Commit     string         `json:"commit"`
	At         time.Time      `json:"at"`
	Go         string         `json:"go"`
	Processors int            `json:"processors"`
	Rounds     map[string]any `json:"rounds"`
	Notes      []note         `json:"figures"`

	rounds map[string][]round
}

// A note is one figure by itself.
type note struct {
	Measurement string `json:"measurement"`
	Name        string `json:"name"`
	Value       string `json:"value"`
	Wanted      string `json:"wanted,omitempty"`
	OK          bool   `json:"ok"`
}

func newReport() *report {
	commit, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		commit = []byte("unknown")
	}
	return &report{
		Commit: strings.TrimSpace(string(commit)), At: time.Now().UTC().Truncate(time.Second), Go: runtime.Version(), Processors: runtime.NumCPU(),
		Rounds: map[string]any{}, rounds: map[string][]round{},
	}
}

func (r *report) add(measurement string, x round) {
	r.rounds[measurement] = append(r.rounds[measurement], x)
	r.Rounds[measurement] = r.rounds[measurement]
	fmt.Fprintf(os.Stderr, "%-20s %d  %-14s %7.0f/s %7.0f µs CPU  p50 %8.1f ms  p99 %8.1f ms  answer p99 %8.1f ms  machine %.0f %%\n",
		measurement, x.Round, x.Who, x.PerSecond, x.CPU, x.P50, x.P99, x.AnswerP99, 100*x.MachineCPU)
}

func (r *report) note(measurement, name, value string) {
	r.Notes = append(r.Notes, note{Measurement: measurement, Name: name, Value: value, OK: true})
}

func (r *report) check(measurement, name string, value, limit float64, unit string, atMost bool) {
	word, ok := "at least", value >= limit
	if atMost {
		word, ok = "at most", value <= limit
	}
	r.Notes = append(r.Notes, note{measurement, name, number(value) + unit, word + " " + number(limit) + unit, ok})
}

func number(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// write prints the table, and the file when it has a name.
func (r *report) write(w io.Writer, file string) error {
	r.judge()
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "commit %s, %s, %d processors\n\n", r.Commit, r.Go, r.Processors)
	fmt.Fprintln(t, "measurement\tfigure\tvalue\twanted\t")
	for _, n := range r.Notes {
		verdict := ""
		if n.Wanted != "" && !n.OK {
			verdict = "missed"
		} else if n.Wanted != "" {
			verdict = "reached"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", n.Measurement, n.Name, n.Value, n.Wanted, verdict)
	}
	if err := t.Flush(); err != nil || file == "" {
		return err
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(raw, '\n'), 0o644)
}

// judge compares the contestants of the street: medians, and ratios within each round.
func (r *report) judge() {
	const hand, again, ours = "by hand", "by hand again", "hub"
	of := func(measurement, who string, f func(round) float64) (all []float64) {
		for _, x := range r.rounds[measurement] {
			if x.Who == who {
				all = append(all, f(x))
			}
		}
		return all
	}
	speed := func(x round) float64 { return x.PerSecond }
	cpu := func(x round) float64 { return x.CPU }
	p99 := func(x round) float64 { return x.P99 }
	if len(of("street", hand, speed))*len(of("street", ours, speed))*len(of("street", again, speed)) > 0 {
		for _, who := range []string{hand, again, ours} {
			s, c := of("street", who, speed), of("street", who, cpu)
			r.note("street", who, fmt.Sprintf("%.0f documents/s (%.0f to %.0f), %.0f µs of CPU a document (%.0f to %.0f)",
				median(s), slices.Min(s), slices.Max(s), median(c), slices.Min(c), slices.Max(c)))
		}
		r.note("street", "A/A: by hand again ÷ by hand", fmt.Sprintf("throughput %.2f, CPU %.2f",
			median(ratios(of("street", again, speed), of("street", hand, speed))), median(ratios(of("street", again, cpu), of("street", hand, cpu)))))
		r.check("street", "throughput, hub ÷ by hand", median(ratios(of("street", ours, speed), of("street", hand, speed))), 0.5, "", false)
		r.check("street", "CPU time, hub ÷ by hand", median(ratios(of("street", ours, cpu), of("street", hand, cpu))), 3, "", true)
	}
	if at := "street at 70 % load"; len(r.rounds[at]) > 0 {
		r.note(at, "by hand, p99", number(median(of(at, hand, p99)))+" ms")
		r.note(at, "hub, p99 of the answer", number(median(of(at, ours, func(x round) float64 { return x.AnswerP99 })))+" ms")
		r.check(at, "hub, p99 to the arrival", median(of(at, ours, p99)), 150, " ms", true)
	}
}

func median(all []float64) float64 {
	s := slices.Sorted(slices.Values(all))
	if len(s) == 0 {
		return 0
	}
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// ratios pairs the figures round by round.
func ratios(a, b []float64) (all []float64) {
	for i := range min(len(a), len(b)) {
		all = append(all, a[i]/b[i])
	}
	return all
}

// A machine is how long all processors have worked and idled.
type machine struct{ busy, idle float64 }

func machineIdle() (m machine) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return m
	}
	var f [8]float64
	_, _ = fmt.Sscanf(string(text), "cpu %f %f %f %f %f %f %f %f", &f[0], &f[1], &f[2], &f[3], &f[4], &f[5], &f[6], &f[7])
	m.idle = f[3] + f[4]
	for _, v := range f {
		m.busy += v
	}
	m.busy -= m.idle
	return m
}

func (m machine) since(old machine) float64 {
	busy, idle := m.busy-old.busy, m.idle-old.idle
	if busy+idle == 0 {
		return 0
	}
	return busy / (busy + idle)
}
