package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/sihehub/sihe/examples"
)

// TestDemo plays the whole story with real files, a real bus and real HTTP, and compares every figure.
func TestDemo(t *testing.T) {
	t.Parallel()
	var out, errOut bytes.Buffer
	if code := execute(t.Context(), []string{"demo", "--check", "--data", t.TempDir(), "--lang", "en"}, &out, &errOut, os.Getenv); code != exitOK {
		t.Fatalf("exit %d\n%s%s", code, out.String(), errOut.String())
	}
	if !bytes.Contains(out.Bytes(), []byte("all as expected")) {
		t.Errorf("unexpected output: %s", out.String())
	}
}

// TestDemoOnKafka plays the same story with one line of hub.yaml changed: the bus is Kafka (the client and its wire
// protocol are real, the broker is kfake).
func TestDemoOnKafka(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	dir := t.TempDir()
	hub, err := fs.ReadFile(examples.Linjiang(), "hub.yaml")
	if err != nil {
		t.Fatal(err)
	}
	kafka := fmt.Sprintf("bus: {kafka: {brokers: [%q]}, partitions: 2}", cluster.ListenAddrs()[0])
	changed := bytes.Replace(hub, []byte("bus: {embedded: {}}"), []byte(kafka), 1)
	if bytes.Equal(hub, changed) {
		t.Fatal("hub.yaml has no line for the bus")
	}
	if err := os.WriteFile(filepath.Join(dir, "hub.yaml"), changed, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	if code := execute(t.Context(), []string{"demo", "--check", "--data", dir, "--lang", "en"}, &out, &errOut, os.Getenv); code != exitOK {
		log, _ := os.ReadFile(filepath.Join(dir, "data", "hub.log"))
		t.Fatalf("exit %d\n%s%s\n%s", code, out.String(), errOut.String(), log)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "bus.db")); err == nil {
		t.Error("the embedded bus was used")
	}
}
