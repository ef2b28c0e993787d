//go:build crash

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/sihehub/sihe/pipelines"
)

// failpoint ends the process by SIGKILL when a step is reached for the n-th time: SIHE_FAILPOINT=intended:3. Only a binary
// that was built with -tags crash has it.
func failpoint() func(pipelines.Step, string) error {
	step, nth, ok := strings.Cut(os.Getenv("SIHE_FAILPOINT"), ":")
	n, err := strconv.ParseInt(nth, 10, 64)
	if step == "" {
		return nil
	}
	if !ok || err != nil || n < 1 {
		fmt.Fprintln(os.Stderr, "SIHE_FAILPOINT must be <step>:<n>")
		os.Exit(exitInvalid)
	}
	var reached atomic.Int64
	return func(s pipelines.Step, _ string) error {
		if string(s) != step || reached.Add(1) != n {
			return nil
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // nothing more happens here
	}
}
