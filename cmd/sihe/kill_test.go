package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// kills is how often the demo is killed before it may end.
const kills = 12

// TestKill ends the real binary with SIGKILL at random moments of the story and starts it again: the demo completes with
// the same figures, nothing lost and nothing twice.
func TestKill(t *testing.T) {
	t.Parallel()
	data, seed := filepath.Join(t.TempDir(), "demo"), uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	killed := 0
	for killed < kills {
		demo := exec.CommandContext(t.Context(), "sihe", "demo", "--check", "--data", data)
		if err := demo.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- demo.Wait() }()
		select {
		case <-time.After(time.Duration(100+random.IntN(1200)) * time.Millisecond):
			_ = demo.Process.Kill()
			<-ended
			killed++
			continue
		case err := <-ended:
			if err != nil {
				t.Fatalf("the demo failed after %d kills: %v", killed, err)
			}
		}
		if killed < 3 {
			t.Fatalf("the demo ended after %d kills only: kill earlier", killed)
		}
		break
	}
	out, err := exec.CommandContext(t.Context(), "sihe", "demo", "--check", "--data", data, "--lang", "en").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("all as expected")) {
		log, _ := os.ReadFile(filepath.Join(data, "data", "hub.log"))
		t.Fatalf("after %d kills (seed %d): %v\n%s\n%s", killed, seed, err, out, log)
	}
}
