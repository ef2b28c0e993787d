package sihe

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// TransportCode says which rule of TLS kept a call from a system, so that a certificate that has expired is not shown as
// a system that is down. Of any other error it returns the code given.
func TransportCode(err error, otherwise Code) Code {
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return CodeTLSExpired
	case errors.As(err, &name):
		return CodeTLSName
	case errors.As(err, &authority), errors.As(err, &invalid), errors.As(err, &verification):
		return CodeTLSUntrusted
	case errors.As(err, &record), errors.As(err, &alert):
		return CodeTLSHandshake
	}
	return otherwise
}
