//go:build bench

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A process is a child with the address that it said on its first line.
type process struct {
	cmd     *exec.Cmd
	in      io.Closer
	address string
	admin   string // of a hub
}

// self starts another role of this program.
func self(ctx context.Context, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, os.Args[0], args...)}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	p.address = strings.TrimSpace(line)
	return p, err
}

// layHub lays the hub's files into a folder.
func layHub(folder, target string) error {
	if err := os.CopyFS(folder, os.DirFS(filepath.Join("bench", "hub"))); err != nil {
		return err
	}
	config := filepath.Join(folder, "hub.yaml")
	text, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	text = []byte(strings.Replace(string(text), "http://127.0.0.1:1", "http://"+target, 1))
	return os.WriteFile(config, text, 0o600)
}

// hub lays the hub's files into a folder and starts the real program on them.
func hub(ctx context.Context, program, folder, target string) (*process, error) {
	if err := layHub(folder, target); err != nil {
		return nil, err
	}
	return startHub(ctx, program, folder)
}

// startHub starts the program and waits until it says where it listens.
func startHub(ctx context.Context, program, folder string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, program, "run", folder)}
	p.cmd.Env = append(os.Environ(), "BENCH_WEBHOOK_SECRET="+secret)
	out, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if _, rest, ok := strings.Cut(line, "webhooks at http://"); ok {
			p.address, _, _ = strings.Cut(rest, "/")
			_, rest, _ = strings.Cut(rest, "API at http://")
			p.admin = strings.TrimSpace(rest)
			go func() { _, _ = io.Copy(os.Stderr, lines) }()
			return p, nil
		}
		if err != nil {
			return nil, errors.Join(errors.New("the hub did not start: "+line), p.cmd.Wait())
		}
		fmt.Fprint(os.Stderr, line)
	}
}

// stop ends the process and waits for it.
func (p *process) stop() {
	if p.in != nil {
		_ = p.in.Close()
	} else {
		_ = p.cmd.Process.Signal(os.Interrupt)
	}
	_ = p.cmd.Wait()
}

// cpu returns the processor time that the process has used, user and system.
func (p *process) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(rest)
	const user, system, tick = 11, 12, 10 * time.Millisecond
	u, err1 := strconv.Atoi(f[user])
	s, err2 := strconv.Atoi(f[system])
	return time.Duration(u+s) * tick, errors.Join(err1, err2)
}

// memory returns the resident memory, the part of it that is no mapped file, and the peak, in bytes.
func (p *process) memory() (now, anon, peak int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		n, _ := strconv.ParseInt(f[1], 10, 64)
		switch f[0] {
		case "VmRSS:":
			now = n << 10
		case "RssAnon:":
			anon = n << 10
		case "VmHWM:":
			peak = n << 10
		}
	}
	return now, anon, peak, err
}

// ready waits until the hub says that it is.
func (p *process) ready(ctx context.Context) error {
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.admin+"/ready", nil)
		if err != nil {
			return err
		}
		a, err := http.DefaultClient.Do(r)
		if err == nil {
			_ = a.Body.Close()
			if a.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ask calls the hub's API and returns the answer.
func (p *process) ask(ctx context.Context, folder, method, path, body string) ([]byte, error) {
	token, err := os.ReadFile(filepath.Join(folder, "data", "admin.token"))
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+p.admin+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	r.Header.Set("Content-Type", "application/json")
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	raw, err := io.ReadAll(a.Body)
	if err == nil && a.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s %s", method, path, a.Status, raw)
	}
	return raw, err
}
