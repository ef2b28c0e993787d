package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
)

func (a *app) parkedEdit() *cobra.Command {
	var sets []string
	var file, reason string
	c := &cobra.Command{
		Use: "edit [PIPELINE] ID", Short: "change the payload of a parked document, with a reason", Args: cobra.RangeArgs(1, 2),
		Long: "Opens the payload in $EDITOR; or changes it by --set path=value (a value is JSON, else a text; null clears), or takes it\n" +
			"from --file (- is the standard input). The new one must be a valid record of the same document. The first one is kept\n" +
			"and shown, the change is audited, and nothing runs before `sihe parked replay`. " + addressing,
		Example: "  sihe parked edit CO-2026-0001 --set lines[0].tax_code=S13 --reason \"typing error\"\n" +
			"  sihe parked edit crm-order-to-sales-order 4f0c… --file order.json --reason \"corrected by sales\"\n" +
			"  EDITOR=vi sihe parked edit CO-2026-0001 --reason \"…\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return sihe.Errorf(sihe.CodeReasonMissing, "edit: say why with --reason")
			}
			if len(sets) > 0 && file != "" {
				return sihe.Errorf(sihe.CodeEditor, "edit: --set or --file, not both")
			}
			return a.editParked(cmd, args, sets, file, reason)
		},
	}
	c.Flags().StringArrayVar(&sets, "set", nil, "path=value; may be repeated")
	c.Flags().StringVar(&file, "file", "", "take the payload from a file")
	c.Flags().StringVar(&reason, "reason", "", "why (required)")
	return c
}

func (a *app) editParked(cmd *cobra.Command, args, sets []string, file, reason string) error {
	path, err := a.pick(cmd.Context(), args)
	if err != nil {
		return err
	}
	var x pipelines.Inspection
	if err := a.ask(cmd.Context(), path, &x); err != nil {
		return err
	}
	before := []byte(x.Data)
	if len(before) == 0 {
		before = []byte(x.Raw)
	}
	after, err := a.edited(cmd, before, sets, file)
	if err != nil {
		return err
	}
	fields := pipelines.ChangesBetween(before, after)
	if len(fields) == 0 {
		return a.print("parked edit", a.say("nothing was changed", "没有改动"), fields, func(io.Writer) {})
	}
	if a.format != "json" && a.format != "yaml" {
		a.showEdits(a.out, fields)
	}
	if err := a.confirm(cmd, "change the payload of %s?", "修改 %s 的内容？", x.Delivery.Subject); err != nil {
		return err
	}
	body := map[string]any{"data": json.RawMessage(after), "digest": x.Digest, "who": who(), "reason": reason}
	if err := a.command(cmd.Context(), path+"/edit", body, nil); err != nil {
		return err
	}
	summary := fmt.Sprintf(a.say("%d fields changed; let it run: sihe parked replay %s --reason \"…\"", "已修改 %d 个字段；执行重放：sihe parked replay %s --reason \"…\""), len(fields), x.Delivery.ID)
	return a.print("parked edit", summary, fields, func(io.Writer) {})
}

func (a *app) showEdits(w io.Writer, fields []pipelines.FieldChange) {
	rows := make([][]string, 0, len(fields))
	for _, f := range fields {
		rows = append(rows, []string{f.Path, f.Before, f.After})
	}
	table(w, []string{a.say("FIELD", "字段"), a.say("BEFORE", "之前"), a.say("NOW", "现在")}, rows)
}

// edited returns the new payload.
func (a *app) edited(cmd *cobra.Command, before []byte, sets []string, file string) ([]byte, error) {
	switch {
	case len(sets) > 0:
		return setValues(before, sets)
	case file == "-":
		return io.ReadAll(io.LimitReader(cmd.InOrStdin(), sihe.MaxMessage))
	case file != "":
		return os.ReadFile(filepath.Clean(file))
	}
	return a.inEditor(cmd.Context(), before)
}

// inEditor lets the user's editor change the payload in a file that only he can read.
func (a *app) inEditor(ctx context.Context, before []byte) (after []byte, err error) {
	var words []string
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if words = strings.Fields(a.getenv(name)); len(words) > 0 {
			break
		}
	}
	if len(words) == 0 {
		return nil, sihe.Errorf(sihe.CodeEditor, "edit: no editor is set")
	}
	dir, err := os.MkdirTemp("", "sihe-edit-")
	if err != nil {
		return nil, sihe.Errorf(sihe.CodeEditor, "edit: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	name := filepath.Join(dir, "payload.json")
	var pretty bytes.Buffer
	if json.Indent(&pretty, before, "", "  ") != nil {
		pretty.Reset()
		pretty.Write(before)
	}
	if err := os.WriteFile(name, append(pretty.Bytes(), '\n'), 0o600); err != nil {
		return nil, sihe.Errorf(sihe.CodeEditor, "edit: %w", err)
	}
	e := exec.CommandContext(ctx, words[0], append(words[1:], name)...) //nolint:gosec // the user's own editor
	e.Stdin, e.Stdout, e.Stderr = os.Stdin, os.Stderr, os.Stderr
	if err := e.Run(); err != nil {
		return nil, sihe.Errorf(sihe.CodeEditor, "edit: %s: %w", words[0], err)
	}
	if after, err = os.ReadFile(filepath.Clean(name)); err != nil {
		return nil, sihe.Errorf(sihe.CodeEditor, "edit: %w", err)
	}
	return after, nil
}
