package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/bus"
)

// An operator moves a group of Kafka over messages that were not carried: the pipeline halts until `sihe bus accept`.
func TestBusAccept(t *testing.T) {
	t.Setenv("SHOP_WEBHOOK_SECRET", shopSecret)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	dir := kafkaShop(t, fmt.Sprintf("{kafka: {brokers: [%q], prefix: north}, partitions: 1}", cluster.ListenAddrs()[0]))
	r := startHub(t, dir)
	r.enterMasters()
	r.settle()
	r.stop()

	k, err := bus.OpenKafka(bus.KafkaConfig{Brokers: cluster.ListenAddrs(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	const topic, group = "north.crm.party", "north.party-to-erp"
	lost, err := k.Publish(t.Context(), sihe.Message{Topic: topic, Key: []byte("C9"), Value: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.ResetGroup(t.Context(), group, topic, []int64{lost.Positions()[0].Offset + 1}); err != nil {
		t.Fatal(err)
	}

	r = startHub(t, dir)
	r.eventually(func() string {
		if _, out, _ := r.sihe("status"); !strings.Contains(out, string(sihe.CodeLogGap)) {
			return "the pipeline does not halt:\n" + out
		}
		return ""
	})
	if code, _, errOut := r.sihe("bus", "accept", "party-to-erp", "--yes"); code == exitOK || !strings.Contains(errOut, string(sihe.CodeReasonMissing)) {
		t.Errorf("without a reason: exit %d\n%s", code, errOut)
	}
	code, out, errOut := r.sihe("bus", "accept", "party-to-erp", "--yes", "--reason", "it was a test message")
	if code != exitOK || !strings.Contains(out, "1 partitions go on") || !strings.Contains(out, string(sihe.CodeLogGap)) {
		t.Errorf("exit %d\n%s%s", code, out, errOut)
	}
	r.enterCustomer("C002", "After the gap")
	r.eventually(func() string {
		if len(r.all("/api/erp/party")) != 2 {
			return "the pipeline does not go on"
		}
		return ""
	})
	if code, out, _ := r.sihe("bus", "accept", "party-to-erp", "--yes", "--reason", "again"); code != exitOK || !strings.Contains(out, "nothing to accept") {
		t.Errorf("exit %d\n%s", code, out)
	}
	r.stop()
}
