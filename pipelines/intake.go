package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sihehub/sihe"
)

// Intake bounds what comes in from outside. Zero fields take the defaults.
type Intake struct {
	Body       int64         // bytes of one request; default 1 MiB
	Deadline   time.Duration // for making it durable, after which 503 is answered; default 5 s
	Concurrent int           // requests at once; default 64
	Open       int           // connections at once; default 512
	Headers    int           // bytes; default 32 KiB
	HeaderTime time.Duration // for the headers to come; default 5 s
	BodyTime   time.Duration // for the body to come; default 15 s
	RetryAfter time.Duration // said with 503; default 5 s
}

func (i Intake) withDefaults() Intake {
	def(&i.Body, 1<<20)
	def(&i.Deadline, 5*time.Second)
	def(&i.Concurrent, 64)
	def(&i.Open, 512)
	def(&i.Headers, 32<<10)
	def(&i.HeaderTime, 5*time.Second)
	def(&i.BodyTime, 15*time.Second)
	def(&i.RetryAfter, 5*time.Second)
	return i
}

const intakePath = "/in/"

// Intake returns the handler of POST /in/{system} (EIP Event-Driven Consumer). It answers 2xx only when the records are
// durable on the bus; after any other answer nothing of the request is kept.
func (h *Hub) Intake() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close") // nothing can ride behind a chunked body (RELIABILITY N11)
		}
		if err := h.take(w, r); err != nil {
			h.refuse(w, r, err)
		}
	})
}

// take handles one request. A nil error means that it is answered.
func (h *Hub) take(w http.ResponseWriter, r *http.Request) error {
	s, err := h.addressed(r)
	if err != nil {
		return err
	}
	if h.stopping.Load() {
		return sihe.Errorf(sihe.CodeStopping, "take a request: the hub is stopping")
	}
	if err := h.room(); err != nil {
		return err
	}
	select {
	case h.busy <- struct{}{}:
		defer func() { <-h.busy }()
	default:
		return sihe.Errorf(sihe.CodeBusy, "take a request: %d are under way", cap(h.busy))
	}
	if err := h.at(StepAccepted, s.Name); err != nil {
		return err
	}
	body, err := h.body(w, r)
	if err != nil {
		return err
	}
	if err := h.at(StepRead, s.Name); err != nil {
		return err
	}
	records, reply, err := receive(s.webhook, r, body)
	h.stamped(s, r, err)
	if err != nil {
		return err
	}
	if len(records) == 0 {
		greet(w, reply)
		return nil
	}
	if err := h.at(StepVerified, s.Name); err != nil {
		return err
	}
	proof, err := h.store(r.Context(), s, records)
	if err != nil {
		return err
	}
	if err := h.at(StepAppended, s.Name); err != nil {
		return err
	}
	if err := acknowledge(w, reply, proof); err != nil {
		return err
	}
	_ = h.at(StepAcknowledged, s.Name) // it is answered
	return nil
}

// addressed finds the system, and refuses everything that is no plain POST to it.
func (h *Hub) addressed(r *http.Request) (*system, error) {
	name, ok := strings.CutPrefix(r.URL.Path, intakePath)
	switch {
	case r.URL.IsAbs() || r.URL.Opaque != "":
		return nil, sihe.Errorf(sihe.CodeBadRequest, "take a request: the target must be a path")
	case !ok || name == "" || strings.Contains(name, "/"):
		return nil, sihe.Errorf(sihe.CodeSystemUnknown, "take a request: the path is not /in/<system>")
	case r.Method != http.MethodPost:
		return nil, sihe.Errorf(sihe.CodeMethod, "take a request: %s", r.Method)
	}
	s, ok := h.system(name)
	if !ok {
		return nil, sihe.Errorf(sihe.CodeSystemUnknown, "take a request: there is no system of that name")
	}
	if s.webhook == nil {
		return nil, sihe.Errorf(sihe.CodeNoIntake, "take a request: %s receives no webhooks", s.Name)
	}
	if n := headerBytes(r.Header); n > h.o.Intake.Headers {
		return nil, sihe.Errorf(sihe.CodeHeadersTooLarge, "take a request: %d bytes of headers, more than %d", n, h.o.Intake.Headers)
	}
	for _, v := range r.Header.Values("Content-Encoding") {
		if !strings.EqualFold(strings.TrimSpace(v), "identity") {
			return nil, sihe.Errorf(sihe.CodeContentEncoding, "take a request: Content-Encoding is not taken")
		}
	}
	return s, nil
}

func headerBytes(h http.Header) int {
	n := 0
	for name, values := range h {
		for _, v := range values {
			n += len(name) + len(v) + len(": \r\n")
		}
	}
	return n
}

// body reads all of the body or refuses it: one byte more than allowed is enough to know.
func (h *Hub) body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limit := h.o.Intake.Body
	if r.ContentLength > limit {
		return nil, sihe.Errorf(sihe.CodeBodyTooLarge, "read the body: %d bytes, more than %d", r.ContentLength, limit)
	}
	// A recorder has no deadlines; the server's own limit still holds.
	_ = http.NewResponseController(w).SetReadDeadline(h.o.Now().Add(h.o.Intake.BodyTime))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	var timeout interface{ Timeout() bool }
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &large):
		return nil, sihe.Errorf(sihe.CodeBodyTooLarge, "read the body: more than %d bytes", limit)
	case errors.As(err, &timeout) && timeout.Timeout():
		return nil, sihe.Errorf(sihe.CodeBodyTimeout, "read the body: it did not come within %s", h.o.Intake.BodyTime)
	}
	return nil, sihe.Errorf(sihe.CodeBodyIncomplete, "read the body: it broke off")
}

// receive lets the connector authenticate the request and cut it. Its panic is not the sender's business.
func receive(hook sihe.Webhook, r *http.Request, body []byte) (records []sihe.Record, reply sihe.Reply, err error) {
	defer caught(&err)
	return hook.Receive(r, body)
}

// store appends the records to the system's raw topic, all or none of them acknowledged.
func (h *Hub) store(ctx context.Context, s *system, records []sihe.Record) (sihe.Token, error) {
	messages := make([]sihe.Message, 0, len(records))
	for _, r := range records {
		m := rawMessage(s.Name, r)
		if n := size(m); n > sihe.MaxMessage {
			return sihe.Token{}, sihe.Errorf(sihe.CodeBodyTooLarge, "take a record: %d bytes, more than %d", n, sihe.MaxMessage)
		}
		messages = append(messages, m)
	}
	ctx, cancel := context.WithTimeout(ctx, h.o.Intake.Deadline)
	defer cancel()
	proof, err := h.o.Bus.Publish(ctx, messages...)
	if err != nil {
		code := sihe.CodeBusy
		switch c := sihe.CodeOf(err); c {
		case sihe.CodeDiskFull, sihe.CodeStoreUnusable, sihe.CodeStoreReadOnly, sihe.CodeStoreLost:
			code = c // it says what to do about it
		default:
		}
		return sihe.Token{}, sihe.Errorf(code, "store the request: %w", err)
	}
	s.habit.arrived.Add(1)
	return proof, nil
}

// refuse answers with the error's code. What the cause was beyond that is for the log only.
func (h *Hub) refuse(w http.ResponseWriter, r *http.Request, err error) {
	code := sihe.CodeOf(err)
	status := http.StatusInternalServerError
	if x, known := sihe.Explain(code); known && x.HTTPStatus >= http.StatusBadRequest {
		status = x.HTTPStatus
	}
	text := "the request was not taken"
	var own *sihe.Error
	if errors.As(err, &own) && status < http.StatusInternalServerError && status != http.StatusUnauthorized {
		text = own.Text
	}
	h.o.Log.WarnContext(r.Context(), "intake refused", "path", r.URL.Path, "status", status, "code", string(code), "error", err.Error())
	switch status {
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", strconv.Itoa(int(h.o.Intake.RetryAfter/time.Second)))
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusRequestEntityTooLarge, http.StatusRequestTimeout, http.StatusBadRequest:
		w.Header().Set("Connection", "close") // the rest of the body is not read
	}
	raw, marshalErr := json.Marshal(map[string]any{"error": map[string]string{"code": string(code), "message": text}})
	if marshalErr != nil {
		raw = fmt.Appendf(nil, `{"error":{"code":%q}}`, code)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(raw) //nolint:gosec // JSON with nosniff; whoever does not hear it sends it again
}
