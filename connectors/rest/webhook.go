package rest

import (
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/sihehub/sihe"
)

// minSecret is the shortest key that a signature is worth anything with (Standard Webhooks: 24 to 64 bytes).
const minSecret = 24

// A verifier checks signatures by Standard Webhooks 1.0: HMAC-SHA256 over "<id>.<timestamp>.<body>".
type verifier struct {
	hook      *webhooks.Webhook
	tolerance time.Duration
	now       func() time.Time
}

func newVerifier(secret string, tolerance time.Duration, now func() time.Time) (*verifier, error) {
	hook, err := webhooks.NewWebhook(secret)
	if err != nil || decodedLen(secret) < minSecret {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeRestSecret, "read the webhook's secret: it must be base64 of at least %d bytes, with or without whsec_", minSecret))
	}
	return &verifier{hook: hook, tolerance: tolerance, now: now}, nil
}

// verify returns the signed id. Every refusal says the same to the sender; that the signature held and only the stamp does
// not is for the hub to know.
func (v *verifier) verify(h http.Header, body []byte) (string, error) {
	sent, ok := stampOf(h)
	if !ok || v.hook.VerifyIgnoringTimestamp(body, h) != nil {
		return "", sihe.Permanent(sihe.Errorf(sihe.CodeUnauthenticated, "verify the webhook: the signature does not hold"))
	}
	if age := v.now().Sub(sent); age > v.tolerance || age < -v.tolerance {
		skew := sihe.Errorf(sihe.CodeClockSkew, "its stamp is off by %s, more than %s", age.Round(time.Second), v.tolerance)
		return "", sihe.Permanent(sihe.Errorf(sihe.CodeUnauthenticated, "verify the webhook: %w", skew))
	}
	return h.Get(webhooks.HeaderWebhookID), nil
}

func stampOf(h http.Header) (time.Time, bool) {
	stamp, err := strconv.ParseInt(h.Get(webhooks.HeaderWebhookTimestamp), 10, 64)
	return time.Unix(stamp, 0), err == nil
}

// Stamp returns when the sender says that it sent the request.
func (r *Rest) Stamp(q *http.Request) (time.Time, bool) { return stampOf(q.Header) }

// Receive verifies the signature over the raw body before it looks at anything else, and cuts the body into records. The
// signed id makes the records' ids, so a delivery that comes again is recognised.
func (r *Rest) Receive(q *http.Request, body []byte) ([]sihe.Record, sihe.Reply, error) {
	id, err := r.verifier.verify(q.Header, body)
	if err != nil {
		return nil, sihe.Reply{}, err
	}
	if kind, _, err := mime.ParseMediaType(q.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, sihe.Reply{}, sihe.Permanent(sihe.Errorf(sihe.CodeRestContentType, "read the webhook: the content type is not application/json"))
	}
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, sihe.Reply{}, sihe.Permanent(sihe.Errorf(sihe.CodeJSONSyntax, "read the webhook: the body is not JSON"))
	}
	w := r.o.Description.Webhook
	name := w.Record
	if w.Type != "" {
		kind := valid(body).at(w.Type)
		known := false
		if name, known = w.Of[kind]; !known {
			return nil, sihe.Reply{}, nil // signed, and of no interest here
		}
	}
	list, ok := valid(body).items(w.Data)
	if !ok || list == nil { // null is no record, and an empty list is
		return nil, sihe.Reply{}, sihe.Permanent(sihe.Errorf(sihe.CodeRestBody, "read the webhook: the body has no %s", w.Data))
	}
	records := make([]sihe.Record, 0, len(list))
	for i, item := range list {
		x := r.o.Description.Records[name].cut(name, valid(item))
		x.ID = sihe.EventID(r.o.System, id, strconv.Itoa(i))
		records = append(records, x)
	}
	return records, sihe.Reply{}, nil
}

// decodedLen is how many bytes a secret stands for.
func decodedLen(secret string) int {
	b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return 0
	}
	return len(b)
}
