package rest

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/sihehub/sihe"
)

// longestAfter caps what a product may ask us to wait.
const longestAfter = time.Hour

func (r *Rest) request(ctx context.Context) *resty.Request {
	q := r.http.R().SetContext(ctx)
	a := r.o.Description.Auth
	switch {
	case a.Bearer != "":
		q.SetAuthToken(r.o.Secrets[a.Bearer])
	case a.Header != "":
		q.SetHeader(a.Header, r.o.Secrets[a.Secret])
	case a.User != "":
		q.SetBasicAuth(a.User, r.o.Secrets[a.Secret])
	}
	return q
}

// ready refuses calls after Close, and those that were cancelled before they began: they were not made.
func (r *Rest) ready(ctx context.Context) error {
	if r.closed.Load() {
		return sihe.Errorf(sihe.CodeStoreClosed, "call %s: the connector is closed", r.o.System)
	}
	return ctx.Err()
}

// get reads; found is false when there is nothing at the path.
func (r *Rest) get(ctx context.Context, path string, query map[string]string) (body []byte, found bool, err error) {
	if err := r.ready(ctx); err != nil {
		return nil, false, err
	}
	a, err := r.request(ctx).SetQueryParams(query).Get(path)
	if err != nil {
		return nil, false, sihe.Errorf(sihe.TransportCode(err, sihe.CodeRestUnreachable), "read %s from %s: %w", path, r.o.System, hide(err))
	}
	switch s := a.StatusCode(); {
	case s == http.StatusNotFound:
		return nil, false, nil
	case s/100 != 2:
		return nil, false, failed(a, "read "+path+" from "+r.o.System)
	}
	return a.Body(), true, nil
}

// failed is the error of an answer that is no success; what it means for a write is decided in write.go.
func failed(a *resty.Response, what string) *sihe.Error {
	s := a.StatusCode()
	switch {
	case s/100 == 3:
		return sihe.Permanent(sihe.Errorf(sihe.CodeRestRedirect, "%s: HTTP %d, redirects are not followed", what, s))
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		return sihe.Errorf(sihe.CodeRestCredentials, "%s: HTTP %d", what, s)
	case s == http.StatusTooManyRequests || s == http.StatusServiceUnavailable:
		return sihe.RetryAfter(after(a), sihe.Errorf(sihe.CodeRestBusy, "%s: HTTP %d", what, s))
	case s >= 500 || s == http.StatusRequestTimeout:
		return sihe.Errorf(sihe.CodeRestFailed, "%s: HTTP %d", what, s)
	}
	return sihe.Permanent(sihe.Errorf(sihe.CodeRestFailed, "%s: HTTP %d", what, s))
}

// after reads Retry-After in seconds, or as a date against the answer's own Date, so that no clock of ours matters.
func after(a *resty.Response) time.Duration {
	v := strings.TrimSpace(a.Header().Get("Retry-After"))
	if n, err := strconv.ParseUint(v, 10, 64); err == nil {
		return min(max(time.Duration(min(n, 1<<20))*time.Second, time.Second), longestAfter)
	}
	at, err := http.ParseTime(v)
	now, errNow := http.ParseTime(a.Header().Get("Date"))
	if err == nil && errNow == nil {
		return min(max(at.Sub(now), time.Second), longestAfter)
	}
	return time.Second
}

// neverSent says whether an error proves that no byte of the request reached the system.
func neverSent(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	return (errors.As(err, &op) && op.Op == "dial") || errors.As(err, &dns) || errors.As(err, &certificate)
}

// hide removes the address with its query from a transport's error: it may tell what is not for everybody.
func hide(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// fill puts values into a path template, each escaped as one segment.
func fill(template string, values map[string]string) (string, error) {
	for name, v := range values {
		if !strings.Contains(template, "{"+name+"}") {
			continue
		}
		if v == "" || v == "." || v == ".." || strings.ContainsAny(v, "\r\n\x00") {
			return "", sihe.Permanent(sihe.Errorf(sihe.CodeRestKey, "build the path %s: %q cannot be a %s", template, v, name))
		}
		template = strings.ReplaceAll(template, "{"+name+"}", url.PathEscape(v))
	}
	return template, nil
}

func in(status int, list []int) bool { return slices.Contains(list, status) }
