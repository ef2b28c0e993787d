package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

func (a *app) auditCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "who did what to which document, and why",
		Long: "Every replay, edit, discard, link, pause and settled write stands in the audit trail, written in one transaction with its\n" +
			"effect. Each row carries the hash of the one before.",
	}
	c.AddCommand(a.auditList(), a.auditVerify(), a.auditExport())
	return c
}

func (a *app) auditRows(ctx context.Context, from uint64) (rows []store.Audit, err error) {
	return rows, a.ask(ctx, fmt.Sprintf("/hub/audit?from=%d&limit=500", from), &rows)
}

func (a *app) auditList() *cobra.Command {
	var from uint64
	c := &cobra.Command{
		Use: "list", Short: "the rows from a number on, at most 500", Args: cobra.NoArgs,
		Example: "  sihe audit list\n  sihe audit list --from 501 -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			rows, err := a.auditRows(cmd.Context(), from)
			if err != nil {
				return err
			}
			summary := fmt.Sprintf(a.say("%d rows", "%d 行"), len(rows))
			if len(rows) == 500 {
				summary = fmt.Sprintf(a.say("more with --from %d", "更多请加 --from %d"), rows[len(rows)-1].Seq+1)
			}
			return a.print("audit list", summary, rows, func(w io.Writer) {
				lines := make([][]string, 0, len(rows))
				for _, r := range rows {
					lines = append(lines, []string{fmt.Sprint(r.Seq), a.stamp(r.At), r.Who, r.Action, r.Object, r.Reason})
				}
				table(w, []string{a.say("ROW", "行"), a.say("WHEN", "时间"), a.say("WHO", "操作人"), a.say("ACTION", "操作"), a.say("OBJECT", "对象"), a.say("REASON", "原因")}, lines)
			})
		},
	}
	c.Flags().Uint64Var(&from, "from", 0, "number of the first row")
	return c
}

func (a *app) auditVerify() *cobra.Command {
	var head, file string
	c := &cobra.Command{
		Use: "verify", Short: "follow the hashes; names the first bad row", Args: cobra.NoArgs,
		Long: "Reads every row and follows the hashes. A chain alone does not show that its end was cut off or written anew: note the\n" +
			"head that this command prints somewhere else, and give it with --head the next time. --file verifies an export, without\n" +
			"a hub. Exit code 2 when a row is bad.",
		Example: "  sihe audit verify\n  sihe audit verify --head 812:5b1f…\n  sihe audit verify --file audit.jsonl",
		RunE: func(cmd *cobra.Command, _ []string) error {
			row, hash, _ := strings.Cut(head, ":")
			if _, err := strconv.ParseUint(row, 10, 64); head != "" && (err != nil || hash == "") {
				return sihe.Errorf(sihe.CodeConfigValue, "--head %s: write ROW:HASH", head)
			}
			var v pipelines.AuditChain
			var err error
			if file != "" {
				v, err = verifyFile(file)
			} else {
				err = a.ask(cmd.Context(), "/hub/audit/verify?"+url.Values{"row": {row}, "hash": {hash}}.Encode(), &v)
			}
			if err != nil {
				return err
			}
			summary := fmt.Sprintf(a.say("%d rows, the chain is whole; head %d:%s", "共 %d 行，链条完整；末行 %d:%s"), v.Rows+1-v.First, v.Rows, v.Head)
			if !v.OK {
				summary = fmt.Sprintf(a.say("row %d is bad: %s", "第 %d 行有问题：%s"), v.Bad, v.Why)
			}
			if err := a.print("audit verify", summary, v, func(io.Writer) {}); err != nil || v.OK {
				return err
			}
			return errReported
		},
	}
	c.Flags().StringVar(&head, "head", "", "ROW:HASH, as noted earlier")
	c.Flags().StringVar(&file, "file", "", "an export")
	return c
}

// verifyFile follows the hashes of an export.
func verifyFile(name string) (c pipelines.AuditChain, err error) {
	f, err := os.Open(filepath.Clean(name))
	if err != nil {
		return c, sihe.Errorf(sihe.CodeConfigValue, "verify %s: %w", name, err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, sihe.MaxMessage)
	line := 0
	c = pipelines.VerifyRows(func(yield func(store.Audit) bool) {
		for lines.Scan() {
			line++
			var row store.Audit
			if err = json.Unmarshal(lines.Bytes(), &row); err != nil {
				err = sihe.Errorf(sihe.CodeConfigValue, "verify %s:%d: no row of an audit trail", name, line)
				return
			}
			if !yield(row) {
				return
			}
		}
	})
	if err == nil {
		err = lines.Err()
	}
	return c, err
}

func (a *app) auditExport() *cobra.Command {
	return &cobra.Command{
		Use: "export FILE", Short: "write all rows, one JSON object a line", Args: cobra.ExactArgs(1),
		Long:    "The file can be verified without a hub: sihe audit verify --file FILE. It has no payloads, only digests.",
		Example: "  sihe audit export audit.jsonl",
		RunE: func(cmd *cobra.Command, args []string) error {
			var all []byte
			n := 0
			for from := uint64(0); ; {
				rows, err := a.auditRows(cmd.Context(), from)
				if err != nil {
					return err
				}
				if len(rows) == 0 {
					break
				}
				for _, r := range rows {
					b, err := json.Marshal(r)
					if err != nil {
						return err
					}
					all = append(append(all, b...), '\n')
				}
				n, from = n+len(rows), rows[len(rows)-1].Seq+1
			}
			if err := os.WriteFile(filepath.Clean(args[0]), all, 0o600); err != nil {
				return sihe.Errorf(sihe.CodeConfigValue, "export: %w", err)
			}
			return a.print("audit export", fmt.Sprintf(a.say("%d rows in %s", "%d 行写入 %s"), n, args[0]), map[string]any{"rows": n, "file": args[0]}, func(io.Writer) {})
		},
	}
}
