package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
)

// exportDossier writes what the hub knows about a document to a file that only its owner can read: payloads are in it.
func (a *app) exportDossier(ctx context.Context, key, file string) error {
	var raw json.RawMessage
	if err := a.ask(ctx, "/hub/trace/"+url.PathEscape(key)+"/dossier", &raw); err != nil {
		return err
	}
	var d pipelines.Dossier
	if err := json.Unmarshal(raw, &d); err != nil {
		return fmt.Errorf("read the dossier: %w", err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return fmt.Errorf("write the dossier: %w", err)
	}
	b.WriteByte('\n')
	if err := os.WriteFile(filepath.Clean(file), b.Bytes(), 0o600); err != nil {
		return sihe.Errorf(sihe.CodeConfigValue, "write the dossier: %w", err)
	}
	deliveries := 0
	for _, l := range d.Trace.Lines {
		if l.Delivery != nil {
			deliveries++
		}
	}
	summary := fmt.Sprintf(a.say("%d documents, %d events, %d deliveries, %d audit rows in %s, sha256 %s", "%d 张单据、%d 条事件、%d 次投递、%d 行审计日志写入 %s，sha256 %s"),
		len(d.Trace.Documents), len(d.Events), deliveries, len(d.Audit), file, d.SHA256)
	return a.print("trace", summary, map[string]string{"file": file, "sha256": d.SHA256}, func(io.Writer) {})
}

// verifyDossier compares a dossier's content with its hash.
func (a *app) verifyDossier(file string) error {
	b, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		return sihe.Errorf(sihe.CodeConfigValue, "verify the dossier: %w", err)
	}
	var d pipelines.Dossier
	if err := json.Unmarshal(b, &d); err != nil {
		return sihe.Errorf(sihe.CodeConfigValue, "verify %s: it is no dossier: %w", file, err)
	}
	sum, err := d.Sum()
	if err != nil {
		return err
	}
	result := map[string]any{"file": file, "ok": sum == d.SHA256, "sha256": sum}
	if sum != d.SHA256 {
		if err := a.print("trace", a.say("it was changed after it had been written", "该文件在写出后被修改"), result, func(io.Writer) {}); err != nil {
			return err
		}
		return errReported
	}
	return a.print("trace", fmt.Sprintf(a.say("as it was written at %s by hub %s", "与 %s 由 %s 写出时一致"), a.stamp(d.At), d.Hub), result, func(io.Writer) {})
}
