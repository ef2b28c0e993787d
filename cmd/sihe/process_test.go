package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sihehub/sihe"
)

// A process is `sihe run` of a shop, as a process of its own.
type process struct {
	running
	cmd    *exec.Cmd
	output *bytes.Buffer // read it after the process has ended
	intake string
	ended  chan error
}

// runShop starts the process and waits until it is ready.
func runShop(t *testing.T, dir string) *process {
	t.Helper()
	p := &process{running: running{t: t, dir: dir}, output: &bytes.Buffer{}, ended: make(chan error, 1)}
	p.cmd = exec.Command("sihe", "run", dir, "--lang", "en")
	p.cmd.Env = append(os.Environ(), "SHOP_WEBHOOK_SECRET="+shopSecret)
	up := make(chan string, 1)
	both := &firstLine{to: p.output, found: up}
	p.cmd.Stdout, p.cmd.Stderr = both, both
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	select {
	case line := <-up:
		_, rest, _ := strings.Cut(line, "webhooks at http://")
		p.intake, _, _ = strings.Cut(rest, "/in/")
	case err := <-p.ended:
		t.Fatalf("the hub ended with %v\n%s", err, p.output)
	case <-time.After(20 * time.Second):
		t.Fatal("the hub does not come up")
	}
	var err error
	if p.client, err = newClient(filepath.Join(dir, "data"), "en"); err != nil {
		t.Fatal(err)
	}
	return p
}

// firstLine hands the first line out when it is complete.
type firstLine struct {
	mu    sync.Mutex
	to    *bytes.Buffer
	line  []byte
	found chan string
}

func (w *firstLine) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to.Write(b)
	if w.found != nil {
		w.line = append(w.line, b...)
		if i := bytes.IndexByte(w.line, '\n'); i >= 0 {
			w.found <- string(w.line[:i])
			w.found = nil
		}
	}
	return len(b), nil
}

// TestSecondProcess starts a hub on a data folder that another one has: it says so and ends, and the first is unharmed.
func TestSecondProcess(t *testing.T) {
	t.Parallel()
	dir := layShop(t)
	first := runShop(t, dir)
	timed := func(args ...string) (out []byte, took time.Duration, err error) {
		c := exec.CommandContext(t.Context(), "sihe", append(args, dir, "--lang", "en")...)
		c.Env = first.cmd.Env
		began := time.Now()
		out, err = c.CombinedOutput()
		return out, time.Since(began), err
	}
	_, reading, _ := timed("lint") // how long reading the files takes while other tests run
	out, took, err := timed("run")
	if took > 2*time.Second+reading {
		t.Errorf("it took %s, reading the files alone %s", took, reading)
	}
	if err == nil || !strings.Contains(string(out), string(sihe.CodeStoreLocked)) || !strings.Contains(string(out), strconv.Itoa(first.cmd.Process.Pid)) {
		t.Errorf("want %s with pid %d and an exit code, got %v\n%s", sihe.CodeStoreLocked, first.cmd.Process.Pid, err, out)
	}
	if code, _, errOut := first.sihe("status"); code != exitOK {
		t.Errorf("the first is harmed: exit %d\n%s", code, errOut)
	}
	first.post("/api/oa/employee", `{"employee_no":"E001","name":"Wang Min","position":"sales"}`)
}

// TestTerminate tells a hub to stop while orders pour in: it ends within ten seconds with exit code 0, and after a restart
// every order that it had acknowledged is there, once.
func TestTerminate(t *testing.T) {
	t.Parallel()
	dir := layShop(t)
	p := runShop(t, dir)
	p.enterMasters()
	var taken sync.Map
	var number, count atomic.Int64
	stop := make(chan struct{})
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				no := strconv.FormatInt(2000+number.Add(1), 10)
				q := p.hookedAt(p.intake, hook{id: "msg_" + no, body: orderBody(no, nil)})
				a, err := http.DefaultClient.Do(q)
				if err != nil {
					return // the listener is closed
				}
				_ = a.Body.Close()
				switch a.StatusCode {
				case http.StatusAccepted:
					taken.Store("SHOP-"+no, true)
					count.Add(1)
				case http.StatusServiceUnavailable:
					if a.Header.Get("Retry-After") == "" {
						t.Error("503 without Retry-After")
					}
				default:
					t.Errorf("answer %d", a.StatusCode)
				}
			}
		})
	}
	p.eventually(func() string {
		if count.Load() < 100 {
			return "orders do not pour in"
		}
		return ""
	})
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := <-p.ended
	close(stop)
	senders.Wait()
	if took := time.Since(began); err != nil || took > 10*time.Second {
		t.Fatalf("want exit code 0 within 10 s, got %v after %s\n%s", err, took, p.output)
	}
	p = runShop(t, dir)
	t.Cleanup(func() {
		if t.Failed() {
			_, status, _ := p.sihe("status", "-o", "wide")
			t.Log(status)
		}
	})
	all := map[string]int{}
	p.eventually(func() string {
		clear(all)
		for _, o := range p.all("/api/erp/sales_order") {
			all[scalar(o["source_order"])]++
		}
		missing := ""
		taken.Range(func(no, _ any) bool {
			if all[no.(string)] == 0 {
				missing = fmt.Sprintf("%s was acknowledged and is not there", no)
			}
			return missing == ""
		})
		return missing
	})
	for no, n := range all {
		if n != 1 {
			t.Errorf("%s became %d sales orders", no, n)
		}
	}
	t.Logf("%d orders acknowledged, %d sales orders", count.Load(), len(all))
}

// TestSecondSignal ends a hub that is still waiting for a slow sender.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	p := runShop(t, layShop(t))
	slow := p.slowRequest()
	defer slow.Close()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.eventually(func() string {
		err := p.client.do(t.Context(), request{method: http.MethodGet, path: "/ready"}, nil)
		if !strings.Contains(fmt.Sprint(err), string(sihe.CodeStopping)) {
			return "it is not stopping"
		}
		return ""
	})
	again := time.NewTicker(200 * time.Millisecond) // two signals that arrive together are one
	defer again.Stop()
	began := time.Now()
	for {
		select {
		case err := <-p.ended:
			if err == nil || time.Since(began) > stopWithin/2 {
				t.Errorf("want it ended by the signal, got %v after %s", err, time.Since(began))
			}
			return
		case <-again.C:
			_ = p.cmd.Process.Signal(syscall.SIGTERM)
		}
	}
}

// An empty token file must not let everybody in.
func TestDamagedToken(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "short"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, tokenFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if token, err := adminToken(dir); err == nil || token != "" {
			t.Errorf("%q: token %q, %v", text, token, err)
		}
	}
	dir := t.TempDir()
	first, err := adminToken(dir)
	again, errAgain := adminToken(dir)
	if err != nil || errAgain != nil || len(first) < minToken || first != again {
		t.Errorf("%q %v, then %q %v", first, err, again, errAgain)
	}
}
