package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/config"
	"github.com/sihehub/sihe/examples"
)

func (a *app) demoCommand() *cobra.Command {
	var check, fresh bool
	var data string
	c := &cobra.Command{
		Use:   "demo",
		Short: "see an order go through CRM, ERP, OA and finance",
		Long: "Starts a hub with four native modules, loads the demo company (Linjiang Pump, fictional), plays two months of its\n" +
			"business live under a clock of its own, and stays up. A demo that was ended goes on where it was.\n\n" +
			"With --check it plays as fast as it can, compares every figure, and exits 0 or says which one differs.",
		Example: "  sihe demo\n  sihe demo --fresh\n  sihe demo --check",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if check {
				return a.checkDemo(cmd.Context(), data)
			}
			if data == "" {
				data = demoDir
			}
			return a.liveDemo(cmd.Context(), data, fresh)
		},
	}
	c.Flags().BoolVar(&check, "check", false, "play at once, compare every figure, then end")
	c.Flags().BoolVar(&fresh, "fresh", false, "begin again with an empty company")
	c.Flags().StringVar(&data, "data", "", "the demo's folder (default: "+demoDir+", or a temporary one with --check)")
	return c
}

// liveDemo plays at a pace that a person can follow and stays up.
func (a *app) liveDemo(ctx context.Context, dir string, fresh bool) error {
	if fresh {
		if err := os.RemoveAll(filepath.Join(dir, "data")); err != nil {
			return err
		}
	}
	return a.demo(ctx, dir, func(ctx context.Context, d *demonstration) error {
		d.follow(ctx, 700*time.Millisecond)
		if err := d.player.play(ctx); err != nil {
			return err
		}
		a.note("")
		a.note(a.say("The story is told; the hub stays up (API at http://%s). Ctrl-C ends it. In another terminal try:",
			"故事讲完了；系统保持运行（接口 http://%s），按 Ctrl-C 结束。请在另一个终端试试："), d.house.admin.Addr())
		for _, s := range []string{"trace CO-2026-0001", "get erp.sales_order", "status", "balance", "check run --all --now"} {
			a.note("  %s -C %s %s", os.Args[0], dir, s)
		}
		<-ctx.Done()
		return nil
	})
}

// checkDemo plays without pauses on ports of its own and ends.
func (a *app) checkDemo(ctx context.Context, dir string) error {
	if dir == "" {
		temp, err := os.MkdirTemp("", "sihe-demo-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(temp) }()
		dir = temp
	}
	started := time.Now()
	figures, checks := 0, 0
	err := a.demo(ctx, dir, func(ctx context.Context, d *demonstration) error {
		figures = d.player.story.figures()
		if err := d.player.play(ctx); err != nil {
			return err
		}
		runs, err := d.checksHold(ctx)
		checks = len(runs)
		return err
	})
	if err != nil {
		return err
	}
	return a.print("demo", fmt.Sprintf(a.say("%d figures compared, all as expected, and %d checks between the systems hold, in %s", "比对 %d 个数字，全部一致；系统间 %d 项核对相符，用时 %s"), figures, checks, time.Since(started).Round(100*time.Millisecond)),
		map[string]any{"figures": figures, "checks": checks}, func(io.Writer) {})
}

// A demonstration is a running demo: the hub and who plays its story.
type demonstration struct {
	app     *app
	catalog *canonical.Catalog
	house   *house
	player  *player
}

// demo starts the hub of dir, which gets the demo's files where it lacks them, and lets act play.
func (a *app) demo(ctx context.Context, dir string, act func(context.Context, *demonstration) error) error {
	if err := layOut(dir); err != nil {
		return err
	}
	c, err := a.mustCompile(dir)
	if err != nil {
		return err
	}
	var f sihe.Findings
	s := readStory(os.DirFS(dir), "story.yaml", &f)
	if s == nil {
		a.showFindings(a.err, f.Sorted())
		return errReported
	}
	if dir != demoDir {
		c.config.Admin, c.config.Intake = "127.0.0.1:0", "127.0.0.1:0"
	}
	clock := newStoryClock(s.Steps[0].At, time.Now)
	log, closeLog, err := demoLog(c.config)
	if err != nil {
		return err
	}
	defer closeLog()
	h, err := build(c, clock.now, log)
	if err != nil {
		return err
	}
	defer h.Close()
	client, err := newClient(c.config.Data, a.language)
	if err != nil {
		return err
	}
	d := &demonstration{app: a, catalog: c.catalog, house: h, player: &player{
		client: client, story: s, operator: &operator{house: h}, patience: expectWithin, progress: filepath.Join(c.config.Data, "story.json"), setClock: clock.set, keyField: c.keyField,
		begins: func(step) {}, done: func(step) {}, pace: func(context.Context) {},
	}}
	return alongside(ctx, h.Run, func(ctx context.Context) error {
		if !d.awaitBus(ctx) {
			return nil
		}
		return act(ctx, d)
	})
}

// awaitBus waits until the hub can take something in: a Kafka that is started with the demo needs a moment. False when ctx
// ends before.
func (d *demonstration) awaitBus(ctx context.Context) bool {
	for looks := 1; ; looks++ {
		err := d.house.hub.Ready(ctx)
		if err == nil || ctx.Err() != nil {
			return err == nil
		}
		if looks == tellAfter {
			d.app.note(d.app.say("waiting for the bus (%s)", "正在等待总线（%s）"), sihe.CodeOf(err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(readyEvery):
		}
	}
}

// readyEvery is the pause between two looks at a hub that is not ready; after so many of them it is told.
const (
	readyEvery = 20 * time.Millisecond
	tellAfter  = 100
)

// keyField returns the name of the field that identifies a document of "<system>/<entity>".
func (c *compiled) keyField(path string) string {
	system, entity, _ := strings.Cut(path, "/")
	for _, s := range c.config.Systems {
		if s.Name == system {
			if e, _, ok := c.catalog.In(s.Module, entity); ok {
				return e.Key
			}
		}
	}
	return ""
}

// alongside runs the hub while act works; when one ends, the other is told to.
func alongside(ctx context.Context, run, act func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ran := make(chan error, 1)
	go func() {
		ran <- run(ctx)
		stop()
	}()
	err := act(ctx)
	stop()
	return errors.Join(err, <-ran)
}

// layOut writes the demo's files into a folder that lacks them; what a user has edited stays.
func layOut(dir string) error {
	files := examples.Linjiang()
	return fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return errors.Join(err, os.MkdirAll(filepath.Join(dir, path), 0o750))
		}
		if path == config.File {
			if _, err := os.Stat(filepath.Join(dir, path)); err == nil {
				return nil
			}
		}
		b, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, path), b, 0o600)
	})
}

// demoLog keeps the hub's own lines out of the display, in a file of the data folder.
func demoLog(c *config.Config) (*slog.Logger, func(), error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(filepath.Join(c.Data, "hub.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	return slog.New(slog.NewTextHandler(f, nil)), func() { _ = f.Close() }, nil
}
