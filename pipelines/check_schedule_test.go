package pipelines

import (
	"log/slog"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/sihehub/sihe/pipelines/store"
)

func TestNextCheck(t *testing.T) {
	zone := time.FixedZone("Shanghai", 8*3600)
	at := func(clock string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", "2026-03-"+clock, zone)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	six, err := cron.ParseStandard("0 6 * * 1-5")
	if err != nil {
		t.Fatal(err)
	}
	h := &Hub{o: Options{Zone: zone, Checks: Checks{}.withDefaults()}, started: at("02 08:00")} // a Monday
	for _, x := range []struct {
		name  string
		check Check
		run   time.Time
		want  time.Time
	}{
		{"never ran", Check{Within: 10 * time.Minute}, time.Time{}, at("02 08:05")},
		{"never ran, in a hurry", Check{Within: time.Second, Every: 30 * time.Second}, time.Time{}, at("02 08:00").Add(30 * time.Second)},
		{"ran", Check{Within: time.Minute}, at("02 09:00"), at("02 09:05")},
		{"has its own rhythm", Check{Within: time.Minute, Every: 2 * time.Hour}, at("02 09:00"), at("02 11:00")},
		{"missed runs while the hub was down", Check{Within: 2 * time.Minute}, at("01 20:00"), at("02 08:02")},
		{"by schedule, in the hub's zone", Check{Within: time.Minute, Schedule: six}, at("02 08:30"), at("03 06:00")},
		{"by schedule, missed", Check{Within: time.Minute, Schedule: six}, at("01 20:00"), at("02 08:01")},
	} {
		if got := h.nextCheck(&x.check, store.Checked{Run: x.run}); !got.Equal(x.want) {
			t.Errorf("%s: %s, want %s", x.name, got, x.want)
		}
	}
	late := &Check{Name: "late", Within: time.Minute}
	h.health, h.o.Now, h.o.Log = map[string]*Health{}, func() time.Time { return at("02 08:14") }, slog.New(slog.DiscardHandler)
	if h.slowCheck(late, store.Checked{Run: at("02 08:01")}); h.healthOf("check:late") != nil {
		t.Error("two runs may be missed")
	}
	h.o.Now = func() time.Time { return at("02 08:17") }
	if h.slowCheck(late, store.Checked{Run: at("02 08:01")}); h.healthOf("check:late") == nil || h.healthOf("check:late").Code != "CHECK_LATE" {
		t.Error("silence passes for agreement")
	}
}
