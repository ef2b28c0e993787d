package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
)

// watchEvery is how often the files are looked at; a change counts when they stay as they are for that long.
const watchEvery = time.Second

// longestStorm is how many looks a change may be put off for because files go on changing.
const longestStorm = 5

// A watcher takes changed files over into a running hub.
type watcher struct {
	app   *app
	house *house
	every time.Duration
	// done hears how each attempt went, refused ones too.
	done func(pipelines.Swapped, sihe.Findings, error)

	last  snapshot // tried last, or loaded
	seen  snapshot
	storm int
}

// watch looks at the files until ctx ends. However often they change, the last state is the one that is taken over.
func (w *watcher) watch(ctx context.Context) {
	w.last = w.house.loaded.Load().files
	w.seen = w.last
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.look(ctx)
		case <-ctx.Done():
			return
		}
	}
}

func (w *watcher) look(ctx context.Context) {
	now, err := takeSnapshot(w.house.config.Dir)
	if err != nil {
		return // a file that is being replaced; the next look sees what became of it
	}
	moved := len(now.changed(w.seen)) > 0
	w.seen = now
	if moved && w.storm < longestStorm {
		w.storm++
		return
	}
	w.storm = 0
	changed := now.changed(w.last)
	if len(changed) == 0 {
		return
	}
	w.last = now
	var f sihe.Findings
	done, err := w.house.reload(ctx, now, &f)
	w.tell(changed, done, f.Sorted(), err)
	if w.done != nil {
		w.done(done, f, err)
	}
}

// tell says what became of a change.
func (w *watcher) tell(changed []string, done pipelines.Swapped, f sihe.Findings, err error) {
	a := w.app
	a.showFindings(a.err, f)
	switch {
	case f.Failed():
		a.note(a.say("%s: not taken over, %s; the hub goes on with the files it has", "%s：未应用，%s；系统继续使用已加载的文件"), join(changed), a.findingsSummary(f))
	case err != nil:
		a.fail("run", err)
	default:
		text := fmt.Sprintf(a.say("%s: taken over, %d pipelines go on", "%s：已应用，%d 个流程继续运行"), join(changed), len(done.Kept))
		if len(done.Begun) > 0 {
			text += fmt.Sprintf(a.say("; begun: %s", "；新开始：%s"), join(done.Begun))
		}
		if len(done.Ended) > 0 {
			text += fmt.Sprintf(a.say("; ended: %s", "；已结束：%s"), join(done.Ended))
		}
		a.note("%s", text)
	}
}
