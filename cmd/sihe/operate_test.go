package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestOperate plays scripts against hubs that run as processes of their own. Each begins with a copy of testdata/desk in
// $WORK/hub and has two commands more:
//
//	eventually [!] REGEXP sihe ARGS…   until the command succeeds (!: fails) and its output matches
//	tickets FROM TO KIND               makes tickets in the CRM, each of 100.00 CNY
func TestOperate(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/operate",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("LANG", "en_US.UTF-8")
			e.Setenv("TZ", "UTC")
			return os.CopyFS(filepath.Join(e.WorkDir, "hub"), os.DirFS(filepath.Join("testdata", "desk")))
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"eventually": eventually,
			"tickets":    tickets,
		},
	})
}

func eventually(ts *testscript.TestScript, _ bool, args []string) {
	fails := len(args) > 0 && args[0] == "!"
	if fails {
		args = args[1:]
	}
	if len(args) < 3 {
		ts.Fatalf("usage: eventually [!] REGEXP sihe ARGS…")
	}
	want, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	inside := slices.Clone(args[2:])
	for i := range inside {
		if i > 0 && inside[i-1] == "-C" {
			inside[i] = ts.MkAbs(inside[i])
		}
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(30 * time.Millisecond) { // in this process: it is asked often
		var out bytes.Buffer
		code := execute(context.Background(), inside, &out, &out, ts.Getenv)
		if (code != exitOK) == fails && want.Match(out.Bytes()) {
			break
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%v never said %q: exit code %d\n%s", args[1:], args[0], code, out.Bytes())
		}
	}
	if err := ts.Exec(args[1], args[2:]...); (err != nil) != fails { // for `stdout` and `stderr` that follow
		ts.Fatalf("%v: %v", args[1:], err)
	}
}

func tickets(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: tickets FROM TO KIND")
	}
	from, _ := strconv.Atoi(args[0])
	to, _ := strconv.Atoi(args[1])
	c, err := newClient(ts.MkAbs("hub/data"), "en")
	ts.Check(err)
	for i := range to - from + 1 {
		body, err := json.Marshal(map[string]string{"kind": args[2], "amount": "100.00", "reference": fmt.Sprintf("REF-%d", from+i)})
		ts.Check(err)
		r := request{method: http.MethodPost, path: "/api/crm/ticket", body: json.RawMessage(body), key: "ticket-" + strconv.Itoa(from+i)}
		ts.Check(c.do(context.Background(), r, nil))
	}
}
