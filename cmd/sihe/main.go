// Command sihe is the hub and the tool to look after it. `sihe --help` says what it can do.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // zones work on machines that have none

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
)

// version is set when the binary is built.
var version = "dev"

// Exit codes.
const (
	exitOK          = 0
	exitRuntime     = 1
	exitInvalid     = 2 // not valid or not found
	exitUnreachable = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr, os.Getenv))
}

// execute runs one command line and returns the exit code.
func execute(ctx context.Context, args []string, out, errOut io.Writer, getenv func(string) string) int {
	a := &app{out: out, err: errOut, getenv: getenv}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !errors.Is(err, errReported) {
		a.fail(strings.TrimPrefix(cmd.CommandPath(), "sihe "), err)
	}
	return exitCode(err)
}

// errReported is returned by a command that has shown what is wrong; it only sets the exit code 2.
var errReported = errors.New("reported")

func exitCode(err error) int {
	var refused *apiError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitInvalid
	case errors.As(err, &refused):
		if refused.Status >= 500 {
			return exitRuntime
		}
		return exitInvalid
	}
	switch code := sihe.CodeOf(err); {
	case code == sihe.CodeHubUnreachable:
		return exitUnreachable
	case slices.Contains([]sihe.Code{
		sihe.CodeNotConfirmed, sihe.CodeAmbiguous, sihe.CodeEditor, sihe.CodeReasonMissing, sihe.CodeDocumentUnknown, sihe.CodeSystemUnknown, sihe.CodeCheckUnknown,
		sihe.CodeConfigInvalid, sihe.CodeConfigMissing, sihe.CodeConfigValue, sihe.CodeExposed, sihe.CodeFileMode,
	}, code):
		return exitInvalid
	}
	return exitRuntime
}

// app is what all commands share: where to write and the flags that every command has.
type app struct {
	out, err io.Writer
	getenv   func(string) string

	dir      string
	format   string
	language string
	quiet    bool
	yes      bool
	zone     *time.Location // of the hub that was asked
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "sihe",
		Short: "Sihe 四合 joins CRM, ERP, OA and finance",
		Long: "Sihe 四合 joins CRM, ERP, OA (approvals, office work) and finance.\n\n" +
			"  sihe demo          see it work, with nothing configured\n" +
			"  sihe init myhub    begin a hub of your own\n" +
			"  sihe run myhub     run it",
		Version: version, SilenceUsage: true, SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.checkFlags() },
	}
	f := root.PersistentFlags()
	f.StringVarP(&a.dir, "dir", "C", "", "the hub's folder (default: here, else the demo's)")
	f.StringVarP(&a.format, "output", "o", "table", "table, wide, json or yaml")
	f.StringVar(&a.language, "lang", "", "en or zh (default: from LANG)")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "print results only")
	f.BoolVar(&a.yes, "yes", false, "do not ask before a change")
	root.AddCommand(
		a.runCommand(), a.demoCommand(), a.initCommand(), a.lintCommand(), a.testCommand(), a.planCommand(), a.fmtCommand(), a.statusCommand(), a.traceCommand(),
		a.getCommand(), a.describeCommand(), a.parkedCommand(), a.unknownCommand(), a.xrefCommand(), a.auditCommand(), a.connectorsCommand(), a.pauseCommand(), a.resumeCommand(), a.replayCommand(), a.backfillCommand(), a.busCommand(), a.balanceCommand(), a.checkCommand(), a.ownersCommand(), a.lineageCommand(), a.docsCommand(),
	)
	return root
}

func (a *app) checkFlags() error {
	switch a.format {
	case "table", "wide", "json", "yaml":
	default:
		return sihe.Errorf(sihe.CodeConfigValue, "-o %s: write table, wide, json or yaml", a.format)
	}
	if a.language == "" {
		a.language = "en"
		for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
			if v := a.getenv(name); v != "" {
				if strings.HasPrefix(v, "zh") {
					a.language = "zh"
				}
				break
			}
		}
	}
	if a.language != "en" && a.language != "zh" {
		return sihe.Errorf(sihe.CodeConfigValue, "--lang %s: write en or zh", a.language)
	}
	return nil
}

// say picks the reader's language.
func (a *app) say(en, zh string) string {
	if a.language == "zh" {
		return zh
	}
	return en
}
