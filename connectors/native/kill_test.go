package native_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

const (
	childPath = "SIHE_TEST_CHILD" // the child's file; unset in the parent
	callers   = 16
)

// TestKilled: what was acknowledged before a SIGKILL is there after it, once, with its event; numbers have no gap.
func TestKilled(t *testing.T) {
	o := fixture(t)
	if path := os.Getenv(childPath); path != "" {
		o.Path = path
		writeUntilKilled(t, open(t, o))
	}
	m := open(t, o)
	want(t, 201, m, "POST", "/supplier", `{"name":"Acme"}`)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	acked := map[string]string{}
	for round := range 3 {
		for id, key := range killed(t, o.Path, fmt.Sprint("r", round), 150) {
			acked[id] = key
		}
		m = open(t, o)
		checkAfterKill(t, m, acked)
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// writeUntilKilled prints every id and key once the write was acknowledged.
func writeUntilKilled(t *testing.T, m *native.Module) {
	out := bufio.NewWriter(os.Stdout)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for n := 0; ; n++ {
				w := sihe.Write{
					ID: fmt.Sprintf("%s-%d-%d", os.Getenv("SIHE_TEST_ROUND"), c, n), Entity: "erp.purchase_order", Do: sihe.DoCreate,
					Writer: "crm", Data: []byte(order),
				}
				r, err := m.Write(t.Context(), w)
				mu.Lock()
				if err != nil {
					fmt.Fprintln(out, "failed", err)
				} else {
					fmt.Fprintln(out, "acked", w.ID, r.Key)
				}
				_ = out.Flush()
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// killed runs a child that writes, kills it after so many acknowledgements, and returns all of them.
func killed(t *testing.T, path, round string, after int) map[string]string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
	child.Env = append(os.Environ(), childPath+"="+path, "SIHE_TEST_ROUND="+round)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acked := map[string]string{}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		f := strings.Fields(lines.Text())
		switch {
		case len(f) == 3 && f[0] == "acked":
			acked[f[1]] = f[2]
		case len(f) > 0 && f[0] == "failed":
			t.Error(lines.Text())
		}
		if len(acked) == after {
			_ = child.Process.Kill()
		}
	}
	_ = child.Wait() // it was killed
	if len(acked) < after {
		t.Fatalf("the child ended after %d writes", len(acked))
	}
	return acked
}

func checkAfterKill(t *testing.T, m *native.Module, acked map[string]string) {
	t.Helper()
	all, _ := drain(t, m, nil)
	events := map[string]int{}
	for _, r := range all {
		events[r.Key]++
	}
	for id, key := range acked {
		r, ok, err := m.FindWrite(t.Context(), sihe.Write{ID: id})
		if err != nil || !ok || r.Key != key {
			t.Fatalf("write %s was acknowledged as %s; now %+v %v %v", id, key, r, ok, err)
		}
		if d, ok, err := m.Find(t.Context(), "erp.purchase_order", key); err != nil || !ok || d.Version != 1 || events[key] != 1 {
			t.Fatalf("%s was acknowledged; now %v %v with %d events", key, ok, err, events[key])
		}
	}
	for n := 1; n < len(events); n++ {
		if key := fmt.Sprintf("PO-2026-%04d", n); events[key] != 1 {
			t.Fatalf("%s is missing of %d", key, len(events)-1)
		}
	}
}
