package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sihehub/sihe/config"
)

// A transcript is one request of the manual and the answer that the page promises.
type transcript struct {
	method, path string
	header       [][2]string
	body         string
	status       int
	wantHeader   [][2]string
	want         any
}

// readTranscript takes a block apart: METHOD path, headers, body, then → status, headers, and what the answer contains.
func readTranscript(t *testing.T, text string) transcript {
	t.Helper()
	request, answer, _ := strings.Cut(text, "→ ")
	first, rest, _ := strings.Cut(request, "\n")
	var x transcript
	var ok bool
	if x.method, x.path, ok = strings.Cut(first, " "); !ok {
		t.Fatalf("no request: %s", text)
	}
	x.header, x.body = headersAndBody(rest)
	status, rest, _ := strings.Cut(answer, "\n")
	x.status, _ = strconv.Atoi(status)
	var body string
	x.wantHeader, body = headersAndBody(rest)
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&x.want); err != nil || x.status == 0 {
		t.Fatalf("no answer: %v\n%s", err, text)
	}
	return x
}

func headersAndBody(text string) (headers [][2]string, body string) {
	head, body, _ := strings.Cut("\n"+text, "\n\n")
	for line := range strings.Lines(head) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			headers = append(headers, [2]string{name, value})
		}
	}
	return headers, strings.TrimSpace(body)
}

// try sends the request once and says what is not as promised.
func (x transcript) try(t *testing.T, c *client) string {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), x.method, c.base+x.path, strings.NewReader(x.body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+c.token)
	if x.body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	for _, h := range x.header {
		q.Header.Set(h[0], h[1])
	}
	a, err := c.http.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	if a.StatusCode != x.status {
		return a.Status + " " + string(b)
	}
	for _, h := range x.wantHeader {
		if got := a.Header.Get(h[0]); got != h[1] {
			return h[0] + ": " + got
		}
	}
	var got any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&got); err != nil {
		return err.Error() + " " + string(b)
	}
	return mismatch("", x.want, got)
}

// TestManualOfTheAPI sends every request of the page, in its order, to a hub that sihe init made.
func TestManualOfTheAPI(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		t.Run(language, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "hub")
			var out bytes.Buffer
			if code := execute(t.Context(), []string{"init", dir, "-q"}, &out, &out, func(string) string { return "" }); code != exitOK {
				t.Fatal(out.String())
			}
			name := filepath.Join(dir, config.File)
			b, err := os.ReadFile(filepath.Clean(name))
			if err != nil {
				t.Fatal(err)
			}
			b = regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAll(b, []byte("127.0.0.1:0"))
			b = bytes.Replace(b, []byte("language: zh"), []byte("language: en"), 1)
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
			r := startHub(t, dir)
			found := blocks(page(t, language, "api.md"), "http")
			if len(found) < 12 {
				t.Errorf("only %d requests", len(found))
			}
			for _, line := range slices.Sorted(maps.Keys(found)) {
				x := readTranscript(t, found[line])
				wrong := x.try(t, r.client)
				for end := time.Now().Add(15 * time.Second); wrong != "" && x.method == http.MethodGet && time.Now().Before(end); { // a copy needs its time
					time.Sleep(50 * time.Millisecond)
					wrong = x.try(t, r.client)
				}
				if wrong != "" {
					t.Errorf("docs/%s/api.md:%d: %s %s: %s", language, line, x.method, x.path, wrong)
				}
			}
		})
	}
}
