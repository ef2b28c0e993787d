package connectortest

import (
	"context"
	"slices"
	"testing"

	"github.com/sihehub/sihe"
)

// testCheck: a system that is there passes, as often as asked, and nothing happens in it by that.
func testCheck(t *testing.T, s System) {
	c := open(t, s)
	_, isSource := c.(sihe.Source)
	var start sihe.Cursor
	var err error
	if isSource {
		if _, start, err = read(t, c, nil, everything); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := c.Check(t.Context()); err != nil {
			t.Errorf("check a system that is there: %v", err)
		}
	}
	if isSource {
		if all, _, err := read(t, c, start, everything); err != nil || len(all) != 0 {
			t.Errorf("checking made something happen: %v %v", ids(all), err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Check(ctx); err == nil {
		t.Error("a cancelled check says that all is well")
	}
}

// testClose: Close can be repeated, and what is closed says so instead of working on or hanging.
func testClose(t *testing.T, s System) {
	c := s.Open(t)
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if sink, ok := c.(sihe.Sink); ok && s.Create != nil {
		w := s.Create(1)
		w.ID = "late"
		if _, err := sink.Write(t.Context(), w); err == nil || final(err) {
			t.Errorf("write after Close: %v, want an error that is retried after a restart", err)
		}
	}
}

// testWebhook: an authentic request gives the same records every time; a changed one gives none.
func testWebhook(t *testing.T, s System) {
	if s.Request == nil {
		t.Fatal("the subject does not say what an authentic request is")
	}
	c := open(t, s)
	hook, _ := c.(sihe.Webhook)
	r, body := s.Request(1)
	first, _, err := hook.Receive(r, body)
	if err != nil || len(first) == 0 {
		t.Fatalf("an authentic request: %d records: %v", len(first), err)
	}
	r, body = s.Request(1)
	again, _, err := hook.Receive(r, body)
	if err != nil || !slices.Equal(ids(first), ids(again)) {
		t.Errorf("the same request again: %v, want %v: %v", ids(again), ids(first), err)
	}
	for _, x := range first {
		if x.ID == "" || x.Entity == "" {
			t.Errorf("record without id or entity: %+v", x)
		}
	}
	r, body = s.Request(2)
	forged := append(slices.Clone(body), ' ')
	if all, _, err := hook.Receive(r, forged); err == nil || len(all) != 0 {
		t.Errorf("a forged body was taken: %v %v", ids(all), err)
	}
	for name := range r.Header {
		if name == "Content-Type" {
			continue
		}
		x, body := s.Request(2)
		x.Header.Del(name)
		x.Header.Set(name, "forged")
		if all, _, err := hook.Receive(x, body); err == nil && !slices.Equal(ids(all), ids(first)) && len(all) > 0 && signed(name) {
			t.Errorf("a forged header %s was taken: %v", name, ids(all))
		}
	}
}

// signed says whether a header looks like one that authenticates a request.
func signed(name string) bool {
	return slices.ContainsFunc([]string{"Signature", "Hmac", "Token", "Authorization"}, func(s string) bool {
		return len(name) >= len(s) && (name == s || name[len(name)-len(s):] == s || name[:len(s)] == s)
	})
}
