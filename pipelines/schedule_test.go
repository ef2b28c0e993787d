package pipelines

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func table(t *testing.T, line string, z *time.Location) *timetable {
	t.Helper()
	var f sihe.Findings
	h := &Hub{o: Options{Zone: z}}
	n := h.timetable("x", Timetable{Cron: line}, &f)
	if f.Failed() {
		t.Fatal(f.Err())
	}
	return n
}

// Days on which the clock is put forward or back have each run once, where the schedule names the hour; even steps stay
// even.
func TestDaylightSaving(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	for name, x := range map[string]struct {
		line  string
		from  time.Time
		hours []string
	}{
		"forward": {"30 2 * * *", time.Date(2026, 3, 28, 0, 0, 0, 0, berlin), []string{"28 02:30 CET", "29 03:30 CEST", "30 02:30 CEST"}},
		"back":    {"30 2 * * *", time.Date(2026, 10, 24, 0, 0, 0, 0, berlin), []string{"24 02:30 CEST", "25 02:30 CET", "26 02:30 CET"}},
		"steps":   {"*/30 * * * *", time.Date(2026, 10, 25, 1, 45, 0, 0, berlin), []string{"25 02:00 CEST", "25 02:30 CEST", "25 02:00 CET", "25 02:30 CET", "25 03:00 CET"}},
		"twice":   {"0 1,3 * * *", time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), []string{"29 01:00 CET", "29 03:00 CEST", "30 01:00 CEST"}},
	} {
		n := table(t, x.line, berlin)
		at := x.from
		var got []string
		for range x.hours {
			at = n.next(at)
			got = append(got, at.In(berlin).Format("02 15:04 MST"))
		}
		if !slices.Equal(got, x.hours) {
			t.Errorf("%s: %v, want %v", name, got, x.hours)
		}
	}
	if at := table(t, "0 0 30 2 *", berlin).next(time.Unix(0, 0)); !at.IsZero() {
		t.Errorf("the 30th of February is on %s", at)
	}
}

func TestLatest(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for line, x := range map[string]struct {
		after time.Time
		want  string
	}{
		"* * * * *":  {now.AddDate(-5, 0, 0), "2026-03-04 12:00"},
		"0 6 * * *":  {now.AddDate(0, 0, -3), "2026-03-04 06:00"},
		"0 7 * * *":  {now.Add(-5 * time.Hour), ""},
		"0 6 1 * *":  {now.AddDate(-1, 0, 0), "2026-03-01 06:00"},
		"0 6 2 1 *":  {now.AddDate(-3, 0, 0), "2026-01-02 06:00"},
		"0 6 29 2 *": {now.AddDate(-4, 0, 0), ""}, // more than a year ago
	} {
		at, any := table(t, line, time.UTC).latest(x.after, now)
		if got := at.Format("2006-01-02 15:04"); any != (x.want != "") || any && got != x.want {
			t.Errorf("%s: %s, want %s", line, got, x.want)
		}
	}
}

// A jobHouse has one job and a clock that can be set.
type jobHouse struct {
	*testHouse
	mu    sync.Mutex
	shift time.Duration
	runs  []string
	takes time.Duration
}

func newJobHouse(t *testing.T, j Job) *jobHouse {
	h := &jobHouse{testHouse: newTestHouse(t)}
	j.Name = "job"
	j.Do = func(ctx context.Context) error {
		h.mu.Lock()
		h.runs = append(h.runs, h.now().UTC().Format("02 15:04"))
		takes := h.takes
		h.mu.Unlock()
		pause(ctx, takes+1)
		return ctx.Err()
	}
	h.tune = func(o *Options) {
		o.Jobs, o.Tuning = []Job{j}, Tuning{}
		o.Now = func() time.Time {
			h.mu.Lock()
			defer h.mu.Unlock()
			return h.now()
		}
	}
	return h
}

func (h *jobHouse) now() time.Time { return time.Now().Add(h.shift).Round(0) }

func (h *jobHouse) set(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shift += d
}

func (h *jobHouse) ran(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(h.runs, want) {
		t.Errorf("runs: %v, want %v", h.runs, want)
	}
}

// A run that was due while the hub did not work is made up for once, or left out, as the schedule says.
func TestMissedRuns(t *testing.T) {
	for policy, want := range map[string][]string{
		MissedRun:  {"01 06:00", "04 09:00", "05 06:00"},
		MissedSkip: {"01 06:00", "05 06:00"},
	} {
		t.Run(policy, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newJobHouse(t, Job{Schedule: "0 6 * * *", Missed: policy})
				h.start() // at midnight of the first
				time.Sleep(10 * time.Hour)
				h.halt()
				time.Sleep(71 * time.Hour)
				h.start()
				time.Sleep(24 * time.Hour)
				h.ran(t, want...)
				var r store.Run
				if err := h.store.View(func(tx *store.Tx) (err error) { r, err = tx.Run("job:job"); return err }); err != nil || r.Missed != 1 {
					t.Errorf("%+v, %v", r, err)
				}
				if got := h.stateEvents(); !slices.Equal(got, []string{"run_missed"}) {
					t.Errorf("feed: %v", got)
				}
				h.halt()
			})
		})
	}
}

// A job that a power cut interrupts has not run.
func TestARunThatWasCutOffIsMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newJobHouse(t, Job{Schedule: "0 6 * * *"})
		h.takes = time.Hour
		h.start()
		time.Sleep(6*time.Hour + 30*time.Minute)
		h.cut()
		time.Sleep(time.Hour)
		h.start()
		time.Sleep(2 * time.Hour)
		h.ran(t, "01 06:00", "01 07:30")
		h.halt()
		h.start()
		time.Sleep(2 * time.Hour)
		h.ran(t, "01 06:00", "01 07:30")
		h.halt()
	})
}

// A clock that is set back does not let a job run twice, one that jumps ahead makes up once, and one that had been wrong
// for years does not keep the job from running.
func TestJobsWhenTheClockIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newJobHouse(t, Job{Schedule: "0 6 * * *"})
		h.start()
		time.Sleep(7 * time.Hour)
		h.ran(t, "01 06:00")
		h.set(-3 * time.Hour) // it is 4 again
		time.Sleep(6 * time.Hour)
		h.ran(t, "01 06:00")
		h.halt()
		h.set(-5 * time.Hour) // 5 again, over a restart
		h.start()
		time.Sleep(5 * time.Hour)
		h.ran(t, "01 06:00")
		h.set(48 * time.Hour) // the third
		time.Sleep(5 * time.Minute)
		h.ran(t, "01 06:00", "03 10:01")
		h.set(10 * 365 * 24 * time.Hour)
		time.Sleep(5 * time.Minute)
		h.set(-10 * 365 * 24 * time.Hour)
		time.Sleep(30 * time.Hour)
		synctest.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		if n := len(h.runs); n != 4 || h.runs[3] != "04 06:00" {
			t.Errorf("runs: %v", h.runs)
		}
		h.mu.Unlock()
		h.halt()
		h.mu.Lock()
	})
}

// A source that is read by a schedule is read at its first start, at its times, and by its own zone.
func TestPollBySchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var reads []string
		source := &reader2{twin: newTwin("crm", "crm", "D"), read: func() {
			mu.Lock()
			defer mu.Unlock()
			reads = append(reads, time.Now().UTC().Format("02 15:04"))
		}}
		h := newTestHouse(t)
		h.tune = func(o *Options) { o.Tuning = Tuning{} }
		h.systems = []System{{Name: "crm", Module: "crm", Connector: source, Schedule: Timetable{Cron: "0 6 * * *", Zone: zone(t, "Asia/Shanghai"), Missed: MissedSkip}}}
		h.start()
		time.Sleep(47 * time.Hour)
		h.halt()
		time.Sleep(24 * time.Hour)
		h.start()
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		mu.Lock()
		if want := []string{"01 00:00", "01 22:00", "02 22:00", "04 22:00"}; !slices.Equal(reads, want) {
			t.Errorf("reads: %v, want %v", reads, want)
		}
		mu.Unlock()
		h.halt()
	})
}

type reader2 struct {
	*twin
	read func()
}

func (s *reader2) Changed() {}

func (s *reader2) Read(context.Context, sihe.Cursor, func(sihe.Record, sihe.Cursor) error) error {
	s.read()
	return nil
}
