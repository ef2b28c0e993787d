package rest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/connectortest"
)

// subject is a described product for the suite.
func subject(changes ...string) connectortest.Subject {
	return connectortest.Subject{New: func(t *testing.T) connectortest.System {
		p := newProduct(t)
		return connectortest.System{
			Open: func(t *testing.T) sihe.Connector { return connect(t, p.URL, changes...) },
			Happen: func(_ *testing.T, _ sihe.Connector, n int) {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.add(map[string]any{"title": fmt.Sprint("happened ", n)})
			},
			Create: func(n int) sihe.Write { w := job("", fmt.Sprint("job ", n)); return w },
			Count: func(*testing.T, sihe.Connector) int {
				p.mu.Lock()
				defer p.mu.Unlock()
				return len(p.jobs)
			},
			Refused: func(*testing.T, sihe.Connector) sihe.Write { return job("", "refused") },
			Request: func(n int) (*http.Request, []byte) { return hooked(n) },
		}
	}}
}

// hooked is the n-th webhook as the product signs it.
func hooked(n int) (*http.Request, []byte) {
	body := fmt.Appendf(nil, `{"id":"A%d","title":"hooked","rev":%d}`, n, n)
	r, _ := http.NewRequest(http.MethodPost, "/in/acme", bytes.NewReader(body))
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	hook, err := webhooks.NewWebhook(hookSecret)
	if err != nil {
		panic(err)
	}
	signature, err := hook.Sign(fmt.Sprint("msg_", n), at, body)
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(webhooks.HeaderWebhookID, fmt.Sprint("msg_", n))
	r.Header.Set(webhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	r.Header.Set(webhooks.HeaderWebhookSignature, signature)
	return r, body
}

// TestSuiteWithHeader: the product recognises a write by its Idempotency-Key.
func TestSuiteWithHeader(t *testing.T) { t.Parallel(); connectortest.Run(t, subject()) }

// TestSuiteWithField: the product only keeps the id in a field, by which the hub finds it again.
func TestSuiteWithField(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, subject(", id_header: Idempotency-Key, id_field: ref, repeats: true", ", id_field: ref", ", id_header: Idempotency-Key, repeats: true", ""))
}
