package durable_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// TestMain lets the test binary play another process.
func TestMain(m *testing.M) {
	switch path := os.Getenv("DURABLE_PATH"); os.Getenv("DURABLE_PLAY") {
	case "hold":
		os.Exit(hold(path))
	case "fill":
		os.Exit(fill(path))
	default:
		os.Exit(m.Run())
	}
}

func play(t *testing.T, role, path string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "DURABLE_PLAY="+role, "DURABLE_PATH="+path)
	c.Stderr = os.Stderr
	return c
}

// hold keeps the file open until its input ends.
func hold(path string) int {
	db, err := durable.Open(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("open")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	if db.Close() != nil {
		return 1
	}
	return 0
}

func TestSecondProcessIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d.db")
	c := play(t, "hold", path)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "open\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	start := time.Now()
	_, err = durable.Open(path)
	if sihe.CodeOf(err) != sihe.CodeStoreLocked || !strings.Contains(err.Error(), fmt.Sprintf("pid %d", c.Process.Pid)) {
		t.Errorf("got %v", err)
	}
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("refused after %s", d)
	}
	_ = in.Close()
	if err := c.Wait(); err != nil {
		t.Errorf("the first process is harmed: %v", err)
	}
	open(t, path)
}

// fill writes until a limit on the size of files refuses more, then raises the limit and goes on with the same file.
func fill(path string) int {
	signal.Ignore(syscall.SIGXFSZ)
	db, err := durable.Open(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer db.Close()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return 1
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4 << 20, Max: old.Max}); err != nil {
		return 1
	}
	ctx, value := context.Background(), strings.Repeat("x", 100_000)
	stored := 0
	for ; ; stored++ {
		_, err = db.Update(ctx, func(tx *durable.Tx) error { return put(tx, fmt.Sprint(stored), value) })
		if err != nil {
			break
		}
	}
	if sihe.CodeOf(err) != sihe.CodeDiskFull || stored < 10 {
		fmt.Fprintf(os.Stderr, "after %d values: %v\n", stored, err)
		return 1
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return 1
	}
	if _, err := db.Update(ctx, func(tx *durable.Tx) error { return put(tx, "more", value) }); err != nil {
		fmt.Fprintf(os.Stderr, "with room again: %v\n", err)
		return 1
	}
	if n, err := db.Check(ctx); err != nil || n != stored+1 {
		fmt.Fprintf(os.Stderr, "%d of %d values: %v\n", n, stored+1, err)
		return 1
	}
	return 0
}

func TestFullDiskPasses(t *testing.T) {
	c := play(t, "fill", filepath.Join(t.TempDir(), "d.db"))
	if err := c.Run(); err != nil {
		t.Error(err)
	}
}
