package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/config"
	"github.com/sihehub/sihe/connectors"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/console"
)

func (a *app) planCommand() *cobra.Command {
	var since string
	var exitCode bool
	c := &cobra.Command{
		Use:   "plan [DIR]",
		Short: "show what edited files would change, before anything is sent",
		Long: "Takes the raw records and the events that the running hub has stored, runs them through the files by which it works\n" +
			"and through the files in the folder, and shows which documents would be stated or written otherwise, which fields,\n" +
			"the net effect on amounts, and which examples look at those fields. A record that comes out differently is followed\n" +
			"through the pipelines to what is written in the end. Nothing is sent and nothing is stored.",
		Example: "  sihe plan\n  sihe plan myhub --since 168h -o wide\n  sihe plan --exit-code",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				a.dir = args[0]
			}
			return a.plan(cmd.Context(), since, exitCode)
		},
	}
	c.Flags().StringVar(&since, "since", "24h", "records and events stored since then: 24h, 2026-03-01, or an RFC 3339 time")
	c.Flags().BoolVar(&exitCode, "exit-code", false, "exit with 2 when something would change")
	return c
}

// planned is what `sihe plan -o json` has as its result.
type planned struct {
	Since  time.Time `json:"since"`
	Loaded time.Time `json:"loaded"` // when the running hub took its files
	Files  []string  `json:"files"`  // that differ from those
	pipelines.Comparing
}

func (a *app) plan(ctx context.Context, since string, exitCode bool) error {
	cl, err := a.client()
	if err != nil {
		return err
	}
	p := planned{}
	if p.Since, err = a.moment(since, time.Now()); err != nil {
		return err
	}
	now, next, err := a.sides(ctx, cl, &p)
	if err != nil {
		return err
	}
	c := pipelines.NewComparison(now, next)
	for _, system := range c.Systems() {
		if err := cl.records(ctx, system, p.Since, c.AddRecord); err != nil {
			return err
		}
	}
	for _, entity := range c.Entities() {
		if err := cl.events(ctx, entity, p.Since, c.Add); err != nil {
			return err
		}
	}
	p.Comparing = c.Result()
	if err := a.print("plan", a.planSummary(p), p, func(w io.Writer) { a.showPlan(w, p) }); err != nil {
		return err
	}
	if exitCode && p.Changes() {
		return errReported
	}
	return nil
}

// moment reads a duration before now, a day in the hub's zone, or a time.
func (a *app) moment(s string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	zone := a.zone
	if zone == nil {
		zone = time.UTC
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, sihe.Errorf(sihe.CodeConfigValue, "read --since %s: write 24h, 2026-03-01 or 2026-03-01T08:00:00+08:00", s)
}

// sides compiles the files by which the hub works, and those in the folder.
func (a *app) sides(ctx context.Context, cl *client, p *planned) (now, next pipelines.Files, err error) {
	var running console.Config
	if err := cl.do(ctx, request{method: http.MethodGet, path: "/hub/config"}, &running); err != nil {
		return now, next, err
	}
	dir := a.hubDir()
	edited, err := takeSnapshot(dir)
	if err != nil {
		return now, next, err
	}
	loaded := snapshot{files: running.Files}
	p.Loaded, p.Files = running.Loaded, edited.changed(loaded)
	sides := [2]pipelines.Files{}
	for i, s := range []snapshot{loaded, edited} {
		var f sihe.Findings
		c := compileFiles(dir, s, anyEnv, &f)
		if f.Failed() {
			a.showFindings(a.err, f.Sorted())
			return now, next, errReported
		}
		sides[i] = pipelines.Files{Catalog: c.catalog, Plan: c.plan, Origins: c.origins(&f)}
	}
	return sides[0], sides[1], nil
}

// anyEnv resolves references as far as this shell can; secrets do not matter to what is compared.
func anyEnv(kind, name string) (string, bool) {
	if v, ok := config.OSEnv(kind, name); ok {
		return v, true
	}
	return "unset", true
}

// origins are the systems whose records become canonical by mappings, as the files say.
func (c *compiled) origins(f *sihe.Findings) (all []pipelines.Origin) {
	for _, s := range c.config.Systems {
		kind, ok := connectors.Find(s.Connector)
		if !ok || kind.Normalise == nil {
			continue
		}
		o := pipelines.Origin{System: s.Name, Module: s.Module, Kinds: map[string]pipelines.Normalise{}}
		for name, n := range kind.Normalise(c.spec(s, nil, slog.New(slog.DiscardHandler)), f) {
			o.Kinds[name] = pipelines.Normalise(n)
		}
		all = append(all, o)
	}
	return all
}

// events asks for the stored events of an entity since a moment, page by page.
func (c *client) events(ctx context.Context, entity string, since time.Time, each func(sihe.Event)) error {
	return pages("/hub/events", url.Values{"entity": {entity}, "since": {since.UTC().Format(time.RFC3339)}}, func(path string) (string, error) {
		var page console.Events
		err := c.do(ctx, request{method: http.MethodGet, path: path}, &page)
		for _, e := range page.Events {
			each(e.Event())
		}
		return page.Next, err
	})
}

// records asks for the stored raw records of a system since a moment, page by page.
func (c *client) records(ctx context.Context, system string, since time.Time, each func(string, pipelines.StoredRecord)) error {
	return pages("/hub/records", url.Values{"system": {system}, "since": {since.UTC().Format(time.RFC3339)}}, func(path string) (string, error) {
		var page console.Records
		err := c.do(ctx, request{method: http.MethodGet, path: path}, &page)
		for _, r := range page.Records {
			each(system, r.Record())
		}
		return page.Next, err
	})
}

// pages takes page after page until one has no next.
func pages(path string, q url.Values, take func(path string) (next string, err error)) error {
	for {
		next, err := take(path + "?" + q.Encode())
		if err != nil || next == "" {
			return err
		}
		q.Set("after", next)
	}
}
