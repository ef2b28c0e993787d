package pipelines

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/store"
)

const oneOrder = `[{"id":"w1","number":"S1","version":1,"data":{"no":"S1","total":"12.50","rank":1}}]`

func shopHouse(t *testing.T) (*testHouse, *twin) {
	crm, erp := newTwin("shop", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealToJob)
	m, ok := h.set.Mapping("shop-order")
	if !ok {
		t.Skip("mappings are not there")
	}
	system := crm.as(shop{crm})
	system.Native = false
	system.Normalise = map[string]*mappings.Mapping{"shop/order": m}
	h.systems = []System{system, erp.as(exact{erp})}
	return h, erp
}

func post(h *testHouse, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Signature", "good")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.hub.Intake().ServeHTTP(w, r)
	return w
}

func rawCount(t *testing.T, h *testHouse) (n int64) {
	t.Helper()
	spans, err := h.bus.Offsets(context.Background(), RawTopic("shop"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range spans {
		n += s.Next - s.First
	}
	return n
}

func TestWebhookIsRefusedAndNothingIsKept(t *testing.T) {
	crm, erp := newTwin("shop", "crm", "D"), newTwin("erp", "erp", "J")
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(shop{crm}), erp.as(exact{erp})}
	h.start()
	h.eventually("it is up", func() bool { return h.street("normalise:shop").Held == 4 })
	for name, c := range map[string]struct {
		do     func() *httptest.ResponseRecorder
		status int
		code   sihe.Code
	}{
		"unsigned":   {func() *httptest.ResponseRecorder { return post(h, "/in/shop", oneOrder, "Signature", "bad") }, 401, sihe.CodeUnauthenticated},
		"no JSON":    {func() *httptest.ResponseRecorder { return post(h, "/in/shop", "[{") }, 400, sihe.CodeBadRequest},
		"unknown":    {func() *httptest.ResponseRecorder { return post(h, "/in/nobody", oneOrder) }, 404, sihe.CodeSystemUnknown},
		"deeper":     {func() *httptest.ResponseRecorder { return post(h, "/in/shop/x", oneOrder) }, 404, sihe.CodeSystemUnknown},
		"no webhook": {func() *httptest.ResponseRecorder { return post(h, "/in/erp", oneOrder) }, 404, sihe.CodeNoIntake},
		"oversize":   {func() *httptest.ResponseRecorder { return post(h, "/in/shop", strings.Repeat("x", 1<<20+1)) }, 413, sihe.CodeBodyTooLarge},
		"compressed": {func() *httptest.ResponseRecorder { return post(h, "/in/shop", oneOrder, "Content-Encoding", "gzip") }, 415, sihe.CodeContentEncoding},
		"many headers": {func() *httptest.ResponseRecorder {
			return post(h, "/in/shop", oneOrder, "X", strings.Repeat("y", 33<<10))
		}, 431, sihe.CodeHeadersTooLarge},
		"a bug":   {func() *httptest.ResponseRecorder { return post(h, "/in/shop", oneOrder, "Panic", "1") }, 500, sihe.CodePanic},
		"endless": {func() *httptest.ResponseRecorder { return chunked(h, endless{}) }, 413, sihe.CodeBodyTooLarge},
		"broken off": {func() *httptest.ResponseRecorder {
			return chunked(h, io.MultiReader(strings.NewReader("[{"), broken{}))
		}, 400, sihe.CodeBodyIncomplete},
		"another verb": {func() *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			h.hub.Intake().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/in/shop", nil))
			return w
		}, 405, sihe.CodeMethod},
	} {
		w := c.do()
		if w.Code != c.status || !strings.Contains(w.Body.String(), `"code":"`+string(c.code)+`"`) {
			t.Errorf("%s: %d %s, want %d %s", name, w.Code, w.Body, c.status, c.code)
		}
		if strings.Contains(w.Body.String(), "bug in the connector") {
			t.Errorf("%s: the answer tells too much: %s", name, w.Body)
		}
	}
	if n := rawCount(t, h); n != 0 {
		t.Errorf("%d records are kept", n)
	}
	h.stop()
	<-h.done
	h.done <- nil
	if w := post(h, "/in/shop", oneOrder); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("stopping: %d", w.Code)
	}
}

func chunked(h *testHouse, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/in/shop", body)
	r.ContentLength = -1
	r.TransferEncoding = []string{"chunked"}
	r.Header.Set("Signature", "good")
	w := httptest.NewRecorder()
	h.hub.Intake().ServeHTTP(w, r)
	return w
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// A bus that does not answer makes 503, never 2xx.
func TestWebhookIsNotAcknowledgedBeforeItIsDurable(t *testing.T) {
	crm := newTwin("shop", "crm", "D")
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(shop{crm})}
	deaf := &deafBus{}
	h.tune = func(o *Options) { deaf.Embedded = o.Bus.(*bus.Embedded); o.Bus = deaf }
	h.start()
	h.eventually("it is up", func() bool { return h.street("normalise:shop").Held == 4 })
	for _, deafness := range []string{"error", "no proof"} {
		deaf.set(deafness)
		if w := post(h, "/in/shop", oneOrder); w.Code < 500 {
			t.Errorf("%s: %d %s", deafness, w.Code, w.Body)
		}
	}
	deaf.set("")
	if w := post(h, "/in/shop", oneOrder); w.Code != 200 || w.Body.String() != "ok" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

type deafBus struct {
	*bus.Embedded
	mu   sync.Mutex
	deaf string
}

func (b *deafBus) set(s string) { b.mu.Lock(); b.deaf = s; b.mu.Unlock() }

func (b *deafBus) Publish(ctx context.Context, m ...sihe.Message) (sihe.Token, error) {
	b.mu.Lock()
	deaf := b.deaf
	b.mu.Unlock()
	switch deaf {
	case "error":
		return sihe.Token{}, sihe.Errorf(sihe.CodeInternal, "publish: no answer")
	case "no proof":
		return sihe.Token{}, nil
	}
	return b.Embedded.Publish(ctx, m...)
}

func TestSameWebhookHundredTimesIsOneEffect(t *testing.T) {
	h, erp := shopHouse(t)
	h.start()
	h.eventually("it is up", func() bool { return h.street("normalise:shop").Held == 4 })
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			for {
				w := post(h, "/in/shop", oneOrder)
				if w.Code == http.StatusOK {
					return
				}
				if w.Code != http.StatusServiceUnavailable {
					t.Errorf("%d %s", w.Code, w.Body)
					return
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	all.Wait()
	h.eventually("all are read", func() bool {
		return h.street("normalise:shop").Lag == 0 && h.street("deal-to-job").Lag == 0 && h.count("deal-to-job", store.Delivered) == 1
	})
	if n := rawCount(t, h); n != 100 {
		t.Errorf("%d records on the bus", n)
	}
	if n := len(erp.written()); n != 1 {
		t.Errorf("%d effects", n)
	}
	if n := h.street("normalise:shop").Received; n != 1 {
		t.Errorf("%d received", n)
	}
	h.balanced()
}

func TestIntakeServer(t *testing.T) {
	crm := newTwin("shop", "crm", "D")
	h := newTestHouse(t, dealToJob)
	h.systems = []System{crm.as(shop{crm})}
	h.tune = func(o *Options) {
		o.Intake = Intake{Open: 2, HeaderTime: 200 * time.Millisecond, BodyTime: 100 * time.Millisecond}
	}
	h.start()
	h.eventually("it is up", func() bool { return h.street("normalise:shop").Held == 4 })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := h.hub.IntakeServer()
	go func() { _ = server.Serve(h.hub.LimitConnections(l)) }()
	defer server.Close()
	say := func(request string) string {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(3 * time.Second))
		_, _ = io.WriteString(c, request)
		answer, _ := io.ReadAll(c)
		return string(answer)
	}
	head := "POST /in/shop HTTP/1.1\r\nHost: h\r\nSignature: good\r\n"
	for name, c := range map[string]struct{ request, want string }{
		"a dripping header": {head, ""},
		"a dripping body":   {head + "Content-Length: 100\r\n\r\n[{", "408 "},
		"a bad chunk":       {head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400 "},
		"chunked":           {head + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(oneOrder), oneOrder), "Connection: close"},
		"a long header":     {head + "X: " + strings.Repeat("y", 64<<10) + "\r\n\r\n", "431 "},
	} {
		if answer := say(c.request); !strings.Contains(answer, c.want) || c.want == "" && strings.Contains(answer, " 20") {
			t.Errorf("%s: %q, want %q", name, answer, c.want)
		}
	}
}
