//go:build faults

package faults

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A hub is one data folder with the systems around it; its process lives and dies.
type hub struct {
	t      *testing.T
	bin    string
	data   string
	secret []byte
	intake string // fixed, so that senders find it again
	admin  string
	env    []string

	depot, ledger *target
	feed          *feed
	token         string
	tally         *tally
}

func newHub(t *testing.T, data string, count *tally) *hub {
	t.Helper()
	h := &hub{t: t, bin: release, data: data, secret: make([]byte, 32), tally: count}
	if _, err := rand.Read(h.secret); err != nil {
		t.Fatal(err)
	}
	h.intake, h.admin = freePort(t), freePort(t)
	h.depot, h.ledger, h.feed = newTarget(t, "depot", true), newTarget(t, "ledger", false), newFeed(t)
	h.env = append(os.Environ(),
		"FAULTS_DATA="+data, "FAULTS_INTAKE="+h.intake, "FAULTS_ADMIN="+h.admin, "FAULTS_SECRET=whsec_"+base64.StdEncoding.EncodeToString(h.secret))
	h.route(h.depot.url(), h.ledger.url(), h.feed.url())
	return h
}

// route says where the hub finds the systems, e.g. behind a proxy. It counts from the next start.
func (h *hub) route(depot, ledger, feed string) {
	h.env = append(h.env, "FAULTS_DEPOT="+depot, "FAULTS_LEDGER="+ledger, "FAULTS_FEED="+feed)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A life is one process of a hub.
type life struct {
	hub    *hub
	cmd    *exec.Cmd
	output *output
	ended  chan struct{}
	err    error // of the process, once ended is closed
	ready  time.Duration
}

// output keeps the end of what a process says.
type output struct {
	mu sync.Mutex
	b  []byte
}

const keptOutput = 64 << 10

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.b = append(o.b, b...); len(o.b) > 2*keptOutput {
		o.b = append([]byte(nil), o.b[len(o.b)-keptOutput:]...)
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.b)
}

// launch starts the process, behind a wrapper such as strace when one is given, and does not wait for it.
func (h *hub) launch(env []string, wrapper ...string) *life {
	h.t.Helper()
	args := append(append([]string{}, wrapper...), h.bin, "run", "testdata/hub", "--lang", "en")
	l := &life{hub: h, output: &output{}, ended: make(chan struct{})}
	l.cmd = exec.Command(args[0], args[1:]...)
	l.cmd.Env = append(append([]string{}, h.env...), env...)
	l.cmd.Stdout, l.cmd.Stderr = l.output, l.output
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	l.cmd.WaitDelay = 5 * time.Second
	if err := l.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() {
		l.err = l.cmd.Wait()
		close(l.ended)
	}()
	h.t.Cleanup(l.kill)
	return l
}

// errEnded says that the process ended before it was ready.
var errEnded = errors.New("the hub ended before it was ready")

// awaitReady waits until /ready says 200.
func (l *life) awaitReady(limit time.Duration) error {
	began := time.Now()
	for {
		status, _, err := l.hub.get("/ready", "")
		if err == nil && status == http.StatusOK {
			l.ready = time.Since(began)
			return nil
		}
		select {
		case <-l.ended:
			return errEnded
		case <-time.After(2 * time.Millisecond):
		}
		if time.Since(began) > limit {
			return fmt.Errorf("not ready after %s: %d %w", limit, status, err)
		}
	}
}

// readyLimit is how long a start may take (I8). FAULTS_READY gives a machine that does other things too more of it.
func readyLimit() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("FAULTS_READY")); err == nil {
		return d
	}
	return 3 * time.Second
}

// start launches the hub and waits until it is ready, which must not take longer than the limit.
func (h *hub) start(wrapper ...string) *life {
	h.t.Helper()
	l := h.launch(nil, wrapper...)
	err := l.awaitReady(30 * time.Second)
	if err != nil {
		h.t.Fatalf("%v (%v)\n%s", err, l.err, l.output)
	}
	h.tally.most("slowest start, ms", int(l.ready.Milliseconds()))
	if l.ready > readyLimit() && len(wrapper) == 0 {
		h.t.Errorf("ready only after %s", l.ready)
	}
	return l
}

// kill ends the process as kill -9 does, and waits for it.
func (l *life) kill() {
	_ = l.cmd.Process.Kill()
	<-l.ended
}

// stop tells the hub to end and wants exit code 0 within ten seconds.
func (l *life) stop() {
	l.hub.t.Helper()
	_ = l.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-l.ended:
		if l.err != nil {
			l.hub.t.Errorf("it ended with %v\n%s", l.err, l.output)
		}
	case <-time.After(15 * time.Second):
		l.hub.t.Errorf("it does not stop\n%s", l.output)
		l.kill()
	}
}

var client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// get asks the admin API.
func (h *hub) get(path, token string) (int, []byte, error) {
	q, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+h.admin+path, nil)
	if err != nil {
		return 0, nil, err
	}
	if token != "" {
		q.Header.Set("Authorization", "Bearer "+token)
	}
	a, err := client.Do(q)
	if err != nil {
		return 0, nil, err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	return a.StatusCode, b, err
}

// whyNot is the code that /ready gives when the hub is not.
func (h *hub) whyNot() (status int, code string) {
	status, b, err := h.get("/ready", "")
	if err != nil {
		return 0, ""
	}
	return status, codeOf(b)
}

// codeOf reads the code of an error answer.
func codeOf(b []byte) string {
	var e struct{ Error struct{ Code string } }
	_ = json.Unmarshal(b, &e)
	return e.Error.Code
}

// A status is what the rigs need of /hub/status.
type status struct {
	Streets []struct {
		Name   string
		Lag    int64
		States map[string]int64
	}
}

// underWay returns how much is not at its end, and how much waits for a person.
func (h *hub) underWay() (moving, stuck int64, err error) {
	if h.token == "" {
		b, err := os.ReadFile(filepath.Join(h.data, "admin.token"))
		if err != nil {
			return 0, 0, err
		}
		h.token = strings.TrimSpace(string(b))
	}
	code, b, err := h.get("/hub/status", h.token)
	if err != nil || code != http.StatusOK {
		return 0, 0, fmt.Errorf("status: %d %w", code, err)
	}
	var s status
	if err := json.Unmarshal(b, &s); err != nil {
		return 0, 0, err
	}
	for _, x := range s.Streets {
		moving += max(x.Lag, 0) + x.States["waiting"] + x.States["writing"] + x.States["retrying"] + x.States["unknown"]
		stuck += x.States["parked"] + x.States["rejected"]
	}
	return moving, stuck, nil
}

// sihe runs another command of the binary on the hub.
func (h *hub) sihe(args ...string) (code int, out string) {
	c := exec.Command(release, append(args, "-C", "testdata/hub", "--lang", "en")...)
	c.Env = h.env
	var b bytes.Buffer
	c.Stdout, c.Stderr = &b, &b
	err := c.Run()
	var x *exec.ExitError
	if errors.As(err, &x) {
		return x.ExitCode(), b.String()
	}
	if err != nil {
		return -1, err.Error()
	}
	return 0, b.String()
}
