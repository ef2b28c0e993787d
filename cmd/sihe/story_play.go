package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/sihehub/sihe"
)

// expectWithin is how long an expectation may take to become true: every hop is asynchronous.
const expectWithin = 60 * time.Second

// A player plays a story against a running hub. What it has done it writes down before and after, so that a killed
// demo goes on where it was and no deed is done twice.
type player struct {
	client   *client
	story    *story
	operator *operator
	patience time.Duration            // how long an expectation may take
	progress string                   // file
	keyField func(path string) string // of "<system>/<entity>"
	setClock func(time.Time)          // moves the hub's business clock
	begins   func(s step)             // a step begins
	done     func(s step)             // all its expectations hold
	pace     func(context.Context)    // between steps, for people to follow
}

// progress is how far a story has come.
type progress struct {
	Step int    `json:"step"`
	Deed int    `json:"deed"`
	URL  string `json:"url,omitempty"` // of the deed under way, when a query had found it
}

func (p *player) load() (progress, error) {
	var at progress
	b, err := os.ReadFile(p.progress)
	if errors.Is(err, os.ErrNotExist) {
		return at, nil
	}
	if err != nil {
		return at, err
	}
	return at, json.Unmarshal(b, &at)
}

// save keeps the progress.
func (p *player) save(at progress) error {
	b, err := json.Marshal(at)
	if err != nil {
		return err
	}
	return replaceFile(p.progress, b)
}

// play does every step that is not done yet. An expectation that never holds is the error.
func (p *player) play(ctx context.Context) error {
	at, err := p.load()
	if err != nil {
		return fmt.Errorf("read the story's progress: %w", err)
	}
	for i, s := range p.story.Steps {
		p.setClock(s.At)
		if i < at.Step {
			continue
		}
		p.begins(s)
		if err := p.step(ctx, i, s, at); err != nil {
			return fmt.Errorf("step %s (%s): %w", s.Name, s.At.Format("2006-01-02"), err)
		}
		at = progress{Step: i + 1}
		if err := p.save(at); err != nil {
			return err
		}
		p.done(s)
		p.pace(ctx)
	}
	return ctx.Err()
}

func (p *player) step(ctx context.Context, i int, s step, at progress) error {
	if s.AtOnce && at.Deed < len(s.Do) {
		if err := p.atOnce(ctx, i, s); err != nil {
			return err
		}
		at = progress{Step: i, Deed: len(s.Do)}
	}
	for j, d := range s.Do {
		if j < at.Deed {
			continue
		}
		here := progress{Step: i, Deed: j}
		if j == at.Deed {
			here.URL = at.URL
		}
		if err := p.deed(ctx, &here, d); err != nil {
			return fmt.Errorf("deed %d: %w", j+1, err)
		}
		if err := p.save(progress{Step: i, Deed: j + 1}); err != nil {
			return err
		}
	}
	for j, x := range s.Expect {
		if err := p.expect(ctx, x); err != nil {
			return fmt.Errorf("expectation %d: %w", j+1, err)
		}
	}
	return nil
}

// deed makes one call. Its Idempotency-Key is its place in the story, so a repetition gets the first answer.
func (p *player) deed(ctx context.Context, at *progress, d deed) error {
	if d.Pause+d.Resume+d.Repeat != "" {
		return p.operator.deed(ctx, d)
	}
	r := request{method: http.MethodPost, actor: d.As, body: d.With, key: fmt.Sprintf("%s:%d:%d", p.story.Name, at.Step, at.Deed)}
	if d.With == nil {
		r.body = map[string]any{}
	}
	switch {
	case d.Create != "":
		r.path = "/api/" + d.Create
	case d.Edit != "":
		r.method, r.path = http.MethodPatch, "/api/"+d.Edit
	case d.Job != "":
		system, job, _ := strings.Cut(d.Job, "/")
		r.path = "/api/" + system + "/jobs/" + job
	default:
		target, err := p.target(ctx, at, d.Act)
		if err != nil {
			return err
		}
		r.path = target + "/" + url.PathEscape(d.Do)
	}
	err := p.client.do(ctx, r, nil)
	if d.Fails == "" {
		return err
	}
	var refused *apiError
	if errors.As(err, &refused) && refused.Detail.Code == sihe.Code(d.Fails) {
		return nil
	}
	return fmt.Errorf("%s: want the refusal %s, got %w", r.path, d.Fails, orNothing(err))
}

// atOnce does all deeds of a step at the same moment; a repetition after a crash gets the answers of the first time.
func (p *player) atOnce(ctx context.Context, i int, s step) error {
	failed := make([]error, len(s.Do))
	var all sync.WaitGroup
	for j, d := range s.Do {
		all.Go(func() {
			if err := p.deed(ctx, &progress{Step: i, Deed: j}, d); err != nil {
				failed[j] = fmt.Errorf("deed %d: %w", j+1, err)
			}
		})
	}
	all.Wait()
	return errors.Join(append(failed, p.save(progress{Step: i, Deed: len(s.Do)}))...)
}

func orNothing(err error) error {
	if err == nil {
		return errors.New("success")
	}
	return err
}

// target resolves a query to the one document it finds and writes that down before anything is done to it.
func (p *player) target(ctx context.Context, at *progress, act string) (string, error) {
	if at.URL != "" {
		return at.URL, nil
	}
	path, query, asks := strings.Cut(act, "?")
	if !asks {
		return "/api/" + act, nil
	}
	var key string
	err := p.poll(ctx, func() (string, error) {
		var page struct {
			Items []map[string]any `json:"items"`
		}
		if err := p.client.do(ctx, request{method: http.MethodGet, path: "/api/" + path + "?" + query}, &page); err != nil {
			return "", err
		}
		if len(page.Items) != 1 {
			return fmt.Sprintf("%s finds %d documents, want one", act, len(page.Items)), nil
		}
		key = scalar(page.Items[0][p.keyField(path)])
		return "", nil
	})
	if err != nil {
		return "", err
	}
	at.URL = "/api/" + path + "/" + url.PathEscape(key)
	return at.URL, p.save(*at)
}

func (p *player) expect(ctx context.Context, x expectation) error {
	if x.Outcome != "" {
		return p.poll(ctx, func() (string, error) { return p.operator.outcome(ctx, p.client, x) })
	}
	return p.poll(ctx, func() (string, error) {
		var got any
		path := x.See + x.List
		if x.Report != "" {
			system, report, _ := strings.Cut(x.Report, "/")
			path = system + "/reports/" + report
		}
		if err := p.client.do(ctx, request{method: http.MethodGet, path: "/api/" + path}, &got); err != nil {
			return "", err
		}
		if x.List != "" {
			got = got.(map[string]any)["items"]
			if n := len(got.([]any)); x.Count >= 0 && n != x.Count {
				return fmt.Sprintf("%s: want %d documents, got %d", x.List, x.Count, n), nil
			}
		}
		if x.Is == nil {
			return "", nil
		}
		if m := mismatch("", x.Is, got); m != "" {
			return path + " " + m, nil
		}
		return "", nil
	})
}

// poll asks until there is nothing wrong any more. A missing document may still arrive; any other refusal is final.
func (p *player) poll(ctx context.Context, ask func() (wrong string, err error)) error {
	ctx, stop := context.WithTimeout(ctx, p.patience)
	defer stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		wrong, err := ask()
		var refused *apiError
		switch {
		case errors.As(err, &refused) && refused.Status == http.StatusNotFound:
			wrong = err.Error()
		case err != nil:
			return err
		case wrong == "":
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New(wrong)
		case <-tick.C:
		}
	}
}
