package sihe_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sihehub/sihe"
)

// Each way in which a certificate can be wrong has a code of its own, and no byte of the body is sent.
func TestTransportCode(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		dns     string
		expires time.Duration
		trusted bool
		want    sihe.Code
	}{
		"good":      {"", time.Hour, true, "OTHERWISE"},
		"expired":   {"", -time.Minute, true, sihe.CodeTLSExpired},
		"name":      {"elsewhere.example.com", time.Hour, true, sihe.CodeTLSName},
		"untrusted": {"", time.Hour, false, sihe.CodeTLSUntrusted},
	} {
		called := false
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
		pair, pool := certificate(t, x.dns, x.expires)
		s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
		s.Config.ErrorLog = nil
		s.StartTLS()
		if !x.trusted {
			pool = x509.NewCertPool()
		}
		c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
		r, err := c.Post(s.URL, "text/plain", http.NoBody)
		if err == nil {
			_ = r.Body.Close()
		}
		if got := sihe.TransportCode(err, "OTHERWISE"); got != x.want || called != (x.want == "OTHERWISE") {
			t.Errorf("%s: %s, called %v: %v", name, got, called, err)
		}
		c.CloseIdleConnections()
		s.Close()
	}
}

func TestTransportCodeOfNoTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	d := tls.Dialer{}
	_, err := d.DialContext(context.Background(), "tcp", s.Listener.Addr().String())
	if got := sihe.TransportCode(err, "OTHERWISE"); got != sihe.CodeTLSHandshake {
		t.Errorf("%s: %v", got, err)
	}
	if got := sihe.TransportCode(errors.New("refused"), "OTHERWISE"); got != "OTHERWISE" {
		t.Error(got)
	}
}

func certificate(t *testing.T, dns string, expires time.Duration) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(expires),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if dns != "" {
		c.DNSNames = []string{dns}
	} else {
		c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
