package main

import (
	"context"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/config"
)

func (a *app) runCommand() *cobra.Command {
	watch := false
	c := &cobra.Command{
		Use:   "run [DIR]",
		Short: "run a hub until it is told to stop",
		Long: "Runs the hub whose hub.yaml is in the folder. Ctrl-C lets what is under way finish; a second one ends at once, which is as safe.\n\n" +
			"With -w, changed mappings and pipelines are taken over while documents flow: each document goes wholly by the old files\n" +
			"or wholly by the new ones. Files with errors are refused and the hub goes on with those it has. A change of hub.yaml,\n" +
			"entities or descriptions of products needs a restart.",
		Example: "  sihe run myhub\n  sihe run -w myhub",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				a.dir = args[0]
			}
			return a.run(cmd.Context(), watch)
		},
	}
	c.Flags().BoolVarP(&watch, "watch", "w", false, "take changed mappings and pipelines over while the hub runs")
	return c
}

// collectAt lets the heap grow to four times of what lives before it is collected. A hub keeps little alive and turns much
// over, so the default would spend a sixth of its time on collecting. GOGC and GOMEMLIMIT in the environment count more.
const collectAt = 300

func (a *app) run(ctx context.Context, watch bool) error {
	if a.getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	c, err := a.mustCompile(a.hubDir())
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(a.err, nil))
	h, err := build(c, time.Now, log)
	if err != nil {
		return err
	}
	defer h.Close()
	a.note(a.say("%s is up: webhooks at http://%s/in/<system>, API at http://%s", "%s 已启动：webhook 地址 http://%s/in/<系统>，接口 http://%s"), c.config.Name, h.intake.Addr(), h.admin.Addr())
	if !watch {
		return h.Run(ctx)
	}
	w := &watcher{app: a, house: h, every: watchEvery}
	return alongside(ctx, h.Run, func(ctx context.Context) error {
		w.watch(ctx)
		return nil
	})
}

// mustCompile shows what is wrong with the hub's files, if anything is.
func (a *app) mustCompile(dir string) (*compiled, error) {
	var f sihe.Findings
	c := compile(dir, &f)
	if f.Failed() {
		a.showFindings(a.err, f.Sorted())
		return nil, errReported
	}
	return c, nil
}

// mustConfig reads hub.yaml alone, to find the hub that runs.
func (a *app) mustConfig() (*config.Config, error) {
	var f sihe.Findings
	dir := a.hubDir()
	c := config.Peek(dir, os.DirFS(dir), config.OSEnv, &f)
	if c == nil {
		a.showFindings(a.err, f.Sorted())
		return nil, errReported
	}
	return c, nil
}

// client talks to the hub that this command is about.
func (a *app) client() (*client, error) {
	c, err := a.mustConfig()
	if err != nil {
		return nil, err
	}
	a.zone = c.Zone
	return newClient(c.Data, a.language)
}

// stamp writes a moment in the hub's zone.
func (a *app) stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if a.zone == nil {
		return t.Format("2006-01-02 15:04")
	}
	return t.In(a.zone).Format("2006-01-02 15:04")
}

func join(names []string) string { return strings.Join(names, ", ") }
