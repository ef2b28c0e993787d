package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

// systemHealth says in a few words how a system is: its breaker first, then its last read, then what it asked for.
func (a *app) systemHealth(x pipelines.SystemStatus) string {
	words := []string{}
	if b := x.Breaker; b != nil {
		words = append(words, fmt.Sprintf(a.say("left alone since %s (%s), asked again at %s", "自 %s 起暂停调用（%s），%s 再次探测"), a.clock(b.Since), b.Code, a.clock(b.Next)))
	}
	if x.Health != nil && !x.Health.OK {
		words = append(words, health(x.Health))
	}
	if !x.Asleep.IsZero() {
		words = append(words, fmt.Sprintf(a.say("asked for silence until %s", "要求等待至 %s"), a.clock(x.Asleep)))
	}
	for _, lane := range slices.Sorted(maps.Keys(x.Queues)) {
		words = append(words, fmt.Sprintf(a.say("%d wait (%s)", "%d 个排队（%s）"), x.Queues[lane], lane))
	}
	if len(words) == 0 {
		return "ok"
	}
	return strings.Join(words, a.say("; ", "；"))
}

// clock writes the time of day in the hub's zone.
func (a *app) clock(t time.Time) string {
	if a.zone != nil {
		t = t.In(a.zone)
	}
	return t.Format("15:04:05")
}

// showStanding lists what is paused, by whom and why.
func (a *app) showStanding(w io.Writer, s pipelines.Status) {
	var rows [][]string
	for _, x := range s.Streets {
		if x.Pause != nil {
			rows = append(rows, []string{x.Name, x.Pause.Who, a.stamp(x.Pause.Since), x.Pause.Why})
		}
	}
	if len(rows) > 0 {
		table(w, []string{a.say("STANDS", "已停"), a.say("BY", "由"), a.say("SINCE", "起始"), a.say("WHY", "原因")}, rows)
		_, _ = fmt.Fprintln(w)
	}
}

// showKeeps lists how much of what is kept, and how long.
func (a *app) showKeeps(w io.Writer, keeps []store.Holding) {
	names := map[string]string{
		"deliveries": "投递记录", "kept events": "未完成事件", "traces": "轨迹", "balance": "收发平衡", "activity": "动态",
		"audit": "审计", "raw records": "原始记录", "events": "事件",
	}
	rows := make([][]string, 0, len(keeps))
	for _, k := range keeps {
		n := fmt.Sprint(k.Count)
		if k.Count < 0 {
			n = ""
		}
		rows = append(rows, []string{a.say(k.What, names[k.What]), a.keeping(k), n, a.stamp(k.Oldest)})
	}
	table(w, []string{a.say("KEPT", "保留"), a.say("HOW LONG", "多久"), a.say("NOW", "现有"), a.say("OLDEST", "最早")}, rows)
	_, _ = fmt.Fprintln(w)
}

func (a *app) keeping(k store.Holding) string {
	const day = 24 * time.Hour
	switch {
	case k.Open:
		return a.say("until done", "直到完成")
	case k.Most > 0:
		return fmt.Sprintf(a.say("the last %d", "最近 %d 条"), k.Most)
	case k.Keep == 0:
		return a.say("for ever", "永久")
	case k.Keep%day == 0:
		return fmt.Sprintf(a.say("%d days", "%d 天"), k.Keep/day)
	}
	return k.Keep.String()
}
