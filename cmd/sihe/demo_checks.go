package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sihehub/sihe/pipelines"
)

// checksHold runs every check over everything that a demo left behind, until all hold; what was said last may still be on
// its way. It returns what each looked at.
func (d *demonstration) checksHold(ctx context.Context) (runs []pipelines.CheckRun, err error) {
	for deadline := time.Now().Add(d.player.patience); ; rest(ctx, 100*time.Millisecond) {
		body := map[string]any{"all": true, "now": true, "dry_run": true}
		runs = nil
		if err := d.player.client.do(ctx, request{method: http.MethodPost, path: "/hub/checks/run", body: body}, &runs); err != nil {
			return nil, err
		}
		var wrong []string
		for _, r := range runs {
			if s := d.app.standing(r.Standing); s != "" || r.Failed > 0 {
				wrong = append(wrong, fmt.Sprintf("%s: %s %s", r.Check, s, r.Message))
			}
		}
		if len(wrong) == 0 {
			return runs, ctx.Err()
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return runs, fmt.Errorf("checks do not hold: %s", strings.Join(wrong, "; "))
		}
	}
}
