package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sihehub/sihe"
)

// kafkaShop lays the shop out with another line for the bus.
func kafkaShop(t *testing.T, line string) string {
	t.Helper()
	dir := layShop(t)
	setBus(t, filepath.Join(dir, "hub.yaml"), line)
	return dir
}

// freePort returns a port on which nobody listens.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// A hub that starts before its Kafka waits for it, says so, takes nothing in, and works once the broker is there.
func TestRunAwaitsKafka(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	p := runShop(t, kafkaShop(t, fmt.Sprintf("{kafka: {brokers: [\"127.0.0.1:%d\"]}, partitions: 1}", port)))
	p.eventually(func() string {
		a, err := http.Get(p.client.base + "/ready")
		if err != nil {
			return err.Error()
		}
		defer a.Body.Close()
		body, _ := io.ReadAll(a.Body)
		if a.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), string(sihe.CodeBusUnreachable)) || !strings.Contains(string(body), `"since":"20`) {
			return fmt.Sprintf("/ready does not say since when the bus is away: %d %s", a.StatusCode, body)
		}
		return ""
	})
	if _, out, _ := p.sihe("status"); !strings.Contains(out, string(sihe.CodeBusUnreachable)) || !strings.Contains(out, "something needs a look") {
		t.Errorf("status does not say that the bus is away:\n%s", out)
	}
	a, err := http.DefaultClient.Do(p.hookedAt(p.intake, hook{id: "msg_1", body: orderBody("1", nil)}))
	if err != nil {
		t.Fatal(err)
	}
	_ = a.Body.Close()
	if a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("an order that cannot be kept is answered with %d", a.StatusCode)
	}

	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	p.eventually(func() string {
		if err := p.client.do(t.Context(), request{method: http.MethodGet, path: "/ready"}, nil); err != nil {
			return err.Error()
		}
		return ""
	})
	p.enterMasters()
	p.eventually(func() string {
		a, err := http.DefaultClient.Do(p.hookedAt(p.intake, hook{id: "msg_1", body: orderBody("1", nil)}))
		if err != nil {
			return err.Error()
		}
		_ = a.Body.Close()
		if a.StatusCode != http.StatusAccepted {
			return fmt.Sprint("the order is answered with ", a.StatusCode)
		}
		return ""
	})
	p.eventually(func() string {
		if len(p.all("/api/erp/sales_order")) == 0 {
			return "the order does not become a sales order"
		}
		return ""
	})
}

// A hub that waits for its Kafka can be told to end.
func TestTerminateWhileKafkaIsAway(t *testing.T) {
	t.Parallel()
	p := runShop(t, kafkaShop(t, fmt.Sprintf("{kafka: {brokers: [\"127.0.0.1:%d\"]}}", freePort(t))))
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-p.ended; err != nil || time.Since(began) > 5*time.Second {
		t.Errorf("want it to end well, got %v after %s\n%s", err, time.Since(began), p.output)
	}
}

// What waiting cannot heal ends the hub at once, with the reason.
func TestRunEndsWhenKafkaRefuses(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T, options ...kfake.Opt) *kfake.Cluster {
		c, err := kfake.NewCluster(append(options, kfake.NumBrokers(1))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	for name, open := range map[string]func(t *testing.T) (line string){
		"wrong password": func(t *testing.T) string {
			c := open(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "hub", "right"))
			c.ControlKey(int16(kmsg.SASLAuthenticate), func(q kmsg.Request) (kmsg.Response, error, bool) { // as Apache Kafka answers
				c.KeepControl()
				a := q.ResponseKind().(*kmsg.SASLAuthenticateResponse)
				a.ErrorCode = kerr.SaslAuthenticationFailed.Code
				return a, nil, true
			})
			return fmt.Sprintf("{kafka: {brokers: [%q], sasl: {mechanism: PLAIN, user: hub, password: \"${env:SHOP_WEBHOOK_SECRET}\"}}}", c.ListenAddrs()[0])
		},
		"more copies than brokers": func(t *testing.T) string {
			c := open(t)
			return fmt.Sprintf("{kafka: {brokers: [%q], replication: 3}}", c.ListenAddrs()[0])
		},
		"a name that is refused": func(t *testing.T) string {
			c := open(t)
			c.ControlKey(int16(kmsg.CreateTopics), func(q kmsg.Request) (kmsg.Response, error, bool) {
				c.KeepControl()
				a := q.ResponseKind().(*kmsg.CreateTopicsResponse)
				for _, x := range q.(*kmsg.CreateTopicsRequest).Topics {
					a.Topics = append(a.Topics, kmsg.CreateTopicsResponseTopic{Topic: x.Topic, ErrorCode: kerr.PolicyViolation.Code})
				}
				return a, nil, true
			})
			return fmt.Sprintf("{kafka: {brokers: [%q]}}", c.ListenAddrs()[0])
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := exec.CommandContext(t.Context(), "sihe", "run", kafkaShop(t, open(t)), "--lang", "en")
			c.Env = append(os.Environ(), "SHOP_WEBHOOK_SECRET="+shopSecret)
			began := time.Now()
			out, err := c.CombinedOutput()
			if err == nil || !strings.Contains(string(out), string(sihe.CodeBusRefused)) || time.Since(began) > 20*time.Second {
				t.Errorf("want %s, got %v after %s\n%s", sihe.CodeBusRefused, err, time.Since(began), out)
			}
		})
	}
}
