// Package rest connects any system that speaks JSON over HTTP, described in one YAML file: how to authenticate, which
// records it has, how to read what changed, how to write and to find a document, and how its webhooks are signed.
//
// # Basics
//
// [Describe] reads the description; its record shapes are what mappings translate from and to. [Open] makes a connector
// of it. What the description does not say the connector cannot do: [Rest.Can] tells the hub.
//
// # Caveats
//
// A write is sent once by this package and never by the transport: no retry, no redirect, no replay on a broken
// connection. Whether it arrived is judged by what the description calls done; everything else after the request may have
// left is Unknown, and the hub looks it up.
package rest

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/mappings"
)

// Bounds of one call.
const (
	callTimeout = 30 * time.Second
	maxAnswer   = 4 << 20
)

// idleConnections are kept open to a system between calls.
const idleConnections = 64

// Options are what a connector is opened from. Client carries the transport; its redirect policy and time-out are
// replaced.
type Options struct {
	System      string
	URL         string // of the product, without a slash at the end
	Description *Description
	Secrets     map[string]string
	Mappings    *mappings.Set
	Client      *http.Client
	Now         func() time.Time
}

// Rest is one connected system.
type Rest struct {
	o        Options
	http     *resty.Client
	verifier *verifier
	mappings atomic.Pointer[named]
	closed   atomic.Bool
}

// named are the mappings that the description names.
type named map[string]*mappings.Mapping

// Open checks that the secrets and mappings that the description names are there.
func Open(o Options) (*Rest, error) {
	if problem := Address(o.URL, o.Description); problem != "" {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeRestDescription, "open %s: %s", o.System, problem))
	}
	r := &Rest{o: o, http: newHTTP(o)}
	_, use, err := r.Remap(o.Mappings)
	if err != nil {
		return nil, err
	}
	use()
	for _, name := range o.Description.Secrets() {
		if o.Secrets[name] == "" {
			return nil, sihe.Permanent(sihe.Errorf(sihe.CodeRestSecret, "open %s: secrets has no %s", o.System, name))
		}
	}
	if w := o.Description.Webhook; w != nil {
		if r.verifier, err = newVerifier(o.Secrets[w.Secret], w.Tolerance, o.Now); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Address says what is wrong with a product's address, or "". It does not repeat the address, which may have a password.
func Address(address string, d *Description) string {
	if address == "" {
		if d.Check != "" || len(d.Reads)+len(d.Writes)+len(d.Finds) > 0 {
			return "its address (settings: url) is missing"
		}
		return ""
	}
	base, err := url.Parse(address)
	switch {
	case err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https"):
		return "its url is not an http(s) address"
	case base.User != nil:
		return "its url has a user or password: they belong under auth in the description, and under secrets"
	case base.RawQuery != "" || base.Fragment != "":
		return "its url goes on after the path"
	}
	return ""
}

// newHTTP is a resty client that sends each request exactly once, to exactly this host.
func newHTTP(o Options) *resty.Client {
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	}
	if t, ok := http.DefaultTransport.(*http.Transport); ok && client.Transport == nil {
		t = t.Clone()
		t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, idleConnections // else all but two are closed after each call
		client.Transport = t
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c := resty.NewWithClient(&client).
		SetBaseURL(strings.TrimRight(o.URL, "/")).
		SetRetryCount(0).
		SetTimeout(callTimeout).
		SetResponseBodyLimit(maxAnswer).
		SetHeader("Accept", "application/json").
		SetLogger(silent{}).
		SetDisableWarn(true)
	c.SetPreRequestHook(func(_ *resty.Client, q *http.Request) error {
		q.GetBody = nil // without it the transport cannot send a body a second time
		if (q.Body == nil || q.Body == http.NoBody) && q.Method != http.MethodGet {
			q.Body = io.NopCloser(strings.NewReader("")) // nor a request without one
		}
		return nil
	})
	return c
}

// silent is resty's log: what is worth telling is in our errors, and theirs may quote what is secret.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

// Can says what the description makes possible.
func (r *Rest) Can() sihe.Abilities {
	d := r.o.Description
	return sihe.Abilities{
		Source: len(d.Reads) > 0, Webhook: d.Webhook != nil, Sink: len(d.Writes) > 0,
		Finder: len(d.Finds) > 0, Idempotent: d.idempotent(),
	}
}

// Check asks the address that the description names, or nothing when it names none.
func (r *Rest) Check(ctx context.Context) error {
	path := r.o.Description.Check
	if path == "" {
		return ctx.Err()
	}
	_, found, err := r.get(ctx, path, nil)
	if err == nil && !found {
		err = sihe.Errorf(sihe.CodeRestAnswer, "check %s: there is nothing at %s", r.o.System, path)
	}
	return err
}

// Close lets go of idle connections; calls after it fail.
func (r *Rest) Close() error {
	r.closed.Store(true)
	r.http.GetClient().CloseIdleConnections()
	return nil
}

// IdempotentByID marks the sink; it counts only where Can says so.
func (r *Rest) IdempotentByID() {}

// Normalise returns the mappings of the records that come in, by the record's name.
func (r *Rest) Normalise() map[string]*mappings.Mapping { return r.normalise(*r.mappings.Load()) }

func (r *Rest) normalise(from named) map[string]*mappings.Mapping {
	return r.o.Description.Normalise(func(name string) (*mappings.Mapping, bool) { m, ok := from[name]; return m, ok })
}

// Remap looks whether a set has every mapping that the description names. It returns those of the records that come in,
// and a func that lets writes go by the set from then on; a write that has begun ends by the old one.
func (r *Rest) Remap(set *mappings.Set) (normalise map[string]*mappings.Mapping, use func(), err error) {
	all := named{}
	for _, name := range r.o.Description.mappings() {
		m, ok := set.Mapping(name)
		if !ok {
			return nil, nil, sihe.Permanent(sihe.Errorf(sihe.CodeRestDescription, "open %s: there is no mapping %s", r.o.System, name))
		}
		all[name] = m
	}
	return r.normalise(all), func() { r.mappings.Store(&all) }, nil
}
