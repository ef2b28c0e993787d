package rest_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sihehub/sihe"
)

// A certificate that nobody trusts is named, and the write is known not to have been sent: nothing of it was.
func TestCertificateIsNamed(t *testing.T) {
	t.Parallel()
	called := false
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	r := connect(t, s.URL)
	for what, err := range map[string]error{
		"write": func() error { _, err := r.Write(t.Context(), job("1", "J")); return err }(),
		"read":  func() error { _, _, err := everything(t, r, nil); return err }(),
	} {
		if sihe.CodeOf(err) != sihe.CodeTLSUntrusted || sihe.ClassOf(err) != sihe.Transient {
			t.Errorf("%s: %v", what, err)
		}
	}
	if called {
		t.Error("it was sent")
	}
}
