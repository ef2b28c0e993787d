package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sihehub/sihe"
)

// confirm asks before a change, unless --yes was given. Programs, which read -o json, must say --yes. What is asked and
// answered is no result: it goes to the error output.
func (a *app) confirm(cmd *cobra.Command, en, zh string, args ...any) error {
	if a.yes {
		return nil
	}
	question := fmt.Sprintf(a.say(en, zh), args...)
	if a.format != "json" && a.format != "yaml" {
		_, _ = fmt.Fprintf(a.err, "%s [y/N] ", printable(question))
		line, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n') // no answer is a no
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes", "是":
			return nil
		}
		_, _ = fmt.Fprintln(a.err)
	}
	return sihe.Errorf(sihe.CodeNotConfirmed, "%s", question)
}
