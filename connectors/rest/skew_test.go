package rest_test

import (
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/rest"
)

// A request whose signature holds and whose stamp does not is refused like any other, and the hub learns why; one whose
// signature does not hold says nothing about clocks. The tolerance stays what it is.
func TestStampOfASignedRequest(t *testing.T) {
	t.Parallel()
	q, body := hooked(1)
	sent, ok := connect(t, newProduct(t).URL).Stamp(q)
	if want := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC); !ok || !sent.Equal(want) {
		t.Fatalf("%s %v", sent, ok)
	}
	for by, taken := range map[time.Duration]bool{0: true, 299 * time.Second: true, -299 * time.Second: true, 301 * time.Second: false, -301 * time.Second: false, 24 * time.Hour: false} {
		o := options(t, newProduct(t).URL)
		o.Now = func() time.Time { return sent.Add(by) }
		c, err := rest.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		for range 30 {
			_, _, err = c.Receive(q, body)
			if (err == nil) != taken || err != nil && (sihe.CodeOf(err) != sihe.CodeUnauthenticated || !sihe.HasCode(err, sihe.CodeClockSkew)) {
				t.Errorf("%s: %v", by, err)
			}
		}
		if _, _, err := c.Receive(q, append(body, ' ')); sihe.CodeOf(err) != sihe.CodeUnauthenticated || sihe.HasCode(err, sihe.CodeClockSkew) {
			t.Errorf("%s: %v", by, err)
		}
	}
}
