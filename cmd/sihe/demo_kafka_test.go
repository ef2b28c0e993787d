package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/sihehub/sihe/examples"
)

// TestDemoOnKafka plays the story with one line of hub.yaml changed: the bus is Kafka (the client and its wire protocol
// are real, the broker is kfake).
func TestDemoOnKafka(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	dir := kafkaDemo(t, fmt.Sprintf("{kafka: {brokers: [%q]}, partitions: 2}", cluster.ListenAddrs()[0]))
	playKafkaDemo(t, dir)
}

// TestDemoOnKafkaCluster plays the story on the cluster that SIHE_KAFKA_BROKERS names, with topics of its own.
func TestDemoOnKafkaCluster(t *testing.T) {
	playKafkaDemo(t, kafkaDemo(t, fmt.Sprintf("{kafka: {brokers: [%s], prefix: %s}}", realBrokers(t), ownPrefix())))
}

// ownPrefix gives each demo new topics.
func ownPrefix() string { return fmt.Sprintf("sihe-demo-%d", time.Now().UnixNano()) }

// TestDemoThroughKafkaRestarts kills the broker twice while the story is played, and starts it on the same data.
func TestDemoThroughKafkaRestarts(t *testing.T) {
	brokers, script := realBrokers(t), os.Getenv("SIHE_KAFKA_CONTROL")
	if script == "" {
		t.Skip("SIHE_KAFKA_CONTROL names no script that kills and starts the broker")
	}
	dir := kafkaDemo(t, fmt.Sprintf("{kafka: {brokers: [%s], prefix: %s}, partitions: 2}", brokers, ownPrefix()))
	played := make(chan struct{})
	go func() {
		defer close(played)
		playKafkaDemo(t, dir)
	}()
	for n := range 2 {
		if !advances(t, filepath.Join(dir, "data", "story.json"), 5, played) {
			t.Errorf("the story was over after the broker had been killed %d times: kill it earlier", n)
			return
		}
		for _, do := range []string{"kill", "start"} {
			if out, err := exec.CommandContext(t.Context(), script, do).CombinedOutput(); err != nil {
				t.Errorf("%s the broker: %v\n%s", do, err, out)
			}
		}
	}
	<-played
}

// realBrokers returns the cluster that the environment names.
func realBrokers(t *testing.T) string {
	t.Helper()
	brokers := os.Getenv("SIHE_KAFKA_BROKERS")
	if brokers == "" {
		t.Skip("SIHE_KAFKA_BROKERS names no cluster")
	}
	return `"` + strings.ReplaceAll(brokers, ",", `", "`) + `"`
}

// advances waits until the file has changed so many times; false when the story is over before.
func advances(t *testing.T, file string, times int, over <-chan struct{}) bool {
	t.Helper()
	var last []byte
	for {
		select {
		case <-over:
			return false
		case <-time.After(20 * time.Millisecond):
		}
		now, err := os.ReadFile(file)
		if err != nil || bytes.Equal(now, last) {
			continue
		}
		if last = now; times == 0 {
			return true
		}
		times--
	}
}

// kafkaDemo makes a folder whose hub.yaml has another line for the bus.
func kafkaDemo(t *testing.T, bus string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hub.yaml")
	hub, err := fs.ReadFile(examples.Linjiang(), "hub.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, hub, 0o600); err != nil {
		t.Fatal(err)
	}
	setBus(t, file, bus)
	return filepath.Dir(file)
}

// setBus writes another line for the bus into a hub.yaml.
func setBus(t *testing.T, file, bus string) {
	t.Helper()
	hub, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(hub, []byte("bus: {embedded: {}}"), []byte("bus: "+bus), 1)
	if bytes.Equal(hub, changed) {
		t.Fatal("hub.yaml has no line for the bus")
	}
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		t.Fatal(err)
	}
}

// playKafkaDemo may be called by another goroutine than the test's.
func playKafkaDemo(t *testing.T, dir string) {
	var out, errOut bytes.Buffer
	if code := execute(t.Context(), []string{"demo", "--check", "--data", dir, "--lang", "en"}, &out, &errOut, os.Getenv); code != exitOK {
		log, _ := os.ReadFile(filepath.Join(dir, "data", "hub.log"))
		t.Errorf("exit %d\n%s%s\n%s", code, out.String(), errOut.String(), log)
		return
	}
	t.Log(strings.TrimSpace(out.String()))
	if _, err := os.Stat(filepath.Join(dir, "data", "bus.db")); err == nil {
		t.Error("the embedded bus was used")
	}
}
