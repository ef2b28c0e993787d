package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sihehub/sihe"
)

// tokenFile is where the first start keeps the admin token, readable by its owner alone.
const tokenFile = "admin.token"

// A client talks to a running hub's admin API.
type client struct {
	base     string // http://host:port
	token    string
	language string
	http     *http.Client
}

// newClient reads where the hub listens and its token from the hub's data folder.
func newClient(data, language string) (*client, error) {
	token, err := os.ReadFile(filepath.Clean(filepath.Join(data, tokenFile)))
	if err != nil {
		return nil, sihe.Errorf(sihe.CodeHubUnreachable, "read the admin token: no hub has been started with the data folder %s", data)
	}
	address, err := os.ReadFile(filepath.Clean(filepath.Join(data, adminFile)))
	if err != nil {
		return nil, sihe.Errorf(sihe.CodeHubUnreachable, "look for the hub of %s: it is not running", data)
	}
	return &client{
		base: "http://" + string(address), token: strings.TrimSpace(string(token)), language: language,
		http: &http.Client{
			Timeout:       time.Minute,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// A request is one call; a nil body sends none.
type request struct {
	method, path string
	body         any
	key, actor   string // Idempotency-Key and Sihe-Actor
}

// do sends the request and decodes a 2xx answer into out (nil: not wanted). Any other answer is an *apiError.
func (c *client) do(ctx context.Context, r request, out any) error {
	var body io.Reader
	if r.body != nil {
		b, err := json.Marshal(r.body)
		if err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	q, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, body)
	if err != nil {
		return fmt.Errorf("call %s: %w", r.path, err)
	}
	q.GetBody = nil // a write is never replayed by the transport
	q.Header.Set("Authorization", "Bearer "+c.token)
	q.Header.Set("Accept-Language", c.language)
	for name, v := range map[string]string{"Idempotency-Key": r.key, "Sihe-Actor": r.actor} {
		if v != "" {
			q.Header.Set(name, v)
		}
	}
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	return c.send(q, out)
}

func (c *client) send(q *http.Request, out any) error {
	a, err := c.http.Do(q)
	if err != nil {
		return sihe.Errorf(sihe.CodeHubUnreachable, "call %s: %w", c.base, err)
	}
	defer func() { _ = a.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(a.Body, 64<<20))
	if err != nil {
		return sihe.Errorf(sihe.CodeHubUnreachable, "read the answer of %s: %w", q.URL.Path, err)
	}
	if a.StatusCode/100 != 2 {
		return readAPIError(a.StatusCode, q.URL.Path, b)
	}
	if out == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(out); err != nil {
		return fmt.Errorf("read the answer of %s: %w", q.URL.Path, err)
	}
	return nil
}

// An apiError is a hub's refusal as it told it.
type apiError struct {
	Status int
	URL    string
	Detail struct {
		Code    sihe.Code `json:"code"`
		Message string    `json:"message"`
		Path    string    `json:"path"`
		Help    string    `json:"help"`
	} `json:"error"`
}

func readAPIError(status int, url string, body []byte) error {
	e := &apiError{Status: status, URL: url}
	if err := json.Unmarshal(body, e); err != nil || e.Detail.Code == "" {
		e.Detail.Code, e.Detail.Message = sihe.CodeInternal, fmt.Sprintf("call %s: HTTP %d", url, status)
	}
	return e
}

func (e *apiError) Error() string {
	s := fmt.Sprintf("%s %s", e.Detail.Code, e.Detail.Message)
	if e.Detail.Help != "" {
		s += "\n  → " + e.Detail.Help
	}
	return s
}
